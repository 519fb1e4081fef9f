"""Stages: how far a spectrum stands a second time in another place.

A neural vocoder raises the rate of what it makes in stages, to half, a quarter or an eighth of the
sample rate before the last ones. What it had at the lower rate stands in the spectrum again, turned
over or moved up, as far as the filters after it leave some of it; and so it does where a network
makes several samples at once. Moved back, the copy is in step with what it is a copy of.

Copies half a sample rate away are not looked for: simple resamplers leave them, too.

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
PARTS = (4, 8, 16)  # a stage's rate as a part of those
_BAND = 50.0  # Hz over which a copy is in step with itself
_AROUND = 4.0  # Hz by which a distance is varied, once and twice, to compare it with
_MOST = 8.0  # times the power at the distances around that a band can count for
_MEAN, _DEVIATION = 1.28, 1.5  # of those times, in white noise
_HIGHEST = 0.975  # of half the sample rate; resampling leaves little above
_FEWEST = 1 / 5  # of all bands, for a distance to be looked at
_FAINTEST = 1e-12  # power under which there is nothing but rounding


def replica_strengths(spectrum: np.ndarray, settings: Settings) -> np.ndarray:
    """Find how far a sound holds copies of itself at each stage.

    For a distance in frequency, each bin is multiplied with the conjugate of that which lies so
    far below, below 0 Hz as well. In a band of 50 Hz the products have all directions, or one. The
    power of their sum is compared with that at distances a few Hertz longer and shorter: a click,
    whose bins are all in step, has it there as well.

    Parameters
    ----------
    spectrum : np.ndarray, shape=(settings.length + 1,)
        Of `render.spectra.whitening.Whitened`.
    settings : Settings

    Returns
    -------
    strengths : np.ndarray, shape=(len(SAMPLE_RATES) * len(PARTS),)
        For each sample rate one after the other, for each part: of all odd multiples of the part
        together. About 0 for chance, by which they vary by about 1.
    """
    spectrum = spectrum[::2]  # every bin has a direction of its own
    both = np.concatenate([spectrum[:0:-1].conj(), spectrum])
    # Real numbers: products with the first give the real part of a sum, with the second the other.
    parts = np.stack([both, -1j * both]).astype(np.complex64).view(np.float32)
    zero, step = len(spectrum) - 1, settings.rate / settings.length
    width, apart = max(2, round(_BAND / step)), max(1, round(_AROUND / step))
    found, counts = np.zeros((2, len(SAMPLE_RATES) * len(PARTS)))
    for group, distance in _distances(settings.rate):
        low = zero + round(distance / 2 / step)
        bands = (zero + int(_HIGHEST * zero) - low) // width
        count = 2 * bands * width
        above = parts[:, 2 * low : 2 * low + count].reshape(2, bands, -1)
        # Moved by the distance and, for comparison, by four around it, two on either side.
        lowest = low - round(distance / step) - 2 * apart
        varied = sliding_window_view(parts[0], count)[2 * lowest :: 2 * apart][:5]
        below = varied.reshape(5, bands, -1)
        power = np.square(np.einsum("pbw,vbw->pvb", above, below)).sum(axis=0)
        usual = (power.sum(axis=0) - power[2]) / 4
        times = np.full(bands, _MEAN)
        np.divide(power[2], usual, out=times, where=usual > _FAINTEST)
        found[group] += ((np.minimum(times, _MOST) - _MEAN) / _DEVIATION).sum()
        counts[group] += bands
    return found / np.sqrt(np.maximum(counts, 1))


@lru_cache(maxsize=4)
def _distances(rate: int) -> list[tuple[int, float]]:
    """Group and distance, in Hz; what several groups have counts for the one of fewest parts."""
    most = rate * _HIGHEST * (1 - _FEWEST)
    found: dict[float, int] = {}
    for place, part in enumerate(PARTS):
        for group, whole in enumerate(SAMPLE_RATES):
            for away in np.arange(1, part, 2) * whole / part:
                if away <= most and 2 * away not in SAMPLE_RATES:
                    found.setdefault(float(away), group * len(PARTS) + place)
    return [(group, away) for away, group in found.items()]
