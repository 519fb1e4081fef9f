"""FakeAVCeleb: the sound of real and fake videos, as audio files or still in the videos.

There are no official splits. The class is that of the sound: a fake video with its real sound is
real. Fake videos repeat the sound of real ones, so a speaker stays in one split.
"""

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from render.layouts import labels, path_lists, text_tables
from render.layouts.join import KeyJoin, join
from render.layouts.layout import Layout
from render.layouts.probe import FolderProbe
from render.layouts.walk import SUFFIXES, File, Item, escape_bytes, suffix, walk
from render.recording import Recording

_REQUIRED = ("source", "method", "type")
_TYPE = re.compile(r"(real|fake)video-(real|fake)audio", re.IGNORECASE)
_VOICE_CLONING = "rtvc"  # the other methods make faces


def find_recordings(audio: Path, tables: list[str]) -> Iterator[Item]:
    """Find the sound of FakeAVCeleb.

    Parameters
    ----------
    audio : Path
    tables : list of str
        Names of ``meta_data.csv`` below the folder.

    Yields
    ------
    item : Recording, Failure or Ignored
    """
    with KeyJoin(audio) as key_join:
        for table in tables:
            for _, row in text_tables.read_table(audio / table, _REQUIRED):
                key_join.add_row(_row_key(row), table, row)
        for item in walk(audio, tables=tables):
            if isinstance(item, File):
                key_join.add_file(_file_key(item.name), item.name)
            else:
                yield item
        yield from join(key_join, _recording)


def _row_key(row: dict[str, str]) -> str:
    """Key of a row's file. Published tables vary in the columns, and one has no name."""
    cells = [text_tables.path_key(row[name]) for name in ("path", "", "filename") if row.get(name)]
    folder = next((cell for cell in cells if _TYPE.search(cell)), "")
    if suffix(folder) in SUFFIXES:
        return _file_key(folder)
    file = next((cell for cell in cells if suffix(cell) in SUFFIXES), "")
    folder = folder or "/".join(row.get(name, "") for name in ("type", "race", "gender", "source"))
    return _file_key(f"{folder}/{file}")


def _file_key(name: str) -> str:
    """Path of a file from the folder of its type on, in lower case and without suffix.

    Examples
    --------
    >>> _file_key("FakeAVCeleb-audio/RealVideo-FakeAudio/African/men/id1/7_fake.mp3")
    'realvideo-fakeaudio/african/men/id1/7_fake'
    """
    match = _TYPE.search(name)
    return os.path.splitext(name[match.start() if match else 0 :])[0].lower()


def _recording(table: str, row: dict[str, str], file: File) -> Recording:
    row_type, folder_type = row["type"].strip().lower(), _TYPE.search(file.name)
    if folder_type and folder_type[0].lower() != row_type:
        raise ValueError(f"expected a row of {folder_type[0]}, got {row['type']} in {table}")
    label = labels.parse_label(cell=row_type.rpartition("-")[2].removesuffix("audio"), table=table)
    method = escape_bytes(row["method"])
    makes_sound = label == "fake" or method.lower() == _VOICE_CLONING
    labels.reject_contradiction(label, file.name, method if makes_sound else "")
    cells = path_lists.metadata(row, "filename", "path", "source", "method")
    metadata = {name: "" if cell == "-" else cell for name, cell in cells.items()}
    metadata |= {"speaker": escape_bytes(row["source"]), "method": method}
    metadata["generator"] = method if label == "fake" else ""
    return Recording(Path(file.path), escape_bytes(file.name), "", label, metadata)


LAYOUT = Layout(
    "meta_data.csv with source, method and type",
    partial(FolderProbe.tables_with, columns=_REQUIRED, name="meta_data.csv"),
    find_recordings,
    group="speaker",
)
