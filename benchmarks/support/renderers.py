"""Renderers of clips: ours, the plain one, other programs, and the floor.

All draw the same clips, those that `render` cuts from a folder of recordings: 2 s of sound, one PNG
each. Only ours reads any format, checks and hashes it, trims silence, normalises the level, writes
atomically, stores the settings in each picture, and lists all of them in a manifest.
"""

import csv
import functools
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import librosa
import matplotlib
import numpy as np
import scipy.fft
import soundfile
import soxr
from matplotlib import pyplot

from benchmarks.support import recordings
from render.settings import Settings

matplotlib.use("Agg")
cv2.setNumThreads(1)


@dataclass(frozen=True)
class Corpus:
    """A folder of recordings and the clips in it.

    Attributes
    ----------
    audio : Path
    settings : Settings
    clips : dict of str to list of (float, float)
        Beginning and duration of each clip in s, by the recording's path below `audio`.
    """

    audio: Path
    settings: Settings
    clips: dict[str, list[tuple[float, float]]]

    @property
    def size(self) -> int:
        """Number of clips."""
        return sum(map(len, self.clips.values()))


def corpus(audio: Path, feature: str, scratch: Path) -> Corpus:
    """List the clips that `render` cuts; all renderers leave out what it cannot read."""
    recordings.draw(audio, scratch, feature)
    clips: dict[str, list[tuple[float, float]]] = {}
    with (scratch / "manifest.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            piece = float(row["start_s"]), float(row["duration_s"])
            clips.setdefault(row["recording"], []).append(piece)
    return Corpus(audio, Settings(feature=feature), clips)


def ours(corpus: Corpus, dataset: Path) -> None:
    """`render`, from the folder of recordings to pictures and manifest, in one process."""
    recordings.draw(corpus.audio, dataset, corpus.settings.feature)


def plain(corpus: Corpus, dataset: Path) -> None:
    """As in tutorials: librosa.load, stft or melspectrogram, specshow, savefig, close.

    In its favour, a recording of several clips is loaded once, nothing is resampled that has the
    rate already, and the figure has neither axes nor a colour bar.
    """
    settings = corpus.settings
    for target, name, pieces in _targets(corpus, dataset):
        samples, rate = librosa.load(corpus.audio / name, sr=settings.rate)
        for number, (start, duration) in enumerate(pieces):
            clip = samples[int(start * rate) : int((start + duration) * rate)]
            level = _librosa_level(clip, settings)
            figure, axes = pyplot.subplots()
            librosa.display.specshow(level, sr=rate, hop_length=settings.hop, cmap="gray", ax=axes)
            axes.axis("off")
            figure.savefig(target(number))
            pyplot.close(figure)


def _librosa_level(clip: np.ndarray, settings: Settings) -> np.ndarray:
    window, hop = settings.window, settings.hop
    if settings.feature == "linear":
        spectrum = librosa.stft(clip, n_fft=window, hop_length=hop)
        return librosa.amplitude_to_db(np.abs(spectrum), ref=np.max)
    power = librosa.feature.melspectrogram(
        y=clip, sr=settings.rate, n_fft=window, hop_length=hop, n_mels=settings.bands
    )
    return librosa.power_to_db(power, ref=np.max)


def sox(corpus: Corpus, dataset: Path) -> None:
    """`sox FILE -n spectrogram`, a process a clip: grey, no axes, as many bins as ours."""
    height, width = corpus.settings.shape

    def command(source: Path, start: float, duration: float, target: Path) -> list[str]:
        drawn = f"spectrogram -m -r -x {width} -y {height + 1} -o".split()
        return [
            "sox",
            "-V1",
            str(source),
            "-n",
            "trim",
            str(start),
            str(duration),
            *drawn,
            str(target),
        ]

    _run(corpus, dataset, command)


def ffmpeg(corpus: Corpus, dataset: Path) -> None:
    """`ffmpeg -lavfi showspectrumpic`, a process a clip: no legend, as many pixels as ours."""
    height, width = corpus.settings.shape
    quiet = "ffmpeg -v error -nostdin -threads 1".split()
    drawn = f"-lavfi showspectrumpic=s={width}x{height}:legend=0:scale=log -frames:v 1".split()

    def command(source: Path, start: float, duration: float, target: Path) -> list[str]:
        piece = ["-ss", str(start), "-t", str(duration), "-i", str(source)]
        return [*quiet, *piece, *drawn, str(target)]

    _run(corpus, dataset, command)


def floor(corpus: Corpus, dataset: Path) -> None:
    """Decode, Fourier transform, scaling of the logarithm to grey, PNG, a plain write: no more.

    In single precision, with the fastest of NumPy, SciPy and OpenCV. The mel one multiplies by the
    filter bank as well. A recording of another rate or of more channels has to be made mono and
    resampled here too.
    """
    settings = corpus.settings
    for target, name, pieces in _targets(corpus, dataset):
        samples, rate = soundfile.read(corpus.audio / name, dtype="float32")
        samples = samples if samples.ndim == 1 else samples.mean(axis=1)
        samples = samples if rate == settings.rate else soxr.resample(samples, rate, settings.rate)
        for number, (start, duration) in enumerate(pieces):
            begin, end = round(start * settings.rate), round((start + duration) * settings.rate)
            clip = np.resize(samples[begin:end], settings.length)
            target(number).write_bytes(cv2.imencode(".png", _grey(clip, settings))[1].data)


def _grey(clip: np.ndarray, settings: Settings) -> np.ndarray:
    frames = np.lib.stride_tricks.sliding_window_view(clip, settings.window)[:: settings.hop]
    spectrum = scipy.fft.rfft(frames * _taper(settings.window), axis=1)
    power = np.square(spectrum.real)
    power += np.square(spectrum.imag)
    power = power @ _filters(settings) if settings.feature == "mel" else power[:, 1:]
    level = np.log10(np.maximum(power, np.float32(1e-11)))
    level *= np.float32(25.5)  # 10 dB a tenth of the range
    level += np.float32(255 * 1.1 + 0.5)
    return np.ascontiguousarray(np.clip(level, 0, 255, out=level).astype(np.uint8).T[::-1])


@functools.lru_cache
def _taper(window: int) -> np.ndarray:
    taper = np.hanning(window + 1)[:-1]
    return (2 * taper / taper.sum()).astype(np.float32)


@functools.lru_cache
def _filters(settings: Settings) -> np.ndarray:
    bank = librosa.filters.mel(sr=settings.rate, n_fft=settings.window, n_mels=settings.bands)
    return np.ascontiguousarray(bank.T)


Target = Callable[[int], Path]


def _targets(
    corpus: Corpus, dataset: Path
) -> Iterator[tuple[Target, str, list[tuple[float, float]]]]:
    """Recordings with their clips, and the file that each clip's picture goes to."""
    for place, (name, pieces) in enumerate(corpus.clips.items()):
        yield functools.partial(_target, dataset, place), name, pieces


def _target(dataset: Path, place: int, number: int) -> Path:
    return dataset / f"{place}-{number}.png"


def _run(
    corpus: Corpus, dataset: Path, command: Callable[[Path, float, float, Path], list[str]]
) -> None:
    for target, name, pieces in _targets(corpus, dataset):
        for number, (start, duration) in enumerate(pieces):
            arguments = command(corpus.audio / name, start, duration, target(number))
            subprocess.run(arguments, check=True)
