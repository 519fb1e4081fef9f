"""Values to grey.

Arrays have the lowest row first, as in the STFT, and frames in columns; pictures have the lowest
row at the bottom. Ranges are fixed by the settings, so that a grey means the same in every picture.
"""

import cv2
import numpy as np

from render.settings import Settings

_TINY = np.finfo(np.float32).tiny


def level(power: np.ndarray, settings: Settings) -> np.ndarray:
    """Convert power to level.

    Parameters
    ----------
    power : np.ndarray, shape=(rows, frames), dtype=float32
        1.0 is that of a full-scale sine.
    settings : Settings

    Returns
    -------
    level : np.ndarray, shape=(rows, frames), dtype=float32
        In dB, never below ``settings.floor``, relative to a full-scale sine or, if
        ``settings.relative``, to the greatest power.

    Examples
    --------
    >>> level(np.float32([[1, 1e-3, 0]]), Settings()).round(3).tolist()
    [[0.0, -30.0, -110.0]]
    """
    if settings.relative:
        # A clip without power has no loudest point and stays zero.
        power = power / max(power.max(), _TINY)
    decibel = np.log10(np.maximum(power, np.float32(10 ** (settings.floor / 10))))
    decibel *= 10
    return decibel


def faintest(power: np.ndarray, settings: Settings) -> np.float32:
    """Power at ``settings.floor``; never 0.

    Parameters
    ----------
    power : np.ndarray, dtype=float32
        As in `level`.
    settings : Settings

    Returns
    -------
    faintest : float32

    Examples
    --------
    >>> float(round(faintest(np.float32([1, 100]), Settings(floor=-20, relative=True)), 6))
    1.0
    """
    reference = power.max() if settings.relative else np.float32(1)
    return max(np.float32(reference * 10 ** (settings.floor / 10)), _TINY)


def levels(power: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw power as level, from black at the floor to white at the ceiling.

    Parameters
    ----------
    power : np.ndarray, shape=(rows, frames), dtype=float32
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=(rows, frames), dtype=uint8
    """
    return upright(shade(level(power, settings), settings))


def shade(decibel: np.ndarray, settings: Settings) -> np.ndarray:
    """Map levels to grey.

    Parameters
    ----------
    decibel : np.ndarray, shape=(rows, frames), dtype=float32
        At least ``settings.floor``.
    settings : Settings

    Returns
    -------
    grey : np.ndarray, shape=(rows, frames), dtype=uint8
        0 at the floor, 255 at the ceiling and above.
    """
    slope = 255 / (settings.ceiling - settings.floor)
    # OpenCV scales, shifts, rounds and saturates in one pass.
    return cv2.convertScaleAbs(decibel, alpha=slope, beta=-slope * settings.floor)


def swing(values: np.ndarray, limit: float) -> np.ndarray:
    """Map signed values to grey.

    Parameters
    ----------
    values : np.ndarray, shape=(rows, frames)
    limit : float
        Value drawn white.

    Returns
    -------
    grey : np.ndarray, shape=(rows, frames), dtype=uint8
        1 at ``-limit`` and below, 128 at 0, 255 at ``limit`` and above.

    Examples
    --------
    >>> swing(np.array([[-9.0, -1.0, 0.0, 0.5, 1.0]]), 1.0).tolist()
    [[1, 1, 128, 192, 255]]
    """
    return np.rint(128 + 127 * np.clip(values / limit, -1, 1)).astype(np.uint8)


def upright(grey: np.ndarray) -> np.ndarray:
    """Flip the frequency axis, so that the highest row is on top.

    Parameters
    ----------
    grey : np.ndarray, shape=(rows, frames), dtype=uint8

    Returns
    -------
    image : np.ndarray, shape=(rows, frames), dtype=uint8
    """
    return np.ascontiguousarray(grey[::-1])
