"""One clip of sound in, one grey picture out.

Samples are mono floats, 1.0 is full scale. Pictures are ``uint8``: the top row is the highest
frequency, the left column the clip's start. Levels are absolute, in dB relative to a full-scale
sine: silence is black, and a quiet clip stays dark.
"""

import warnings
from collections.abc import Callable
from functools import lru_cache

import librosa
import numpy as np

from render.settings import Settings


def linear(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw level over linear frequency and time, one row a bin of the STFT.

    The bin at 0 Hz is left out: the offset of a sound card says nothing about speech.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=settings.shape, dtype=uint8
        0 at ``settings.floor`` and below, 255 at ``settings.ceiling`` and above. Row ``r`` shows
        ``rate / window * (window // 2 - r)`` Hz, the top row the Nyquist frequency.

    Raises
    ------
    ValueError
        If the clip has another length or is not finite.

    Examples
    --------
    >>> tone = 0.1 * np.sin(2 * np.pi * 2_000 * np.arange(32_000) / 16_000)
    >>> image = linear(tone, Settings())
    >>> image.shape, int(image[:, 0].argmax()), int(image.max())
    ((256, 124), 192, 230)
    """
    amplitude = _amplitude(samples, settings)[1:]
    level = librosa.amplitude_to_db(
        amplitude, ref=1.0, amin=10 ** (settings.floor / 20), top_db=None
    )
    return _grey(level, settings)


def mel(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw level over mel frequency (Slaney's scale) and time, one row a band.

    The bands are triangles of height 1 that sum to 1, so that a tone has the same level on every
    band it can fall on the centre of.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=settings.shape, dtype=uint8
        0 at ``settings.floor`` and below, 255 at ``settings.ceiling`` and above.

    Raises
    ------
    ValueError
        If the clip has another length or is not finite, or if the window is too short for that
        many bands.

    Examples
    --------
    >>> tone = 0.1 * np.sin(2 * np.pi * 2_000 * np.arange(32_000) / 16_000)
    >>> mel(tone, Settings(feature="mel")).shape
    (80, 124)
    """
    # A sine spreads over 1 + 1/4 + 1/4 bins of a Hann window's power spectrum; dividing by that
    # makes a full-scale sine 0 dB in a band that holds all of it.
    power = _amplitude(samples, settings) ** 2 / 1.5
    bands = _mel_weights(settings.rate, settings.window, settings.bands) @ power
    level = librosa.power_to_db(bands, ref=1.0, amin=10 ** (settings.floor / 10), top_db=None)
    return _grey(level, settings)


REPRESENTATIONS: dict[str, Callable[[np.ndarray, Settings], np.ndarray]] = {
    "linear": linear,
    "mel": mel,
}


def draw(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw a clip in the representation that the settings name.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=settings.shape, dtype=uint8

    Examples
    --------
    >>> int(draw(np.zeros(32_000), Settings()).max())
    0
    """
    return REPRESENTATIONS[settings.feature](samples, settings)


def _amplitude(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """STFT amplitude, shape (1 + window // 2, frames); 1.0 is the peak of a full-scale sine."""
    if samples.shape != (settings.length,):
        raise ValueError(f"expected {settings.length} mono samples, got shape {samples.shape}")
    if not np.isfinite(samples).all():
        raise ValueError("expected finite samples, got NaN or infinity")
    spectrum = librosa.stft(
        samples, n_fft=settings.window, hop_length=settings.hop, window="hann", center=False
    )
    # A sine of amplitude 1 has half its amplitude at the positive frequency, times the sum of the
    # taper, which for a periodic Hann window is window / 2.
    return np.abs(spectrum) * 2 / (settings.window / 2)


@lru_cache(maxsize=4)
def _mel_weights(rate: int, window: int, bands: int) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa warns of empty bands; here they are an error
        weights = librosa.filters.mel(sr=rate, n_fft=window, n_mels=bands, norm=None)
    empty = int((weights.max(axis=1) == 0).sum())
    if empty:
        raise ValueError(
            f"expected a bin in each mel band, got {empty} of {bands} bands without one: "
            f"use fewer bands or a window longer than {window}"
        )
    return weights


def _grey(level: np.ndarray, settings: Settings) -> np.ndarray:
    """Map dB to grey, turning the frequency axis so that the highest row is on top."""
    brightness = (level - settings.floor) / (settings.ceiling - settings.floor)
    return np.rint(255 * np.clip(brightness, 0, 1)).astype(np.uint8)[::-1]
