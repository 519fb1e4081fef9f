"""Catalogue of public datasets of real and generated speech, read from `catalogue.toml`.

Sizes are in bytes. Checksums are those that the hosting site or the authors publish. Without one, a
file is checked by its size alone.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LIST = Path(__file__).with_name("catalogue.toml")
PLACES = ("web", "hub", "kaggle", "hand")


@dataclass(frozen=True, kw_only=True)
class File:
    """One archive of a dataset.

    Attributes
    ----------
    name : str
        File name on disk; on the Hub, the path in the repository.
    url : str
        Empty on the Hub.
    size : int, optional
        In bytes; None where only a rounded size is published.
    checksum : str
        ``"md5:..."`` or ``"sha256:..."`` as published, or empty.
    """

    name: str
    url: str = ""
    size: int | None = None
    checksum: str = ""

    def __post_init__(self):
        if not self.name or Path(self.name).name != self.name or self.name.startswith("."):
            raise ValueError(f"expected a file name without folders, got {self.name!r}")
        algorithm, _, digits = self.checksum.partition(":")
        if self.checksum and len(digits) != {"md5": 32, "sha256": 64}.get(algorithm):
            raise ValueError(f"expected md5:32 or sha256:64 hex digits, got {self.checksum}")


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A dataset and its source.

    Attributes
    ----------
    name, title : str
        The name for the command, and the name in full.
    licence, homepage : str
    size : int
        Bytes of the whole download; rounded where no exact size is published.
    place : str
        ``"web"``, ``"hub"`` (Hugging Face), ``"kaggle"``, or ``"hand"``, which needs a signature.
    layout : str
        Layout for `render`; empty for real speech alone, which is for `forge`.
    source : str
        Repository and revision on the Hub, handle on Kaggle, or instructions by hand.
    files : tuple of File
        Archives to unpack; empty where the whole repository is the dataset.
    folder : str
        Sub-folder to render or forge.
    """

    name: str
    title: str
    licence: str
    homepage: str
    size: int
    place: str
    layout: str = ""
    source: str = ""
    files: tuple[File, ...] = ()
    folder: str = ""

    def __post_init__(self):
        if self.place not in PLACES:
            raise ValueError(f"expected a place among {', '.join(PLACES)}, got {self.place}")
        if bool(self.source) == (self.place == "web") or (self.place == "web" and not self.files):
            raise ValueError(f"expected files on the web, a source elsewhere, got {self.name}")


@cache
def read(path: Path = LIST) -> dict[str, Dataset]:
    """Read a list of datasets.

    Parameters
    ----------
    path : Path
        A TOML file: a table for each dataset, with its files as an array of tables.

    Returns
    -------
    datasets : dict of str to Dataset
        In the order of the file.
    """
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: Dataset(
            name=name,
            files=tuple(File(**file) for file in table.pop("files", ())),
            **table,
        )
        for name, table in tables.items()
    }


def find(name: str) -> Dataset:
    """Look up a dataset.

    Raises
    ------
    ValueError
        If no dataset has that name.

    Examples
    --------
    >>> find("ljspeech").licence
    'public domain'
    """
    if name not in read():
        raise ValueError(f"expected a dataset among {', '.join(read())}, got {name}")
    return read()[name]


def readable(size: int) -> str:
    """Write a size in bytes with a decimal unit.

    Examples
    --------
    >>> readable(8_161_489_023), readable(20_669_392), readable(999)
    ('8.2 GB', '20.7 MB', '999 B')
    """
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} B"
