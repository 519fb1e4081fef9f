"""Recordings that a table names by their path: ours, DF Arena's, In-the-Wild's.

Paths are relative to the table's folder, or absolute. A recording is known by its path below the
audio folder, where it lies there, and else by its path as the table has it.
"""

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from render.layouts import labels, text_tables
from render.layouts.join import KeyJoin, not_listed
from render.layouts.probe import FolderProbe
from render.layouts.walk import File, Item, tidy, walk
from render.recording import Failure, Recording


def find(audio: Path, tables: list[str], column: str) -> Iterator[Item]:
    """Find the recordings that tables name.

    Parameters
    ----------
    audio : Path
        A folder with the tables in it, or a table.
    tables : list of str
        Names below the folder.
    column : str
        The one that holds paths.

    Yields
    ------
    item : Recording, Failure or Ignored
        Of a folder also the audio files that are in no row, as ignored.
    """
    root = audio.parent if audio.is_file() else audio
    with KeyJoin(root) as inventory:
        for table in tables:
            folder = os.path.dirname(table)
            for line, row in text_tables.table(root / table, (column, "label")):
                item = listed(root, folder, table, column, row, line)
                if audio.is_dir() and isinstance(item, Recording):
                    inventory.add_row(item.name, table, None)
                yield item
        yield from _rest(root, tables, inventory) if audio.is_dir() else ()


def _rest(root: Path, tables: list[str], inventory: KeyJoin) -> Iterator[Item]:
    for item in walk(root, tables=tables):
        if isinstance(item, File):
            inventory.add_file(item.name, item.name)
        else:
            yield item
    for match in inventory.matches():
        yield from map(not_listed, match.files if not match.rows else ())


def listed(
    root: Path, folder: str, table: str, column: str, row: dict[str, Any], line: int = 0
) -> Recording | Failure:
    """Make a recording of what a row names.

    Parameters
    ----------
    root : Path
        The audio folder.
    folder : str
        Where the table lies below it.
    table : str
        Name of the table, for messages.
    column : str
        The one that holds the path.
    row : dict of str to str
    line : int
        Where the row stands, for messages.

    Returns
    -------
    item : Recording or Failure
    """
    cell = text_tables.key(row[column])
    if not cell:
        return Failure(f"{table} line {line}", f"expected a path under {column}, got none")
    spellings = (row[column].strip(), cell, unicodedata.normalize("NFD", cell))
    paths = (os.path.normpath(os.path.join(root, folder, spelling)) for spelling in spellings)
    path = next(filter(os.path.isfile, paths), "")
    if not path:
        name = below(os.path.normpath(os.path.join(root, folder, cell)), root) or tidy(cell)
        return Failure(name, f"expected a file, got a row of {table} without one")
    name = below(path, root) or tidy(cell)
    try:
        words = below(path, root).split("/")[:-1]
        label = labels.parse_label(words, row.get("label", ""), table)
        split = labels.parse_split(words, row.get("split", ""), table)
        labels.reject_contradiction(label, name)
    except ValueError as error:
        return Failure(name, str(error))
    return Recording(Path(path), name, split, label, metadata(row, column))


def below(path: str, root: Path) -> str:
    """Path below a folder, with forward slashes; empty where it lies elsewhere.

    Examples
    --------
    >>> below("/audio/a.wav", Path("/audio")), below("/b.wav", Path("/audio"))
    ('a.wav', '')
    """
    start = os.path.join(os.path.normpath(root), "")
    if start == f".{os.sep}":
        return "" if path.startswith((os.sep, f"..{os.sep}")) else tidy(path)
    return tidy(path[len(start) :]) if path.startswith(start) else ""


def metadata(row: dict[str, Any], *used: str) -> dict[str, str]:
    """Cells of a row that are neither label nor split, nor used otherwise."""
    known = {"", "label", "split", *used}
    return {tidy(key): tidy(value) for key, value in row.items() if key not in known}


def only(look: FolderProbe, *columns: str) -> list[str]:
    """The one table directly in a folder that has certain columns.

    Parameters
    ----------
    look : FolderProbe
    *columns : str

    Returns
    -------
    tables : list of str
        One, or none.

    Raises
    ------
    ValueError
        If there are several.
    """
    found = look.having(columns)
    if len(found) > 1:
        raise ValueError(
            f"expected one table with {' and '.join(columns)} in {look.root}, got "
            f"{' and '.join(found)}: name one of them, or the layout"
        )
    return found
