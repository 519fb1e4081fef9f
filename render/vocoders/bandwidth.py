"""Match of bandwidths: attenuate the bands of a copy in which its original has nothing.

A recording that was once sampled at a lower rate, or went through a lossy codec, is empty above
some frequency. A vocoder fills that band with a little noise. A detector would then learn the empty
band instead of the vocoder. Samples are mono floats.
"""

import numpy as np
from scipy import signal

FRAME = 512  # samples of a frame of the spectra, and taps of the filter
LEAST_GAIN = 1e-4  # -80 dB


def match_bandwidth(copy: np.ndarray, original: np.ndarray, rate: int) -> np.ndarray:
    """Cut the long-term spectrum of a copy down to that of its original, at the same RMS level.

    Bands in which the copy has less than its original stay as they are.

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
    size = min(FRAME, len(copy))
    target, power = (signal.welch(sound, fs=rate, nperseg=size)[1] for sound in (original, copy))
    tiny = 1e-12 * max(power.max(), 1e-12)
    gain = np.clip(np.sqrt((target + tiny) / (power + tiny)), LEAST_GAIN, 1)
    taps = signal.firwin2(FRAME + 1, np.linspace(0, 1, len(gain)), gain)
    filtered = signal.fftconvolve(copy, taps, mode="same")
    rms = np.sqrt(np.mean(filtered**2))
    return filtered * (np.sqrt(np.mean(original**2)) / max(rms, 1e-12))
