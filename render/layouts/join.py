"""Rows and files of a dataset brought together by a key, on disk, so that memory does not grow.

Rows come in the order of a table, files in that of the file system; what belongs together is
found by sorting both, which SQLite does in a temporary file that is gone when it is closed.
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

from render.layouts.text_tables import normal
from render.layouts.walk import File, Ignored, Item, suffix, tidy
from render.recording import Failure

_ROW, _FILE = 0, 1


@dataclass(frozen=True, slots=True)
class Match:
    """What has one key.

    Attributes
    ----------
    key : str
    rows : list of tuple of (str, Any)
        Name of the table and what was added.
    files : list of File
        Sorted by name.
    """

    key: str
    rows: list[tuple[str, Any]]
    files: list[File]


class KeyJoin:
    """Rows and files by key.

    Parameters
    ----------
    folder : Path
        Names of files are relative to it.

    Examples
    --------
    >>> with KeyJoin(Path("audio")) as inventory:
    ...     inventory.add_row("a", "list.csv", ["real"])
    ...     inventory.add_file("a", "x/a.wav")
    ...     [(match.key, match.rows, match.files[0].name) for match in inventory.matches()]
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
        entry = (tidy(normal(key)), kind, value)
        self._database.execute("insert into entry values (?, ?, ?)", entry)

    def add_row(self, key: str, table: str, row: Any) -> None:
        """Add a row of a table; `row` is anything that JSON can hold."""
        self._add(key, _ROW, json.dumps([table, row]).encode())

    def add_file(self, key: str, name: str) -> None:
        """Add a file by its name."""
        self._add(key, _FILE, os.fsencode(name))

    def matches(self) -> Iterator[Match]:
        """What has one key, for all keys, sorted."""
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


def not_listed(file: File) -> Ignored:
    """Say that a file is in no row."""
    return Ignored(f"{suffix(file.name)} in no row")


def join(
    inventory: KeyJoin,
    place: Callable[[str, Any, File], Item],
    alone: Callable[[File], Item] = not_listed,
) -> Iterator[Item]:
    """Make recordings of rows and their files.

    Parameters
    ----------
    inventory : KeyJoin
    place : callable
        Makes a recording from the name of a table, a row and its file. Where several files have
        the key of a row, it gets the first by name, and the others are copies.
    alone : callable
        What a file is that no row names.

    Yields
    ------
    item : Recording, Failure or Ignored
        A table none of whose rows has a file is one failure, for it is a part of the dataset that
        was not fetched; otherwise a row without file is one.
    """
    found, missing = Counter[str](), Counter[str]()
    for match in inventory.matches():
        (found if match.files else missing).update(table for table, _ in match.rows)
        for table, row in match.rows if match.files else ():
            yield or_failure(match.files[0].name, place, table, row, match.files[0])
        for file in match.files[1:] if match.rows else ():
            yield Ignored(f"{suffix(file.name)} that is a copy")
        for file in () if match.rows else match.files:
            yield or_failure(file.name, alone, file)
    for table in sorted(missing.keys() - found.keys()):
        yield Failure(table, f"expected the audio of its {missing[table]} rows, got none of it")
    if missing.keys() & found.keys():
        yield from _without_file(inventory, found)


def _without_file(inventory: KeyJoin, found: Counter[str]) -> Iterator[Failure]:
    for match in inventory.matches():
        for table, _ in () if match.files else match.rows:
            if found[table]:
                yield Failure(match.key, f"expected its audio, got a row of {table} without any")


def or_failure(name: str, make: Callable[..., Item], *arguments: Any) -> Item:
    """Make an item; where that is refused, a failure.

    Parameters
    ----------
    name : str
        What the failure is of.
    make : callable
    *arguments
        Of `make`.

    Returns
    -------
    item : Recording, Failure or Ignored
    """
    try:
        return make(*arguments)
    except ValueError as error:
        return Failure(tidy(name), str(error))
