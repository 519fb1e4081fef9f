"""Recordings in class folders.

A class folder (``real``, ``fake`` or a synonym) may lie at any depth, a split folder (``train``,
``validation``, ``test`` or a synonym) anywhere above or below it; case does not matter. A
``manifest.csv`` at the top with a ``path`` column may give ``label`` and ``split`` where folders
do not, may name files elsewhere, and any further column is carried along as metadata.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from render.layouts import labels, path_lists, text_tables
from render.layouts.join import KeyJoin, or_failure
from render.layouts.probe import FolderProbe
from render.layouts.walk import File, Item, tidy, walk
from render.recording import Recording

MANIFEST = "manifest.csv"


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
        yield from find_in_folders(audio)
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


def find_in_folders(audio: Path, top: str = "") -> Iterator[Item]:
    """Find the recordings of class folders without a manifest, from a folder `top` on."""
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
