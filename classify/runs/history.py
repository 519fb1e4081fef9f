"""The log of a training, ``RUN/history.csv``: Keras' own, one row an epoch."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from classify.runs.run import replace

History = Sequence[Mapping[str, float]]


def read_history(path: Path) -> list[dict[str, float]]:
    """Read a ``history.csv``: one row an epoch, in order; empty where there is none."""
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def write_history(path: Path, rows: list[dict[str, float]]) -> None:
    """Write the rows back, so that an epoch that was logged but never finished is gone."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "epoch": int(row["epoch"])} for row in rows)
    replace(path, text.getvalue().encode())


def best(rows: History, select: str) -> int:
    """Index of the epoch that is kept, the first of equally good ones.

    Parameters
    ----------
    rows : sequence of mapping
        One an epoch, at least one.
    select : str
        ``"last"``: the last one. ``"loss"``: the one of the lowest validation loss. ``"eer"``: of
        the lowest error on validation and, of several, the lowest loss.

    Returns
    -------
    index : int

    Examples
    --------
    >>> figures = (0.2, 0.5), (0.1, 0.7), (0.3, 0.6)
    >>> rows = [{"val_eer": error, "val_loss": loss} for error, loss in figures]
    >>> best(rows, "loss"), best(rows, "eer"), best(rows, "last")
    (0, 1, 2)
    """
    if select == "last":
        return len(rows) - 1
    names = ("val_loss",) if select == "loss" else ("val_eer", "val_loss")
    return min(range(len(rows)), key=lambda number: [rows[number][name] for name in names])
