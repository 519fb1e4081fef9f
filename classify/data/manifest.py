"""The manifest of a dataset: metadata of its pictures, in ``IMAGES/manifest.csv``, if it has one.

One row a picture. Only the column ``path``, relative to the dataset, is required. ``recording``
names the recording that the picture is a clip of; other columns are looked up by name.
"""

import csv
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import numpy as np

Manifest = dict[str, dict[str, str]]

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
        Rows, by the path of the picture, each with a value by column; empty without a manifest.

    Raises
    ------
    ValueError
        If there is no column ``path``.
    """
    path = dataset / "manifest.csv"
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file, restval="")
        if "path" not in (reader.fieldnames or []):
            raise ValueError(
                f"expected a column path in {path}, got {', '.join(reader.fieldnames or [])}"
            )
        return {row["path"]: row for row in reader}


def columns(manifest: Manifest) -> list[str]:
    """Names of the columns, in order.

    Examples
    --------
    >>> columns({"a.png": {"path": "a.png", "speaker": "p225"}})
    ['path', 'speaker']
    """
    return list(next(iter(manifest.values()), {}))


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
