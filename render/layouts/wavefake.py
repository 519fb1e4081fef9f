"""WaveFake: fakes beside the recordings of LJSpeech and JSUT that they were made from."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from render.layouts import labels
from render.layouts.join import or_failure
from render.layouts.probe import FolderProbe, base
from render.layouts.walk import File, Ignored, Item, stem, suffix, tidy, walk
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
