"""What a copy has in bands where its original has nothing is taken away.

A recording that was once sampled at a lower rate, or went through a lossy codec, is empty above
some frequency. A vocoder fills that band with a little noise, and a detector would learn the
empty band instead of the vocoder. Samples are mono floats.
"""

import numpy as np
from scipy import signal

SIZE = 512  # samples of a frame of the spectra, and taps of the filter
DEEPEST = 1e-4  # gain, -80 dB


def match_bandwidth(copy: np.ndarray, original: np.ndarray, rate: int) -> np.ndarray:
    """Cut the long-term spectrum of a copy down to that of its original, at the same RMS level.

    Nothing is added: bands in which the copy has less stay as they are.

    Parameters
    ----------
    copy, original : np.ndarray, shape=(n,)
    rate : int
        In Hz.

    Returns
    -------
    samples : np.ndarray, shape=(n,)

    Examples
    --------
    >>> noise = np.random.default_rng(0).standard_normal((2, 16_000))
    >>> low = signal.sosfilt(signal.butter(10, 0.25, output="sos"), noise[0])
    >>> high = signal.sosfilt(signal.butter(10, 0.75, "high", output="sos"), noise[1])
    >>> bool(match_bandwidth(low + 0.01 * high, low, 16_000)[1_000:15_000].std() > 0.99 * low.std())
    True
    """
    size = min(SIZE, len(copy))
    wanted, found = (signal.welch(sound, fs=rate, nperseg=size)[1] for sound in (original, copy))
    tiny = 1e-12 * max(found.max(), 1e-12)
    gain = np.clip(np.sqrt((wanted + tiny) / (found + tiny)), DEEPEST, 1)
    taps = signal.firwin2(SIZE + 1, np.linspace(0, 1, len(gain)), gain)
    cut = signal.fftconvolve(copy, taps, mode="same")
    level = np.sqrt(np.mean(cut**2))
    return cut * (np.sqrt(np.mean(original**2)) / max(level, 1e-12))
