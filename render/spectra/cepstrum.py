"""Cepstral coefficients: the shape of a spectrum as a sum of ripples, and its deltas.

The level over the bands of a filterbank, in dB, is written as

    level[b] = c[0] + sum of c[n] cos(pi n (b + 1/2) / bands),  n = 1 to bands - 1,

the discrete cosine transform: ``c[0]`` is the mean level and ``c[n]`` the amplitude, in dB, of the
ripple that has n half periods over the bands. Other scalings of the transform differ from this by
a factor: the orthonormal one's coefficients are sqrt(bands) and sqrt(bands / 2) times as great.
"""

from functools import lru_cache

import numpy as np
import scipy

from render.representations import DELTA_WIDTH
from render.settings import Settings
from render.spectra import filterbank, grey, stft


def mfcc(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw mel-frequency cepstral coefficients, their deltas and delta-deltas over time.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=settings.shape, dtype=uint8
        Three blocks of rows, from the bottom: coefficients, deltas, delta-deltas; in each the 0th
        at the bottom. Coefficient 0, a level, is drawn from ``settings.floor`` to
        ``settings.ceiling``; all others are 128 at 0 dB and white at ``settings.cepstrum_range``.

    Raises
    ------
    ValueError
        If the clip has another length or is not finite, or if the window is too short for that
        many bands.

    Examples
    --------
    >>> image = mfcc(np.zeros(32_000), Settings(feature="mfcc"))
    >>> image.shape, image[-3:, 0].tolist()
    ((60, 124), [128, 128, 0])
    """
    return _draw(samples, filterbank.mel(settings), settings)


def lfcc(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw linear-frequency cepstral coefficients: as `mfcc`, of bands equally wide in Hz."""
    return _draw(samples, filterbank.linear(settings), settings)


def _draw(samples: np.ndarray, weights: "scipy.sparse.csr_array", settings: Settings) -> np.ndarray:
    bands = grey.level(weights @ stft.power(samples, settings), settings)
    cepstrum = coefficients(bands, settings.coefficients)
    blocks = np.concatenate([cepstrum, deltas(cepstrum, 1), deltas(cepstrum, 2)])
    shades = grey.swing(blocks, settings.cepstrum_range)
    shades[:1] = grey.shade(cepstrum[:1], settings)
    return grey.upright(shades)


def coefficients(level: np.ndarray, count: int) -> np.ndarray:
    """Take the first cepstral coefficients of spectra.

    Parameters
    ----------
    level : np.ndarray, shape=(bands, frames)
        In dB.
    count : int
        At most as many as there are bands.

    Returns
    -------
    cepstrum : np.ndarray, shape=(count, frames)
        In dB.

    Examples
    --------
    >>> ripple = 7 * np.cos(np.pi * 2 * (np.arange(10) + 0.5) / 10) - 60
    >>> coefficients(ripple[:, None], 4).ravel().round(6).tolist()
    [-60.0, 0.0, 7.0, 0.0]
    """
    # SciPy's sum is 2 c[n] times the squared norm of a cosine, bands / 2; for n = 0, it is bands.
    cepstrum = scipy.fft.dct(level, axis=0)[:count] / len(level)
    cepstrum[0] /= 2
    return cepstrum


def deltas(values: np.ndarray, order: int) -> np.ndarray:
    """Compute changes over time by local regression.

    A polynomial in t is fitted to the nine columns around each column, with t from -1 to 1. The
    delta is its leading coefficient: the rise of a line over four columns, or the distance of a
    parabola from its tangent there. At either end of the clip, the nearest nine columns count.

    Parameters
    ----------
    values : np.ndarray, shape=(n, frames)
        At least nine frames.
    order : int
        1 for a line, 2 for a parabola.

    Returns
    -------
    deltas : np.ndarray, shape=(n, frames)
        Change in four columns, in the unit of the values.

    References
    ----------
    Savitzky and Golay, "Smoothing and differentiation of data by simplified least squares
    procedures", 1964.

    Examples
    --------
    >>> deltas(np.arange(12.0)[None], 1).ravel().round(6).tolist()
    [4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    """
    cut = np.lib.stride_tricks.sliding_window_view(values, DELTA_WIDTH, axis=1)
    edge = DELTA_WIDTH // 2
    return np.pad(cut @ _leading(order), ((0, 0), (edge, edge)), mode="edge")


@lru_cache(maxsize=4)
def _leading(order: int) -> np.ndarray:
    """Weights of the columns in the leading coefficient, shape (9,)."""
    time = np.linspace(-1, 1, DELTA_WIDTH)
    fit = np.linalg.pinv(np.vander(time, order + 1, increasing=True))
    return fit[order].astype(np.float32)
