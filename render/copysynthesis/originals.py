"""The recordings of a folder that may be copied: those that are real.

A class is told by folders (``real``, ``fake`` or a synonym, at any depth) and by the rows of a
``manifest.csv``, a split likewise. Where nothing in the folder tells any class, all is real.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from render.layouts import labels, path_lists, text_tables
from render.layouts.walk import File, escape_bytes, walk
from render.recording import LABELS, Failure, Recording

Row = dict[str, str]

_CLASSES = {word for words in LABELS.values() for word in words}


@dataclass(frozen=True)
class Originals:
    """What a folder holds.

    Attributes
    ----------
    recordings : list of Recording
        By name, which is the path below the folder; fakes are among them where there are any.
    failures : list of Failure
        Recordings whose class or split is missing or contradicts itself.
    labelled : bool
        Whether folders or rows tell the classes.
    """

    recordings: list[Recording]
    failures: list[Failure]
    labelled: bool

    def splits(self, label: str) -> set[str]:
        """The splits of a class; an empty string stands for none."""
        return {recording.split for recording in self.recordings if recording.label == label}


def find(folder: Path, above: str, table: Mapping[str, Row], without: str) -> Originals:
    """Find the recordings of a folder.

    Parameters
    ----------
    folder : Path
    above : str
        Names of folders above it that tell class and split too, with slashes.
    table : mapping of str to dict
        Rows by the path below the folder.
    without : str
        Path below the folder of a folder that is left out; empty where there is none.

    Returns
    -------
    originals : Originals

    Raises
    ------
    ValueError
        If the folder holds no real recording.
    """
    recordings: list[Recording] = []
    failures: list[Failure] = []
    for item in walk(folder):
        if isinstance(item, File) and not (without and item.name.startswith(f"{without}/")):
            try:
                row = table.get(text_tables.path_key(item.name), {})
                recordings.append(_recording(item, above, row))
            except ValueError as error:
                failures.append(Failure(escape_bytes(item.name), str(error)))
        elif isinstance(item, Failure):
            failures.append(item)
    labelled = any(recording.label for recording in recordings)
    if not labelled:
        recordings = _all_real(folder, recordings)
    recordings, without_class = _whole(recordings, "label", "class")
    recordings, without_split = _whole(recordings, "split", "split")
    failures += without_class + without_split
    _refuse_none(folder, recordings, failures)
    recordings.sort(key=lambda recording: recording.name)
    return Originals(recordings, failures, labelled)


def _recording(file: File, above: str, row: Row) -> Recording:
    """Make a recording of a file; its class and split are empty where nothing tells them."""
    words = f"{above}/{file.name}".split("/")[:-1]
    label, name = row.get("label", ""), escape_bytes(file.name)
    if label or any(word.lower() in _CLASSES for word in words):
        label = labels.parse_label(words, label)
    labels.reject_contradiction(label, name)
    split = labels.parse_split(words, row.get("split", ""))
    return Recording(Path(file.path), name, split, label, path_lists.metadata(row, "path"))


def _all_real(folder: Path, recordings: list[Recording]) -> list[Recording]:
    name = folder.absolute().name
    if name.lower() in LABELS["fake"]:
        raise ValueError(f"expected a folder of real recordings, got one named {name}")
    return [replace(recording, label="real") for recording in recordings]


def _whole(
    recordings: list[Recording], column: str, what: str
) -> tuple[list[Recording], list[Failure]]:
    """Part the recordings that lack a class or split that others have."""
    having = [recording for recording in recordings if getattr(recording, column)]
    if not having:
        return recordings, []
    reason = f"expected a {what}, as other recordings have, got none"
    lacking = [r for r in recordings if not getattr(r, column)]
    return having, [Failure(recording.name, reason) for recording in lacking]


def _refuse_none(folder: Path, recordings: list[Recording], failures: list[Failure]) -> None:
    if any(recording.label == "real" for recording in recordings):
        return
    first = f", the first is {failures[0].recording}: {failures[0].reason}" if failures else ""
    raise ValueError(
        f"expected real recordings in {folder}, got {len(recordings)} fakes and "
        f"{len(failures)} failures{first}"
    )
