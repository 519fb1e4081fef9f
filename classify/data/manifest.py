"""What is known of each picture besides the picture: ``IMAGES/manifest.csv``, where there is one.

One row a picture. Of the columns only ``path``, relative to the dataset, has to be there;
``recording`` says which pictures are clips of one recording, and every other column can be asked
for by name.
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
        Rows, value by column, by the path of the picture; empty where there is no manifest.

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
    """Look one column up for many pictures.

    Parameters
    ----------
    manifest : dict
    names : list of str
        Paths of pictures, relative to the dataset.
    column : str

    Returns
    -------
    values : np.ndarray of str, shape=(len(names),)
        Empty where the manifest does not know the picture or has no value.
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
    """The recording that each picture is a clip of.

    A picture of which no recording is known stands for itself.

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
    known = values(manifest, names, "recording")
    return np.where(known == "", np.array(names, dtype=str), known)


def of_level(manifest: Manifest, level: str) -> Manifest:
    """Rows by the name of a picture or of a recording.

    Parameters
    ----------
    manifest : dict
    level : str
        ``"picture"`` or ``"recording"``; a recording has the row of its first picture.

    Returns
    -------
    rows : dict

    Examples
    --------
    >>> of_level({"a.png": {"recording": "x.wav", "speaker": "p225"}}, "recording")
    {'x.wav': {'recording': 'x.wav', 'speaker': 'p225'}}
    """
    if level == "picture":
        return manifest
    rows: Manifest = {}
    for row in manifest.values():
        rows.setdefault(row.get("recording", ""), row)
    return rows
