"""The table of results, as CSV or Parquet: its columns, how it is written, and how it is read back.

A row is a list of texts, one a column; an empty text is an empty cell. All rows of a recording
(one, or one a channel) stand together.
"""

import csv
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from detect import output

CSV, PARQUET = ".csv", ".parquet"
# What it takes to go on: the state of the file that was judged, by what, and why it was not.
STATE = ("size", "modified", "detector", "error")
PATH, SIZE, MODIFIED, DETECTOR, ERROR = 0, -4, -3, -2, -1  # places in a row
# Columns that hold no text in Parquet.
_COUNTS = {"clips", "size"}
_NUMBERS = {
    *("confidence", "p_fake", "p_positive", "llr"),
    *("duration_s", "suspicious_start_s", "suspicious_end_s"),
}
_BATCH = 10_000  # rows in memory, and in a row group of Parquet

Row = list[str]


def columns(classes: tuple[str, str]) -> list[str]:
    """Names of the columns: those of `detect --format csv`, then `STATE`."""
    return [*output.header(classes), *STATE]


def check_suffix(path: Path) -> None:
    """Refuse a table of another kind; load what writes Parquet before any work.

    Raises
    ------
    ValueError
    ModuleNotFoundError
        If pyarrow is not installed.
    """
    if path.suffix.lower() not in (CSV, PARQUET):
        raise ValueError(f"expected a file that ends in {CSV} or {PARQUET} for --to, got {path}")
    if path.suffix.lower() == PARQUET:
        import pyarrow  # noqa: F401


def write(path: Path, names: Sequence[str], rows: Iterable[Row]) -> None:
    """Write a table beside its place, and rename it.

    Parameters
    ----------
    path : Path
    names : sequence of str
        Of the columns.
    rows : iterable of list of str
        Read as they are written.
    """
    part = path.with_name(f"{path.name}.new")  # only the holder of the journal writes it
    if path.suffix.lower() == PARQUET:
        _write_parquet(part, names, rows)
    else:
        with part.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(itertools.chain([names], rows))
    with part.open("rb+") as file:
        os.fsync(file.fileno())  # the journal is deleted next
    part.replace(path)


def read(path: Path, names: Sequence[str]) -> Iterator[list[Row]]:
    """Read a table that `write` wrote.

    Yields
    ------
    rows : list of list of str
        Of one recording.

    Raises
    ------
    ValueError
        If it is not such a table.
    """
    rows = _read_parquet(path) if path.suffix.lower() == PARQUET else _read_csv(path)
    if next(rows, None) != list(names):
        raise foreign(path)
    for _, group in itertools.groupby(rows, key=lambda row: row[PATH]):
        yield list(group)


def foreign(path: Path) -> ValueError:
    """The error about a file that is no such table."""
    return ValueError(f"expected a new file or a table of detect --to, got another file: {path}")


def _read_csv(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        try:
            rows = csv.reader(file)
            names = next(rows, [])
            yield names
            for row in rows:
                if len(row) != len(names):
                    raise foreign(path)
                yield row
        except csv.Error as error:
            raise foreign(path) from error


def _schema(names: Sequence[str]) -> Any:
    import pyarrow

    types = {int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}
    return pyarrow.schema([(name, types[_kind(name)]) for name in names])


def _kind(name: str) -> type:
    return int if name in _COUNTS else float if name in _NUMBERS else str


def _write_parquet(path: Path, names: Sequence[str], rows: Iterable[Row]) -> None:
    import pyarrow
    from pyarrow import parquet

    schema = _schema(names)
    with parquet.ParquetWriter(path, schema) as file:
        for batch in _batches(rows):
            values = [
                pyarrow.array([*_typed(field.name, cells)], field.type)
                for field, cells in zip(schema, zip(*batch, strict=True), strict=True)
            ]
            file.write_table(pyarrow.Table.from_arrays(values, schema=schema))


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while batch := list(itertools.islice(rows, _BATCH)):
        yield batch


def _typed(name: str, cells: Iterable[str]) -> Iterator[Any]:
    """Cells of a column in its type; an empty one is None."""
    kind = _kind(name)
    return (kind(cell) if cell else None for cell in cells)


def _read_parquet(path: Path) -> Iterator[Row]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            yield file.schema_arrow.names
            for batch in file.iter_batches(_BATCH):
                for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    yield ["" if cell is None else str(cell) for cell in cells]
    except pyarrow.ArrowInvalid as error:
        raise foreign(path) from error
