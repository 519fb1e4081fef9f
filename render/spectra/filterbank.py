"""Filterbanks: bands of frequency over the bins of the STFT.

Frequencies are in Hz. A filterbank is a matrix of shape (bands, bins), the lowest band first and
bin 0 at 0 Hz. Multiplied with a power spectrum, a full-scale sine has power 1 in a band that holds
all of it. Matrices are sparse: most weights are 0, and a dense product this small would start
threads that cost more time than they save.
"""

import math
from functools import lru_cache

import numpy as np
import scipy

from render.settings import Settings

# Power of a sine over all bins of a Hann window's power spectrum: 1 + 1/4 + 1/4 of its peak.
SPREAD = 1.5


def hz_to_mel(frequency: float) -> float:
    """Frequency on Slaney's mel scale: linear up to 1 kHz, logarithmic above.

    References
    ----------
    Slaney, "Auditory Toolbox", version 2, 1998; also what librosa uses.

    Examples
    --------
    >>> hz_to_mel(1_000), hz_to_mel(6_400)
    (15.0, 42.0)
    """
    if frequency < 1_000:
        return 3 * frequency / 200
    return 15 + 27 * math.log(frequency / 1_000) / math.log(6.4)


def mel_to_hz(mels: np.ndarray) -> np.ndarray:
    """Turn Slaney's mel scale back.

    Examples
    --------
    >>> mel_to_hz(np.array([7.5, 15, 42])).round(6).tolist()
    [500.0, 1000.0, 6400.0]
    """
    return np.where(mels < 15, 200 / 3 * mels, 1_000 * 6.4 ** ((mels - 15) / 27))


def mel(settings: Settings) -> "scipy.sparse.csr_array":
    """Triangles that are equally wide in mel, from 0 Hz to the Nyquist frequency.

    Each is 1 at its centre and 0 at the centres beside it, so that together they hold all power.

    Returns
    -------
    weights : sparse array, shape=(bands, 1 + window // 2), dtype=float32

    Raises
    ------
    ValueError
        If the window is too short for that many bands.
    """
    return _mel(settings.rate, settings.window, settings.bands)


def linear(settings: Settings) -> "scipy.sparse.csr_array":
    """Triangles that are equally wide in Hz, otherwise as `mel`."""
    return _linear(settings.rate, settings.window, settings.bands)


def logarithmic(settings: Settings, padding: int) -> "scipy.sparse.csr_array":
    """Triangles whose centres rise by the bins of an octave, equally wide in octaves.

    Where rows are closer than bins, a triangle extends one bin to either side, which interpolates
    the power between bins. Every band is scaled: a full-scale sine on its centre has power 1.

    Parameters
    ----------
    settings : Settings
    padding : int
        See `render.spectra.stft.power`.

    Returns
    -------
    weights : sparse array, shape=(rows, 1 + padding * window // 2), dtype=float32
    """
    return _logarithmic(
        settings.rate,
        settings.window,
        settings.lowest,
        settings.bins,
        settings.octave_rows,
        padding,
    )


@lru_cache(maxsize=4)
def _mel(rate: int, window: int, bands: int) -> "scipy.sparse.csr_array":
    edges = mel_to_hz(np.linspace(0, hz_to_mel(rate / 2), bands + 2))
    return _partition(edges, rate, window)


@lru_cache(maxsize=4)
def _linear(rate: int, window: int, bands: int) -> "scipy.sparse.csr_array":
    return _partition(np.linspace(0, rate / 2, bands + 2), rate, window)


@lru_cache(maxsize=4)
def _logarithmic(
    rate: int, window: int, lowest: float, bins: int, rows: int, padding: int
) -> "scipy.sparse.csr_array":
    resolution = rate / (padding * window)
    edges = lowest * 2.0 ** (np.arange(-1, rows + 1) / bins)
    centre = edges[1:-1]
    weights = _triangles(
        np.minimum(edges[:-2], centre - resolution),
        centre,
        np.maximum(edges[2:], centre + resolution),
        np.arange(1 + padding * window // 2) * resolution,
    )
    tone = hann((np.arange(weights.shape[1]) - centre[:, None] / resolution) / padding) ** 2
    weights /= (weights * tone).sum(axis=1, keepdims=True)
    return scipy.sparse.csr_array(weights.astype(np.float32))


def hann(offset: np.ndarray) -> np.ndarray:
    """Spectrum of a Hann window, 1 at its peak.

    Parameters
    ----------
    offset : np.ndarray
        Distance from the peak, in bins of a transform as long as the window.

    Returns
    -------
    amplitude : np.ndarray
        sin(pi x) / (pi x) / (1 - x^2).

    Examples
    --------
    >>> hann(np.array([0.0, 1.0, 2.0, 2.5])).round(3).tolist()
    [1.0, 0.5, 0.0, -0.024]
    """
    # A raised cosine is three lines, at -1, 0 and 1.
    return np.sinc(offset) + (np.sinc(offset - 1) + np.sinc(offset + 1)) / 2


def _partition(edges: np.ndarray, rate: int, window: int) -> "scipy.sparse.csr_array":
    """Triangles between neighbouring edges, each with at least one bin."""
    bins = np.arange(1 + window // 2) * (rate / window)
    weights = _triangles(edges[:-2], edges[1:-1], edges[2:], bins)
    empty = int((weights.max(axis=1) == 0).sum())
    if empty:
        raise ValueError(
            f"expected a bin in each band, got {empty} of {len(weights)} bands without one: "
            f"use fewer bands or a window longer than {window}"
        )
    return scipy.sparse.csr_array((weights / SPREAD).astype(np.float32))


def _triangles(
    start: np.ndarray, centre: np.ndarray, end: np.ndarray, bins: np.ndarray
) -> np.ndarray:
    rising = (bins - start[:, None]) / (centre - start)[:, None]
    falling = (end[:, None] - bins) / (end - centre)[:, None]
    return np.maximum(0, np.minimum(rising, falling))
