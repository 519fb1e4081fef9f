"""Long-term average spectrum of a clip, which shows steady lines."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from render.settings import Settings
from render.spectra import stft
from render.spectra.moving_average import moving_average

WINDOW = 0.128  # seconds of a frame, which separates lines 50 Hz apart
_PADDING = 2  # windows in the transform, so that lines between two bins are not lost
_SMOOTH = 100.0  # width of the trend, in Hz
_LIMITS = (-10.0, 15.0)  # range of one bin, in dB
_FAINTEST = 1e-14  # power of rounding errors


def spectrum(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Mean of the spectra of all frames in dB, without its trend.

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
    """Power in dB, at least that of rounding errors."""
    return 10 * np.log10(np.maximum(power, np.float32(_FAINTEST)))


def detrend(level: np.ndarray, rate: int) -> np.ndarray:
    """Subtract the trend of a spectrum.

    Parameters
    ----------
    level : np.ndarray, shape=(bins,)
        In dB, from 0 Hz to the Nyquist frequency.
    rate : int
        Sample rate, in Hz.

    Returns
    -------
    detrended : np.ndarray, shape=(bins,)
        In dB above the mean of the 100 Hz around each bin, within -10 and 15.
    """
    width = round(_SMOOTH / (rate / 2) * (len(level) - 1)) | 1
    trend = moving_average(level, width, "edge")
    return np.clip(level - trend, *_LIMITS)


@lru_cache(maxsize=4)
def _long(settings: Settings) -> Settings:
    """Settings with frames of 128 ms, or as long as the clip."""
    window = min(round(WINDOW * settings.rate), settings.length)
    return replace(settings, feature="linear", window=window, hop=max(1, window // 4))
