"""The log of a training, ``RUN/history.csv``, which Keras writes: one row an epoch."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from classify.files import atomic_write

History = Sequence[Mapping[str, float]]


def read_history(path: Path) -> list[dict[str, float]]:
    """Read a ``history.csv``: one row an epoch, in order; empty if there is no file."""
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def write_history(path: Path, rows: list[dict[str, float]]) -> None:
    """Write the rows, without an epoch that was logged but never finished."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "epoch": int(row["epoch"])} for row in rows)
    atomic_write(path, text.getvalue().encode())


def kept_epoch(rows: History, keep_epoch: str) -> int:
    """Index of the epoch that is kept, as Keras' ``ModelCheckpoint`` would choose it.

    Parameters
    ----------
    rows : sequence of mapping
        One an epoch, at least one.
    keep_epoch : str
        ``"last"``: the last one. ``"loss"``: the first of those of the lowest validation loss.

    Examples
    --------
    >>> rows = [{"val_loss": loss} for loss in (0.7, 0.5, 0.5, 0.6)]
    >>> kept_epoch(rows, "loss"), kept_epoch(rows, "last")
    (1, 3)
    """
    if keep_epoch == "last":
        return len(rows) - 1
    return min(range(len(rows)), key=lambda index: rows[index]["val_loss"])
