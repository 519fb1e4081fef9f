"""Readers of the text tables that describe datasets, row by row.

There are two kinds: tables with a header (CSV, also with semicolons, tabs or vertical bars), and
protocols, whose columns are separated by white space and have no header. Both may begin with a byte
order mark and have any line ends. Bytes that are not UTF-8 are kept with ``surrogateescape``, as in
Python's file names, so that a path in a table still names its file.
"""

import csv
import unicodedata
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TextIO

from render.layouts.walk import escape_bytes

_DELIMITERS = ",;\t|"
_ANY_CASE = ("label", "split")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LONGEST_HEADER = 10_000


def read_header(path: Path) -> list[str]:
    """Column names of a table, in lower case.

    Returns
    -------
    columns : list of str
        Empty where the file cannot be read as a table.
    """
    try:
        with _open(path) as file:
            header = file.readline(_LONGEST_HEADER)
        return [name.lower() for name in _split(header)]
    except (OSError, UnicodeError, csv.Error):
        return []


def read_table(path: Path, required: Collection[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Read a table with a header.

    Parameters
    ----------
    path : Path
    required : collection of str
        Columns that must be there, in lower case. The header may write them, ``label`` and
        ``split`` in any case.

    Yields
    ------
    line : int
        Line in the file, from 1.
    row : dict of str to str
        Cells by column. The first cell beyond the header's columns has an empty name.

    Raises
    ------
    ValueError
        If a required column is missing, or the text is no table.
    """
    with _open(path) as file:
        try:
            header = file.readline()
            lowered = {*required, *_ANY_CASE}
            names = [name.lower() if name.lower() in lowered else name for name in _split(header)]
            if missing := sorted(set(required) - set(names)):
                raise ValueError(
                    f"expected a column {' and '.join(missing)} in {path}, got {', '.join(names)}"
                )
            reader = csv.reader(file, **_dialect(header))
            for cells in reader:
                line = reader.line_num + 1
                if any(cells):
                    yield line, _row(names, cells)
        except (UnicodeError, csv.Error) as error:
            raise ValueError(f"expected a row after line {line} of {path}, got {error}") from error


def read_protocol(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Read a table without header, whose columns are separated by white space.

    Yields
    ------
    line : int
        Line in the file, from 1.
    cells : list of str

    Raises
    ------
    ValueError
        If the file is not text.
    """
    with _open(path) as file:
        try:
            for number, line in enumerate(file, 1):
                if cells := escape_bytes(line).split():
                    yield number, cells
        except UnicodeError as error:
            raise ValueError(f"expected lines of text in {path}, got {error}") from error


def path_key(path: str) -> str:
    r"""Normalise a path, so that a table's spelling equals that of the file system.

    Examples
    --------
    >>> path_key(".\\real\\a.wav"), path_key("./real//b.wav")
    ('real/a.wav', 'real/b.wav')
    """
    path = path.strip()
    if "\\" in path and "/" not in path:
        path = path.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return compose_accents(f"{'/' if path.startswith('/') else ''}{'/'.join(parts)}")


def compose_accents(name: str) -> str:
    """Unicode normal form C: macOS writes a letter and its accent as two characters."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _open(path: Path) -> TextIO:
    with path.open("rb") as file:
        encoding = "utf-16" if file.read(2) in _UTF16_MARKS else "utf-8-sig"
    return path.open(newline="", encoding=encoding, errors="surrogateescape")


def _split(header: str) -> list[str]:
    cells = next(csv.reader([header], **_dialect(header)), [])
    return [cell.strip() for cell in cells]


def _dialect(header: str) -> dict:
    delimiter = max(_DELIMITERS, key=header.count)
    # Tables with bars hold transcripts, where a quotation mark is only a character.
    quoting = csv.QUOTE_NONE if delimiter == "|" else csv.QUOTE_MINIMAL
    return {"delimiter": delimiter, "quoting": quoting, "strict": True}


def _row(names: list[str], cells: list[str]) -> dict[str, str]:
    row = dict.fromkeys(names, "")
    row |= dict(zip(names, cells, strict=False))
    if extra := [cell for cell in cells[len(names) :] if cell]:
        row[""] = extra[0]
    return row
