"""MLAAD, and M-AILABS where it lies beside: the real recordings that MLAAD's fakes imitate.

There are no official splits. A fake and its real recording have the same ``original_file``.
"""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from render.layouts import labels, path_lists, text_tables
from render.layouts.join import KeyJoin, ignore_unlisted, join
from render.layouts.layout import Layout
from render.layouts.probe import FolderProbe, file_name
from render.layouts.walk import File, Ignored, Item, escape_bytes, walk
from render.recording import Recording

_TABLE = "meta.csv"
_REQUIRED = ("path", "original_file")
_DROPPED = ("path", "duration", "transcript", "model_name")


def find_recordings(audio: Path, tables: list[str]) -> Iterator[Item]:
    """Find the recordings of MLAAD and of M-AILABS.

    A fake lies in a folder whose ``meta.csv`` has a row for it, a real recording below a folder
    ``by_book``.

    Parameters
    ----------
    audio : Path
    tables : list of str
        Not used: every ``meta.csv`` is read, also those that the probe did not reach.

    Yields
    ------
    item : Recording, Failure or Ignored
    """
    with KeyJoin(audio) as key_join:
        for item in walk(audio, extra_name=_TABLE):
            if not isinstance(item, File):
                yield item
            elif file_name(item.name) != _TABLE:
                key_join.add_file(item.name, item.name)
            elif text_tables.has_columns(Path(item.path), _REQUIRED):
                _add_rows(key_join, item)
            else:
                yield Ignored(".csv")
        yield from join(key_join, _mlaad_recording, _mailabs_recording)


def _add_rows(key_join: KeyJoin, table: File) -> None:
    for _, row in text_tables.read_table(Path(table.path), _REQUIRED):
        name = text_tables.path_key(row["path"]).rpartition("/")[2]
        key_join.add_row(f"{os.path.dirname(table.name)}/{name}".lstrip("/"), table.name, row)


def _mlaad_recording(_: str, row: dict[str, str], file: File) -> Recording:
    label = labels.parse_label(file.name.split("/")[:-1], "fake", _TABLE)
    metadata = path_lists.metadata(row, *_DROPPED)
    metadata["original_file"] = text_tables.path_key(metadata["original_file"])
    metadata["generator"] = escape_bytes(row.get("model_name", ""))
    return Recording(Path(file.path), escape_bytes(file.name), "", label, metadata)


def _mailabs_recording(file: File) -> Recording | Ignored:
    """A recording of M-AILABS: ``en_US/by_book/female/SPEAKER/BOOK/wavs/NAME.wav``."""
    parts = file.name.split("/")
    if "by_book" not in parts[:-1]:
        return ignore_unlisted(file)
    at = parts.index("by_book")
    label = labels.parse_label(parts[:-1], "real", "M-AILABS")
    labels.reject_contradiction(label, file.name)
    gender = parts[at + 1] if parts[at + 1] in ("female", "male") else ""
    metadata = {
        "original_file": escape_bytes("/".join(parts[max(0, at - 1) :])),
        "language": parts[at - 1].split("_")[0] if at else "",
        "gender": gender,
        "speaker": parts[at + 2] if gender and len(parts) > at + 3 else "",
    }
    return Recording(Path(file.path), escape_bytes(file.name), "", label, metadata)


LAYOUT = Layout(
    "meta.csv with path and original_file beside its audio",
    partial(FolderProbe.tables_with, columns=_REQUIRED, name=_TABLE),
    find_recordings,
    group="original_file",
)
