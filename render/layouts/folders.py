"""Recordings in class folders, with or without a ``manifest.csv``.

A class folder (``real``, ``fake`` or a synonym) may lie at any depth, a split folder (``train``,
``validation``, ``test`` or a synonym) anywhere above or below it; case does not matter. A
``manifest.csv`` at the top with a ``path`` column may give ``label`` and ``split`` where folders
do not, and may name files elsewhere. Its further columns are kept as metadata.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from render.layouts import labels, path_lists, text_tables
from render.layouts.join import KeyJoin, or_failure
from render.layouts.layout import Layout
from render.layouts.probe import FolderProbe
from render.layouts.walk import File, Item, escape_bytes, walk
from render.recording import Recording

MANIFEST = "manifest.csv"


def find_markers(probe: FolderProbe) -> list[str]:
    """The manifest of a folder, where there is one."""
    return [MANIFEST] if MANIFEST in probe.tables else []


def has_labelled_manifest(probe: FolderProbe) -> bool:
    """Whether a manifest gives the classes of the recordings."""
    return MANIFEST in probe.tables_with(("path", "label"))


def find_recordings(audio: Path, manifests: list[str]) -> Iterator[Item]:
    """Find the recordings of class folders.

    Parameters
    ----------
    audio : Path
    manifests : list of str
        The name of the manifest, or nothing.

    Yields
    ------
    item : Recording, Failure or Ignored
    """
    if not manifests:
        yield from find_in_folders(audio)
        return
    with KeyJoin(audio) as key_join:
        for line in text_tables.read_table(audio / MANIFEST, ("path",)):
            key_join.add_row(text_tables.path_key(line[1]["path"]), MANIFEST, line)
        for item in walk(audio, tables=(MANIFEST,)):
            if isinstance(item, File):
                key_join.add_file(item.name, item.name)
            else:
                yield item
        for match in key_join.matches():
            lines = [line for _, line in match.rows]
            for file in match.files:
                for _, row in lines or [(0, {})]:
                    yield or_failure(file.name, _recording, file, row)
            if not match.files:
                for number, row in lines:
                    yield path_lists.from_row(audio, "", MANIFEST, "path", row, number)


def find_in_folders(audio: Path, top: str = "") -> Iterator[Item]:
    """Find the recordings of class folders without a manifest, from the folder `top` on."""
    for item in walk(audio, top):
        yield or_failure(item.name, _recording, item, {}, top) if isinstance(item, File) else item


def _recording(file: File, row: dict[str, Any], top: str = "") -> Recording:
    """Make a recording of a file; its split is empty where neither folder nor row gives one."""
    folders = file.name.removeprefix(top).split("/")[:-1]
    label = labels.parse_label(folders, row.get("label", ""))
    split = labels.parse_split(folders, row.get("split", ""))
    labels.reject_contradiction(label, file.name)
    return Recording(
        Path(file.path), escape_bytes(file.name), split, label, path_lists.metadata(row, "path")
    )


LAYOUT = Layout(
    "class folders (real, fake or a synonym), or a manifest.csv with path and label,",
    find_markers,
    find_recordings,
)
