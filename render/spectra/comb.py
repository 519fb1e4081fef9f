"""Combs: lines in even steps along the frequency axis of the long-term spectrum.

A neural vocoder makes frame after frame with the same filters, most of them after transposed
convolutions. Artefacts at the frame borders repeat at the frame rate. They are faint lines in the
spectrum at all its multiples: of 86.1 Hz for a hop of 256 samples at 22,050 Hz, of 62.5 Hz at
16 kHz. Speech has no such lines: its pitch never rests.

References
----------
Pons, Pascual, Cengarle and Serra, "Upsampling artifacts in neural audio synthesis", ICASSP 2021.
"""

import math
from functools import lru_cache
from itertools import combinations_with_replacement

import numpy as np

from render.representations import COMB_BANDS, INDICATOR_ROWS
from render.settings import Settings
from render.spectra import frame_rates, grey, ltas, modulation, upsampling
from render.spectra.sparse import JaggedRows, jagged
from render.spectra.whitening import whiten

SLOWEST, FASTEST = 40.0, 130.0  # range of the steps, in Hz
_FINE = 4  # steps tried in a column
_WIDTH = 0.25  # of the band of a row, as a share of all frequencies
_LOWEST, _HIGHEST = 1 / 16, 0.994  # range of the bands; resampling leaves little above


def comb(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw the strength of lines in even steps, and below it 33 indicators of vocoders.

    The long-term spectrum is the mean of the frames in dB, so that a pause counts as much as a
    vowel. At a step of `s` Hz, the level at all multiples of `s` in a band is compared with the
    level half way between them.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=settings.shape, dtype=uint8
        128 for a strength of 0, 255 for ``settings.comb_range`` or more. By chance,
        strengths vary by about 1.

        The upper 16 rows are bands, the highest on top, each a quarter of all frequencies wide.
        Their columns are steps from 40 to 130 Hz; each shows the strongest of four.

        The lower 16 rows are 33 indicator fields of equal width, from the left: 12 for the lines at
        ``render.spectra.frame_rates.RATES``, the slowest first, 12 for the pulses at these rates
        (`render.spectra.modulation`), 9 for the replicas of upsampling stages
        (`render.spectra.upsampling`).

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
    bands = grey.upright(grey.swing(comb_strengths(spectrum, settings), settings.comb_range))
    indicators = np.concatenate(
        [
            frame_rates.line_strengths(spectrum, flat.spectrum, settings),
            modulation.modulation_strengths(flat.power, settings),
            upsampling.replica_strengths(flat.spectrum, settings),
        ]
    )
    fields = indicators[np.arange(settings.columns) * len(indicators) // settings.columns]
    return np.vstack([bands, np.tile(grey.swing(fields, settings.comb_range), (INDICATOR_ROWS, 1))])


def comb_strengths(spectrum: np.ndarray, settings: Settings) -> np.ndarray:
    """Compute the strength of the lines at every step.

    Parameters
    ----------
    spectrum : np.ndarray, shape=(bins,)
        See `render.spectra.ltas.spectrum`.
    settings : Settings

    Returns
    -------
    strengths : np.ndarray, shape=(rows, columns), dtype=float32
        In dB, divided by the norm of the weights: a spectrum of noise with a deviation of `d` dB
        has strengths of about `d` everywhere. The lowest band comes first.
    """
    lines, bands, norm = _weights(settings.rate, len(spectrum), settings.columns)
    strengths = bands @ (lines @ spectrum).reshape(-1, settings.columns * _FINE) / norm
    return strengths.reshape(COMB_BANDS, settings.columns, _FINE).max(axis=2)


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
def _weights(rate: int, bins: int, columns: int) -> tuple[JaggedRows, np.ndarray, np.ndarray]:
    """Weights of the bins in the strengths.

    The bands overlap; they are sums of parts between band edges, so that a line is weighted once
    and not once for each of its bands.

    Returns
    -------
    lines : JaggedRows, shape=(parts * columns * fine, bins)
        Weight of every bin for the lines of every step in each part.
    bands : np.ndarray, shape=(COMB_BANDS, parts)
        1 where a part is in a band.
    norm : np.ndarray, shape=(COMB_BANDS, columns * fine)
        Norm of the weights of a band and a step.
    """
    nyquist, steps = rate / 2, columns * _FINE
    step = SLOWEST + (FASTEST - SLOWEST) * np.arange(steps) / steps
    order = np.arange(1, int(nyquist / SLOWEST) + 1)
    line = step[:, None] * order
    tops = np.linspace(_LOWEST + _WIDTH, 1, COMB_BANDS)
    lows = (tops - _WIDTH) * nyquist
    highs = np.nextafter(np.minimum(tops, _HIGHEST) * nyquist, np.inf)  # includes a line there
    edges = np.array(sorted({*lows, *highs}))  # np.unique would load numpy.ma
    part = np.searchsorted(edges, line, side="right") - 1
    which, n = np.nonzero((line >= edges[0]) & (line < edges[-1]))
    rows, columns_of, values = [], [], []
    for offset, value in ((0.0, 1.0), (-0.5, -0.5), (0.5, -0.5)):
        # Linear interpolation between two bins.
        position = np.minimum(
            (order[n] + offset) * step[which] / nyquist * (bins - 1), bins - 1.001
        )
        lower = position.astype(int)
        share = position - lower
        rows += [part[which, n] * steps + which] * 2
        columns_of += [lower, lower + 1]
        values += [value * (1 - share), value * share]
    # Dense, but each part only from the first bin that it can have.
    first = ((edges[:-1] - FASTEST / 2).clip(0) / nyquist * (bins - 1)).astype(int)
    row, column = np.concatenate(rows), np.concatenate(columns_of)
    column -= first[row // steps]
    shape = len(first), steps, column.max() + 1
    place = row * shape[2] + column
    weights = np.bincount(place, np.concatenate(values), math.prod(shape)).reshape(shape)
    bands = (lows[:, None] <= edges[:-1]) & (edges[1:] <= highs[:, None])
    norm = np.sqrt(_squares(weights, first, bands))
    return (
        _lines(weights, first),
        bands.astype(np.float32),
        np.maximum(norm, 1e-9).astype(np.float32),
    )


def _lines(weights: np.ndarray, first: np.ndarray) -> JaggedRows:
    """The weights of all parts, each from its first bin on, as one matrix."""
    parts, steps, width = weights.shape
    place = np.flatnonzero(weights != 0)
    row, column = np.divmod(place, width)
    values = weights.ravel()[place].astype(np.float32)
    return jagged(values, row, first[row // steps] + column, parts * steps)


def _squares(weights: np.ndarray, first: np.ndarray, bands: np.ndarray) -> np.ndarray:
    """Squared norm of the weights of each band, a sum of parts that may share bins."""
    parts, steps, width = weights.shape
    squares = np.zeros((len(bands), steps))
    for a, b in combinations_with_replacement(range(parts), 2):
        shift = first[b] - first[a]
        if shift < width:
            shared = weights[a, :, shift:], weights[b, :, : width - shift]
            product = np.einsum("sb,sb->s", *shared)
            squares[bands[:, a] & bands[:, b]] += product if a == b else 2 * product
    return squares
