"""Join of a dataset's table rows and audio files by a key.

Rows come in the order of a table, files in that of the file system. SQLite sorts both by key in a
temporary file, so memory does not grow with their number.
"""

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Self

from render.layouts.text_tables import compose_accents
from render.layouts.walk import File, Ignored, Item, escape_bytes, suffix
from render.recording import Failure

_ROW, _FILE = 0, 1


@dataclass(frozen=True, slots=True)
class Match:
    """Rows and files with the same key.

    Attributes
    ----------
    key : str
    rows : list of tuple of (str, Any)
        Name of the table, and the row.
    files : list of File
        Sorted by name.
    """

    key: str
    rows: list[tuple[str, Any]]
    files: list[File]


class KeyJoin:
    """Rows and files, sorted by key in a temporary database.

    Parameters
    ----------
    folder : Path
        Names of files are relative to it.

    Examples
    --------
    >>> with KeyJoin(Path("audio")) as key_join:
    ...     key_join.add_row("a", "list.csv", ["real"])
    ...     key_join.add_file("a", "x/a.wav")
    ...     [(match.key, match.rows, match.files[0].name) for match in key_join.matches()]
    [('a', [('list.csv', ['real'])], 'x/a.wav')]
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(
            "pragma cache_size = -16384; pragma journal_mode = off; pragma synchronous = off;"
            "create table entry (key text, kind integer, value blob); begin"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def _add(self, key: str, kind: int, value: bytes) -> None:
        entry = (escape_bytes(compose_accents(key)), kind, value)
        self._database.execute("insert into entry values (?, ?, ?)", entry)

    def add_row(self, key: str, table: str, row: Any) -> None:
        """Add a row of a table; `row` is any value that JSON can hold."""
        self._add(key, _ROW, json.dumps([table, row]).encode())

    def add_file(self, key: str, name: str) -> None:
        """Add a file by its name."""
        self._add(key, _FILE, os.fsencode(name))

    def matches(self) -> Iterator[Match]:
        """Yield the rows and files of each key, sorted by key."""
        entries = self._database.execute("select * from entry order by key, kind, value")
        for key, group in groupby(entries, itemgetter(0)):
            rows, files = [], []
            for _, kind, value in group:
                if kind == _ROW:
                    rows.append(tuple(json.loads(value)))
                else:
                    name = os.fsdecode(value)
                    files.append(File(name, os.path.join(self._folder, name)))
            yield Match(key, rows, files)


def ignore_unlisted(file: File) -> Ignored:
    """Ignore a file that no row names."""
    return Ignored(f"{suffix(file.name)} in no row")


def join(
    key_join: KeyJoin,
    from_row: Callable[[str, Any, File], Item],
    without_row: Callable[[File], Item] = ignore_unlisted,
) -> Iterator[Item]:
    """Make recordings of rows and their files.

    Parameters
    ----------
    key_join : KeyJoin
    from_row : callable
        Makes a recording from the name of a table, a row and its file. Of several files with the
        row's key, it gets the first by name; the others are ignored as copies.
    without_row : callable
        Makes an item of a file that no row names.

    Yields
    ------
    item : Recording, Failure or Ignored
        A row without file is a failure. A table without any file is one failure: that part of the
        dataset was not downloaded.
    """
    present, missing = Counter[str](), Counter[str]()
    for match in key_join.matches():
        (present if match.files else missing).update(table for table, _ in match.rows)
        for table, row in match.rows if match.files else ():
            yield or_failure(match.files[0].name, from_row, table, row, match.files[0])
        for file in match.files[1:] if match.rows else ():
            yield Ignored(f"{suffix(file.name)} that is a copy")
        for file in () if match.rows else match.files:
            yield or_failure(file.name, without_row, file)
    for table in sorted(missing.keys() - present.keys()):
        yield Failure(table, f"expected the audio of its {missing[table]} rows, got none of it")
    if missing.keys() & present.keys():
        yield from _rows_without_file(key_join, present)


def _rows_without_file(key_join: KeyJoin, present: Counter[str]) -> Iterator[Failure]:
    for match in key_join.matches():
        for table, _ in () if match.files else match.rows:
            if present[table]:
                yield Failure(match.key, f"expected its audio, got a row of {table} without any")


def or_failure(name: str, make: Callable[..., Item], *arguments: Any) -> Item:
    """Make an item, or a failure where `make` raises ValueError.

    Parameters
    ----------
    name : str
        File name of the failure.
    make : callable
    *arguments
        Arguments of `make`.

    Returns
    -------
    item : Recording, Failure or Ignored
    """
    try:
        return make(*arguments)
    except ValueError as error:
        return Failure(escape_bytes(name), str(error))
