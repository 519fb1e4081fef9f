"""Datasets described by a table of paths: our CSV, DF Arena, In-the-Wild.

Paths are relative to the table's folder, or absolute. A recording's name is its path below the
audio folder; for a recording elsewhere, its path as the table spells it.
"""

import os
import unicodedata
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from render.layouts import labels, text_tables
from render.layouts.join import KeyJoin, ignore_unlisted
from render.layouts.layout import Layout
from render.layouts.probe import FolderProbe
from render.layouts.walk import File, Item, escape_bytes, walk
from render.recording import Failure, Recording


def layout(*columns: str, name: str = "", group: str = "") -> Layout:
    """Make the layout of a dataset that a table of paths describes.

    Parameters
    ----------
    *columns : str
        Columns that the table has; the first holds the paths.
    name : str
        File name of the table, at any depth. Default: the only such table directly in the folder.
    group : str
        See `Layout`.
    """

    def find_markers(probe: FolderProbe) -> list[str]:
        return probe.tables_with(columns, name) if name else _only_table(probe, columns)

    return Layout(
        f"{name or 'one table'} with the columns {', '.join(columns)}",
        find_markers,
        partial(find_recordings, column=columns[0]),
        accepts_table=True,
        group=group,
    )


def find_recordings(audio: Path, tables: list[str], column: str) -> Iterator[Item]:
    """Find the recordings that tables name.

    Parameters
    ----------
    audio : Path
        The folder that holds the tables, or a table.
    tables : list of str
        Names below the folder.
    column : str
        Column of the paths.

    Yields
    ------
    item : Recording, Failure or Ignored
        Audio files of a folder that no row names are ignored.
    """
    root = audio.parent if audio.is_file() else audio
    with KeyJoin(root) as key_join:
        for table in tables:
            folder = os.path.dirname(table)
            for line, row in text_tables.read_table(root / table, (column, "label")):
                item = from_row(root, folder, table, column, row, line)
                if audio.is_dir() and isinstance(item, Recording):
                    key_join.add_row(item.name, table, None)
                yield item
        yield from _unlisted_files(root, tables, key_join) if audio.is_dir() else ()


def _unlisted_files(root: Path, tables: list[str], key_join: KeyJoin) -> Iterator[Item]:
    for item in walk(root, tables=tables):
        if isinstance(item, File):
            key_join.add_file(item.name, item.name)
        else:
            yield item
    for match in key_join.matches():
        yield from map(ignore_unlisted, match.files if not match.rows else ())


def from_row(
    root: Path, folder: str, table: str, column: str, row: dict[str, Any], line: int = 0
) -> Recording | Failure:
    """Make the recording that a row names.

    Parameters
    ----------
    root : Path
        The audio folder.
    folder : str
        The table's folder below it.
    table : str
        Name of the table, for messages.
    column : str
        Column of the path.
    row : dict of str to str
    line : int
        Line of the row, for messages.

    Returns
    -------
    item : Recording or Failure
    """
    cell = text_tables.path_key(row[column])
    if not cell:
        return Failure(f"{table} line {line}", f"expected a path under {column}, got none")
    spellings = (row[column], row[column].strip(), cell, unicodedata.normalize("NFD", cell))
    paths = (os.path.normpath(os.path.join(root, folder, spelling)) for spelling in spellings)
    path = next(filter(os.path.isfile, paths), "")
    if not path:
        expected = os.path.normpath(os.path.join(root, folder, cell))
        name = below(expected, root) or escape_bytes(cell)
        return Failure(name, f"expected a file, got a row of {table} without one")
    name = below(path, root) or escape_bytes(cell)
    try:
        words = below(path, root).split("/")[:-1]
        label = labels.parse_label(words, row.get("label", ""), table)
        split = labels.parse_split(words, row.get("split", ""), table)
        labels.reject_contradiction(label, name)
    except ValueError as error:
        return Failure(name, str(error))
    return Recording(Path(path), name, split, label, metadata(row, column))


def below(path: str, root: Path) -> str:
    """Path below a folder, with forward slashes; empty for a path elsewhere.

    Examples
    --------
    >>> below("/audio/a.wav", Path("/audio")), below("/b.wav", Path("/audio"))
    ('a.wav', '')
    """
    start = os.path.join(os.path.normpath(root), "")
    if start == f".{os.sep}":
        return "" if path.startswith((os.sep, f"..{os.sep}")) else escape_bytes(path)
    return escape_bytes(path[len(start) :]) if path.startswith(start) else ""


def metadata(row: dict[str, Any], *used: str) -> dict[str, str]:
    """Cells of a row, without its label, its split and the columns used otherwise."""
    left_out = {"", "label", "split", *used}
    return {
        escape_bytes(column): escape_bytes(cell)
        for column, cell in row.items()
        if column not in left_out
    }


def _only_table(probe: FolderProbe, columns: Collection[str]) -> list[str]:
    """The table directly in a folder that has certain columns; two are an error."""
    tables = probe.tables_with(columns)
    if len(tables) > 1:
        raise ValueError(
            f"expected one table with {' and '.join(columns)} in {probe.root}, got "
            f"{' and '.join(tables)}: name one of them, or the layout"
        )
    return tables
