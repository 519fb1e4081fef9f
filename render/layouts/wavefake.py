"""WaveFake: fakes beside the recordings of LJSpeech and JSUT that they were made from.

There are no official splits. A fake and its recording have the same ``utterance``.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from render.layouts import labels
from render.layouts.join import or_failure
from render.layouts.layout import Layout
from render.layouts.probe import FolderProbe, file_name
from render.layouts.walk import File, Ignored, Item, escape_bytes, stem, suffix, walk
from render.recording import Recording

# Folders of https://zenodo.org/records/5642694. The longest one is text-to-speech: prompts of
# Common Voice in the voice of LJSpeech.
_VOCODER = "(melgan|wavegan|hifigan|waveglow|bigvgan|avocodo|hnsf|diff)"  # also of its extensions
_FAKE_FOLDER = re.compile(
    rf"(?P<source>ljspeech|jsut)_(?P<vocoder>\w*{_VOCODER}\w*)"
    r"|common_voices_prompts_from_(?P<system>\w+)_ljspeech"
)
_REAL_FOLDER = re.compile(r"(?P<source>lj_?speech|jsut)(-|_ver|_)?([\d.]+|real)?")
_SOURCES = {"ljspeech": "LJSpeech", "lj_speech": "LJSpeech", "jsut": "JSUT"}
_UTTERANCE = re.compile(r"LJ\d{3}-\d{4}|BASIC5000_\d{4}", re.IGNORECASE)


def find_markers(probe: FolderProbe) -> list[str]:
    """Folders named like the fakes of WaveFake."""
    return [name for name in probe.folders if _FAKE_FOLDER.fullmatch(file_name(name))]


def find_recordings(audio: Path, folders: list[str]) -> Iterator[Item]:
    """Find the recordings of WaveFake, LJSpeech and JSUT, by the names of their folders.

    Parameters
    ----------
    audio : Path
    folders : list of str
        Not used: the real recordings lie beside these.

    Yields
    ------
    item : Recording, Failure or Ignored
    """
    for item in walk(audio):
        yield or_failure(item.name, _recording, item) if isinstance(item, File) else item


def _recording(file: File) -> Recording | Ignored:
    folders = [folder.lower() for folder in file.name.split("/")[:-1]]
    if folders[-1:] == ["generated"] and _is_copy(file):
        return Ignored(f"{suffix(file.name)} that is a copy")
    matches = (
        pattern.fullmatch(name)
        for name in reversed(folders)
        for pattern in (_FAKE_FOLDER, _REAL_FOLDER)
    )
    innermost = next(filter(None, matches), None)
    groups = innermost.groupdict() if innermost else {}
    generator = groups.get("vocoder") or groups.get("system") or ""
    label_word = ("fake" if generator else "real") if innermost else ""
    label = labels.parse_label(folders, label_word, "its folder's name")
    labels.reject_contradiction(label, file.name)
    utterance = _UTTERANCE.search(stem(file.name))
    metadata = {
        "source": _SOURCES.get(groups.get("source") or "ljspeech", "") if innermost else "",
        "generator": generator,
        "utterance": utterance[0].upper() if utterance else "",
    }
    return Recording(Path(file.path), escape_bytes(file.name), "", label, metadata)


def _is_copy(file: File) -> bool:
    """Whether the folder above holds the same file, as in the folder of prompts."""
    folder, name = os.path.split(file.path)
    above = os.path.join(os.path.dirname(folder), name)
    return os.path.isfile(above) and os.path.getsize(above) == os.path.getsize(file.path)


LAYOUT = Layout(
    "folders of WaveFake such as ljspeech_melgan",
    find_markers,
    find_recordings,
    group="utterance",
)
