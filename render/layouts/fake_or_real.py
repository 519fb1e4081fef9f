"""Fake-or-Real (Reimao and Tzerpos, 2019).

It comes in four forms of the same speech: as collected
(``for-original``), evened out (``for-norm``), cut to two seconds (``for-2sec``) and recorded anew
as if sent through a voice channel (``for-rerec``); each has ``training``,
``validation`` and ``testing``.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from render.layouts import folders
from render.layouts.probe import FolderProbe, base
from render.layouts.walk import Item
from render.recording import SPLITS, Recording

FORMS = {
    "for-original": re.compile(r"for[-_ ]?orig(inal)?"),
    "for-norm": re.compile(r"for[-_ ]?norm(alized)?"),
    "for-2sec": re.compile(r"for[-_ ]?2[-_ ]?s(ec(onds)?)?"),
    "for-rerec": re.compile(r"for[-_ ]?rerec(orded)?"),
}
_SPLITS = {name for names in SPLITS.values() for name in names}
_HISTORY = re.compile(r"\.(mp3|wav|flac|ogg|m4a)\.wav", re.IGNORECASE)


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
        for item in folders.find_in_folders(audio, top):
            if isinstance(item, Recording):
                history = _HISTORY.search(item.name)
                about = {"form": form, "history": history[1].lower() if history else ""}
                item = replace(item, metadata=about)
            yield item
