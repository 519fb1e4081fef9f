"""A dataset in, its recordings out, one after another: which layout it has and what it holds.

A layout is a way in which a dataset lies on disk: plain class folders, a table of ours, or one of
the published sets as its archives unpack. Whatever its size, no list of it is held in memory.

=================== ==========================================================================
layout              what it is known by
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
``mlaad``           ``meta.csv`` with ``path`` and ``original_file`` (see `.mlaad`)
``fakeavceleb``     ``meta_data.csv`` with ``source``, ``method`` and ``type``
``df-arena``        a table with ``file_name`` and ``label``
=================== ==========================================================================
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from render.layouts import asvspoof, fake_or_real, fakeavceleb, folders, mlaad, path_lists, wavefake
from render.layouts.probe import FolderProbe, probe
from render.layouts.walk import Ignored, Item
from render.recording import Failure, Recording

FOLDERS = "folders"


@dataclass(frozen=True)
class Layout:
    """One way in which datasets lie on disk.

    Attributes
    ----------
    expected : str
        What it is known by, for messages.
    seen : callable
        What of that a look shows: names of tables or folders; empty where it is not this layout.
    find : callable
        Takes the audio folder and what was seen, and finds the recordings.
    table : bool
        Whether a table may be given in place of a folder.
    """

    expected: str
    seen: Callable[[FolderProbe], list[str]]
    find: Callable[[Path, list[str]], Iterator[Item]]
    table: bool = False


def _forms() -> dict[str, Layout]:
    return {
        form: Layout(
            f"a folder {form} with training, validation and testing",
            partial(fake_or_real.bases, form=form),
            partial(fake_or_real.find_form, form=form),
        )
        for form in fake_or_real.FORMS
    }


def _protocols() -> dict[str, Layout]:
    names = {
        "asvspoof2019-la": "ASVspoof2019.LA.cm.train.trn.txt or its dev or eval protocol",
        "asvspoof2021-la": "LA/CM/trial_metadata.txt (from LA-keys-full.tar.gz)",
        "asvspoof2021-df": "DF/CM/trial_metadata.txt (from DF-keys-full.tar.gz)",
        "asvspoof5": "ASVspoof5.train.tsv, ASVspoof5.dev.track_1.tsv or ASVspoof5.eval.track_1.tsv",
    }
    return {
        name: Layout(
            f"{names[name]} and its audio",
            partial(asvspoof.seen, protocol=protocol),
            partial(asvspoof.find, protocol=protocol),
        )
        for name, protocol in asvspoof.PROTOCOLS.items()
    }


def _listed(*columns: str, name: str = "") -> Layout:
    seen = partial(FolderProbe.having, columns=columns, name=name) if name else None
    return Layout(
        f"{name or 'one table'} with the columns {', '.join(columns)}",
        seen or (lambda seen: path_lists.only(seen, *columns)),
        partial(path_lists.find, column=columns[0]),
        table=True,
    )


_LAYOUTS = {
    FOLDERS: Layout(
        "class folders (real, fake or a synonym), or a manifest.csv with path and label,",
        folders.seen,
        folders.find,
    ),
    "csv": _listed("path", "label"),
    **_forms(),
    **_protocols(),
    "in-the-wild": _listed("file", "speaker", "label", name="meta.csv"),
    "wavefake": Layout(
        "folders of WaveFake such as ljspeech_melgan", wavefake.vocoded, wavefake.find_wavefake
    ),
    "mlaad": Layout(
        "meta.csv with path and original_file beside its audio",
        partial(FolderProbe.having, columns=mlaad.MLAAD, name="meta.csv"),
        mlaad.find_mlaad,
    ),
    "fakeavceleb": Layout(
        "meta_data.csv with source, method and type",
        partial(FolderProbe.having, columns=fakeavceleb.FAKEAVCELEB, name="meta_data.csv"),
        fakeavceleb.find_fakeavceleb,
    ),
    "df-arena": _listed("file_name", "label"),
}
NAMES = tuple(_LAYOUTS)
# Column that has to stay in one split, of sets without official splits: it joins a fake with what
# it was made from, or the recordings of one voice.
GROUPS = {
    "in-the-wild": "speaker",
    "wavefake": "utterance",
    "mlaad": "original_file",
    "fakeavceleb": "speaker",
}


def recognise(audio: Path) -> str:
    """Tell the layout of a dataset from a glance at it.

    Parameters
    ----------
    audio : Path
        A folder, or a table that lists recordings.

    Returns
    -------
    layout : str
        One of `NAMES`; ``"folders"`` where nothing speaks for another.

    Raises
    ------
    ValueError
        If nothing is there, or it is several datasets at once.
    """
    shown = probe(audio)
    if audio.is_dir() and folders.described(shown):
        return FOLDERS
    found = [name for name in NAMES[1:] if _shown(shown, name, audio.is_dir())]
    if not found and audio.is_dir():
        return FOLDERS
    if not found:
        raise ValueError(
            f"expected a folder of recordings or a CSV that lists them (path,label), got {audio}"
        )
    if len(found) > 1:
        forms = set(found) <= set(fake_or_real.FORMS)
        what = "form of Fake-or-Real (all hold the same speech)" if forms else "dataset"
        raise ValueError(
            f"expected one {what} in {audio}, got {' and '.join(found)}: name one as the layout"
        )
    return found[0]


def find(audio: Path, layout: str | None = None) -> Iterator[Recording | Failure | Ignored]:
    """Find the recordings of a dataset.

    Parameters
    ----------
    audio : Path
        A folder, or a table that lists recordings.
    layout : str, optional
        One of `NAMES`; default: the one that is recognised.

    Returns
    -------
    items : iterator of Recording, Failure or Ignored
        A recording's split is empty where the dataset has none. A failure is a recording that the
        dataset contradicts itself about, or that is missing.

    Raises
    ------
    ValueError
        If the layout is unknown or not that of `audio`; while iterating, if a table cannot be
        read, and at the end, if there was no recording.
    """
    name = recognise(audio) if layout is None else layout
    if name not in _LAYOUTS:
        raise ValueError(f"expected a layout among {', '.join(NAMES)}, got {name}")
    seen = probe(audio)
    shown = _shown(seen, name, audio.is_dir())
    if not shown and name in fake_or_real.FORMS:
        shown = fake_or_real.unnamed(seen)
    if not shown and (name != FOLDERS or not audio.is_dir()):
        raise ValueError(f"expected {_LAYOUTS[name].expected} in {audio}, got none")
    return _checked(audio, name, shown)


def _shown(shown: FolderProbe, name: str, is_folder: bool) -> list[str]:
    layout = _LAYOUTS[name]
    return layout.seen(shown) if is_folder or layout.table else []


def _checked(audio: Path, name: str, shown: list[str]) -> Iterator[Item]:
    """All items, and an error at the end if no recording was among them."""
    found, failures, first = False, 0, Failure("", "")
    for item in _LAYOUTS[name].find(audio, shown):
        found = found or isinstance(item, Recording)
        if isinstance(item, Failure):
            first = item if not failures else first
            failures += 1
        yield item
    if found:
        return
    if not failures:
        raise ValueError(f"expected recordings, got no audio file in {audio}")
    what = _LAYOUTS[name].expected if name == FOLDERS else f"recordings of the layout {name}"
    raise ValueError(
        f"expected {what} in {audio}, got {failures} failures, the first is {first.recording}: "
        f"{first.reason}"
    )
