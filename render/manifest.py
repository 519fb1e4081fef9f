"""The tables beside the pictures: ``manifest.csv``, ``failures.csv`` and ``summary.csv``.

Text is UTF-8, lines end in a line feed, levels are in dB, times in s. Rows are written one by one,
so that a table of any length fits into memory.
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from render import png
from render.decoding.audio import PROPERTIES
from render.index import Index

Row = Iterable[str | float]

COLUMNS = (
    *("path", "split", "label", "recording", "start_s", "duration_s"),
    *PROPERTIES,
    *("variant", "augmentation"),
)
FAILURE_COLUMNS = ("recording", "reason")


def manifest(index: Index) -> Iterator[Row]:
    """Header and rows of ``manifest.csv``, one a picture.

    `COLUMNS` come first, then the other metadata columns of the source.

    Yields
    ------
    row : iterable of str or float
    """
    columns = [*COLUMNS, *(column for column in index.columns if column not in COLUMNS)]
    yield columns
    for row in index.pictures():
        yield [row.get(column, "") for column in columns]


def failures(index: Index) -> Iterator[Row]:
    """Header and rows of ``failures.csv``, one a recording that cannot be used."""
    yield FAILURE_COLUMNS
    for failure in index.failures():
        yield failure.recording, failure.reason


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write a table as CSV."""
    with (
        png.replacing(path) as part,
        part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        csv.writer(file, lineterminator="\n").writerows(rows)
