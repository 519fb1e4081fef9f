"""MLAAD, and M-AILABS where it lies beside."""

import os
from collections.abc import Iterator
from pathlib import Path

from render.layouts import labels, path_lists, text_tables
from render.layouts.join import KeyJoin, join, not_listed
from render.layouts.probe import base
from render.layouts.walk import File, Ignored, Item, tidy, walk
from render.recording import Recording

MLAAD = ("path", "original_file")
_DROPPED = ("path", "duration", "transcript", "model_name")


def find_mlaad(audio: Path, tables: list[str]) -> Iterator[Item]:
    """Find the recordings of MLAAD, and of M-AILABS where they lie beside.

    A fake is in a folder with a ``meta.csv`` that has a row for it; a real recording is below a
    folder ``by_book``.

    Parameters
    ----------
    audio : Path

    Yields
    ------
    item : Recording, Failure or Ignored
    """
    with KeyJoin(audio) as inventory:
        for item in walk(audio, also="meta.csv"):
            if not isinstance(item, File):
                yield item
            elif base(item.name) != "meta.csv":
                inventory.add_file(item.name, item.name)
            elif set(MLAAD) <= set(text_tables.columns(Path(item.path))):
                for _, row in text_tables.table(Path(item.path), MLAAD):
                    file = text_tables.key(row["path"]).rpartition("/")[2]
                    key = f"{os.path.dirname(item.name)}/{file}".lstrip("/")
                    inventory.add_row(key, item.name, row)
            else:
                yield Ignored(".csv")
        yield from join(inventory, _of_mlaad, _of_mailabs)


def _of_mlaad(_: str, row: dict[str, str], file: File) -> Recording:
    label = labels.parse_label(file.name.split("/")[:-1], "fake", "meta.csv")
    about = path_lists.metadata(row, *_DROPPED)
    about["original_file"] = text_tables.key(about["original_file"])
    about["generator"] = tidy(row.get("model_name", ""))
    return Recording(Path(file.path), tidy(file.name), "", label, about)


def _of_mailabs(file: File) -> Recording | Ignored:
    """A recording of M-AILABS: ``en_US/by_book/female/SPEAKER/BOOK/wavs/NAME.wav``."""
    parts = file.name.split("/")
    if "by_book" not in parts[:-1]:
        return not_listed(file)
    at = parts.index("by_book")
    label = labels.parse_label(parts[:-1], "real", "M-AILABS")
    labels.reject_contradiction(label, file.name)
    gender = parts[at + 1] if parts[at + 1] in ("female", "male") else ""
    about = {
        "original_file": tidy("/".join(parts[max(0, at - 1) :])),
        "language": parts[at - 1].split("_")[0] if at else "",
        "gender": gender,
        "speaker": parts[at + 2] if gender and len(parts) > at + 3 else "",
    }
    return Recording(Path(file.path), tidy(file.name), "", label, about)
