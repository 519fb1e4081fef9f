"""Every window of every recording as a table: CSV, or Parquet by the end of the name."""

import csv
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from classify.prediction.wording import output_fields
from detect.detection import Detection
from detect.sources import printable

HEADER = ("path", "channel", "start_s", "end_s", "p_fake", "llr")
CSV, PARQUET = ".csv", ".parquet"
_BATCH = 10_000  # rows in memory, and in a row group of Parquet

Add = Callable[[Detection], None]
Row = tuple[str | float, ...]


@contextmanager
def window_table(path: Path, classes: tuple[str, str]) -> Iterator[Add]:
    """Open a table that is there once the context ends, and takes the place of an older one.

    Parameters
    ----------
    path : Path
        Ends in .csv or .parquet.
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
    ModuleNotFoundError
        If pyarrow, which writes Parquet, is not installed.
    OSError
        If it cannot be written.
    """
    writers = {CSV: _csv, PARQUET: _parquet}
    suffix = path.suffix.lower()
    if suffix not in writers:
        raise ValueError(f"expected a file that ends in {CSV} or {PARQUET} for windows, got {path}")
    part = path.with_name(f"{secrets.token_hex(8)}.part")
    try:
        with writers[suffix](part, output_fields(HEADER, classes)) as add:
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


@contextmanager
def _parquet(path: Path, names: list[str]) -> Iterator[Add]:
    import pyarrow
    from pyarrow import parquet

    text, number = pyarrow.string(), pyarrow.float64()
    types = (text, text, number, number, number, number)
    schema = pyarrow.schema(list(zip(names, types, strict=True)))
    waiting: list[Row] = []
    with parquet.ParquetWriter(path, schema) as writer:

        def flush() -> None:
            columns = [list(column) for column in zip(*waiting, strict=True)]
            if columns:
                writer.write_table(pyarrow.table(columns, schema=schema))
            waiting.clear()

        def add(detection: Detection) -> None:
            waiting.extend(rows(detection))
            if len(waiting) >= _BATCH:
                flush()

        yield add
        flush()


def rows(detection: Detection) -> list[Row]:
    """Write the windows of a recording as rows under `HEADER`."""
    return [
        (
            *(printable(detection.path), detection.channel),
            *(round(window.start_s, 3), round(window.start_s + window.duration_s, 3)),
            *(window.p_fake, window.llr),
        )
        for window in detection.windows
    ]
