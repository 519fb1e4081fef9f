"""Tables that datasets are described in, read row by row.

Two kinds: text tables with a header (CSV, also with semicolons, tabs or vertical bars), and
protocols, whose columns are parted by white space and have no header. Both may begin with a byte
order mark and end their lines in any way. A table whose text is not UTF-8 keeps it as the operating
system keeps file names, so that a path still names its file.
"""

import csv
import unicodedata
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TextIO

from render.layouts.walk import tidy

_DELIMITERS = ",;\t|"
_OURS = ("label", "split")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def columns(path: Path) -> list[str]:
    """Header of a table, in lower case; empty where the file cannot be read as one.

    Parameters
    ----------
    path : Path

    Returns
    -------
    columns : list of str
    """
    try:
        with _open(path) as file:
            head = file.readline(10_000)
        return [name.lower() for name in _split(head)]
    except (OSError, UnicodeError, csv.Error):
        return []


def table(path: Path, needed: Collection[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Read a table with a header.

    Parameters
    ----------
    path : Path
    needed : collection of str
        Columns that have to be there, in lower case; the header may write them, ``label`` and
        ``split`` in any case.

    Yields
    ------
    line : int
        Line in the file, from 1.
    row : dict of str to str
        Cells by column; those that the header has no name for are under an empty name.

    Raises
    ------
    ValueError
        If a column is missing or the text is no table.
    """
    with _open(path) as file:
        try:
            head = file.readline()
            known = {*needed, *_OURS}
            names = [name.lower() if name.lower() in known else name for name in _split(head)]
            if missing := sorted(set(needed) - set(names)):
                raise ValueError(
                    f"expected a column {' and '.join(missing)} in {path}, got {', '.join(names)}"
                )
            reader = csv.reader(file, **_dialect(head))
            for cells in reader:
                line = reader.line_num + 1
                if any(cells):
                    yield line, _row(names, cells)
        except (UnicodeError, csv.Error) as error:
            raise ValueError(f"expected a row after line {line} of {path}, got {error}") from error


def protocol(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Read a table without header whose columns are parted by white space.

    Parameters
    ----------
    path : Path

    Yields
    ------
    line : int
        Line in the file, from 1.
    cells : list of str

    Raises
    ------
    ValueError
        If the file is no text.
    """
    with _open(path) as file:
        try:
            for number, line in enumerate(file, 1):
                if cells := tidy(line).split():
                    yield number, cells
        except UnicodeError as error:
            raise ValueError(f"expected lines of text in {path}, got {error}") from error


def key(path: str) -> str:
    r"""Write a path of a table as that of a file is written: the two may then be compared.

    Examples
    --------
    >>> key(".\\real\\a.wav"), key("./real//b.wav")
    ('real/a.wav', 'real/b.wav')
    """
    path = path.strip()
    if "\\" in path and "/" not in path:
        path = path.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return normal(f"{'/' if path.startswith('/') else ''}{'/'.join(parts)}")


def normal(name: str) -> str:
    """One spelling of each accented letter: macOS parts letter and accent, others do not."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _open(path: Path) -> TextIO:
    with path.open("rb") as file:
        encoding = "utf-16" if file.read(2) in _UTF16 else "utf-8-sig"
    return path.open(newline="", encoding=encoding, errors="surrogateescape")


def _split(head: str) -> list[str]:
    cells = next(csv.reader([head], **_dialect(head)), [])
    return [cell.strip() for cell in cells]


def _dialect(head: str) -> dict:
    delimiter = max(_DELIMITERS, key=head.count)
    # Tables with bars hold transcripts: a quotation mark there is one, and encloses nothing.
    quoting = csv.QUOTE_NONE if delimiter == "|" else csv.QUOTE_MINIMAL
    return {"delimiter": delimiter, "quoting": quoting, "strict": True}


def _row(names: list[str], cells: list[str]) -> dict[str, str]:
    row = dict.fromkeys(names, "")
    row |= dict(zip(names, cells, strict=False))
    if rest := [cell for cell in cells[len(names) :] if cell]:
        row[""] = rest[0]
    return row
