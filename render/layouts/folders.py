"""Recordings in class folders: plain ones, and the four forms of Fake-or-Real.

A class folder (``real``, ``fake`` or a synonym) may lie at any depth, a split folder (``train``,
``validation``, ``test`` or a synonym) anywhere above or below it; case does not matter. A
``manifest.csv`` at the top with a ``path`` column may give ``label`` and ``split`` where folders
do not, may name files elsewhere, and any further column is carried along as metadata.

Fake-or-Real (Reimao and Tzerpos, 2019) comes in four forms of the same speech: as collected
(``for-original``), evened out (``for-norm``), cut to two seconds (``for-2sec``) and recorded anew
as if sent through a voice channel (``for-rerec``); each has ``training``,
``validation`` and ``testing``.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from render.layouts import labels, path_lists, text_tables
from render.layouts.join import KeyJoin, or_failure
from render.layouts.probe import FolderProbe, base
from render.layouts.walk import File, Item, tidy, walk
from render.recording import SPLITS, Recording

MANIFEST = "manifest.csv"
FORMS = {
    "for-original": re.compile(r"for[-_ ]?orig(inal)?"),
    "for-norm": re.compile(r"for[-_ ]?norm(alized)?"),
    "for-2sec": re.compile(r"for[-_ ]?2[-_ ]?s(ec(onds)?)?"),
    "for-rerec": re.compile(r"for[-_ ]?rerec(orded)?"),
}
_SPLITS = {name for names in SPLITS.values() for name in names}
_HISTORY = re.compile(r"\.(mp3|wav|flac|ogg|m4a)\.wav", re.IGNORECASE)


def find(audio: Path, manifests: list[str]) -> Iterator[Item]:
    """Find the recordings of class folders.

    Parameters
    ----------
    audio : Path
    manifests : list of str
        Names of the manifest, or nothing.

    Yields
    ------
    item : Recording, Failure or Ignored
    """
    if not manifests:
        yield from _plain(audio)
        return
    with KeyJoin(audio) as inventory:
        for line in text_tables.table(audio / MANIFEST, ("path",)):
            inventory.add_row(text_tables.key(line[1]["path"]), MANIFEST, line)
        for item in walk(audio, tables=(MANIFEST,)):
            if isinstance(item, File):
                inventory.add_file(item.name, item.name)
            else:
                yield item
        for match in inventory.matches():
            known = [row for _, row in match.rows]
            for file in match.files:
                for _, row in known or [(0, {})]:
                    yield or_failure(file.name, _place, file, row)
            for line, row in () if match.files else known:
                yield path_lists.listed(audio, "", MANIFEST, "path", row, line)


def _plain(audio: Path, top: str = "") -> Iterator[Item]:
    for item in walk(audio, top):
        yield or_failure(item.name, _place, item, {}, top) if isinstance(item, File) else item


def _place(file: File, row: dict[str, Any], top: str = "") -> Recording:
    """Make a recording of a file; its split is empty where nothing names one."""
    words = file.name.removeprefix(top).split("/")[:-1]
    label = labels.parse_label(words, row.get("label", ""))
    split = labels.parse_split(words, row.get("split", ""))
    labels.reject_contradiction(label, file.name)
    return Recording(
        Path(file.path), tidy(file.name), split, label, path_lists.metadata(row, "path")
    )


def seen(look: FolderProbe) -> list[str]:
    """The manifest of a folder, where it has one."""
    return [MANIFEST] if MANIFEST in look.tables else []


def described(look: FolderProbe) -> bool:
    """Whether a manifest says what the recordings are."""
    return bool({MANIFEST} & set(look.having(("path", "label"))))


def bases(look: FolderProbe, form: str) -> list[str]:
    """Folders that hold a form of Fake-or-Real; a doubled folder counts once.

    Parameters
    ----------
    look : FolderProbe
    form : str

    Returns
    -------
    bases : list of str
        Names below the folder, empty for the folder itself.
    """
    if FORMS[form].fullmatch(base(os.path.abspath(look.root))) and _has_splits(look, ""):
        return [""]
    found: list[str] = []
    for name in look.folders:
        within = any(name.startswith(f"{outer}/") for outer in found)
        if FORMS[form].fullmatch(base(name)) and not within and _has_splits(look, name):
            found.append(name)
    return found


def unnamed(look: FolderProbe) -> list[str]:
    """The folder itself, where it has split folders and nothing in it is named as a form."""
    named = any(pattern.fullmatch(base(n)) for pattern in FORMS.values() for n in look.folders)
    return [""] if _has_splits(look, "") and not named else []


def _has_splits(look: FolderProbe, top: str) -> bool:
    """Whether split folders lie in a folder, or in the same folder doubled."""
    start = f"{top}/" if top else ""
    below = (name.removeprefix(start) for name in look.folders if name.startswith(start))
    return any(base(name) in _SPLITS and name.count("/") < 2 for name in below)


def find_form(audio: Path, tops: list[str], form: str) -> Iterator[Item]:
    """Find the recordings of one form of Fake-or-Real.

    Parameters
    ----------
    audio : Path
    tops : list of str
        What `bases` found.
    form : str

    Yields
    ------
    item : Recording, Failure or Ignored
        A file name such as ``file1.mp3.wav_16k.wav`` keeps what the recording was before:
        ``mp3`` in the column ``history``.
    """
    for top in tops:
        for item in _plain(audio, top):
            if isinstance(item, Recording):
                history = _HISTORY.search(item.name)
                about = {"form": form, "history": history[1].lower() if history else ""}
                item = replace(item, metadata=about)
            yield item
