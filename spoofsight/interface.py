"""The Python interface: recordings and pictures in, frozen results out.

Recordings are paths, or samples of shape (n,) or (n, channels) with their rate in Hz. Pictures are
``uint8``, shape (height, width): the top row is the highest frequency, columns are time. Times are
in s.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from classify.prediction.verdicts import Refusal, Verdict, judge_picture, predict
from classify.runs import lookup, run
from classify.runs.run import Run
from detect import detection, samples
from detect.detection import TIMEOUT, Detection, Window
from render.clips import split_into_clips
from render.decoding.audio import MIX, scan_audio
from render.settings import Settings as RenderSettings
from render.spectrogram import draw

__all__ = [
    "Detection",
    "Detector",
    "Pictures",
    "RenderSettings",
    "Verdict",
    "Window",
    "load",
    "render",
]

File = str | os.PathLike[str]


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures of a recording, in order of time.

    Attributes
    ----------
    images : np.ndarray, shape=(n, height, width), dtype=uint8
    start_s, duration_s : np.ndarray, shape=(n,)
        Part of the recording in each picture, in s. A short last part is repeated to fill it.
    settings : RenderSettings
        How they are drawn.
    warnings : tuple of str
        Reasons to doubt that the file holds what it should.
    """

    images: np.ndarray
    start_s: np.ndarray
    duration_s: np.ndarray
    settings: RenderSettings
    warnings: tuple[str, ...] = ()


class Detector:
    """A trained run, ready for recordings and pictures; `load` makes one.

    Attributes
    ----------
    run : classify.runs.run.Run
        Folder, class names, picture shape, threshold, uncertain band and the rest of ``run.json``.
    """

    def __init__(
        self, run: Run, *, step_s: float | None = None, timeout_s: float = TIMEOUT
    ) -> None:
        self.run, self._step_s, self._timeout_s = run, step_s, timeout_s

    @cached_property
    def _recordings(self) -> detection.Detector:
        """The detector of recordings, which a run of foreign pictures does not have."""
        return detection.Detector(self.run, step_s=self._step_s, timeout_s=self._timeout_s)

    @property
    def settings(self) -> RenderSettings:
        """How the windows of a recording are drawn: as the run's pictures, but with overlap.

        Raises
        ------
        ValueError
            If the run does not say how its pictures were drawn.
        """
        return self._recordings.settings

    def detect(
        self,
        recording: File | np.ndarray,
        rate: int | None = None,
        *,
        name: str | None = None,
        channel: str = MIX,
    ) -> Detection:
        """Judge a recording of any length.

        Parameters
        ----------
        recording : path, or np.ndarray, shape=(n,) or (n, channels)
            A sound or video file, or samples: floats, full scale at 1.0, or int16 or int32.
        rate : int, optional
            Sample rate in Hz, with samples.
        name : str, optional
            Name of the recording in the result; default: its path, or ``"samples"``.
        channel : str
            Channel to judge, counted from ``"1"``, or ``"mix"``.

        Returns
        -------
        detection : Detection

        Raises
        ------
        ValueError
            If the recording cannot be judged: its name, what was expected and what came. Also if
            the run cannot judge recordings.
        """
        recordings = self._recordings
        name = _name(recording, name)
        with _as_file(recording, rate, name) as path:
            return recordings.detect(path, name, channel)

    def predict(self, image: File | np.ndarray) -> Verdict:
        """Judge a picture, drawn as the run's.

        Parameters
        ----------
        image : path, or np.ndarray, shape=run.shape, dtype=uint8

        Returns
        -------
        verdict : Verdict

        Raises
        ------
        ValueError
            If there is no such picture, or it has another size, type or render settings.
        """
        if not isinstance(image, str | os.PathLike):
            return judge_picture(self.run, np.asarray(image), "picture")
        (result,) = predict(self.run, [Path(image)])
        if isinstance(result, Refusal):
            raise ValueError(f"{result.path}: {result.reason}")
        return result


def load(
    folder: File | None = None, *, step_s: float | None = None, timeout_s: float = TIMEOUT
) -> Detector:
    """Load a trained run.

    Parameters
    ----------
    folder : path, optional
        Default: ``checkpoints/default`` of the current folder, else ``checkpoints/pretrained``
        there or in the installed package.
    step_s : float, optional
        From the start of one window of a recording to that of the next, in s; default: half a
        clip of the run.
    timeout_s : float
        Seconds that a recording may take.

    Returns
    -------
    detector : Detector

    Raises
    ------
    ValueError
        If the folder holds no trained run.
    """
    chosen = lookup.find_run() if folder is None else Path(folder)
    return Detector(run.load(chosen), step_s=step_s, timeout_s=timeout_s)


def render(
    recording: File | np.ndarray,
    rate: int | None = None,
    *,
    settings: RenderSettings | None = None,
    name: str | None = None,
    channel: str = MIX,
) -> Pictures:
    """Draw a recording as pictures, one a clip.

    Parameters
    ----------
    recording, rate, name, channel
        As for `Detector.detect`.
    settings : RenderSettings, optional
        Default: ``RenderSettings()``, as the verb ``render``. `Detector.settings` draws what a
        detector sees.

    Returns
    -------
    pictures : Pictures

    Raises
    ------
    ValueError
        If the recording cannot be drawn: its name, what was expected and what came.
    """
    settings = settings or RenderSettings()
    with _as_file(recording, rate, _name(recording, name)) as path:
        audio = scan_audio(path, settings.rate, channel=channel)
        clips = [
            (draw(clip.samples, settings), clip.start, clip.duration)
            for clip in split_into_clips(audio, settings)
        ]
    images, starts, durations = map(np.array, zip(*clips, strict=True))
    return Pictures(images, starts, durations, settings, audio.source_file.warnings)


def _name(recording: File | np.ndarray, name: str | None) -> str:
    default = os.fspath(recording) if isinstance(recording, str | os.PathLike) else "samples"
    return default if name is None else name


@contextmanager
def _as_file(recording: File | np.ndarray, rate: int | None, name: str) -> Iterator[Path]:
    """Give the file of a recording, and its errors in one line with its name."""
    try:
        if isinstance(recording, str | os.PathLike):
            if rate is not None:
                raise ValueError(f"expected a rate beside samples alone, got {rate} beside a file")
            yield Path(recording)
        elif rate is None:
            raise ValueError("expected the rate of the samples in Hz, got none")
        else:
            with samples.saved(np.asarray(recording), rate) as path:
                yield path
    except (OSError, ValueError) as error:
        raise ValueError(f"{name}: {detection.reason(Path(name), error)}") from error
