"""The corpus of a copy-synthesis: the folder that holds originals and copies, ready for render.

It follows from the folders of the two::

    originals   copies              corpus
    real        audio/fake          audio, with a link audio/real to the originals
    audio/real  audio/fake          audio
    audio       audio/forged        audio
    speech      speech_plus         speech_plus, with a link to the originals

``manifest.csv`` at its top has a row for every copy, with the columns of its original. Other rows
and columns stay. A row is a copy's if it has a `SOURCE_RECORDING` and a path below the folder of
the copies. A manifest of the user's is kept as `BACKUP`.
"""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from render.layouts import text_tables
from render.layouts.folders import MANIFEST
from render.png import replace
from render.recording import LABELS, SPLITS

Row = dict[str, str]

SOURCE_RECORDING = "source_recording"
VOCODER_TYPE = "vocoder_type"
BACKUP = f"{MANIFEST}.before-forge"
COLUMNS = ("path", "split", "label", "generator", VOCODER_TYPE, SOURCE_RECORDING)
_SPLIT_WORDS = {word for words in SPLITS.values() for word in words}
_WRITE_PERMISSIONS = 0o222
_WORDS = _SPLIT_WORDS | {word for words in LABELS.values() for word in words}


@dataclass(frozen=True)
class Corpus:
    """The folder of originals and copies.

    Attributes
    ----------
    top : Path
        The folder that holds both.
    originals : str or None
        Path of the originals' folder below it, empty if it is `top`; None if it lies elsewhere.
    copies : str
        Path of the copies' folder below it, empty if it is `top`.
    """

    top: Path
    originals: str | None
    copies: str


def locate(originals: Path, copies: Path) -> Corpus:
    """Find the folder that holds originals and copies.

    Parameters
    ----------
    originals, copies : Path
        Neither has to exist.

    Raises
    ------
    ValueError
        If both are one folder, the originals lie among the copies, or the copies in a folder that
        says real.

    Examples
    --------
    >>> locate(Path("/audio/real"), Path("/audio/fake"))
    Corpus(top=PosixPath('/audio'), originals='real', copies='fake')
    """
    real, fake = (Path(os.path.abspath(path)) for path in (originals, copies))
    if real.is_relative_to(fake) or real.resolve().is_relative_to(fake.resolve()):
        raise ValueError(
            f"expected a folder for the copies without the originals in it, got {copies} for "
            f"those of {originals}"
        )
    if fake.is_relative_to(real) and real.name.lower() in LABELS["real"]:
        raise ValueError(f"expected a folder for the copies outside of {originals}, got {copies}")
    top = _above_splits(_top(real, fake))
    inside = real.is_relative_to(top)
    return Corpus(top, _below(real, top) if inside else None, _below(fake, top))


def _top(real: Path, fake: Path) -> Path:
    if fake.is_relative_to(real):
        return real
    common = Path(os.path.commonpath([real, fake]))
    fake_parts, real_parts = (path.relative_to(common).parts for path in (fake, real))
    if fake_parts[0].lower() in _WORDS and real_parts[0].lower() in _WORDS:
        return common
    for part in reversed(fake_parts):
        if part.lower() not in _WORDS:
            break
        fake = fake.parent
    return fake


def _above_splits(top: Path) -> Path:
    """The folder above a split folder, if it holds several splits."""
    if top.name.lower() not in _SPLIT_WORDS:
        return top
    names = (path.name.lower() for path in top.parent.iterdir() if path.is_dir())
    others = {name for name in names if name in _SPLIT_WORDS} - {top.name.lower()}
    return _above_splits(top.parent) if others else top


def _below(path: Path, top: Path) -> str:
    return "" if path == top else path.relative_to(top).as_posix()


def read(folder: Path) -> list[Row]:
    """Rows of a folder's manifest, each with a path; none where there is no manifest.

    Raises
    ------
    ValueError
        If the manifest has no paths, or a row is longer than the header.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return []
    rows = []
    for line, row in text_tables.read_table(path, ("path",)):
        if row.pop("", ""):
            raise ValueError(
                f"expected as many cells as columns in line {line} of {path}, got more"
            )
        rows.append(row)
    return rows


def by_name(table: Iterable[Row], below: str = "") -> dict[str, Row]:
    """Rows by their path below a folder; rows of other folders are left out.

    Examples
    --------
    >>> by_name([{"path": "real/a.wav"}, {"path": "fake/b.wav"}], "real")
    {'a.wav': {'path': 'real/a.wav'}}
    """
    start = f"{below}/" if below else ""
    keyed = ((text_tables.path_key(row["path"]), row) for row in table)
    return {key.removeprefix(start): row for key, row in keyed if key.startswith(start)}


def merge(table: Iterable[Row], copies: str, added: Iterable[Row]) -> list[Row]:
    """Merge rows into a manifest, replacing the copies' rows of an earlier call.

    Parameters
    ----------
    table : iterable of dict of str to str
        The manifest's rows.
    copies : str
        Path of the copies below the manifest's folder.
    added : iterable of dict of str to str
        Rows of originals and copies. A row whose path has a row already is left out.

    Examples
    --------
    >>> old = [{"path": "a.wav"}, {"path": "fake/b.wav", "source_recording": "b.wav"}]
    >>> [row["path"] for row in merge(old, "fake", [{"path": "fake/c.wav"}])]
    ['a.wav', 'fake/c.wav']
    """
    start = f"{copies}/" if copies else ""
    kept = [
        row
        for row in table
        if not (row.get(SOURCE_RECORDING) and text_tables.path_key(row["path"]).startswith(start))
    ]
    kept_names = by_name(kept)
    return kept + [row for row in added if text_tables.path_key(row["path"]) not in kept_names]


def refuse_protected(path: Path) -> None:
    """Refuse to write where the permission to write is missing.

    A file is replaced by renaming, which needs no permission to write the file itself. And the
    system lets an administrator write anywhere.

    Parameters
    ----------
    path : Path
        A file or folder. If it does not exist yet, the folder above it is checked.

    Raises
    ------
    ValueError
    """
    while not path.exists():
        path = path.parent
    if not (os.access(path, os.W_OK) and path.stat().st_mode & _WRITE_PERMISSIONS):
        raise ValueError(f"expected to write {path}, got one that is protected from writing")


def write(folder: Path, table: Sequence[Row]) -> bool:
    """Write a folder's manifest, unless it is unchanged."""
    text = io.StringIO(newline="")
    columns = dict.fromkeys([*(c for row in table[:1] for c in row), *COLUMNS])
    columns |= dict.fromkeys(column for row in table for column in row)
    writer = csv.DictWriter(text, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    data = text.getvalue().encode(errors="surrogateescape")
    path = folder / MANIFEST
    before = path.read_bytes() if path.is_file() else None
    if before == data:
        return False
    if before is not None and not text_tables.has_columns(path, (SOURCE_RECORDING,)):
        _keep(folder / BACKUP, before)
    replace(path, data)
    return True


def _keep(path: Path, data: bytes) -> None:
    """Keep a manifest beside those that were kept before."""
    number, free = 1, path
    while free.exists() and free.read_bytes() != data:
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    replace(free, data)
