"""The folder that holds originals and copies together, so that it can be drawn as it is.

Which one that is follows from where the two lie::

    originals   copies              corpus
    real        audio/fake          audio, with a link audio/real to the originals
    audio/real  audio/fake          audio
    audio       audio/forged        audio
    speech      speech_plus         speech_plus, with a link to the originals

``manifest.csv`` at its top has a row for every copy, with what is known of its original. Rows
that were there stay, and so do their columns; a row is ours if it names an original and lies
below the folder of the copies. The manifest that was there before ours is kept as `BEFORE`.
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
BEFORE = f"{MANIFEST}.before-forge"
COLUMNS = ("path", "split", "label", "generator", VOCODER_TYPE, SOURCE_RECORDING)
_SPLITS = {word for words in SPLITS.values() for word in words}
_WRITABLE = 0o222  # the right to write, of anybody
_WORDS = _SPLITS | {word for words in LABELS.values() for word in words}


@dataclass(frozen=True)
class Corpus:
    """Where originals and copies lie.

    Attributes
    ----------
    top : Path
        The folder that holds both.
    originals : str or None
        The originals' path below it, empty if they are it; None if they lie elsewhere.
    copies : str
        The copies' path below it, empty if they are it.
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

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    ValueError
        If one is the other, the originals lie among the copies, or the copies in a folder that
        says real.

    Examples
    --------
    >>> locate(Path("/audio/real"), Path("/audio/fake"))
    Corpus(top=PosixPath('/audio'), originals='real', copies='fake')
    """
    here, there = (Path(os.path.abspath(path)) for path in (originals, copies))
    if here.is_relative_to(there) or here.resolve().is_relative_to(there.resolve()):
        raise ValueError(
            f"expected a folder for the copies without the originals in it, got {copies} for "
            f"those of {originals}"
        )
    if there.is_relative_to(here) and here.name.lower() in LABELS["real"]:
        raise ValueError(f"expected a folder for the copies outside of {originals}, got {copies}")
    top = _above_splits(_top(here, there))
    inside = here.is_relative_to(top)
    return Corpus(top, _below(here, top) if inside else None, _below(there, top))


def _top(here: Path, there: Path) -> Path:
    if there.is_relative_to(here):
        return here
    common = Path(os.path.commonpath([here, there]))
    ours, theirs = there.relative_to(common).parts, here.relative_to(common).parts
    if ours[0].lower() in _WORDS and theirs[0].lower() in _WORDS:
        return common
    while ours and ours[-1].lower() in _WORDS:
        ours = ours[:-1]
        there = there.parent
    return there


def _above_splits(top: Path) -> Path:
    """The folder above the splits, where a folder is one of several splits."""
    if top.name.lower() not in _SPLITS:
        return top
    beside = (path.name.lower() for path in top.parent.iterdir() if path.is_dir())
    others = {name for name in beside if name in _SPLITS} - {top.name.lower()}
    return _above_splits(top.parent) if others else top


def _below(path: Path, top: Path) -> str:
    return "" if path == top else path.relative_to(top).as_posix()


def read(folder: Path) -> list[Row]:
    """Rows of a folder's manifest, each with a path; none where there is no manifest.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    rows : list of dict of str to str

    Raises
    ------
    ValueError
        If it is no table with paths, or a row is longer than its header.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return []
    found = []
    for line, row in text_tables.read_table(path, ("path",)):
        if row.pop("", ""):
            raise ValueError(
                f"expected as many cells as columns in line {line} of {path}, got more"
            )
        found.append(row)
    return found


def by_name(table: Iterable[Row], below: str = "") -> dict[str, Row]:
    """Rows by the path that they have below a folder; what lies elsewhere is left out.

    Examples
    --------
    >>> by_name([{"path": "real/a.wav"}, {"path": "fake/b.wav"}], "real")
    {'a.wav': {'path': 'real/a.wav'}}
    """
    start = f"{below}/" if below else ""
    keyed = ((text_tables.path_key(row["path"]), row) for row in table)
    return {key.removeprefix(start): row for key, row in keyed if key.startswith(start)}


def extended(table: Iterable[Row], copies: str, added: Iterable[Row]) -> list[Row]:
    """Put rows into a manifest, in the place of those that were put there before.

    Parameters
    ----------
    table : iterable of dict of str to str
        What is there.
    copies : str
        Path of the copies below the manifest's folder.
    added : iterable of dict of str to str
        Rows of originals, which stay out where there is one already, and of copies.

    Returns
    -------
    rows : list of dict of str to str

    Examples
    --------
    >>> old = [{"path": "a.wav"}, {"path": "fake/b.wav", "source_recording": "b.wav"}]
    >>> [row["path"] for row in extended(old, "fake", [{"path": "fake/c.wav"}])]
    ['a.wav', 'fake/c.wav']
    """
    start = f"{copies}/" if copies else ""
    kept = [
        row
        for row in table
        if not (row.get(SOURCE_RECORDING) and text_tables.path_key(row["path"]).startswith(start))
    ]
    known = by_name(kept)
    return kept + [row for row in added if text_tables.path_key(row["path"]) not in known]


def refuse_protected(path: Path) -> None:
    """Refuse to write where somebody has taken the right to.

    A file is replaced by renaming, which asks for no right to write the file itself; and an
    administrator may write anywhere, but does not mean to.

    Parameters
    ----------
    path : Path
        A file or folder; what does not exist yet is asked of the folder above it.

    Raises
    ------
    ValueError
    """
    while not path.exists():
        path = path.parent
    if not (os.access(path, os.W_OK) and path.stat().st_mode & _WRITABLE):
        raise ValueError(f"expected to write {path}, got one that is protected from writing")


def write(folder: Path, table: Sequence[Row]) -> bool:
    """Write a folder's manifest, unless it says the same already.

    Parameters
    ----------
    folder : Path
    table : sequence of dict of str to str

    Returns
    -------
    changed : bool
    """
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
    if before is not None and SOURCE_RECORDING not in text_tables.read_header(path):
        replace(folder / BEFORE, before)
    replace(path, data)
    return True
