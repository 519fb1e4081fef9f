"""The log of a training, ``RUN/history.csv``: Keras' own, one row an epoch."""

import csv
import io
from pathlib import Path

import numpy as np

from classify.run import replace


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


def best(losses: list[float]) -> int:
    """Index of the lowest validation loss, the first of equal ones."""
    return int(np.argmin(losses))
