"""Classic vocoders: Griffin-Lim, source-filter vocoders, and new phases.

Each takes mono samples (finite floats in [-1, 1]), their rate in Hz and a random generator. It
returns as many samples, with the same RMS level and the same smooth long-term spectrum, so that
only the fine structure tells the copy from its original. Silence stays silence. Samples may leave
[-1, 1], because a copy can have higher peaks than its original.
"""

from functools import partial

import librosa
import numpy as np
from scipy import signal

from render.vocoders.excitation import excitation, window

SHORTEST = 0.25  # seconds


def griffin_lim(
    samples: np.ndarray,
    rate: int,
    rng: np.random.Generator,
    *,
    bands: int = 80,
    frame: float = 0.064,
) -> np.ndarray:
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
    bands : int
        Mel bands; fewer keep less.
    frame : float
        Length of a frame, in s, rounded to a power of two of samples.

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
    samples = check(samples, rate)
    size = window(rate, frame)
    hop = size // 4
    filters = librosa.filters.mel(sr=rate, n_fft=size, n_mels=bands)
    mel = filters @ np.abs(librosa.stft(samples, n_fft=size, hop_length=hop))
    # The pseudo-inverse is the least-squares spectrum; the iterative, non-negative solution of
    # librosa.feature.inverse takes seconds and sounds the same.
    magnitude = np.maximum(np.linalg.pinv(filters) @ mel, 0)
    copy = librosa.griffinlim(
        magnitude, n_iter=16, hop_length=hop, length=len(samples), random_state=rng
    )
    return match_rms(copy, samples, rate)


