"""Text tables as other people write them: one item a line, with or without a header.

Columns are separated by tab, comma, semicolon, bar or spaces. The header shows which, and not the
suffix of the file. Byte order marks, CRLF and blank lines make no difference. Lines are counted
from 1. Text is UTF-8, UTF-16 with its mark or, with a note on standard error, Windows-1252.
"""

import csv
import io
import re
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

# None stands for any number of spaces and tabs, with which `csv.Sniffer` gives up.
DELIMITERS = ("\t", ",", ";", "|", None)
_EXCEL_MARK = re.compile(r'"?sep=.?"?(?=[\r\n])', re.IGNORECASE)  # first line; names the delimiter


class Header(NamedTuple):
    """First line of a table, where it names the columns.

    Attributes
    ----------
    delimiter : str or None
        None for any number of spaces.
    columns : tuple of str
        Names in lower case, with ``_`` for ``-`` and spaces.
    """

    delimiter: str | None
    columns: tuple[str, ...]

    def find(self, names: Sequence[str]) -> list[int]:
        """Numbers of the columns of these names, from 0, in the order of the names.

        Examples
        --------
        >>> Header(",", ("speaker", "file", "label")).find(("path", "label", "file"))
        [2, 1]
        """
        return [self.columns.index(name) for name in names if name in self.columns]


def read_text(path: Path) -> str:
    """Read a text file; its line ends stay as they are.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is empty or no text.
    """
    data = path.read_bytes()
    is_utf16 = data.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    if b"\0" in data and not is_utf16:
        raise ValueError(f"expected text in {path}, got binary data")
    try:
        text = data.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        text = data.decode("cp1252", errors="replace")
        if is_utf16 or "\ufffd" in text:
            encoding = error.encoding.upper()
            raise ValueError(
                f"expected {encoding} text in {path} line {number}, got other bytes"
            ) from error
        _tell_encoding(path, number)
    if not text.strip():
        raise ValueError(f"expected a table in {path}, got an empty file")
    text = text.replace("\ufeff", "")  # files joined end to end have a mark each
    return _EXCEL_MARK.sub("", text, count=1) if _EXCEL_MARK.match(text) else text


@cache  # an evaluation with a robustness sweep reads the same table twice
def _tell_encoding(path: Path, number: int) -> None:
    print(f"{path} is not UTF-8 in line {number}: it is read as Windows-1252", file=sys.stderr)


def first_line(text: str) -> tuple[int, str]:
    r"""Number and content of the first line that is not blank.

    Examples
    --------
    >>> first_line("\r\n filename cm-score \r\n")
    (2, 'filename cm-score')
    """
    first = re.search(r"\S[^\r\n]*", text)
    if first is None:
        raise ValueError("expected a line of text, got none")
    return 1 + len(re.findall(r"\r\n?|\n", text[: first.start()])), first[0].strip()


def column_name(cell: str) -> str:
    """Name of a column as `Header` has it.

    Examples
    --------
    >>> column_name(" CM-Score ")
    'cm_score'
    """
    return cell.strip().lower().replace("-", "_").replace(" ", "_")


def header(path: Path, text: str, *wanted: Collection[str]) -> Header | None:
    r"""Take the first line for a header, if it names at least one column of each kind.

    Parameters
    ----------
    path : Path
        For messages.
    text : str
    wanted : collection of str
        Names of each kind of column, spelled as in `Header.columns`.

    Returns
    -------
    header : Header or None

    Raises
    ------
    ValueError
        If two columns have the same name.

    Examples
    --------
    >>> header(Path("x.csv"), "File Name;CM-Score\n", {"file_name"}, {"cm_score"})
    Header(delimiter=';', columns=('file_name', 'cm_score'))
    """
    _, line = first_line(text)
    if len(line) > csv.field_size_limit():
        return None
    for delimiter in DELIMITERS:
        cells = line.split() if delimiter is None else next(csv.reader([line], delimiter=delimiter))
        columns = [column_name(cell) for cell in cells]
        if all(not kind.isdisjoint(columns) for kind in map(frozenset, wanted)):
            _refuse_repeats(path, cells)
            return Header(delimiter, tuple(columns))
    return None


def _refuse_repeats(path: Path, names: Iterable[str]) -> None:
    """Refuse two columns of the same name in the same case; some tables have several blank ones."""
    times = Counter(name.strip() for name in names if name.strip())
    if repeated := [name for name, count in times.items() if count > 1]:
        raise ValueError(f"expected one column {repeated[0]} in {path}, got {times[repeated[0]]}")


def rows(
    path: Path, text: str, delimiter: str | None, columns: int | None = None
) -> Iterator[tuple[int, list[str]]]:
    r"""Split the lines of a table; blank lines are left out.

    Parameters
    ----------
    path : Path
        For messages.
    text : str
    delimiter : str or None
    columns : int, optional
        Required number of columns. Between spaces, surplus cells belong to the first column.
        Otherwise, blank cells at the end of a line may be left out.

    Yields
    ------
    number, cells : int, list of str

    Raises
    ------
    ValueError
        If a line has another number of columns, or a quote does not end.

    Examples
    --------
    >>> list(rows(Path("x.txt"), "my clip.wav 0.5\n\nb.wav 1\n", None, 2))
    [(1, ['my clip.wav', '0.5']), (3, ['b.wav', '1'])]
    """
    splits = -1 if columns is None else columns - 1
    lines = _csv(path, text, delimiter) if delimiter else _between_spaces(text, splits)
    for number, cells in lines:
        if delimiter and columns is not None and not any(map(str.strip, cells[columns:])):
            cells = [*cells[:columns], *[""] * (columns - len(cells))]
        if columns is not None and len(cells) != columns:
            raise ValueError(
                f"expected {columns} columns in {path} line {number}, got {len(cells)}"
            )
        yield number, cells


def _between_spaces(text: str, splits: int) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(io.StringIO(text, newline=None), 1):
        if cells := line.strip().rsplit(None, splits):
            yield number, cells


def _csv(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows, read leniently where they are of one line; a quote may not swallow lines by mistake."""
    record: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            record.append(line)
            yield line

    reader = csv.reader(lines(), delimiter=delimiter)
    try:
        for cells in reader:
            if len(record) > 1:
                next(csv.reader(record, delimiter=delimiter, strict=True))
            record.clear()
            if any(map(str.strip, cells)):
                yield reader.line_num, cells
    except csv.Error as error:
        number = reader.line_num - len(record) + 1
        reason = "a quotation mark that does not end" if len(record) > 1 else error
        raise ValueError(f"expected CSV in {path} line {number}, got {reason}") from error
