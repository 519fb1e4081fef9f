"""Copy-synthesis of a dataset: a folder of real recordings in, a folder of fake copies out.

An interrupted call goes on: copies newer than their original stay. The manifest of the corpus (see
`render.copysynthesis.corpus`) is written last.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from render import png
from render.console import one_line
from render.copysynthesis import corpus
from render.copysynthesis.copying import copy
from render.copysynthesis.corpus import SOURCE_RECORDING, VOCODER_TYPE, Corpus, Row
from render.copysynthesis.plan import CopyJob, CopyOptions, plan_copies
from render.copysynthesis.source_dataset import SourceDataset, read_source
from render.layouts.folders import MANIFEST
from render.layouts.walk import File, escape_bytes, walk
from render.parallel import Executor, run_tasks
from render.recording import LABELS, Failure, Recording
from render.vocoders import registry

FEW = 8  # copies that one process makes before a second one has started


class CopyResult(NamedTuple):
    """A copy that is there.

    Attributes
    ----------
    job : CopyJob
    fresh : bool
        Whether it was made now.
    lossy : bool
        Whether it was made now and its codec has lost something twice.
    converted : bool
        Whether it is FLAC because its original's format cannot be written.
    """

    job: CopyJob
    fresh: bool
    lossy: bool
    converted: bool


@dataclass(frozen=True)
class CopyReport:
    """Results of a copy-synthesis.

    Attributes
    ----------
    results : list of CopyResult
    failures : list of Failure
        Recordings that cannot be copied, or not by one of the methods, and why.
    source : SourceDataset
        The folder of originals.
    corpus : Corpus
        The folder that holds originals and copies.
    manifest_changed : bool
    """

    results: list[CopyResult]
    failures: list[Failure]
    source: SourceDataset
    corpus: Corpus
    manifest_changed: bool


def copy_dataset(
    real: Path, fake: Path, options: CopyOptions, *, jobs: int = -1, link: bool = True
) -> CopyReport:
    """Copy the real recordings of a folder.

    Parameters
    ----------
    real : Path
        Real recordings at any depth, or a labelled dataset of which the real ones are copied.
    fake : Path
        Made if missing. It may hold no audio but the copies of an earlier, equal call.
    options : CopyOptions
    jobs : int
        Processes; -1 for one a core.
    link : bool
        Whether to link to originals that do not lie in the corpus.

    Raises
    ------
    ValueError
        If `real` is no folder or holds nothing to copy, or the copies would not be taken for
        fakes.
    OSError
        If the copies cannot be written.
    """
    executor = Executor(jobs=jobs)
    if not real.is_dir():
        raise ValueError(f"expected a folder of real recordings, got {real}")
    real, fake = (Path(os.path.abspath(path)) for path in (real, fake))
    registry.choose(options.methods)
    where = corpus.locate(real, fake)
    table = corpus.read(where.top)
    source = _read_source(real, fake, where, table)
    linked = link and where.originals is None
    if linked:
        where = replace(where, originals=real.name if source.labelled else "real")
    plan = list(plan_copies(source.recordings, real, fake, where, options))
    _refuse_other_audio(fake, where, plan)
    for path in (fake, where.top, where.top / MANIFEST):
        corpus.refuse_protected(path)
    _prepare(real, fake, where, plan, linked)
    try:
        results, failures = _copy_all(plan, source.failures, executor)
    finally:
        _delete_parts(plan)
    rows = [*_rows_of_originals(source, real, where), *_rows_of_copies(results, real, where)]
    manifest_changed = corpus.write(where.top, corpus.merge(table, where.copies, rows))
    return CopyReport(results, failures, source, where, manifest_changed)


def _read_source(real: Path, fake: Path, where: Corpus, table: Iterable[Row]) -> SourceDataset:
    """Read the source dataset; rows of the corpus' table overrule those of its own manifest."""
    rows = {} if where.originals == "" else corpus.by_name(corpus.read(real))
    if where.originals is not None:
        for name, row in corpus.by_name(table, where.originals).items():
            rows[name] = {**rows.get(name, {}), **row}
    inside = os.path.relpath(fake, real)
    left_out = "" if inside.startswith("..") else inside
    return read_source(real, where.originals or "", rows, left_out)