def linear_prediction(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Excite the all-pole envelope of each frame by pulses and noise.

    Parameters, result and errors as in `griffin_lim`; the generator draws the noise. The
    order is 2 plus one a kHz of the rate, the rule of Markel and Gray (1976).
    """
    samples = check(samples, rate)
    size = window(rate)
    # Noise some 120 dB below full scale keeps the recursion solvable in digital silence.
    dithered = samples + 1e-6 * rng.standard_normal(len(samples))
    padded = np.pad(dithered, size // 2)
    frames = librosa.util.frame(padded, frame_length=size, hop_length=size // 4)
    taper = signal.get_window("hann", size)[:, None]
    predictor = librosa.lpc(frames * taper, order=2 + round(rate / 1000), axis=0)
    envelope = 1 / np.fft.rfft(predictor, n=size, axis=0)
    return match_rms(_source_filter(samples, rate, envelope, rng), samples, rate)


def smoothed_envelope(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Excite the cepstrally smoothed envelope of each frame by pulses and noise.

    Parameters, result and errors as in `griffin_lim`; the generator draws the noise. Only
    quefrencies below 2 ms are kept, which is shorter than the period of most voices.
    """
    samples = check(samples, rate)
    size = window(rate)
    magnitude = np.abs(librosa.stft(samples, n_fft=size, hop_length=size // 4))
    envelope = np.exp(np.fft.rfft(_cepstrum(magnitude, rate), axis=0).real)
    return match_rms(_source_filter(samples, rate, envelope, rng), samples, rate)


def phase_randomisation(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Keep the magnitudes of the short-time spectrum and draw its phases anew.

    Parameters, result and errors as in `griffin_lim`; the generator draws the phases. Frames
    overlap, so the magnitudes of the result are those of the input only roughly.
    """
    samples = check(samples, rate)
    size = window(rate)
    spectrum = librosa.stft(samples, n_fft=size, hop_length=size // 4)
    phase = rng.uniform(-np.pi, np.pi, spectrum.shape)
    copy = librosa.istft(spectrum * np.exp(1j * phase), hop_length=size // 4, length=len(samples))
    return match_rms(copy, samples, rate)


def zero_phase(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Keep the magnitudes of the short-time spectrum and let all harmonics peak together.

    Parameters, result and errors as in `griffin_lim`; the generator draws the noise. The phases
    are those of the pulses and noise that excite the other vocoders.
    """
    samples = check(samples, rate)
    return match_rms(_with_new_phases(samples, rate, rng), samples, rate)


def minimum_phase(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Keep the magnitudes of the short-time spectrum, with the phases of pulses in a vocal tract.

    Parameters, result and errors as in `griffin_lim`; the generator draws the noise. The vocal
    tract is the minimum-phase filter of the cepstrally smoothed envelope, whose cepstrum is
    that of the magnitude, doubled at positive quefrencies and zero at negative ones (Oppenheim
    and Schafer, Discrete-Time Signal Processing, section 13.5).
    """
    samples = check(samples, rate)
    return match_rms(_with_new_phases(samples, rate, rng, tract=True), samples, rate)


griffin_lim_40 = partial(griffin_lim, bands=40)
griffin_lim_128 = partial(griffin_lim, bands=128)
griffin_lim_short = partial(griffin_lim, frame=0.032)


def check(samples: np.ndarray, rate: int) -> np.ndarray:
    """Refuse samples that no vocoder can copy, and return the others as float64.

    librosa compiles a function anew for each type, and processes that write two types to its
    cache at once spoil it: the next process then reads machine code of the wrong type.

    Parameters
    ----------
    samples : np.ndarray
    rate : int
        In Hz.

    Returns
    -------
    samples : np.ndarray, dtype=float64

    Raises
    ------
    ValueError
        If the samples are not mono, too short or not finite, or the rate is below 8000 Hz.
    """
    if rate < 8_000:
        raise ValueError(f"expected a rate of 8000 Hz or more, got {rate}")
    if samples.ndim != 1:
        raise ValueError(f"expected mono samples, got shape {samples.shape}")
    if len(samples) < SHORTEST * rate:
        raise ValueError(f"expected {SHORTEST} s or more, got {len(samples) / rate:.3f} s")
    if not np.isfinite(samples).all():
        raise ValueError("expected finite samples, got NaN or infinity")
    return np.ascontiguousarray(samples, dtype=np.float64)


def _cepstrum(magnitude: np.ndarray, rate: int) -> np.ndarray:
    """Real cepstrum of each frame, shape=(size, frames), without quefrencies above 2 ms."""
    cepstrum = np.fft.irfft(np.log(magnitude + 1e-6), axis=0)
    kept = round(0.002 * rate)
    cepstrum[kept : len(cepstrum) - kept + 1] = 0
    return cepstrum


def _with_new_phases(
    samples: np.ndarray, rate: int, rng: np.random.Generator, tract: bool = False
) -> np.ndarray:
    """Give the frames the phases of an excitation, filtered by the vocal tract if `tract`."""
    size, length = window(rate), len(samples)
    hop = size // 4
    magnitude = np.abs(librosa.stft(samples, n_fft=size, hop_length=hop))
    phase = np.angle(librosa.stft(excitation(samples, rate, rng), n_fft=size, hop_length=hop))
    if tract:
        cepstrum = _cepstrum(magnitude, rate)
        cepstrum[size // 2 + 1 :] = 0
        phase += 2 * np.fft.rfft(cepstrum, axis=0).imag
    return librosa.istft(magnitude * np.exp(1j * phase), hop_length=hop, length=length)


def _source_filter(
    samples: np.ndarray, rate: int, envelope: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Filter an excitation by an envelope, shape=(bins, frames), at the frames' own energies."""
    size, length = window(rate), len(samples)
    hop = size // 4
    original = librosa.stft(samples, n_fft=size, hop_length=hop)
    source = librosa.stft(excitation(samples, rate, rng), n_fft=size, hop_length=hop)
    spectrum = source * envelope
    energy = np.sum(np.abs(spectrum) ** 2, axis=0)
    spectrum *= np.sqrt(np.sum(np.abs(original) ** 2, axis=0) / np.maximum(energy, 1e-12))
    return librosa.istft(spectrum, hop_length=hop, length=length)


def match_rms(copy: np.ndarray, original: np.ndarray, rate: int) -> np.ndarray:
    """Give a copy the smooth long-term spectrum and then the RMS level of its original.

    Parameters
    ----------
    copy, original : np.ndarray, shape=(n,)
    rate : int
        In Hz.

    Returns
    -------
    samples : np.ndarray, shape=(n,)
    """
    size = 256
    target, power = (signal.welch(sound, fs=rate, nperseg=size)[1] for sound in (original, copy))
    floor = 1e-6 * max(target.max(), 1e-12)
    gain = np.clip(np.sqrt((target + floor) / (power + floor)), 0.1, 10)
    filtered = signal.fftconvolve(
        copy, signal.firwin2(size + 1, np.linspace(0, 1, len(gain)), gain), mode="same"
    )
    rms = np.sqrt(np.mean(filtered**2))
    return filtered * (np.sqrt(np.mean(original**2)) / max(rms, 1e-12))
