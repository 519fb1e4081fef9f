"""The manifest of a dataset: metadata of its pictures, in ``IMAGES/manifest.csv``, if it has one.

One row a picture. Only the column ``path``, relative to the dataset, is required. ``recording``
names the recording that the picture is a clip of; other columns are looked up by name, whose case
does not matter. A spreadsheet may have saved it, with other delimiters, encodings and slashes.
"""

import sys
from collections.abc import Iterable
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np

from classify import text_table
from classify.class_names import label as class_label

Manifest = dict[str, dict[str, str]]

SPLITS = ("train", "validation", "test")
_STARTS = tuple(f"{split}/" for split in SPLITS)
VOCODER_TYPE = "vocoder_type"  # column that `forge` fills for its copies
DEMONSTRATION = "demonstration"  # source of every recording that `render --demo` makes


def read(dataset: Path) -> Manifest:
    """Read a dataset's manifest.

    Parameters
    ----------
    dataset : Path
        A picture dataset.

    Returns
    -------
    manifest : dict of str to dict of str to str
        Rows, by the path of the picture, each with a value by column, in lower case; empty without
        a manifest.

    Raises
    ------
    ValueError
        If there is no column ``path``, a picture has two rows that differ, or the file is no table.
    """
    path = dataset / "manifest.csv"
    if not path.is_file():
        return {}
    text = text_table.read_text(path)
    header = text_table.header(path, text, {"path"})
    if header is None:
        _, line = text_table.first_line(text)
        raise ValueError(f"expected a column path in {path}, got {line[:60]}")
    rows = text_table.rows(path, text, header.delimiter)
    names = _lower(next(rows)[1])
    blank = dict.fromkeys(names, "")
    manifest: Manifest = {}
    count = 0
    for number, cells in rows:
        count += 1
        row = dict(zip(names, map(str.strip, cells), strict=False))
        if len(cells) < len(names):
            row = blank | row
        row["path"] = _picture_name(row["path"], dataset)
        if manifest.setdefault(row["path"], row) != row and (dataset / row["path"]).is_file():
            raise ValueError(
                f"expected one row of {row['path']} in {path}, got another in line {number}"
            )
    _warn(dataset, manifest, count)
    return manifest


def _warn(dataset: Path, manifest: Manifest, count: int) -> None:
    """Warn where no row is of a picture of the dataset, and where some contradict its folders."""
    path = dataset / "manifest.csv"
    if manifest and not any((dataset / name).is_file() for name in manifest):
        _tell(f"none of the {count} rows of {path} is of a picture, such as {next(iter(manifest))}")
    others = [name for name, row in manifest.items() if _contradicts(name, row.get("label", ""))]
    if others:
        _tell(
            f"{len(others)} of {count} rows of {path} contradict the class folder, "
            f"such as {others[0]}: the folder counts"
        )


def _contradicts(name: str, cell: str) -> bool:
    folder = name.split("/", 2)[1:2]  # below the split
    return {class_label(word) for word in (*folder, cell)} == {"real", "fake"}


@cache  # an evaluation with a robustness sweep reads the same manifest twice
def _tell(warning: str) -> None:
    print(warning, file=sys.stderr)


def _lower(names: list[str]) -> list[str]:
    """Column names in lower case; one of two that differ only in case keeps its capitals."""
    names = [name.strip() for name in names]
    return [name if name.lower() in names else name.lower() for name in names]


def _picture_name(cell: str, dataset: Path) -> str:
    """Path of a picture below the dataset, however a manifest spells it."""
    path = cell.strip()
    if path.startswith(_STARTS) and "//" not in path and "/." not in path:
        return path  # quickly, for a manifest may have millions of rows
    if "/" not in path:
        path = path.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if parts and parts[0] not in SPLITS:  # absolute, or from another folder
        for start in (index for index, part in enumerate(parts) if part in SPLITS):
            name = "/".join(parts[start:])
            if (dataset / name).is_file():
                return name
    return "/".join(parts)


def columns(manifest: Manifest) -> list[str]:
    """Names of the columns, in order.

    Examples
    --------
    >>> columns({"a.png": {"path": "a.png", "speaker": "p225"}})
    ['path', 'speaker']
    """
    return list(next(iter(manifest.values()), {}))


def spelling(manifest: Manifest, column: str) -> str:
    """Name of a column as the manifest has it; case matters only where two differ in nothing else.

    Examples
    --------
    >>> spelling({"a.png": {"path": "a.png", "speaker": "p225"}}, "Speaker")
    'speaker'
    """
    return column if column in columns(manifest) else column.lower()


def values(manifest: Manifest, names: list[str], column: str) -> np.ndarray:
    """Look up one column for many pictures.

    Parameters
    ----------
    manifest : dict
    names : list of str
        Paths of pictures, relative to the dataset.
    column : str

    Returns
    -------
    values : np.ndarray of str, shape=(len(names),)
        Empty if the manifest has no such picture, column or value.
    """
    column = spelling(manifest, column)
    return np.array([manifest.get(name, {}).get(column, "") for name in names], dtype=str)


def table(manifest: Manifest, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Look all columns but ``path`` up for many pictures.

    Parameters
    ----------
    manifest : dict
    names : iterable of str, n of them
        Keys of the manifest.

    Returns
    -------
    columns : dict of str to np.ndarray of object, shape=(n,)
        Strings, shared with the manifest, which may be large; empty where it has no value.

    Examples
    --------
    >>> columns = table({"a.png": {"path": "a.png", "speaker": "p225"}}, ["a.png", "b.png"])
    >>> {name: column.tolist() for name, column in columns.items()}
    {'speaker': ['p225', '']}
    """
    rows = [manifest.get(name, {}) for name in names]
    columns = dict.fromkeys(chain.from_iterable(rows))
    columns.pop("path", None)
    return {column: np.array([row.get(column, "") for row in rows], object) for column in columns}


def recordings(manifest: Manifest, names: list[str]) -> np.ndarray:
    """Look up the recording of each picture; a picture without one is its own recording.

    Parameters
    ----------
    manifest : dict
    names : list of str
        Paths of pictures, relative to the dataset.

    Returns
    -------
    recordings : np.ndarray of str, shape=(len(names),)

    Examples
    --------
    >>> manifest = {"a.png": {"recording": "x.wav"}, "b.png": {"recording": "x.wav"}}
    >>> recordings(manifest, ["a.png", "b.png", "c.png"]).tolist()
    ['x.wav', 'x.wav', 'c.png']
    """
    column = values(manifest, names, "recording")
    return np.where(column == "", np.array(names, dtype=str), column)


def rows_of_unit(manifest: Manifest, unit: str) -> Manifest:
    """Index the rows by picture or by recording.

    Parameters
    ----------
    manifest : dict
    unit : str
        ``"picture"`` or ``"recording"``; a recording has the row of its first picture.

    Examples
    --------
    >>> rows_of_unit({"a.png": {"recording": "x.wav", "speaker": "p225"}}, "recording")
    {'x.wav': {'recording': 'x.wav', 'speaker': 'p225'}}
    """
    if unit == "picture":
        return manifest
    rows: Manifest = {}
    for row in manifest.values():
        rows.setdefault(row.get("recording", ""), row)
    return rows
