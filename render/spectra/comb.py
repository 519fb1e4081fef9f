"""Combs: lines in even steps along the frequency axis of the long-term spectrum.

A neural vocoder makes frame after frame with the same filters, most of them after transposed
convolutions. Artefacts at the frame borders repeat at the frame rate. They are faint lines in the
spectrum at all its multiples: of 86.1 Hz for a hop of 256 samples at 22,050 Hz, of 62.5 Hz at
16 kHz. Speech has no such lines: its pitch never rests.

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
def _weights(
    rate: int, bins: int, columns: int
) -> "tuple[scipy.sparse.csr_array, np.ndarray, np.ndarray]":
    """Weights of the bins in the strengths.

    The bands overlap; they are sums of parts between band edges, so that a line is weighted once
    and not once for each of its bands.

    Returns
    -------
    lines : scipy.sparse.csr_array, shape=(parts * columns * fine, bins)
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
    edges = np.unique([*lows, *highs])
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
    entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns_of))
    parts = len(edges) - 1
    lines = scipy.sparse.coo_array(entries, shape=(parts * steps, bins)).tocsr()
    bands = (lows[:, None] <= edges[:-1]) & (edges[1:] <= highs[:, None])
    weights = scipy.sparse.kron(bands.astype(float), scipy.sparse.eye_array(steps)) @ lines
    norm = np.sqrt(weights.multiply(weights).sum(axis=1)).reshape(COMB_BANDS, steps)
    return (
        scipy.sparse.csr_array(lines, dtype=np.float32),
        bands.astype(np.float32),
        np.maximum(norm, 1e-9).astype(np.float32),
    )
