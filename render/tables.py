"""The tables beside the pictures: ``manifest.csv``, one row a picture, and ``failures.csv``.

Text is UTF-8, lines end in a line feed, levels are in dB, times in s.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import astuple, fields
from pathlib import Path

from render import picture
from render.audio import Original
from render.layout import Failure
from render.summary import Drawn

Row = Iterable[str | float]

COLUMNS = (
    *("path", "split", "label", "recording", "start_s", "duration_s"),
    *(field.name for field in fields(Original)),
)


def manifest(drawn: Iterable[Drawn]) -> Iterator[Row]:
    """Header and rows of ``manifest.csv``.

    `COLUMNS` come first, then those that the source's own metadata has besides.

    Parameters
    ----------
    drawn : iterable of Drawn

    Yields
    ------
    row : iterable of str or float
    """
    drawn = list(drawn)
    extra: dict[str, None] = {}
    for result in drawn:
        extra.update(dict.fromkeys(result.recording.metadata))
    columns = [column for column in extra if column not in COLUMNS]
    yield [*COLUMNS, *columns]
    for result in drawn:
        recording = result.recording
        metadata = defaultdict(str, recording.metadata)
        for path, origin in result.pictures:
            yield [
                path,
                recording.split,
                recording.label,
                recording.name,
                origin.start_s,
                origin.duration_s,
                *astuple(origin.original),
                *(metadata[column] for column in columns),
            ]


def failed(failures: Iterable[Failure]) -> Iterator[Row]:
    """Header and rows of ``failures.csv``."""
    yield "recording", "reason"
    for failure in failures:
        yield failure.recording, failure.reason


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write a table as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    picture.replace(path, text.getvalue().encode())
