"""A table of all recordings that names stand for, however often the work is interrupted.

A recording is judged again when its size or time of change differs from those in the table, or when
it failed. Results of recordings that a call does not name stay. The journal beside the table holds
what is done until all is; then the table is written anew, by path.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tqdm import tqdm

from classify.files import writing
from classify.prediction.verdicts import Refusal
from detect.batch import table
from detect.batch.index import Index, Recording
from detect.batch.journal import Journal, other_detector
from detect.batch.worker import Work, crashed, failure, judge
from detect.sources import Source, expand, printable
from render.parallel import Executor, run_tasks

_EVERY = 60.0  # s from one line of progress to the next where there is no terminal
# As where there are several processes: with more threads, BLAS adds in another order.
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Report = Callable[[str], None]


@dataclass(frozen=True)
class Summary:
    """Numbers of recordings that a call names: all, those that failed, and those judged by it."""

    count: int
    failed: int
    fresh: int


def fill_table(
    path: Path,
    names: Iterable[str],
    work: Work,
    executor: Executor,
    classes: tuple[str, str],
    report: Report,
    *,
    overwrite: bool = False,
) -> Summary:
    """Judge recordings, and write a table of their results.

    Parameters
    ----------
    path : Path
        Of the table, a CSV or Parquet file.
    names : iterable of str
        See `detect.sources.expand`.
    work : Work
    executor : Executor
    classes : tuple of two str
        Of the run.
    report : callable
        Gets failures and progress, a line each.
    overwrite : bool
        Judge all anew, also where the table or the journal is of another detector.

    Raises
    ------
    ValueError
        If the table or its journal is another file, or of another detector, or in use.
    OSError
        If they cannot be written.
    """
    os.environ |= _ONE_THREAD
    columns = table.columns(classes)
    earlier = path.exists() and _is_of(work.detector, path, columns)
    with (
        writing(path.parent),
        Journal(path, work.detector, columns, overwrite=overwrite) as journal,
        Index() as index,
    ):
        if path.exists() and not overwrite:
            if earlier:
                index.add_results(table.read(path, columns))
            elif not journal.is_begun:
                journal.remove()
                raise other_detector(path)
        index.add_results(journal.results())
        clashes = _list(names, work, index, report)
        fresh = index.count_outstanding()
        for rows in _judge(index, work, executor, report):
            journal.add(rows)
            index.add_results([rows])
        table.write(path, columns, index.rows())
        journal.remove()
        return Summary(index.count() + clashes, index.count_failed() + clashes, fresh)


def _is_of(detector: str, path: Path, columns: list[str]) -> bool:
    """Whether all results of a table are of a detector."""
    results = table.read(path, columns)
    return all(row[table.DETECTOR] == detector for rows in results for row in rows)


def _list(names: Iterable[str], work: Work, index: Index, report: Report) -> int:
    """List the recordings in the index; give the number of those that cannot be told apart."""
    ignored: Counter[str] = Counter()
    clashes = 0
    sources = expand(names, ignored, in_order=False)
    for source in tqdm(sources, "list", unit="recording", disable=None, leave=False):
        if isinstance(source, Refusal):
            nothing = Recording(printable(source.path), source.path, Path(), "", "")
            index.add_refusal(failure(nothing, source.reason, work.detector))
            report(f"{source.path}: {source.reason}")
        elif not index.add_recording(_recording(source)):
            clashes += 1
            report(f"{source.name}: expected names that differ when printed, got another like it")
    if ignored:
        kinds = ", ".join(f"{suffix} {count}" for suffix, count in sorted(ignored.items()))
        report(f"not looked at: {kinds}")
    return clashes


def _recording(source: Source) -> Recording:
    file = Path(os.path.abspath(source.path))  # workers of a cluster have another folder
    try:
        state = file.stat()
    except OSError:  # judging it gives the reason
        size, modified = "", ""
    else:
        size, modified = str(state.st_size), _utc(state.st_mtime_ns)
    return Recording(printable(source.name), source.name, file, size, modified)


def _utc(nanoseconds: int) -> str:
    """Write a time of change, in full precision.

    Examples
    --------
    >>> _utc(1_700_000_000_000_000_001), _utc(-1)
    ('2023-11-14T22:13:20.000000001Z', '1969-12-31T23:59:59.999999999Z')
    """
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:09d}Z"


def _judge(
    index: Index, work: Work, executor: Executor, report: Report
) -> Iterator[list[table.Row]]:
    """Judge the recordings that are outstanding, with a bar or lines of progress."""
    total, begin = index.count_outstanding(), time.monotonic()
    kept, said = index.count() - total, begin
    results = run_tasks(
        partial(judge, work=work),
        index.outstanding(),
        executor,
        partial(crashed, work=work),
        isolated=True,
    )
    with tqdm(
        desc="detect", total=kept + total, initial=kept, unit="recording", disable=None
    ) as bar:
        for done, rows in enumerate(results, start=1):
            yield rows
            for row in rows:
                if row[table.ERROR]:
                    report(f"{row[table.PATH]}: {row[table.ERROR]}")
            bar.update()
            now = time.monotonic()
            if bar.disable and now - said >= _EVERY:
                said = now
                left = tqdm.format_interval((now - begin) / done * (total - done))
                report(f"{kept + done} of {kept + total} recordings, {left} left")
