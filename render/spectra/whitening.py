"""Whitening: every band is made equally loud at every moment.

Traces of a vocoder are faint and everywhere. Without whitening, only the few loud moments and
frequencies of speech would count.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from render.settings import Settings
from render.spectra import stft
from render.spectra.fourier import fft, rfft
from render.spectra.moving_average import moving_average

_BAND = 1 / 16  # distance of the bands, as a share of all frequencies; each is twice as wide
_SMOOTH = 0.05  # seconds over which their level is averaged
_FAINTEST = 1e-5  # amplitude that is not raised


class Whitened(NamedTuple):
    """A whitened clip.

    Attributes
    ----------
    spectrum : np.ndarray, shape=(settings.length + 1,), dtype=complex64
        Of the whitened clip under a Hann window, padded to twice the length, so that no line falls
        between two bins.
    power : np.ndarray, shape=(bands, columns), dtype=float32
        Power of each band over its mean in the 50 ms around; columns are spread evenly over the
        clip.
    """

    spectrum: np.ndarray
    power: np.ndarray


def whiten(samples: np.ndarray, settings: Settings) -> Whitened:
    """Split into bands that overlap by half, divide each by its level, and add them up again.

    Each band is shifted down to 0 Hz and sampled at its own width, a tenth of the work.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Raises
    ------
    ValueError
        As `render.spectra.stft.power`.
    """
    spectrum = rfft(stft.single(samples, settings))
    half = max(1, round(len(spectrum) * _BAND))
    count = -(-(len(spectrum) - 1) // half)
    # First bins of the bands; the last one is padded with zeros.
    starts = range(0, count * half, half)
    padded = np.pad(spectrum, (0, (count + 1) * half - len(spectrum)))
    share = np.sqrt(1 - np.abs(np.arange(2 * half) - half) / half).astype(np.float32)
    parts = np.stack([padded[start : start + 2 * half] for start in starts]) * share
    # Scaled as in the whole signal: each transform is normalised by its length.
    sounds = np.fft.ifft(parts, axis=1) * np.float32(2 * half / len(samples) * 2)
    power = np.abs(sounds) ** 2
    length = max(1, round(_SMOOTH * settings.rate / settings.length * 2 * half))
    mean = moving_average(power, length)
    level = np.sqrt(np.maximum(mean, 0)) + _FAINTEST
    flat = np.zeros_like(padded)
    for start, part in zip(starts, fft(sounds / level) * share, strict=True):
        flat[start : start + 2 * half] += part
    sound = np.fft.irfft(flat[: len(spectrum)], len(samples)) * _taper(len(samples))
    return Whitened(rfft(sound, 2 * len(samples)), power / level**2)


@lru_cache(maxsize=4)
def _taper(length: int) -> np.ndarray:
    return np.hanning(length).astype(np.float32)
