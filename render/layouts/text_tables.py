"""Readers of the text tables that describe datasets, row by row.

There are two kinds: tables with a header (CSV, also with semicolons, tabs or vertical bars), and
protocols, whose columns are separated by white space and have no header. Both may begin with a byte
order mark and have any line ends. A cell of a table that is not UTF-8 is read as Windows-1252, with
a note on standard error, unless its bytes name a file. Bytes of a protocol that are not UTF-8 are
kept with ``surrogateescape``, as in Python's file names.
"""

import csv
import os
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from render.layouts.walk import escape_bytes

_DELIMITERS = ",;\t|"
# Blank, a comment, or Excel's first line, which names the delimiter.
_BEFORE_HEADER = re.compile(r'\s*(#.*|"?sep=.?"?\s*)?', re.IGNORECASE | re.DOTALL)
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LONGEST_HEADER = 10_000
_UNDEFINED = frozenset(b"\x81\x8d\x8f\x90\x9d")  # in Windows-1252


class _Header(NamedTuple):
    names: list[str]
    dialect: dict[str, Any]
    lines: int  # its line in the file, from 1


def has_columns(path: Path, columns: Collection[str]) -> bool:
    """Whether a file is a table with certain columns.

    Parameters
    ----------
    path : Path
    columns : collection of str
        In lower case.
    """
    try:
        with _open(path) as file:
            header = _header(file, columns, _LONGEST_HEADER)
        return set(columns) <= {name.lower() for name in header.names}
    except (OSError, UnicodeError, csv.Error):
        return False


def read_table(path: Path, required: Collection[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Read a table with a header.

    Parameters
    ----------
    path : Path
    required : collection of str
        Columns that must be there, in lower case.

    Yields
    ------
    line : int
        Line in the file, from 1.
    row : dict of str to str
        Cells by column, whose name is in lower case; of two that differ only in case, one keeps its
        capitals. The first cell beyond the header's columns has an empty name.

    Raises
    ------
    ValueError
        If a required column is missing, two have the same name, or the text is no table.
    """
    with _open(path) as file:
        try:
            line = 0
            header = _header(file, required)
            line = header.lines
            names = _column_names(header, required, path)
            reader = csv.reader(map(_without_marks, file), strict=True, **header.dialect)
            for cells in reader:
                line = reader.line_num + header.lines
                if any(map(str.strip, cells)):
                    yield line, _row(names, [_clean(cell, path) for cell in cells])
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
                if cells := escape_bytes(_without_marks(line)).split():
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


def _without_marks(line: str) -> str:
    """A line without byte order marks, of which files joined end to end have several."""
    return line.replace("\ufeff", "")


def _header(file: TextIO, required: Collection[str], longest: int = -1) -> _Header:
    """The first line that is neither blank nor a comment, if it is among the first hundred."""
    for number in range(1, 101):
        line = file.readline(longest)
        header = _split(line, required, number)
        is_wanted = set(required) <= {name.lower() for name in header.names}
        if is_wanted or not line or not _BEFORE_HEADER.fullmatch(line):
            break
    return header


def _column_names(header: _Header, required: Collection[str], path: Path) -> list[str]:
    names = [_decode(name, path) for name in header.names]
    times = Counter(filter(None, names))
    if repeated := [name for name, count in times.items() if count > 1]:
        raise ValueError(f"expected one column {repeated[0]} in {path}, got {times[repeated[0]]}")
    names = [name if name.lower() in names else name.lower() for name in names]
    if missing := sorted(set(required) - set(names)):
        raise ValueError(
            f"expected a column {' and '.join(missing)} in {path}, got {', '.join(names)}"
        )
    return names


def _clean(cell: str, path: Path) -> str:
    """A cell without blanks around it, unless a file has such a name."""
    cell = _decode(cell, path)
    stripped = cell.strip()
    return cell if stripped == cell or _names_file(cell, path) else stripped


def _names_file(cell: str, path: Path) -> bool:
    return bool(cell.strip()) and os.path.lexists(path.parent / cell)


def _decode(cell: str, path: Path) -> str:
    """Read a cell as Windows-1252 whose bytes are neither UTF-8 nor the name of a file."""
    try:
        cell.encode()
        return cell
    except UnicodeEncodeError:
        data = os.fsencode(cell)
    if set(data) & _UNDEFINED or _names_file(cell, path) or _names_file(path_key(cell), path):
        return cell
    _tell_encoding(path)
    return data.decode("cp1252")


@cache  # forge reads a table more than once
def _tell_encoding(path: Path) -> None:
    print(f"{path} is not UTF-8: it is read as Windows-1252", file=sys.stderr)


def _split(line: str, required: Collection[str], number: int) -> _Header:
    """Split a header by the delimiter that gives the most of the required columns."""

    def split(delimiter: str) -> _Header:
        # Tables with bars hold transcripts, where a quotation mark is only a character.
        quoting = csv.QUOTE_NONE if delimiter == "|" else csv.QUOTE_MINIMAL
        dialect: dict[str, Any] = {"delimiter": delimiter, "quoting": quoting}
        cells = next(csv.reader([_without_marks(line)], **dialect), [])
        return _Header([cell.strip() for cell in cells], dialect, number)

    def fit(header: _Header) -> tuple[int, int]:
        names = {name.lower() for name in header.names}
        return len(names & set(required)), line.count(header.dialect["delimiter"])

    return max(map(split, _DELIMITERS), key=fit)


def _row(names: list[str], cells: list[str]) -> dict[str, str]:
    row = dict.fromkeys(names, "")
    row |= dict(zip(names, cells, strict=False))
    if extra := [cell for cell in cells[len(names) :] if cell]:
        row[""] = extra[0]
    return row
