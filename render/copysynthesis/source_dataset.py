"""The source dataset of a copy-synthesis: its recordings with class and split.

Folders (``real``, ``fake`` or a synonym, at any depth) and rows of a ``manifest.csv`` give class
and split. If they give no class to any recording, all are real.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from render.layouts import labels, path_lists, text_tables
from render.layouts.walk import File, escape_bytes, walk
from render.recording import LABELS, Failure, Recording

Row = dict[str, str]

_CLASS_WORDS = {word for words in LABELS.values() for word in words}


@dataclass(frozen=True)
class SourceDataset:
    """Recordings of a folder.

    Attributes
    ----------
    recordings : list of Recording
        Real and fake ones, sorted by name, which is the path below the folder.
    failures : list of Failure
        Recordings whose class or split is missing or contradictory.
    labelled : bool
        Whether folders or rows give the classes.
    """

    recordings: list[Recording]
    failures: list[Failure]
    labelled: bool

    def splits(self, label: str) -> set[str]:
        """The splits of a class, with an empty string for recordings without split."""
        return {recording.split for recording in self.recordings if recording.label == label}


def read_source(folder: Path, above: str, table: Mapping[str, Row], left_out: str) -> SourceDataset:
    """Find the recordings of a folder.

    Parameters
    ----------
    folder : Path
    above : str
        Path of folders above it that may give class and split too.
    table : mapping of str to dict
        Manifest rows by the path below the folder.
    left_out : str
        A folder below it to leave out; empty for none.

    Raises
    ------
    ValueError
        If the folder holds no real recording.
    """
    recordings: list[Recording] = []
    failures: list[Failure] = []
    for item in walk(folder):
        if isinstance(item, File) and not (left_out and item.name.startswith(f"{left_out}/")):
            try:
                row = table.get(text_tables.path_key(item.name), {})
                recordings.append(_recording(item, above, row))
            except ValueError as error:
                failures.append(Failure(escape_bytes(item.name), str(error)))
        elif isinstance(item, Failure):
            failures.append(item)
    labelled = any(recording.label for recording in recordings)
    if not labelled:
        recordings = _as_real(folder, recordings)
    recordings, without_class = _separate_incomplete(recordings, "label", "class")
    recordings, without_split = _separate_incomplete(recordings, "split", "split")
    failures += without_class + without_split
    _require_real(folder, recordings, failures)
    recordings.sort(key=lambda recording: recording.name)
    return SourceDataset(recordings, failures, labelled)


def _recording(file: File, above: str, row: Row) -> Recording:
    """Make a recording of a file; class and split are empty where nothing gives them."""
    words = f"{above}/{file.name}".split("/")[:-1]
    label, name = row.get("label", ""), escape_bytes(file.name)
    if label or any(word.lower() in _CLASS_WORDS for word in words):
        label = labels.parse_label(words, label)
    labels.reject_contradiction(label, name)
    split = labels.parse_split(words, row.get("split", ""))
    return Recording(Path(file.path), name, split, label, path_lists.metadata(row, "path"))


def _as_real(folder: Path, recordings: list[Recording]) -> list[Recording]:
    name = folder.absolute().name
    if name.lower() in LABELS["fake"]:
        raise ValueError(f"expected a folder of real recordings, got one named {name}")
    return [replace(recording, label="real") for recording in recordings]


def _separate_incomplete(
    recordings: list[Recording], column: str, noun: str
) -> tuple[list[Recording], list[Failure]]:
    """Make failures of the recordings that lack a class or split which others have."""
    complete = [recording for recording in recordings if getattr(recording, column)]
    if not complete:
        return recordings, []
    reason = f"expected a {noun}, as other recordings have, got none"
    incomplete = [recording for recording in recordings if not getattr(recording, column)]
    return complete, [Failure(recording.name, reason) for recording in incomplete]


def _require_real(folder: Path, recordings: list[Recording], failures: list[Failure]) -> None:
    if any(recording.label == "real" for recording in recordings):
        return
    first = f", the first is {failures[0].recording}: {failures[0].reason}" if failures else ""
    raise ValueError(
        f"expected real recordings in {folder}, got {len(recordings)} fakes and "
        f"{len(failures)} failures{first}"
    )
