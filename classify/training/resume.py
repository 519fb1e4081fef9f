"""An earlier training in a run's folder: refused, deleted or resumed."""

import shutil
from pathlib import Path
from typing import Any

from classify.runs.runtime import KERAS, ONNX

SIDE_FILES = ("render.json", "history.csv", "learning_curves.png")  # beside the network


def prepare_folder(folder: Path, seeds: int, resume: bool, overwrite: bool) -> None:
    """Refuse to touch an earlier training, or delete it.

    Parameters
    ----------
    folder : Path
        Of the run.
    seeds : int
        Number of networks of the run.
    resume, overwrite : bool
        Whether the user asked for it.

    Raises
    ------
    ValueError
        If there is an earlier training and neither is asked for, or it has one seed and this one
        several, or the reverse.
    """
    single = (folder / "training").is_dir() or (folder / KERAS).is_file()
    members = sorted(folder.glob("seed-*/"))
    if (single or members) and not (resume or overwrite):
        raise ValueError(
            f"expected a new run, got {folder}, which holds a training: give another --to, "
            "--resume to go on with it or --overwrite to delete it"
        )
    if not overwrite and (single if seeds > 1 else members):
        raise ValueError(
            f"expected to go on with --seeds {seeds}, got a training with "
            f"{'one seed' if single else 'several seeds'} in {folder}"
        )
    if overwrite:
        for path in (folder / "training", folder / "report", *members):
            shutil.rmtree(path, ignore_errors=True)
        for name in ("run.json", KERAS, ONNX, *SIDE_FILES):
            (folder / name).unlink(missing_ok=True)


def require_same_run(before: dict[str, Any], now: dict[str, Any]) -> None:
    """Refuse to resume a training with other settings or pictures.

    Parameters
    ----------
    before, now : dict
        ``format``, ``training`` (settings) and ``fingerprint`` (of the pictures) of the earlier
        training and of this one.

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
    if before["fingerprint"] != now["fingerprint"]:
        raise ValueError("expected to go on with the same pictures, got others")
