"""The recordings that a run is adapted to: their classes, and pictures of their windows."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classify.class_names import label as class_label
from classify.prediction.verdicts import Refusal
from detect import voice_activity
from detect.sources import expand
from detect.windows import draw_batches
from render.clips import split_into_clips
from render.dataset import take_in
from render.decoding.audio import SourceFile, scan_audio
from render.index import Index
from render.layouts.folders import MANIFEST
from render.layouts.registry import FOLDERS, recognise
from render.recording import LABELS
from render.settings import Settings

TIMEOUT = 900.0  # s that a recording may take
REAL, FAKE = tuple(LABELS)


@dataclass(frozen=True)
class LabelledRecording:
    """A recording and its class, ``"real"`` or ``"fake"``."""

    path: Path
    name: str
    label: str


def is_labelled(audio: Path) -> bool:
    """Whether folder names or tables give the classes of recordings."""
    if not audio.is_dir() or recognise(audio) != FOLDERS or (audio / MANIFEST).is_file():
        return True
    sources = (source for source in expand([str(audio)]) if not isinstance(source, Refusal))
    return any(class_label(part) for source in sources for part in Path(source.below).parts[:-1])


def list_recordings(audio: Path, labelled: bool) -> Iterator[LabelledRecording | Refusal]:
    """List recordings with their classes.

    Parameters
    ----------
    audio : Path
        A dataset that `render` reads, or a folder of real recordings.
    labelled : bool
        See `is_labelled`.

    Yields
    ------
    recording : LabelledRecording or Refusal

    Raises
    ------
    ValueError
        If there is no such folder or dataset.
    """
    if labelled:
        with Index() as index:
            take_in(index, audio)
            for failure in index.failures():
                yield Refusal(failure.recording, failure.reason)
            for recording in index.recordings():
                yield LabelledRecording(recording.path, recording.name, recording.label)
        return
    for source in expand([str(audio)]):
        if isinstance(source, Refusal):
            yield source
        else:
            yield LabelledRecording(source.path, source.name, REAL)


def draw_windows(path: Path, settings: Settings) -> tuple[SourceFile, Iterator[np.ndarray]]:
    """Draw the windows of a recording as `detect.detection` does.

    Parameters
    ----------
    path : Path
    settings : render.settings.Settings
        From `detect.render_settings.overlapping`.

    Returns
    -------
    source_file : SourceFile
    images : iterator of np.ndarray, each of shape=(n, height, width), dtype=uint8
        Of windows with speech; nothing where there is none.

    Raises
    ------
    ValueError
        If the recording cannot be read, some of it perhaps only when its images are drawn.
    """
    audio = scan_audio(path, settings.rate, time.monotonic() + TIMEOUT)
    if voice_activity.is_silent(audio.envelope):
        return audio.source_file, iter(())
    batches = draw_batches(split_into_clips(audio, settings), settings, audio.deadline)
    return audio.source_file, (batch.images for batch in batches)
