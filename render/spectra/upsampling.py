"""Upsampling: replicas of a spectrum that a vocoder's upsampling stages leave.

A neural vocoder raises the sample rate in stages, through an eighth, a quarter or half of it. Each
stage leaves replicas of the lower band, mirrored or shifted up, as far as later filters do not
remove them. A network that makes several samples at once leaves them, too. A replica, shifted back,
is in phase with its original.

Replicas half a sample rate away do not count: simple resamplers leave them, too.

References
----------
Gardner, "Exploitation of spectral redundancy in cyclostationary signals", IEEE Signal Processing
Magazine 8(2), 1991.
"""

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from render.settings import Settings

SAMPLE_RATES = (16_000, 22_050, 24_000)  # of published vocoders, or half of theirs
PARTS = (4, 8, 16)  # sample rate over the rate of a stage
_BAND = 50.0  # Hz over which a replica stays in phase
_AROUND = 4.0  # Hz between the distances that are compared
_MAX_RATIO = 8.0  # limit of a band's power over that at the distances around
_MEAN, _DEVIATION = 1.28, 1.5  # of that ratio, in white noise
_HIGHEST = 0.975  # of the Nyquist frequency; resampling leaves little above
_FEWEST = 1 / 5  # share of all bands that a distance must have
_FAINTEST = 1e-12  # power of rounding errors


def replica_strengths(spectrum: np.ndarray, settings: Settings) -> np.ndarray:
    """Compute the strength of the replicas of each stage.

    For a distance in frequency, each bin is multiplied with the conjugate of the bin that far below
    it, also below 0 Hz. Within a band of 50 Hz, the phases of the products are random, or equal for
    a replica. The power of their sum is compared with that at distances a few Hertz longer and
    shorter, because in a click all bins are in phase.

    Parameters
    ----------
    spectrum : np.ndarray, shape=(settings.length + 1,)
        Of `render.spectra.whitening.Whitened`.
    settings : Settings

    Returns
    -------
    strengths : np.ndarray, shape=(len(SAMPLE_RATES) * len(PARTS),)
        For each sample rate, for each part: of all odd multiples of the part together. Mean 0 and
        deviation of about 1 by chance.
    """
    spectrum = spectrum[::2]  # without zero padding, so that phases of bins are independent
    both = np.concatenate([spectrum[:0:-1].conj(), spectrum])
    # As real numbers: products with the first give real parts of a sum, with the second imaginary.
    parts = np.stack([both, -1j * both]).astype(np.complex64).view(np.float32)
    zero, step = len(spectrum) - 1, settings.rate / settings.length
    width, apart = max(2, round(_BAND / step)), max(1, round(_AROUND / step))
    strengths, counts = np.zeros((2, len(SAMPLE_RATES) * len(PARTS)))
    for group, distance in _distances(settings.rate):
        low = zero + round(distance / 2 / step)
        bands = (zero + int(_HIGHEST * zero) - low) // width
        count = 2 * bands * width
        above = parts[:, 2 * low : 2 * low + count].reshape(2, bands, -1)
        # Shifted by the distance and, for comparison, by two shorter and two longer ones.
        lowest = low - round(distance / step) - 2 * apart
        varied = sliding_window_view(parts[0], count)[2 * lowest :: 2 * apart][:5]
        below = varied.reshape(5, bands, -1)
        power = np.square(np.einsum("pbw,vbw->pvb", above, below)).sum(axis=0)
        reference = (power.sum(axis=0) - power[2]) / 4
        ratio = np.full(bands, _MEAN)
        np.divide(power[2], reference, out=ratio, where=reference > _FAINTEST)
        strengths[group] += ((np.minimum(ratio, _MAX_RATIO) - _MEAN) / _DEVIATION).sum()
        counts[group] += bands
    return strengths / np.sqrt(np.maximum(counts, 1))


@lru_cache(maxsize=4)
def _distances(rate: int) -> list[tuple[int, float]]:
    """Group and distance, in Hz; a distance of several groups counts for that of fewest parts."""
    longest = rate * _HIGHEST * (1 - _FEWEST)
    groups: dict[float, int] = {}
    for column, part in enumerate(PARTS):
        for row, sample_rate in enumerate(SAMPLE_RATES):
            for distance in np.arange(1, part, 2) * sample_rate / part:
                if distance <= longest and 2 * distance not in SAMPLE_RATES:
                    groups.setdefault(float(distance), row * len(PARTS) + column)
    return [(group, distance) for distance, group in groups.items()]
