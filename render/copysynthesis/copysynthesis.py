"""A folder of real recordings in, a folder of resynthesised fakes out, however often interrupted.

Copies that are there already, and newer than their original, stay. The manifest of the corpus
(see `render.copysynthesis.corpus`) is written last.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from render.console import one_line
from render.copysynthesis import corpus, originals
from render.copysynthesis.copying import copy
from render.copysynthesis.corpus import SOURCE_RECORDING, VOCODER_TYPE, Corpus, Row
from render.copysynthesis.originals import Originals
from render.copysynthesis.plan import CopyJob, CopyOptions, tasks
from render.layouts.folders import MANIFEST
from render.layouts.walk import File, escape_bytes, walk
from render.parallel import Executor, run_tasks
from render.png import PART
from render.recording import LABELS, Failure, Recording
from render.vocoders import registry

FEW = 8  # copies that are made before a second process is up


class CopyResult(NamedTuple):
    """A copy that is there.

    Attributes
    ----------
    task : CopyJob
    fresh : bool
        Whether it was made now.
    lossy : bool
        Whether it was made now and its codec has lost something twice.
    converted : bool
        Whether it is FLAC because its original's format cannot be written.
    """

    task: CopyJob
    fresh: bool
    lossy: bool
    converted: bool


@dataclass(frozen=True)
class CopyReport:
    """What came of it.

    Attributes
    ----------
    copied : list of CopyResult
    failures : list of Failure
        Recordings that cannot be copied, or not by a method, and why.
    found : Originals
        All that the folder of originals holds.
    corpus : Corpus
        The folder that holds originals and copies.
    noted : bool
        Whether its manifest was changed.
    """

    copied: list[CopyResult]
    failures: list[Failure]
    found: Originals
    corpus: Corpus
    noted: bool


def forge(
    real: Path, fake: Path, wish: CopyOptions, *, jobs: int = -1, link: bool = True
) -> CopyReport:
    """Copy the real recordings of a folder.

    Parameters
    ----------
    real : Path
        Real recordings at any depth, or a labelled dataset of which the real ones are copied.
    fake : Path
        Made if missing; it may hold no audio but the copies of an earlier, equal call.
    wish : CopyOptions
    jobs : int
        Processes; -1 for one a core.
    link : bool
        Whether to link to originals that do not lie in the corpus.

    Returns
    -------
    forged : CopyReport

    Raises
    ------
    ValueError
        If `real` is no folder or holds nothing to copy, or the copies would not be taken for
        fakes.
    OSError
        If the copies cannot be written.
    """
    engine = Executor(jobs=jobs)
    if not real.is_dir():
        raise ValueError(f"expected a folder of real recordings, got {real}")
    real, fake = (Path(os.path.abspath(path)) for path in (real, fake))
    registry.choose(wish.methods)
    where = corpus.locate(real, fake)
    table = corpus.read(where.top)
    own = [] if where.originals == "" else corpus.read(real)
    found = _find(real, fake, where, own, table)
    linked = link and where.originals is None
    if linked:
        where = changed(where, originals=real.name if found.labelled else "real")
    plan = list(tasks(found.recordings, real, fake, where, wish))
    _refuse_others(fake, where, plan)
    for path in (fake, where.top, where.top / MANIFEST):
        corpus.refuse_protected(path)
    _prepare(real, fake, where, plan, linked)
    try:
        copied, failures = _copy_all(plan, found.failures, engine)
    finally:
        _sweep(plan)
    added = [*_of_originals(found, real, where), *_of_copies(copied, real, where)]
    noted = corpus.write(where.top, corpus.extended(table, where.copies, added))
    return CopyReport(copied, failures, found, where, noted)


def _find(
    real: Path, fake: Path, where: Corpus, own: Iterable[Row], table: Iterable[Row]
) -> Originals:
    """Find what may be copied; the corpus' table knows better than that of the originals."""
    known = corpus.by_name(own)
    if where.originals is not None:
        for name, row in corpus.by_name(table, where.originals).items():
            known[name] = {**known.get(name, {}), **row}
    inside = os.path.relpath(fake, real)
    without = "" if inside.startswith("..") else inside
    return originals.find(real, where.originals or "", known, without)


