"""Long-term spectrum of a clip, in which lines stand out that are always there."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import scipy

from render.settings import Settings
from render.spectra import stft

WINDOW = 0.128  # seconds of a frame, in which lines 50 Hz apart are well apart
_PADDING = 2  # windows in the transform, so that lines between two bins are not lost
_SMOOTH = 100.0  # Hz over which a spectrum is levelled
_LIMITS = (-10.0, 15.0)  # decibels that one bin can count for
_FAINTEST = 1e-14  # power under which there is nothing but rounding


def spectrum(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Mean of the spectra of all frames in dB, without its slow curve.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    spectrum : np.ndarray, shape=(bins,), dtype=float32
        See `detrend`.

    Raises
    ------
    ValueError
        If the clip has another length or is not finite.
    """
    power = stft.power(samples, _long(settings), _PADDING)
    return detrend(decibel(power).mean(axis=1), settings.rate)


def decibel(power: np.ndarray) -> np.ndarray:
    """Power in dB; of next to none, that of rounding."""
    return 10 * np.log10(np.maximum(power, np.float32(_FAINTEST)))


def detrend(level: np.ndarray, rate: int) -> np.ndarray:
    """Take from a spectrum what is not fine.

    Parameters
    ----------
    level : np.ndarray, shape=(bins,)
        In dB, from 0 Hz to the Nyquist frequency.
    rate : int
        Sample rate, in Hz.

    Returns
    -------
    levelled : np.ndarray, shape=(bins,)
        In dB above the mean of the 100 Hz around each bin, within -10 and 15.
    """
    around = round(_SMOOTH / (rate / 2) * (len(level) - 1)) | 1
    return np.clip(level - scipy.ndimage.uniform_filter1d(level, around, mode="nearest"), *_LIMITS)


@lru_cache(maxsize=4)
def _long(settings: Settings) -> Settings:
    """Settings with frames long enough to tell lines apart, as far as the clip allows."""
    window = min(round(WINDOW * settings.rate), settings.length)
    return replace(settings, feature="linear", window=window, hop=max(1, window // 4))
