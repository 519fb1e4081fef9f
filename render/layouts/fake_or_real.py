"""Fake-or-Real (Reimao and Tzerpos, 2019): class folders in four forms of the same speech.

The forms are: as collected (``for-original``), normalised (``for-norm``), cut to two seconds
(``for-2sec``) and re-recorded as if sent through a voice channel (``for-rerec``). Each has the
folders ``training``, ``validation`` and ``testing``.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from render.layouts import folders
from render.layouts.layout import Layout
from render.layouts.probe import FolderProbe, file_name
from render.layouts.walk import Item
from render.recording import SPLITS, Recording

FORMS = {
    "for-original": re.compile(r"for[-_ ]?orig(inal)?"),
    "for-norm": re.compile(r"for[-_ ]?norm(alized)?"),
    "for-2sec": re.compile(r"for[-_ ]?2[-_ ]?s(ec(onds)?)?"),
    "for-rerec": re.compile(r"for[-_ ]?rerec(orded)?"),
}
_SPLIT_WORDS = {word for words in SPLITS.values() for word in words}
_EARLIER_SUFFIX = re.compile(r"\.(mp3|wav|flac|ogg|m4a)\.wav", re.IGNORECASE)


def find_form_folders(probe: FolderProbe, form: str) -> list[str]:
    """Find the folders of a form. A folder of the same form inside another does not count.

    Parameters
    ----------
    probe : FolderProbe
    form : str
        Key of `FORMS`.

    Returns
    -------
    folders : list of str
        Names below the folder, empty for the folder itself.
    """
    if FORMS[form].fullmatch(file_name(os.path.abspath(probe.root))) and _has_splits(probe, ""):
        return [""]
    tops: list[str] = []
    for name in probe.folders:
        is_inside = any(name.startswith(f"{top}/") for top in tops)
        if FORMS[form].fullmatch(file_name(name)) and not is_inside and _has_splits(probe, name):
            tops.append(name)
    return tops


def find_unnamed(probe: FolderProbe) -> list[str]:
    """The folder itself, if it has split folders and none is named like a form."""
    is_named = any(
        pattern.fullmatch(file_name(name)) for pattern in FORMS.values() for name in probe.folders
    )
    return [""] if _has_splits(probe, "") and not is_named else []


def _has_splits(probe: FolderProbe, top: str) -> bool:
    """Whether split folders lie in a folder, or in a folder directly below it."""
    prefix = f"{top}/" if top else ""
    inner = (name.removeprefix(prefix) for name in probe.folders if name.startswith(prefix))
    return any(file_name(name) in _SPLIT_WORDS and name.count("/") < 2 for name in inner)


def find_recordings(audio: Path, tops: list[str], form: str) -> Iterator[Item]:
    """Find the recordings of one form of Fake-or-Real.

    Parameters
    ----------
    audio : Path
    tops : list of str
        Folders of the form, see `find_form_folders`.
    form : str

    Yields
    ------
    item : Recording, Failure or Ignored
        The column ``history`` holds the earlier suffix of names such as ``file1.mp3.wav_16k.wav``.
    """
    for top in tops:
        for item in folders.find_in_folders(audio, top):
            if isinstance(item, Recording):
                earlier = _EARLIER_SUFFIX.search(item.name)
                metadata = {"form": form, "history": earlier[1].lower() if earlier else ""}
                item = replace(item, metadata=metadata)
            yield item


LAYOUTS = {
    form: Layout(
        f"a folder {form} with training, validation and testing",
        partial(find_form_folders, form=form),
        partial(find_recordings, form=form),
        find_unnamed_markers=find_unnamed,
    )
    for form in FORMS
}
