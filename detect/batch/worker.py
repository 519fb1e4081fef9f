"""One recording in, its rows of the table out, in a process that loads the run once."""

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from classify.prediction.verdicts import Refusal
from classify.prediction.wording import NOT_JUDGED
from classify.runs.run import load
from classify.runs.runtime import KERAS, ONNX
from detect import output
from detect.arguments import EACH
from detect.batch.index import Recording
from detect.batch.table import STATE, Row
from detect.detection import Detection, Detector, detect
from detect.sources import Source, each_channel, printable

_CRASH = "expected a recording that can be read, got one that ends the process"
_LARGE = "expected a recording that fits into memory, got one that does not"


@dataclass(frozen=True)
class Work:
    """What judges recordings, and how.

    Attributes
    ----------
    folder : Path
        Of the run.
    step_s, timeout_s : float
        As `detect.detection.Detector` takes them.
    channels : str
        ``"mix"`` or ``"each"``.
    detector : str
        `fingerprint` of these.
    parent : int
        Process with which workers end; 0 for none, as on other machines.
    """

    folder: Path
    step_s: float | None
    timeout_s: float
    channels: str
    detector: str
    parent: int = 0


def fingerprint(detector: Detector, channels: str) -> str:
    """Digest of all that decides about verdicts: the run's files, the step, the channels.

    Returns
    -------
    digest : str
        12 hexadecimal digits.
    """
    options = {"step": detector.settings.clip_step, "channels": channels}
    digest = hashlib.sha256(json.dumps(options).encode())
    for run in (detector.run, *detector.run.members):
        network = ONNX if (run.folder / ONNX).is_file() else KERAS
        for name in ("run.json", "render.json", network):
            if (run.folder / name).is_file():
                digest.update((run.folder / name).read_bytes())
    return digest.hexdigest()[:12]


def judge(recording: Recording, work: Work) -> list[Row]:
    """Judge a recording.

    Parameters
    ----------
    recording : Recording
    work : Work

    Returns
    -------
    rows : list of list of str
        One, or one a channel.

    Raises
    ------
    ValueError
        If the run cannot be loaded, or is another one here.
    """
    detector = _detector(work)
    try:
        return [_row(recording, result, work) for result in _results(recording, detector, work)]
    except MemoryError:
        return failure(recording, _LARGE, work.detector)


def crashed(recording: Recording, work: Work) -> list[Row]:
    """Rows of a recording that ends every process that judges it."""
    return failure(recording, _CRASH, work.detector)


def failure(recording: Recording, reason: str, detector: str, channel: str = "") -> list[Row]:
    """Rows of a recording that cannot be judged, with the reason."""
    cells = {
        "path": recording.path,
        "label": NOT_JUDGED,
        "channel": channel,
        "size": recording.size,
        "modified": recording.modified,
        "detector": detector,
        "error": printable(reason),
    }
    return [[cells.get(name, "") for name in (*output.HEADER, *STATE)]]


def _results(
    recording: Recording, detector: Detector, work: Work
) -> Iterator[tuple[Source, Detection | Refusal]]:
    source = Source(recording.name, recording.file, recording.file.name)
    sources = [*each_channel([source])] if work.channels == EACH else [source]
    yield from zip(sources, detect(detector, sources), strict=True)


def _row(recording: Recording, result: tuple[Source, Detection | Refusal], work: Work) -> Row:
    source, verdict = result
    if isinstance(verdict, Refusal):
        return failure(recording, verdict.reason, work.detector, source.channel)[0]
    cells = ["" if cell is None else str(cell) for cell in output.row(verdict)]
    return [*cells, recording.size, recording.modified, work.detector, ""]


@lru_cache(maxsize=1)
def _detector(work: Work) -> Detector:
    if work.parent:
        threading.Thread(target=_end_with, args=(work.parent,), daemon=True).start()
    detector = Detector(load(work.folder), step_s=work.step_s, timeout_s=work.timeout_s)
    if fingerprint(detector, work.channels) != work.detector:
        raise ValueError(
            f"expected the run {work.folder} as the command has it on every machine and to the "
            "end, got another"
        )
    return detector


def _end_with(parent: int) -> None:
    """End this process after its parent: one that is killed cannot end its workers."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
