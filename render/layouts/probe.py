"""What a folder shows of its layout at a glance, however many files it holds.

A look goes down a few levels and reads a bounded number of directory entries, so that it takes
well under a second for a million files; the names of tables that datasets are known by are asked
for directly, for they may lie among more files than are looked at.
"""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from render.layouts import text_tables
from render.layouts.walk import is_folder, suffix

_DEPTH = 5  # levels below the folder
_ENTRIES = 2_000  # of one folder
_TOTAL = 20_000
_TABLES = (".csv", ".tsv", ".txt")
_KNOWN = ("manifest.csv", "meta.csv", "meta_data.csv", "trial_metadata.txt")


@dataclass(frozen=True)
class FolderProbe:
    """What was seen of a folder.

    Attributes
    ----------
    root : Path
        The folder; of a table, the folder it is in.
    folders, tables : tuple of str
        Names below it of folders and of files that may be tables, the upper levels first.
    """

    root: Path
    folders: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()

    def having(self, columns: Collection[str], name: str = "") -> list[str]:
        """Tables with certain columns.

        Parameters
        ----------
        columns : collection of str
            In lower case.
        name : str
            Of the file, in lower case; without it any table directly in the folder will do.

        Returns
        -------
        tables : list of str
        """
        return [
            table
            for table in self.tables
            if (base(table) == name if name else "/" not in table)
            and set(columns) <= set(text_tables.columns(self.root / table))
        ]


def probe(audio: Path) -> FolderProbe:
    """Look at a folder, or at a table.

    Parameters
    ----------
    audio : Path

    Returns
    -------
    look : FolderProbe

    Raises
    ------
    ValueError
        If there is neither.
    """
    if audio.is_file():
        return FolderProbe(audio.parent, (), (audio.name,))
    if not audio.is_dir():
        raise ValueError(f"expected a folder of recordings or a CSV that lists them, got {audio}")
    folders: list[str] = []
    tables: list[str] = []
    level, total = [""], 0
    for _ in range(_DEPTH + 1):
        below = []
        for top in level:
            entries = list(_entries(audio / top, _TOTAL - total))
            total += len(entries)
            inner = sorted(f"{top}{name}/" for name, inside in entries if inside)
            below += inner
            tables += _tables(audio, top, [name for name, inside in entries if not inside])
        folders += [name.rstrip("/") for name in below]
        level = below
    return FolderProbe(audio, tuple(folders), tuple(tables))


def base(name: str) -> str:
    """Last part of a name, in lower case."""
    return name.rpartition("/")[2].lower()


def _entries(folder: Path, left: int) -> Iterator[tuple[str, bool]]:
    """Names in a folder and whether each is a folder, as many as may be read."""
    try:
        with os.scandir(folder) as entries:
            for entry in islice(entries, max(0, min(_ENTRIES, left))):
                if not entry.name.startswith("."):
                    yield entry.name, is_folder(entry)
    except OSError:  # it is named when the folder is walked through
        return


def _tables(audio: Path, top: str, names: list[str]) -> list[str]:
    known = [name for name in _KNOWN if (audio / top / name).is_file()]
    return sorted(f"{top}{name}" for name in {*known, *names} if suffix(name) in _TABLES)
