"""The short-time Fourier transform that the pictures are drawn from.

Samples are mono floats, 1.0 is full scale. Frequencies lie in rows, from 0 Hz up, frames in
columns, in order of time. Column ``k`` of a picture is frame ``k``: it starts ``k * hop`` samples
into the clip; its middle, the peak of the Hann taper, is ``window / 2`` samples later. No frame
reaches beyond the clip.
"""

from functools import lru_cache

import numpy as np

from render.settings import Settings
from render.spectra.fourier import rfft

# Limit for the squares of a spectrum in single precision, 300 dB over full scale.
LOUDEST = 1e15


def power(samples: np.ndarray, settings: Settings, padding: int = 1) -> np.ndarray:
    """Power spectrum of every frame; 1.0 is the peak of a full-scale sine.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings
    padding : int
        Length of the transform in windows: its bins lie ``rate / window / padding`` Hz apart.

    Returns
    -------
    power : np.ndarray, shape=(1 + padding * window // 2, frames), dtype=float32

    Raises
    ------
    ValueError
        If the clip has another length, is not finite or is absurdly loud.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 2_000 * np.arange(32_000) / 16_000)
    >>> power(tone, Settings())[30:35, 0].round(3).tolist()
    [0.0, 0.25, 1.0, 0.25, 0.0]
    """
    amplitude = np.abs(rfft(frames(samples, settings), padding * settings.window, axis=0))
    return np.square(amplitude, out=amplitude)


def frames(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Cut a clip into overlapping frames and taper each.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    frames : np.ndarray, shape=(window, frames), dtype=float32
        Scaled so that the spectrum of a full-scale sine peaks at 1.0.

    Raises
    ------
    ValueError
        As `power`.
    """
    clip = single(samples, settings)
    cut = np.lib.stride_tricks.sliding_window_view(clip, settings.window)[:: settings.hop]
    return (cut * _taper(settings.window)).T  # in memory frame by frame, as the transform reads


def single(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Check a clip and convert it to single precision.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    samples : np.ndarray, shape=(settings.length,), dtype=float32

    Raises
    ------
    ValueError
        As `power`.
    """
    if samples.shape != (settings.length,):
        raise ValueError(f"expected {settings.length} mono samples, got shape {samples.shape}")
    # Both propagate NaN, and no comparison with NaN is true.
    peak = max(samples.max(), -samples.min())
    if not peak < LOUDEST:
        value = peak if np.isfinite(peak) else "NaN or infinity"
        raise ValueError(f"expected finite samples under {LOUDEST:g}, got {value}")
    return samples.astype(np.float32, copy=False)


@lru_cache(maxsize=4)
def _taper(window: int) -> np.ndarray:
    # A sine of amplitude 1 has half its amplitude at the positive frequency, times the sum of the
    # taper, which for a periodic Hann window is window / 2.
    return (np.hanning(window + 1)[:-1] * 4 / window).astype(np.float32)
