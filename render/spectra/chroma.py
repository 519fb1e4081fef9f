"""Chroma: the energy of each of the twelve pitch classes, over all octaves."""

from functools import lru_cache

import numpy as np
import scipy

from render.representations import PITCH_CLASSES
from render.settings import Settings
from render.spectra import grey, stft


def chroma(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw the share of each pitch class over time, one row a semitone, with A at 440 Hz.

    Every bin of the STFT except 0 Hz adds its power to the pitch classes nearby, weighted most in
    the octaves around 880 Hz. A frame is scaled to its strongest pitch class, so that loudness does
    not show. A semitone at 440 Hz is 26 Hz wide: a window under a tenth of a second separates
    semitones in higher octaves only.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=settings.shape, dtype=uint8
        255 for the strongest pitch class of a frame, 0 for one without power, in proportion to
        power between; a frame under ``settings.floor`` fades to black. The bottom row is C, the
        top row B.

    Raises
    ------
    ValueError
        If the clip has another length or is not finite.

    References
    ----------
    Ellis, "Chroma feature analysis and synthesis", 2007: the weights, as librosa has them.

    Examples
    --------
    >>> tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(32_000) / 16_000)
    >>> image = chroma(tone, Settings(feature="chroma", window=2048))
    >>> image.shape, 11 - int(image[:, 60].argmax())
    ((12, 118), 9)
    """
    power = stft.power(samples, settings)
    strength = _pitch_classes(settings.rate, settings.window) @ power
    share = strength / np.maximum(strength.max(axis=0), grey.faintest(power, settings))
    return grey.upright(np.rint(255 * share).astype(np.uint8))


@lru_cache(maxsize=4)
def _pitch_classes(rate: int, window: int) -> "scipy.sparse.csr_array":
    """Weight of every bin in every pitch class, shape (12, 1 + window // 2)."""
    import librosa  # slow to load, and used by chroma alone

    weights = librosa.filters.chroma(sr=rate, n_fft=window, n_chroma=PITCH_CLASSES, tuning=0.0)
    weights[:, 0] = 0
    return scipy.sparse.csr_array(weights)
