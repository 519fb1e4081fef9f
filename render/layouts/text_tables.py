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
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import TextIO

from render.layouts.walk import escape_bytes

_DELIMITERS = ",;\t|"
_EXCEL_MARK = re.compile(r'"?sep=.?"?\s*', re.IGNORECASE)  # first line; names the delimiter
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LONGEST_HEADER = 10_000
_UNDEFINED = frozenset(b"\x81\x8d\x8f\x90\x9d")  # in Windows-1252


def read_header(path: Path) -> list[str]:
    """Column names of a table, in lower case.

    Returns
    -------
    columns : list of str
        Empty where the file cannot be read as a table.
    """
    try:
        with _open(path) as file:
            header, _ = _header(file, _LONGEST_HEADER)
        return [name.lower() for name in _split(header)]
    except (OSError, UnicodeError, csv.Error):
        return []


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
        If a required column is missing, or the text is no table.
    """
    with _open(path) as file:
        try:
            header, lines = _header(file)
            names = [_decode(name, path) for name in _split(header)]
            names = [name if name.lower() in names else name.lower() for name in names]
            if missing := sorted(set(required) - set(names)):
                raise ValueError(
                    f"expected a column {' and '.join(missing)} in {path}, got {', '.join(names)}"
                )
            reader = csv.reader(file, **_dialect(header))
            for cells in reader:
                line = reader.line_num + lines
                if any(cells):
                    yield line, _row(names, [_decode(cell, path) for cell in cells])
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


def _header(file: TextIO, longest: int = -1) -> tuple[str, int]:
    """The header, and its line in the file, from 1."""
    first = file.readline(longest)
    return (file.readline(longest), 2) if _EXCEL_MARK.fullmatch(first) else (first, 1)


def _decode(cell: str, path: Path) -> str:
    """Read a cell as Windows-1252 whose bytes are neither UTF-8 nor the name of a file."""
    try:
        cell.encode()
        return cell
    except UnicodeEncodeError:
        data = os.fsencode(cell)
    names_file = any(os.path.lexists(path.parent / name) for name in (cell, path_key(cell)))
    if names_file or set(data) & _UNDEFINED:
        return cell
    _tell_encoding(path)
    return data.decode("cp1252")


@cache  # forge reads a table more than once
def _tell_encoding(path: Path) -> None:
    print(f"{path} is not UTF-8: it is read as Windows-1252", file=sys.stderr)


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