def _refuse_other_audio(fake: Path, where: Corpus, plan: Sequence[CopyJob]) -> None:
    """Refuse a folder that holds audio other than the planned copies."""
    planned = {job.path for job in plan}
    link = where.top / where.originals if where.originals else None
    for item in walk(fake) if fake.is_dir() else ():
        if isinstance(item, File):
            path = Path(item.path)
            if path not in planned and not (link and path.is_relative_to(link)):
                raise ValueError(
                    f"expected no audio in {fake} but the copies that this call makes, "
                    f"got {escape_bytes(item.name)}: give another folder"
                )


def _prepare(real: Path, fake: Path, where: Corpus, plan: Iterable[CopyJob], linked: bool) -> None:
    """Make folders and the link, and delete the half-written files of a killed run."""
    for folder in {fake, *(job.path.parent for job in plan)}:
        folder.mkdir(parents=True, exist_ok=True)
    _delete_parts(plan)
    if linked:
        _link(where.top / str(where.originals), real)


def _delete_parts(plan: Iterable[CopyJob]) -> None:
    """Delete half-written files: of a killed run, or of a worker when another met an error."""
    for folder in {job.path.parent for job in plan}:
        for part in filter(png.is_part, folder.glob(f"*{png.PART}")):
            part.unlink(missing_ok=True)


def _link(link: Path, real: Path) -> None:
    if not os.path.lexists(link):
        link.symlink_to(real, target_is_directory=True)
    elif not (link.is_dir() and link.samefile(real)):
        raise ValueError(
            f"expected nothing at {link}, where a link to {real} would be, got something else: "
            "with --no-link, the originals are left where they are"
        )


def _copy_all(
    plan: Sequence[CopyJob], failures: Iterable[Failure], executor: Executor
) -> tuple[list[CopyResult], list[Failure]]:
    if len(plan) < FEW:
        executor = Executor(jobs=1)
    results: list[CopyResult] = []
    unique_failures: dict[Failure, None] = {}
    outcomes = tqdm(
        run_tasks(_copy, plan, executor, _crashed), "forge", len(plan), unit="copy", disable=None
    )
    for outcome in chain(failures, outcomes):
        if isinstance(outcome, CopyResult):
            results.append(outcome)
        elif outcome not in unique_failures:  # several copies may fail for the same reason
            unique_failures[outcome] = None
            _print(outcome)
    # The order of completion varies.
    results.sort(key=lambda result: result.job.path)
    return results, sorted(unique_failures, key=lambda failure: (failure.recording, failure.reason))


def _copy(job: CopyJob) -> CopyResult | Failure:
    source = job.source
    try:
        if job.path.is_file() and job.path.stat().st_mtime >= source.path.stat().st_mtime:
            converted = job.path.suffix != source.path.suffix
            return CopyResult(job, fresh=False, lossy=False, converted=converted)
    except OSError as error:
        return Failure(source.name, f"expected a file, got the error {error.strerror}")
    try:
        form = copy(source.path, job.path, job.method, job.seed)
    except ValueError as error:
        return Failure(source.name, one_line(error))
    return CopyResult(job, fresh=True, lossy=form.lossy, converted=form.converted)


def _crashed(job: CopyJob) -> Failure:
    reason = f"expected a copy by {job.method}, got the end of the process that made it"
    return Failure(job.source.name, reason)


def _print(failure: Failure) -> None:
    name = failure.recording.replace("\n", "\\n")
    tqdm.write(f"forge: {name}: {failure.reason}", file=sys.stderr)


def _name(recording: Recording, real: Path, where: Corpus) -> str:
    """Path of an original below the corpus, or below its own folder if it lies elsewhere."""
    return Path(where.originals or "", recording.path.relative_to(real)).as_posix()


def _rows_of_originals(source: SourceDataset, real: Path, where: Corpus) -> Iterator[Row]:
    """Rows of the originals, unless render finds them in the corpus without any."""
    if where.originals is None or (where.originals == "" and source.labelled):
        return
    for recording in source.recordings:
        columns = {"split": recording.split, "label": recording.label}
        yield {"path": _name(recording, real, where), **columns, **recording.metadata}


def _rows_of_copies(results: Iterable[CopyResult], real: Path, where: Corpus) -> Iterator[Row]:
    for job, *_ in results:
        recording = job.source
        columns = {
            "path": job.path.relative_to(where.top).as_posix(),
            "split": recording.split,
            "label": "fake",
            "generator": job.method,
            VOCODER_TYPE: registry.vocoder_type(job.method),
            SOURCE_RECORDING: _name(recording, real, where),
        }
        # A cell that calls the original real, in whatever column, is not true of a copy.
        yield columns | {
            column: cell
            for column, cell in recording.metadata.items()
            if column not in columns and cell.lower() not in LABELS["real"]
        }
