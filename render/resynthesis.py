"""Copy-synthesis: a recording taken apart and put together again by a classic vocoder.

Every method takes mono samples, finite floats in [-1, 1], their rate in Hz and a random
generator, and returns as many samples at the same RMS level and with the same smooth long-term
spectrum, so that only the fine structure tells the copy from the original. Silence stays
silence. Samples may leave [-1, 1]: a copy can have higher peaks than its original.
"""

from collections.abc import Callable

import librosa
import numpy as np
from scipy import signal, special

SHORTEST = 0.25  # seconds

Method = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]


def griffin_lim(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Rebuild sound from its mel spectrogram, with phases found by iteration.

    The phases come from the fast algorithm of Perraudin, Balazs and Sondergaard (2013). The
    harmonics that the mel bands have merged are lost.

    Parameters
    ----------
    samples : np.ndarray, shape=(n,)
        At least ``SHORTEST`` seconds.
    rate : int
        Sample rate, in Hz.
    rng : np.random.Generator
        Draws the first phases.

    Returns
    -------
    samples : np.ndarray, shape=(n,)

    Raises
    ------
    ValueError
        If the samples are not mono, too short or not finite, or the rate is below 8000 Hz.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(8_000) / 16_000)
    >>> copy = griffin_lim(tone, 16_000, np.random.default_rng(0))
    >>> copy.shape, round(float(copy.std()), 3)
    ((8000,), 0.707)
    """
    _check(samples, rate)
    size = 2 * _window(rate)
    hop = size // 4
    bands = librosa.filters.mel(sr=rate, n_fft=size, n_mels=80)
    mel = bands @ np.abs(librosa.stft(samples, n_fft=size, hop_length=hop))
    # The pseudo-inverse is the least-squares spectrum; the iterative, non-negative solution of
    # librosa.feature.inverse takes seconds and sounds the same.
    magnitude = np.maximum(np.linalg.pinv(bands) @ mel, 0)
    copy = librosa.griffinlim(
        magnitude, n_iter=16, hop_length=hop, length=len(samples), random_state=rng
    )
    return _matched(copy, samples, rate)


def linear_prediction(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Excite the all-pole envelope of each frame by pulses and noise.

    Parameters, result and errors as in `griffin_lim`; the generator draws the noise. The
    order is 2 plus one a kHz of the rate, the rule of Markel and Gray (1976).
    """
    _check(samples, rate)
    size = _window(rate)
    # Noise some 120 dB below full scale keeps the recursion solvable in digital silence.
    dithered = samples + 1e-6 * rng.standard_normal(len(samples))
    padded = np.pad(dithered, size // 2)
    frames = librosa.util.frame(padded, frame_length=size, hop_length=size // 4)
    taper = signal.get_window("hann", size)[:, None]
    predictor = librosa.lpc(frames * taper, order=2 + round(rate / 1000), axis=0)
    envelope = 1 / np.fft.rfft(predictor, n=size, axis=0)
    return _matched(_vocoded(samples, rate, envelope, rng), samples, rate)


def smoothed_envelope(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Excite the cepstrally smoothed envelope of each frame by pulses and noise.

    Parameters, result and errors as in `griffin_lim`; the generator draws the noise. Only
    quefrencies below 2 ms are kept, which is shorter than the period of most voices.
    """
    _check(samples, rate)
    size = _window(rate)
    magnitude = np.abs(librosa.stft(samples, n_fft=size, hop_length=size // 4))
    cepstrum = np.fft.irfft(np.log(magnitude + 1e-6), axis=0)
    kept = round(0.002 * rate)
    cepstrum[kept : size - kept + 1] = 0
    envelope = np.exp(np.fft.rfft(cepstrum, axis=0).real)
    return _matched(_vocoded(samples, rate, envelope, rng), samples, rate)


def phase_randomisation(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Keep the magnitudes of the short-time spectrum and draw its phases anew.

    Parameters, result and errors as in `griffin_lim`; the generator draws the phases. Frames
    overlap, so the magnitudes of the result are those of the input only roughly.
    """
    _check(samples, rate)
    size = _window(rate)
    spectrum = librosa.stft(samples, n_fft=size, hop_length=size // 4)
    turn = rng.uniform(-np.pi, np.pi, spectrum.shape)
    copy = librosa.istft(spectrum * np.exp(1j * turn), hop_length=size // 4, length=len(samples))
    return _matched(copy, samples, rate)


METHODS: dict[str, Method] = {
    "griffin_lim": griffin_lim,
    "linear_prediction": linear_prediction,
    "smoothed_envelope": smoothed_envelope,
    "phase_randomisation": phase_randomisation,
}


def _check(samples: np.ndarray, rate: int) -> None:
    if rate < 8_000:
        raise ValueError(f"expected a rate of 8000 Hz or more, got {rate}")
    if samples.ndim != 1:
        raise ValueError(f"expected mono samples, got shape {samples.shape}")
    if len(samples) < SHORTEST * rate:
        raise ValueError(f"expected {SHORTEST} s or more, got {len(samples) / rate:.3f} s")
    if not np.isfinite(samples).all():
        raise ValueError("expected finite samples, got NaN or infinity")


def _window(rate: int) -> int:
    """Length in samples of a frame of about 32 ms, a power of two."""
    return 2 ** round(np.log2(0.032 * rate))


def _vocoded(
    samples: np.ndarray, rate: int, envelope: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Filter an excitation by an envelope, shape=(bins, frames), at the frames' own energies."""
    size, length = _window(rate), len(samples)
    hop = size // 4
    original = librosa.stft(samples, n_fft=size, hop_length=hop)
    excitation = librosa.stft(_excitation(samples, rate, rng), n_fft=size, hop_length=hop)
    spectrum = excitation * envelope
    energy = np.sum(np.abs(spectrum) ** 2, axis=0)
    spectrum *= np.sqrt(np.sum(np.abs(original) ** 2, axis=0) / np.maximum(energy, 1e-12))
    return librosa.istft(spectrum, hop_length=hop, length=length)


def _excitation(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """One pulse a period where the sound is voiced, noise where it is not, at unit power."""
    pitch, voiced = _pitch(samples, rate)
    harmonics = np.floor(rate / 2 / pitch)
    # The Dirichlet kernel is 1 + 2 cos(x) + ... + 2 cos(n x) over 2 n + 1: all harmonics below
    # the Nyquist frequency, where pulses on whole samples would jitter. Each has power 1/2.
    kernel = special.diric(2 * np.pi * np.cumsum(pitch) / rate, 2 * harmonics + 1)
    pulses = (kernel * (2 * harmonics + 1) - 1) / np.sqrt(2 * harmonics)
    return np.where(voiced, pulses, rng.standard_normal(len(samples)))


def _pitch(samples: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Fundamental frequency in Hz, and whether there is one, at every sample.

    A frame is voiced when its normalised autocorrelation at the period exceeds 0.5.
    """
    size = 2 * _window(rate)
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


def _matched(copy: np.ndarray, original: np.ndarray, rate: int) -> np.ndarray:
    """Give a copy the smooth long-term spectrum and then the RMS level of its original."""
    size = 256
    wanted, found = (signal.welch(sound, fs=rate, nperseg=size)[1] for sound in (original, copy))
    floor = 1e-6 * max(wanted.max(), 1e-12)
    gain = np.clip(np.sqrt((wanted + floor) / (found + floor)), 0.1, 10)
    filtered = signal.fftconvolve(
        copy, signal.firwin2(size + 1, np.linspace(0, 1, len(gain)), gain), mode="same"
    )
    level = np.sqrt(np.mean(filtered**2))
    return filtered * (np.sqrt(np.mean(original**2)) / max(level, 1e-12))
