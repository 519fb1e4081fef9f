"""The layouts of datasets: recognise one, and find its recordings.

A layout is a way in which a dataset lies on disk: class folders, a table of paths, or a published
dataset as its archives unpack. Recordings are yielded one by one, so memory does not grow with the
size of the dataset.

To add a dataset, write a module with its `Layout` and add a row to `_LAYOUTS`.

=================== ==========================================================================
layout              recognised by
=================== ==========================================================================
``folders``         class folders, or a ``manifest.csv`` with ``path`` (see `.folders`)
``csv``             a table with ``path`` and ``label`` (see `.path_lists`)
``for-original`` .. the four forms of Fake-or-Real: ``for-norm`` with ``training``, ...
``asvspoof2019-la`` ``ASVspoof2019.LA.cm.train.trn.txt``, ... (see `.asvspoof`)
``asvspoof2021-la`` ``CM/trial_metadata.txt`` of trials ``LA_E_...``
``asvspoof2021-df`` ``CM/trial_metadata.txt`` of trials ``DF_E_...``
``asvspoof5``       ``ASVspoof5.train.tsv``, ...
``in-the-wild``     ``meta.csv`` with ``file``, ``speaker`` and ``label``
``wavefake``        folders ``ljspeech_melgan``, ``jsut_parallel_wavegan``, ...
``mlaad``           ``meta.csv`` with ``path`` and ``original_file``
``fakeavceleb``     ``meta_data.csv`` with ``source``, ``method`` and ``type``
``df-arena``        a table with ``file_name`` and ``label``
=================== ==========================================================================
"""

from collections.abc import Iterator
from pathlib import Path

from render.layouts import (
    asvspoof,
    fake_or_real,
    fakeavceleb,
    folders,
    mlaad,
    path_lists,
    wavefake,
)
from render.layouts.probe import FolderProbe, probe_folder
from render.layouts.walk import Ignored, Item
from render.recording import Failure, Recording

FOLDERS = "folders"
_LAYOUTS = {
    FOLDERS: folders.LAYOUT,
    "csv": path_lists.layout("path", "label"),
    **fake_or_real.LAYOUTS,
    **asvspoof.LAYOUTS,
    "in-the-wild": path_lists.layout("file", "speaker", "label", name="meta.csv", group="speaker"),
    "wavefake": wavefake.LAYOUT,
    "mlaad": mlaad.LAYOUT,
    "fakeavceleb": fakeavceleb.LAYOUT,
    "df-arena": path_lists.layout("file_name", "label"),
}
NAMES = tuple(_LAYOUTS)
GROUPS = {name: layout.group for name, layout in _LAYOUTS.items() if layout.group}


def recognise(audio: Path) -> str:
    """Recognise the layout of a dataset by a few folder and file names.

    Parameters
    ----------
    audio : Path
        A folder, or a table that lists recordings.

    Returns
    -------
    layout : str
        One of `NAMES`; ``"folders"`` where no marker of another layout is there.

    Raises
    ------
    ValueError
        If `audio` does not exist, or shows the markers of several datasets.
    """
    probe = probe_folder(audio)
    if audio.is_dir() and folders.has_labelled_manifest(probe):
        return FOLDERS
    names = [name for name in NAMES[1:] if _markers(probe, name, audio.is_dir())]
    if not names and audio.is_dir():
        return FOLDERS
    if not names:
        raise ValueError(
            f"expected a folder of recordings or a CSV that lists them (path,label), got {audio}"
        )
    if len(names) > 1:
        only_forms = set(names) <= set(fake_or_real.FORMS)
        kind = "form of Fake-or-Real (all hold the same speech)" if only_forms else "dataset"
        raise ValueError(
            f"expected one {kind} in {audio}, got {' and '.join(names)}: name one as the layout"
        )
    return names[0]


def find(audio: Path, layout: str | None = None) -> Iterator[Recording | Failure | Ignored]:
    """Find the recordings of a dataset.

    Parameters
    ----------
    audio : Path
        A folder, or a table that lists recordings.
    layout : str, optional
        One of `NAMES`; default: the recognised one.

    Returns
    -------
    items : iterator of Recording, Failure or Ignored
        A recording's split is empty where the dataset has no splits. A failure is a recording that
        is missing, or whose class or split is missing or contradictory.

    Raises
    ------
    ValueError
        If the layout is unknown or not that of `audio`. While iterating: if a table cannot be
        read. At the end: if there was no recording.
    """
    name = recognise(audio) if layout is None else layout
    if name not in _LAYOUTS:
        raise ValueError(f"expected a layout among {', '.join(NAMES)}, got {name}")
    probe = probe_folder(audio)
    markers = _markers(probe, name, audio.is_dir())
    if not markers and (find_unnamed := _LAYOUTS[name].find_unnamed_markers):
        markers = find_unnamed(probe)
    if not markers and (name != FOLDERS or not audio.is_dir()):
        raise ValueError(f"expected {_LAYOUTS[name].marker} in {audio}, got none")
    return _refuse_empty(audio, name, markers)


def _markers(probe: FolderProbe, name: str, is_folder: bool) -> list[str]:
    layout = _LAYOUTS[name]
    return layout.find_markers(probe) if is_folder or layout.accepts_table else []


def _refuse_empty(audio: Path, name: str, markers: list[str]) -> Iterator[Item]:
    """Yield all items; raise an error at the end if there was no recording."""
    recordings, failures, first = False, 0, Failure("", "")
    for item in _LAYOUTS[name].find_recordings(audio, markers):
        recordings = recordings or isinstance(item, Recording)
        if isinstance(item, Failure):
            first = item if not failures else first
            failures += 1
        yield item
    if recordings:
        return
    if not failures:
        raise ValueError(f"expected recordings, got no audio file in {audio}")
    wanted = _LAYOUTS[name].marker if name == FOLDERS else f"recordings of the layout {name}"
    raise ValueError(
        f"expected {wanted} in {audio}, got {failures} failures, the first is {first.recording}: "
        f"{first.reason}"
    )
