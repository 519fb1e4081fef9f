"""Combs: how far the long-term spectrum repeats itself along frequency, and at which steps.

A neural vocoder makes the samples of one frame after the other with the same filters, most of them
after transposed convolutions. What these leave where they join repeats at the rate of the frames:
faint lines in the spectrum at all multiples of it, of 86.1 Hz for 256 samples at 22,050 Hz, of
62.5 Hz for as many at 16 kHz, whoever speaks. Speech has no such lines: its pitch never rests.

References
----------
Pons, Pascual, Cengarle and Serra, "Upsampling artifacts in neural audio synthesis", ICASSP 2021.
"""

from functools import lru_cache

import numpy as np
import scipy

from render.representations import COMB_BANDS, INDICATOR_ROWS
from render.settings import Settings
from render.spectra import frame_rates, grey, ltas, modulation, upsampling
from render.spectra.whitening import whiten

SLOWEST, FASTEST = 40.0, 130.0  # steps that are looked for, in Hz
_FINE = 4  # steps tried in a column
_WIDTH = 0.25  # of the band of a row, as a share of all frequencies
_LOWEST, _HIGHEST = 1 / 16, 0.994  # where bands begin and end; resampling leaves little above


def comb(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw how much lines in even steps stand out of the long-term spectrum.

    The spectrum is the mean of the frames in dB, so that a pause counts as much as a vowel. At a
    step of `s` Hz, the level at all multiples of `s` in a band is compared with that half way
    between them.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=settings.shape, dtype=uint8
        128 where nothing stands out, 255 where it does by ``settings.line`` or more. The upper
        half: steps lie in columns, from 40 to 130 Hz; of the steps that fall in one column, the
        clearest is drawn. Bands lie in rows, the highest on top, each a quarter of all frequencies
        wide. The lower half: fields side by side, all equally wide. From the left, one for the
        lines at each of ``render.spectra.frame_rates.RATES``, the slowest first, one for the pulses
        at each of them, see `render.spectra.modulation`, and one for the copies of each stage, see
        `render.spectra.upsampling`. A bright field means the same wherever it is: chance makes all
        of them vary by about 1.

    Raises
    ------
    ValueError
        If the clip has another length or is not finite.

    Examples
    --------
    Noise with a click every 10 ms, so with lines 100 Hz apart:

    >>> samples = 1e-3 * np.random.default_rng(0).standard_normal(32_000)
    >>> samples[::160] += 0.002
    >>> image = comb(samples, Settings(feature="comb"))
    >>> image.shape, float(round(40 + image[:16].mean(axis=0).argmax() * 90 / 249, 1))
    ((32, 249), 100.0)
    """
    spectrum, flat = ltas.spectrum(samples, settings), whiten(samples, settings)
    scanned = grey.upright(grey.swing(comb_strengths(spectrum, settings), settings.line))
    left = np.concatenate(
        [
            frame_rates.line_strengths(spectrum, flat.spectrum, settings),
            modulation.modulation_strengths(flat.power, settings),
            upsampling.replica_strengths(flat.spectrum, settings),
        ]
    )
    fields = left[np.arange(settings.columns) * len(left) // settings.columns]
    return np.vstack([scanned, np.tile(grey.swing(fields, settings.line), (INDICATOR_ROWS, 1))])


def comb_strengths(spectrum: np.ndarray, settings: Settings) -> np.ndarray:
    """Find how far the lines of every step stand out.

    Parameters
    ----------
    spectrum : np.ndarray, shape=(bins,)
        See `longterm.spectrum`.
    settings : Settings

    Returns
    -------
    strengths : np.ndarray, shape=(rows, columns), dtype=float32
        In dB, divided by the length of the weights as a vector, so that a spectrum of mere noise
        of `d` dB has values of about `d` in every place. The lowest band comes first.
    """
    lines, bands, length = _weights(settings.rate, len(spectrum), settings.columns)
    found = bands @ (lines @ spectrum).reshape(-1, settings.columns * _FINE) / length
    return found.reshape(COMB_BANDS, settings.columns, _FINE).max(axis=2)


def middles(rate: int) -> tuple[float, float]:
    """Middles of the lowest and of the highest band, in Hz.

    Examples
    --------
    >>> middles(16_000)
    (1500.0, 7000.0)
    """
    nyquist, half = rate / 2, _WIDTH / 2
    return (_LOWEST + half) * nyquist, (1 - half) * nyquist


@lru_cache(maxsize=2)
def _weights(
    rate: int, bins: int, columns: int
) -> "tuple[scipy.sparse.csr_array, np.ndarray, np.ndarray]":
    """What the strengths are found with.

    The bands overlap: a line is looked for once, and not for each of the bands that it is in.

    Returns
    -------
    lines : scipy.sparse.csr_array, shape=(parts * columns * fine, bins)
        Weight of every bin for the lines of every step in each part between two ends of bands.
    bands : np.ndarray, shape=(COMB_BANDS, parts)
        1 where a part is in a band.
    length : np.ndarray, shape=(COMB_BANDS, columns * fine)
        Of the weights of a band and a step, as a vector.
    """
    nyquist, steps = rate / 2, columns * _FINE
    step = SLOWEST + (FASTEST - SLOWEST) * np.arange(steps) / steps
    order = np.arange(1, int(nyquist / SLOWEST) + 1)
    line = step[:, None] * order
    tops = np.linspace(_LOWEST + _WIDTH, 1, COMB_BANDS)
    lows = (tops - _WIDTH) * nyquist
    highs = np.nextafter(np.minimum(tops, _HIGHEST) * nyquist, np.inf)  # a line there is within
    ends = np.unique([*lows, *highs])
    part = np.searchsorted(ends, line, side="right") - 1
    which, n = np.nonzero((line >= ends[0]) & (line < ends[-1]))
    rows, places, values = [], [], []
    for away, value in ((0.0, 1.0), (-0.5, -0.5), (0.5, -0.5)):
        # Between two bins, either counts by how near it is.
        at = np.minimum((order[n] + away) * step[which] / nyquist * (bins - 1), bins - 1.001)
        before = at.astype(int)
        share = at - before
        rows += [part[which, n] * steps + which] * 2
        places += [before, before + 1]
        values += [value * (1 - share), value * share]
    entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(places))
    parts = len(ends) - 1
    lines = scipy.sparse.coo_array(entries, shape=(parts * steps, bins)).tocsr()
    bands = (lows[:, None] <= ends[:-1]) & (ends[1:] <= highs[:, None])
    whole = scipy.sparse.kron(bands.astype(float), scipy.sparse.eye_array(steps)) @ lines
    length = np.sqrt(whole.multiply(whole).sum(axis=1)).reshape(COMB_BANDS, steps)
    return (
        scipy.sparse.csr_array(lines, dtype=np.float32),
        bands.astype(np.float32),
        np.maximum(length, 1e-9).astype(np.float32),
    )
