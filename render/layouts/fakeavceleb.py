"""FakeAVCeleb."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from render.layouts import labels, path_lists, text_tables
from render.layouts.join import KeyJoin, join
from render.layouts.walk import SUFFIXES, File, Item, suffix, tidy, walk
from render.recording import Recording

FAKEAVCELEB = ("source", "method", "type")
_KINDS = re.compile(r"(real|fake)video-(real|fake)audio", re.IGNORECASE)


def find_fakeavceleb(audio: Path, tables: list[str]) -> Iterator[Item]:
    """Find the sound of FakeAVCeleb, as audio files or still in its videos.

    The class is that of the sound: a fake video with its real sound is real. Those repeat the
    sound of the real videos, so a speaker has to stay on one side.

    Parameters
    ----------
    audio : Path
    tables : list of str
        Name of ``meta_data.csv``.

    Yields
    ------
    item : Recording, Failure or Ignored
    """
    with KeyJoin(audio) as inventory:
        for table in tables:
            for _, row in text_tables.table(audio / table, FAKEAVCELEB):
                inventory.add_row(_place_of(row), table, row)
        for item in walk(audio, tables=tables):
            if isinstance(item, File):
                inventory.add_file(_from_kind(item.name), item.name)
            else:
                yield item
        yield from join(inventory, _of_fakeavceleb)


def _place_of(row: dict[str, str]) -> str:
    """Where a row's file is; the columns that say so vary, and one has no name."""
    cells = [text_tables.key(row[name]) for name in ("path", "", "filename") if row.get(name)]
    folder = next((cell for cell in cells if _KINDS.search(cell)), "")
    if suffix(folder) in SUFFIXES:
        return _from_kind(folder)
    file = next((cell for cell in cells if suffix(cell) in SUFFIXES), "")
    folder = folder or "/".join(row.get(name, "") for name in ("type", "race", "gender", "source"))
    return _from_kind(f"{folder}/{file}")


def _from_kind(name: str) -> str:
    """Path of a file from the folder on that says what is real, without suffix.

    Examples
    --------
    >>> _from_kind("FakeAVCeleb-audio/RealVideo-FakeAudio/African/men/id1/7_fake.mp3")
    'realvideo-fakeaudio/african/men/id1/7_fake'
    """
    kind = _KINDS.search(name)
    return os.path.splitext(name[kind.start() if kind else 0 :])[0].lower()


def _of_fakeavceleb(table: str, row: dict[str, str], file: File) -> Recording:
    kind, place = row["type"].strip().lower(), _KINDS.search(file.name)
    if place and place[0].lower() != kind:
        raise ValueError(f"expected a row of {place[0]}, got {row['type']} in {table}")
    label = labels.parse_label(cell=kind.rpartition("-")[2].removesuffix("audio"), table=table)
    about = path_lists.metadata(row, "filename", "path", "source", "method")
    about = {name: "" if cell == "-" else cell for name, cell in about.items()}
    method = tidy(row["method"])
    # This one clones a voice; the others make faces.
    made = label == "fake" or method.lower() == "rtvc"
    labels.reject_contradiction(label, file.name, method if made else "")
    about |= {"speaker": tidy(row["source"]), "method": method}
    about["generator"] = method if label == "fake" else ""
    return Recording(Path(file.path), tidy(file.name), "", label, about)
