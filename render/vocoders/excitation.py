"""Excitation of a source-filter vocoder: pulses at the pitch of a sound, and noise.

Samples are mono floats. Pulses hold every harmonic below the Nyquist frequency, all in phase.
"""

import librosa
import numpy as np
from scipy import special


def window(rate: int, frame: float = 0.032) -> int:
    """Length in samples of a frame given in s, a power of two.

    Examples
    --------
    >>> window(16_000), window(44_100), window(16_000, 0.064)
    (512, 1024, 1024)
    """
    return 2 ** round(np.log2(frame * rate))


def excitation(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Make one pulse a period where the sound is voiced, noise elsewhere, at unit power.

    Parameters
    ----------
    samples : np.ndarray, shape=(n,)
        The sound with the pitch to follow, of a quarter of a second or more.
    rate : int
        In Hz.
    rng : np.random.Generator
        Draws the noise.

    Returns
    -------
    source : np.ndarray, shape=(n,)

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 100 * np.arange(16_000) / 16_000)
    >>> source = excitation(tone, 16_000, np.random.default_rng(0))
    >>> pulses = source[8_000:8_800].reshape(5, 160)  # five periods
    >>> bool((pulses.max(axis=1) > 5).all()), round(float(source.std()), 1)
    (True, 1.0)
    """
    pitch, voiced = _pitch(samples, rate)
    harmonics = np.floor(rate / 2 / pitch)
    # The Dirichlet kernel is 1 + 2 cos(x) + ... + 2 cos(n x) over 2 n + 1: all harmonics below
    # the Nyquist frequency, where pulses on whole samples would jitter. Each has power 1/2.
    kernel = special.diric(2 * np.pi * np.cumsum(pitch) / rate, 2 * harmonics + 1)
    pulses = (kernel * (2 * harmonics + 1) - 1) / np.sqrt(2 * harmonics)
    return np.where(voiced, pulses, rng.standard_normal(len(samples)))


def _pitch(samples: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Fundamental frequency in Hz, and whether the sound is voiced, at every sample.

    A frame is voiced when its normalised autocorrelation at the period exceeds 0.5.
    """
    size = 2 * window(rate)
    hop = size // 8
    lowest, highest = 60, 400
    pitch = librosa.yin(
        samples, fmin=lowest, fmax=highest, sr=rate, frame_length=size, hop_length=hop
    )
    frames = librosa.util.frame(np.pad(samples, size // 2), frame_length=size, hop_length=hop)
    power = np.abs(np.fft.rfft(frames, n=2 * size, axis=0)) ** 2
    correlation = np.fft.irfft(power, axis=0)
    lag = np.rint(rate / pitch).astype(int)
    columns = np.arange(frames.shape[1])
    # The overlap of a frame with its shifted self shrinks with the lag.
    peak = correlation[lag, columns] * size / (size - lag)
    voiced = peak > 0.5 * np.maximum(correlation[0], 1e-9)
    time = np.arange(len(samples)) / hop
    nearest = np.minimum(np.rint(time).astype(int), len(voiced) - 1)
    return np.interp(time, columns, pitch), voiced[nearest]
