"""Trained runs to choose from, and the report of a run's evaluation."""

import base64
from pathlib import Path

from classify.runs.run import Run

REPORT = Path("report", "index.html")
METRICS = Path("report", "metrics.json")


def list_runs(checkpoints: Path, preferred: Path) -> dict[str, Path]:
    """List the runs below a folder.

    Parameters
    ----------
    checkpoints : Path
        Need not exist.
    preferred : Path
        Comes first if it is a run, in whatever folder.

    Returns
    -------
    runs : dict of str to Path
        Folders that hold a ``run.json``, by name; the others sorted. The members of an ensemble
        are not listed.
    """
    folders = [preferred] if is_run(preferred) else []
    if checkpoints.is_dir():
        listed = {path.resolve() for path in folders}
        below = sorted(path for path in checkpoints.iterdir() if is_run(path))
        folders += [path for path in below if path.resolve() not in listed]
    names = [path.resolve().name for path in folders]
    return {
        name if names.count(name) == 1 else str(path): path
        for name, path in zip(names, folders, strict=True)
    }


def is_run(folder: Path) -> bool:
    """Whether a folder holds a trained run."""
    return (folder / "run.json").is_file()


def is_evaluated(run: Run) -> bool:
    """Whether a run has figures of its evaluation; the pretrained one has them without a report."""
    return (run.folder / METRICS).is_file()


def read_report(run: Run) -> bytes | None:
    """Read the HTML report of a run's evaluation; None where it was not evaluated."""
    path = run.folder / REPORT
    return path.read_bytes() if path.is_file() else None


def data_url(html: bytes) -> str:
    """Make a URL that holds a page itself.

    A browser gives such a page an origin of its own: its scripts reach nothing around it.

    Examples
    --------
    >>> data_url(b"<p>hello")
    'data:text/html;charset=utf-8;base64,PHA+aGVsbG8='
    """
    return f"data:text/html;charset=utf-8;base64,{base64.b64encode(html).decode()}"
