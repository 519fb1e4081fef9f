"""Every window of every recording as a CSV table."""

import csv
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from classify.prediction.wording import output_fields
from detect.detection import Detection
from detect.sources import printable

HEADER = ("path", "channel", "start_s", "end_s", "p_fake", "llr")

Add = Callable[[Detection], None]


@contextmanager
def window_table(path: Path, classes: tuple[str, str]) -> Iterator[Add]:
    """Open a table that is there once the context ends, and takes the place of an older one.

    Parameters
    ----------
    path : Path
        Ends in .csv.
    classes : tuple of two str
        The positive one last.

    Yields
    ------
    add : callable
        Adds the windows of a detection, in bounded memory.

    Raises
    ------
    ValueError
        If the name has another end.
    OSError
        If it cannot be written.
    """
    if path.suffix.lower() != ".csv":
        raise ValueError(f"expected a file that ends in .csv for windows, got {path}")
    part = path.with_name(f"{secrets.token_hex(8)}.part")
    try:
        with _csv(part, output_fields(HEADER, classes)) as add:
            yield add
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _csv(path: Path, names: list[str]) -> Iterator[Add]:
    with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        yield lambda detection: writer.writerows(rows(detection))


def rows(detection: Detection) -> list[tuple[str | float, ...]]:
    """Write the windows of a recording as rows under `HEADER`."""
    return [
        (
            *(printable(detection.path), detection.channel),
            *(round(window.start_s, 3), round(window.start_s + window.duration_s, 3)),
            *(window.p_fake, window.llr),
        )
        for window in detection.windows
    ]
