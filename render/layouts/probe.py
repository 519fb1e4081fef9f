"""Probe of a folder: names of sub-folders and tables, by which a layout is recognised.

The probe goes a few levels down and reads a bounded number of directory entries, so it takes well
under a second for a million files. Tables with the usual names of published datasets are looked up
directly, because they may lie among more files than the probe reads.
"""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from render.hidden import is_hidden
from render.layouts import text_tables
from render.layouts.walk import is_folder, suffix

_DEPTH = 5  # levels below the folder
_ENTRIES = 2_000  # per folder
_TOTAL = 20_000
_TABLE_SUFFIXES = (".csv", ".tsv", ".txt")
_USUAL_TABLES = ("manifest.csv", "meta.csv", "meta_data.csv", "trial_metadata.txt")


@dataclass(frozen=True)
class FolderProbe:
    """Sub-folders and tables of a folder.

    Attributes
    ----------
    root : Path
        The folder; for a table, the folder that it is in.
    folders, tables : tuple of str
        Paths below `root` of folders, and of files that may be tables; upper levels first.
    """

    root: Path
    folders: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()

    def tables_with(self, columns: Collection[str], name: str = "") -> list[str]:
        """Tables with certain columns.

        Parameters
        ----------
        columns : collection of str
            In lower case.
        name : str
            File name in lower case, at any depth. Default: any table directly in the folder.
        """
        return [
            table
            for table in self.tables
            if (file_name(table) == name if name else "/" not in table)
            and text_tables.has_columns(self.root / table, columns)
        ]


def probe_folder(audio: Path) -> FolderProbe:
    """Probe a folder, or a table.

    Raises
    ------
    ValueError
        If `audio` is neither a folder nor a file.
    """
    if audio.is_file():
        return FolderProbe(audio.parent, (), (audio.name,))
    if not audio.is_dir():
        raise ValueError(f"expected a folder of recordings or a CSV that lists them, got {audio}")
    folders: list[str] = []
    tables: list[str] = []
    parents, total = [""], 0
    for _ in range(_DEPTH + 1):
        children = []
        for parent in parents:
            entries = list(_entries(audio / parent, _TOTAL - total))
            total += len(entries)
            children += sorted(f"{parent}{name}/" for name, is_dir in entries if is_dir)
            tables += _tables(audio, parent, [name for name, is_dir in entries if not is_dir])
        folders += [name.rstrip("/") for name in children]
        parents = children
    return FolderProbe(audio, tuple(folders), tuple(tables))


def file_name(path: str) -> str:
    """Last part of a path, in lower case.

    Examples
    --------
    >>> file_name("keys/Meta.CSV")
    'meta.csv'
    """
    return path.rpartition("/")[2].lower()


def _entries(folder: Path, limit: int) -> Iterator[tuple[str, bool]]:
    """At most `limit` names in a folder, and whether each is a folder."""
    try:
        with os.scandir(folder) as entries:
            for entry in islice(entries, max(0, min(_ENTRIES, limit))):
                if not is_hidden(entry.name):
                    yield entry.name, is_folder(entry)
    except OSError:  # reported when the folder is walked through
        return


def _tables(audio: Path, parent: str, names: list[str]) -> list[str]:
    # os.path, as pathlib raises an error in a folder that is locked.
    folder = os.path.join(audio, parent)
    usual = [name for name in _USUAL_TABLES if os.path.isfile(os.path.join(folder, name))]
    return sorted(f"{parent}{name}" for name in {*usual, *names} if suffix(name) in _TABLE_SUFFIXES)