def _refuse_others(fake: Path, where: Corpus, plan: Sequence[CopyJob]) -> None:
    """Keep copies out of a folder of somebody else's recordings."""
    ours = {task.path for task in plan}
    link = where.top / where.originals if where.originals else None
    for item in walk(fake) if fake.is_dir() else ():
        if isinstance(item, File):
            path = Path(item.path)
            if path not in ours and not (link and path.is_relative_to(link)):
                raise ValueError(
                    f"expected no audio in {fake} but the copies that this call makes, "
                    f"got {escape_bytes(item.name)}: give another folder"
                )


def _prepare(real: Path, fake: Path, where: Corpus, plan: Iterable[CopyJob], linked: bool) -> None:
    """Make folders and the link, and delete what a killed run left half-written."""
    for folder in {fake, *(task.path.parent for task in plan)}:
        folder.mkdir(parents=True, exist_ok=True)
    _sweep(plan)
    if linked:
        _link(where.top / str(where.originals), real)


def _sweep(plan: Iterable[CopyJob]) -> None:
    """Delete what is half-written: by a killed run, or by a worker when another met an error."""
    for folder in {task.path.parent for task in plan}:
        for part in folder.glob(f"*{PART}"):
            part.unlink(missing_ok=True)


def _link(place: Path, real: Path) -> None:
    if not os.path.lexists(place):
        place.symlink_to(real, target_is_directory=True)
    elif not (place.is_dir() and place.samefile(real)):
        raise ValueError(
            f"expected nothing at {place}, where a link to {real} would be, got something else: "
            "with --no-link, the originals are left where they are"
        )


def _copy_all(
    plan: Sequence[CopyJob], failures: Iterable[Failure], engine: Executor
) -> tuple[list[CopyResult], list[Failure]]:
    if len(plan) < FEW:
        engine = Executor(jobs=1)
    copied: list[CopyResult] = []
    failed: dict[Failure, None] = {}
    done = tqdm(
        run_tasks(_copy, plan, engine, _lost), "forge", len(plan), unit="copy", disable=None
    )
    for result in chain(failures, done):
        if isinstance(result, CopyResult):
            copied.append(result)
        elif result not in failed:  # of several copies, each fails for the same reason
            failed[result] = None
            _tell(result)
    # The order in which they come to an end varies.
    copied.sort(key=lambda copied: copied.task.path)
    return copied, sorted(failed, key=lambda failure: (failure.recording, failure.reason))


def _copy(task: CopyJob) -> CopyResult | Failure:
    try:
        original = task.original.path.stat()
        if task.path.is_file() and task.path.stat().st_mtime >= original.st_mtime:
            converted = task.path.suffix != task.original.path.suffix
            return CopyResult(task, fresh=False, lossy=False, converted=converted)
    except OSError as error:
        return Failure(task.original.name, f"expected a file, got the error {error.strerror}")
    try:
        made = copy(task.original.path, task.path, task.method, task.seed)
    except ValueError as error:
        return Failure(task.original.name, one_line(error))
    return CopyResult(task, fresh=True, lossy=made.lossy, converted=made.converted)


def _lost(task: CopyJob) -> Failure:
    reason = f"expected a copy by {task.method}, got the end of the process that made it"
    return Failure(task.original.name, reason)


def _tell(failure: Failure) -> None:
    name = failure.recording.replace("\n", "\\n")
    tqdm.write(f"forge: {name}: {failure.reason}", file=sys.stderr)


def _name(recording: Recording, real: Path, where: Corpus) -> str:
    """Path of an original below the corpus, or below its own folder if it lies elsewhere."""
    return Path(where.originals or "", recording.path.relative_to(real)).as_posix()


def _of_originals(found: Originals, real: Path, where: Corpus) -> Iterator[Row]:
    """Rows of the originals, as far as the corpus has none by itself."""
    if where.originals is None or (where.originals == "" and found.labelled):
        return
    for recording in found.recordings:
        facts = {"split": recording.split, "label": recording.label}
        yield {"path": _name(recording, real, where), **facts, **recording.metadata}


def _of_copies(copied: Iterable[CopyResult], real: Path, where: Corpus) -> Iterator[Row]:
    for task, *_ in copied:
        recording = task.original
        facts = {
            "path": task.path.relative_to(where.top).as_posix(),
            "split": recording.split,
            "label": "fake",
            "generator": task.method,
            VOCODER_TYPE: registry.vocoder_type(task.method),
            SOURCE_RECORDING: _name(recording, real, where),
        }
        # A cell that calls the original real, in whatever column, is not true of a copy.
        yield facts | {
            column: cell
            for column, cell in recording.metadata.items()
            if column not in facts and cell.lower() not in LABELS["real"]
        }
