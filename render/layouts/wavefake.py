"""WaveFake, MLAAD and FakeAVCeleb: fakes beside the real recordings that they were made from.

None has official splits. What was made from one recording should stand on one side together with
it, so each recording has a column for that: ``utterance``, ``original_file`` or ``speaker``.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from render.layouts import labels, path_lists, text_tables
from render.layouts.join import KeyJoin, join, not_listed, or_failure
from render.layouts.probe import FolderProbe, base
from render.layouts.walk import SUFFIXES, File, Ignored, Item, stem, suffix, tidy, walk
from render.recording import Recording

# WaveFake: https://zenodo.org/records/5642694. The longest set, read by a synthesiser, speaks
# prompts of Common Voice in LJSpeech's voice.
_VOCODER = "(melgan|wavegan|hifigan|waveglow|bigvgan|avocodo|hnsf|diff)"  # also of its extensions
_VOCODED = re.compile(
    rf"(?P<source>ljspeech|jsut)_(?P<vocoder>\w*{_VOCODER}\w*)"
    r"|common_voices_prompts_from_(?P<system>\w+)_ljspeech"
)
_REFERENCE = re.compile(r"(?P<source>lj_?speech|jsut)(-|_ver|_)?([\d.]+|real)?")
_SOURCES = {"ljspeech": "LJSpeech", "lj_speech": "LJSpeech", "jsut": "JSUT"}
_UTTERANCE = re.compile(r"LJ\d{3}-\d{4}|BASIC5000_\d{4}", re.IGNORECASE)

MLAAD = ("path", "original_file")
FAKEAVCELEB = ("source", "method", "type")
_DROPPED = ("path", "duration", "transcript", "model_name")
_KINDS = re.compile(r"(real|fake)video-(real|fake)audio", re.IGNORECASE)


def vocoded(look: FolderProbe) -> list[str]:
    """Folders with sets of WaveFake, by their names."""
    return [name for name in look.folders if _VOCODED.fullmatch(base(name))]


def find_wavefake(audio: Path, sets: list[str]) -> Iterator[Item]:
    """Find the recordings of WaveFake, LJSpeech and JSUT, by the folders that they are in.

    Parameters
    ----------
    audio : Path

    Yields
    ------
    item : Recording, Failure or Ignored
    """
    for item in walk(audio):
        yield or_failure(item.name, _of_wavefake, item) if isinstance(item, File) else item


def _of_wavefake(file: File) -> Recording | Ignored:
    folders = [folder.lower() for folder in file.name.split("/")[:-1]]
    sets = (kind.fullmatch(name) for name in reversed(folders) for kind in (_VOCODED, _REFERENCE))
    match = next(filter(None, sets), None)  # of the innermost folder that says what it is
    of = match.groupdict() if match else {}
    generator = of.get("vocoder") or of.get("system") or ""
    if folders[-1:] == ["generated"] and _is_copy(file):
        return Ignored(f"{suffix(file.name)} that is a copy")
    word = ("fake" if generator else "real") if match else ""
    label = labels.parse_label(folders, word, "its folder's name")
    labels.reject_contradiction(label, file.name)
    said = _UTTERANCE.search(stem(file.name))
    about = {
        "source": _SOURCES.get(of.get("source") or "ljspeech", "") if match else "",
        "generator": generator,
        "utterance": said[0].upper() if said else "",
    }
    return Recording(Path(file.path), tidy(file.name), "", label, about)


def _is_copy(file: File) -> bool:
    """Whether the same file is also in the folder above, as in the set with prompts."""
    folder, name = os.path.split(file.path)
    above = os.path.join(os.path.dirname(folder), name)
    return os.path.isfile(above) and os.path.getsize(above) == os.path.getsize(file.path)


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
