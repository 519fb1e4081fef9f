"""An earlier training in a run's folder: refused, replaced or resumed.

A finished run stays whole until its replacement is complete in ``RUN/replacement``.
"""

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from classify.data.splits import SPLIT_NAMES, split_folder
from classify.runs.replay import FEATURES
from classify.runs.run import VALIDATION_SCORES
from classify.runs.runtime import KERAS, ONNX

# Beside the network.
SIDE_FILES = ("render.json", "history.csv", "learning_curves.png", FEATURES, VALIDATION_SCORES)
_RUN = "run.json"
_FILES = (KERAS, ONNX, *SIDE_FILES)
_REPORT = ("index.html", "metrics.json", "scores.csv")  # what evaluate writes


def refuse_among_pictures(dataset: Path, folder: Path) -> None:
    """Refuse a run in a split's folder, where its figures would count as pictures.

    Raises
    ------
    ValueError
    """
    for split in SPLIT_NAMES:
        pictures = split_folder(dataset, split)
        if folder.resolve().is_relative_to(pictures.resolve()):
            raise ValueError(
                f"expected a folder for a run, got {folder} among the pictures in {pictures}: "
                "give another --to"
            )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder of a run, and keep a second training out of it while this one lives.

    Raises
    ------
    ValueError
        If another process trains in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:  # others are of file systems that do not lock folders
            if isinstance(error, BlockingIOError):
                raise ValueError(
                    f"expected no other training in {folder}, got one: wait for it or give "
                    "another --to"
                ) from None
        yield
    finally:
        os.close(number)


def prepare_folder(folder: Path, members: Sequence[str], resume: bool, overwrite: bool) -> Path:
    """Refuse to touch an earlier training, or make way for a new one.

    Parameters
    ----------
    folder : Path
        Of the run.
    members : sequence of str
        Folders of the networks of an ensemble; empty for one network.
    resume, overwrite : bool
        Whether the user asked for it.

    Returns
    -------
    folder : Path
        The folder to train in: that of the run or, where it holds a finished run that is to be
        replaced, one inside it; see `install`.

    Raises
    ------
    ValueError
        If there is an earlier training and neither is asked for, or it has networks that this one
        has not; or if the folder holds a file of a run that no training wrote.
    """
    new = folder / "replacement"
    if (new / _RUN).is_file():  # a kill came while it was put into its place
        install(new, folder)
    for path in (folder, *_member_folders(folder)):
        _refuse_foreign(path)
    if overwrite:
        finished = (folder / _RUN).is_file()
        _delete_training(new if finished else folder)
        return new if finished else folder
    if _holds_training(folder) and not resume:
        raise ValueError(
            f"expected a new run, got {folder}, which holds a training: give another --to, "
            "--resume to go on with it or --overwrite to replace it"
        )
    target = new if _holds_training(new) else folder
    earlier = [path.name for path in _members(target)]
    if _holds_training(target) and _kind(earlier) != _kind(members):
        raise ValueError(
            f"expected to go on with {_kind(earlier)} in {target}, got a training of "
            f"{_kind(members)}"
        )
    return target


def install(new: Path, folder: Path) -> None:
    """Put a complete run into the place of an earlier one.

    A kill at any moment loses nothing: ``run.json`` is the last of the old run to go and the last
    of the new one to come, and `prepare_folder` does the rest.

    Parameters
    ----------
    new : Path
        Folder of the complete run, inside the other.
    folder : Path
        Files in it that no training wrote stay.
    """
    shutil.rmtree(new / "training", ignore_errors=True)
    if (folder / _RUN).is_file():
        _delete_training(folder)
    _move(new, folder)


def _move(new: Path, folder: Path) -> None:
    """Move a folder to a place where files of the user may be."""
    for path in sorted(new.iterdir(), key=lambda path: path.name == _RUN):
        if path.is_dir() and (folder / path.name).is_dir():
            _move(path, folder / path.name)
        else:
            path.replace(folder / path.name)
    new.rmdir()


def _kind(members: Sequence[str]) -> str:
    """What an ensemble consists of, by the names of its folders."""
    return f"several {members[0].partition('-')[0]}s" if members else "one network"


def _is_training(folder: Path) -> bool:
    return (folder / _RUN).is_file() or (folder / "training" / "start.json").is_file()


def _members(folder: Path) -> list[Path]:
    return [path for path in _member_folders(folder) if _is_training(path)]


def _member_folders(folder: Path) -> list[Path]:
    return sorted([*folder.glob("seed-*/"), *folder.glob("fold-*/")])


def _holds_training(folder: Path) -> bool:
    return _is_training(folder) or bool(_members(folder))


def _refuse_foreign(folder: Path) -> None:
    """Refuse a folder that holds a file or folder of a run, and no run."""
    if _holds_training(folder):
        return
    for name in (*_FILES, "training", "report"):
        if (folder / name).exists() and not _is_empty(folder / name):
            raise ValueError(
                f"expected a folder for a run, got {folder}, which holds a {name} that train did "
                "not write: give another --to"
            )


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _delete_training(folder: Path) -> None:
    """Delete what train and evaluate wrote; other files and their folders stay."""
    if (folder / "training" / "start.json").is_file():
        shutil.rmtree(folder / "training", ignore_errors=True)
    for name in _REPORT:
        (folder / "report" / name).unlink(missing_ok=True)
    _remove_empty(folder / "report")
    for member in _members(folder):
        _delete_training(member)
        _remove_empty(member)
    for name in (*_FILES, _RUN):
        (folder / name).unlink(missing_ok=True)


def _remove_empty(folder: Path) -> None:
    if _is_empty(folder) and not folder.is_symlink():
        folder.rmdir()


def require_same_run(
    before: dict[str, Any], now: dict[str, Any], *, is_finished: bool = False
) -> None:
    """Refuse to resume a training with other settings or pictures.

    A finished network may come from another machine. Another kind of processor draws some pictures
    with other bytes; then their names have to be the same, and a warning says so.

    Parameters
    ----------
    before, now : dict
        ``format``, ``training`` (settings), ``group``, ``fold``, ``fingerprint`` (of the pictures)
        and ``names_fingerprint`` of the earlier training and of this one.
    is_finished : bool
        Whether the earlier training is finished.

    Raises
    ------
    ValueError
        If they differ, with the name of the setting.
    """
    if before.get("format") != now["format"]:
        raise ValueError(
            f"expected to go on with a training of format {now['format']}, got "
            f"{before.get('format', 'no number')}: begin it anew with --overwrite"
        )
    for name, value in now["training"].items():
        if before["training"].get(name) != value:
            raise ValueError(
                f"expected to go on with {name} {before['training'].get(name)}, got {value}"
            )
    for name in ("fold", "group"):
        if before.get(name, "") != now[name]:
            got, expected = now[name] or "none", before.get(name) or "none"
            raise ValueError(f"expected to go on with {name} {expected}, got {got}")
    if before["fingerprint"] == now["fingerprint"]:
        return
    if not is_finished or before["names_fingerprint"] != now["names_fingerprint"]:
        raise ValueError("expected to go on with the same pictures, got others")
    print(
        f"train: warning: the network of fold {now['fold'] or 'none'} learned from pictures of the "
        "same names with other bytes, as another kind of processor draws them",
        file=sys.stderr,
    )
