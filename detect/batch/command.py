"""The command ``detect --to``: check, judge, say how many."""

import os
from collections.abc import Callable
from pathlib import Path

from classify.runs.lookup import default_run
from classify.runs.run import load
from detect.batch import table
from detect.batch.fill import fill_table
from detect.batch.worker import Work, fingerprint
from detect.detection import Detector, report_doubts
from render.parallel import Executor


def to_table(
    path: Path,
    report: Callable[[str], None],
    *,
    names: list[str],
    folder: Path | None,
    step: float | None,
    timeout: float,
    channels: str,
    overwrite: bool,
    jobs: int | None,
    engine: str,
    scheduler: str,
) -> int:
    """Judge recordings into a table, as the options of the command line say.

    Parameters
    ----------
    path : Path
        Of the table.
    report : callable
        Prints a line on standard error.

    Returns
    -------
    status : int
        0 all judged, 1 some failed, 2 all failed.
    """
    table.check_suffix(path)
    executor = Executor(engine, -1 if jobs is None else jobs, scheduler)
    run = load(folder or default_run("detect"))
    detector = Detector(run, step_s=step, timeout_s=timeout)
    work = Work(
        folder=Path(os.path.abspath(run.folder)),
        step_s=step,
        timeout_s=timeout,
        channels=channels,
        detector=fingerprint(detector, channels),
        parent=os.getpid() if executor.name == "processes" else 0,
    )
    report_doubts(run, report)
    summary = fill_table(path, names, work, executor, run.classes, report, overwrite=overwrite)
    report(
        f"{path} holds {summary.count} recordings of this call, {summary.failed} failed; "
        f"{summary.fresh} judged now"
    )
    return 0 if not summary.failed else 2 if summary.failed == summary.count else 1
