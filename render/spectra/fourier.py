"""Fourier transforms in the precision of the signal, equal to SciPy's bit by bit.

SciPy takes half a second to load. NumPy holds the same code, but its public functions transform
float32 forward in double precision, and round then.
"""

import numpy as np
import numpy.fft._pocketfft_umath as pocketfft


def rfft(signal: np.ndarray, n: int | None = None, axis: int = -1) -> np.ndarray:
    """Transform a real signal, as `scipy.fft.rfft`.

    Parameters
    ----------
    signal : np.ndarray, dtype=float32 or float64
    n : int, optional
        Length of the transform; a shorter signal is padded with zeros.
    axis : int

    Returns
    -------
    spectrum : np.ndarray, dtype=complex64 or complex128
        With ``n // 2 + 1`` bins along the axis, in C order.

    Examples
    --------
    >>> rfft(np.float32([1, 0, 0, 0]))
    array([1.+0.j, 1.+0.j, 1.+0.j], dtype=complex64)
    """
    n = signal.shape[axis] if n is None else n
    transform = pocketfft.rfft_n_odd if n % 2 else pocketfft.rfft_n_even
    return _forward(transform, signal, n // 2 + 1, axis)


def fft(signal: np.ndarray) -> np.ndarray:
    """Transform a complex signal along its last axis, as `scipy.fft.fft`.

    Parameters
    ----------
    signal : np.ndarray, dtype=complex64 or complex128

    Returns
    -------
    spectrum : np.ndarray, same shape and dtype
    """
    return _forward(pocketfft.fft, signal, signal.shape[-1], -1)


def _forward(transform: np.ufunc, signal: np.ndarray, bins: int, axis: int) -> np.ndarray:
    shape = list(signal.shape)
    shape[axis] = bins
    spectrum = np.empty(shape, np.result_type(signal, 1j))
    one = signal.real.dtype.type(1)  # the factor, whose type is that of the computation
    return transform(signal, one, axes=[(axis,), (), (axis,)], out=spectrum)
