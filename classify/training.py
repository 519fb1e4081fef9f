"""A picture dataset in, a trained run out, however often it is interrupted.

``RUN/run.json`` is written last: where it stands, the training was finished. Until then
``RUN/training`` holds what it takes to go on, see `classify.epochs`.
"""

import hashlib
import json
import platform
import shutil
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from classify.augmentation import Reseed, augmented, plain
from classify.dataset import Split, look_through, tell_damaged
from classify.epochs import Keeper, best, epoch_path, last_epoch, read_history, write_history
from classify.figures import learning_curves
from classify.network import build
from classify.pictures import size
from classify.progress import Progress
from classify.run import Run, load, replace
from classify.settings import Settings

LIBRARIES = ("keras", "tensorflow", "numpy", "scipy", "opencv-python-headless", "scikit-learn")


def train(
    images: Path, folder: Path, settings: Settings, *, resume: bool = False, overwrite: bool = False
) -> Run:
    """Train a network on the training split, choosing the epoch on the validation split.

    The test split is not opened.

    Parameters
    ----------
    images : Path
        A picture dataset.
    folder : Path
        Where the run goes.
    settings : Settings
    resume : bool
        Go on from the last finished epoch, if there is one; a finished run is returned as it is.
    overwrite : bool
        Delete what an earlier training left in `folder`.

    Returns
    -------
    run : Run

    Raises
    ------
    ValueError
        If the dataset cannot be used, `folder` holds a training and neither `resume` nor
        `overwrite` is given, `resume` meets other settings or pictures, or the loss is no number.
    """
    splits = look_through(images, "train"), look_through(images, "validation")
    for split in splits:
        tell_damaged("train", split.damaged)
    _check_alike(*splits)
    if (images / "render.json").is_file() and not (images / "manifest.csv").is_file():
        print(f"train: {images} has no manifest.csv: rendering was not finished", file=sys.stderr)
    start = {
        "training": asdict(settings),
        "fingerprint": hashlib.sha256("".join(s.fingerprint for s in splits).encode()).hexdigest(),
    }
    done = _prepare(folder, start, resume, overwrite)
    if done is None:
        return load(folder)
    if (images / "render.json").is_file():
        shutil.copyfile(images / "render.json", folder / "render.json")
    _fit(*splits, folder, settings, done)
    return _finish(folder, splits, start)


def _check_alike(train_split: Split, validation: Split) -> None:
    for name, wanted, got in (
        ("classes", ", ".join(train_split.classes), ", ".join(validation.classes)),
        ("size", size(train_split.shape), size(validation.shape)),
    ):
        if wanted != got:
            raise ValueError(
                f"expected pictures of one {name} in train and validation, got {wanted} and {got}"
            )


def _prepare(folder: Path, start: dict[str, Any], resume: bool, overwrite: bool) -> int | None:
    """Make the run's folder ready; return the number of finished epochs, None for a whole run."""
    there = (folder / "run.json").is_file() or (folder / "training").is_dir()
    if there and not (resume or overwrite):
        raise ValueError(
            f"expected a new run, got {folder}, which holds a training: give another --to, "
            "--resume to go on with it or --overwrite to delete it"
        )
    if resume and (folder / "run.json").is_file():
        return None
    stated = folder / "training" / "start.json"
    if resume and stated.is_file():
        _check_same(json.loads(stated.read_text()), start)
        return last_epoch(folder)
    for name in ("training", "report"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("run.json", "model.keras", "render.json", "history.csv", "learning_curves.png"):
        (folder / name).unlink(missing_ok=True)
    stated.parent.mkdir(parents=True)
    replace(stated, json.dumps(start).encode())
    return 0


def _check_same(before: dict[str, Any], now: dict[str, Any]) -> None:
    for name, value in now["training"].items():
        if before["training"].get(name) != value:
            raise ValueError(
                f"expected to go on with {name} {before['training'].get(name)}, got {value}"
            )
    if before["fingerprint"] != now["fingerprint"]:
        raise ValueError("expected to go on with the same pictures, got others")


def _fit(
    train_split: Split, validation: Split, folder: Path, settings: Settings, done: int
) -> None:
    """Train from the epoch after `done` to the end."""
    keras.utils.set_random_seed(settings.seed)
    tf.config.experimental.enable_op_determinism()
    history = folder / "history.csv"
    rows = read_history(history)[:done]
    write_history(history, rows)
    keeper = Keeper(folder, [row["val_loss"] for row in rows], settings.patience)
    keeper.keep_best()  # a kill may have come between an epoch's end and this
    if keeper.over or done >= settings.epochs:
        return
    flow = augmented(train_split, settings)
    if done:
        model = keras.models.load_model(epoch_path(folder, done), safe_mode=True)
    else:
        model = build(settings, train_split.shape, settings.epochs * len(flow))
    log = keras.callbacks.CSVLogger(str(history), append=True)
    try:
        model.fit(
            flow,
            validation_data=plain(validation, settings),
            initial_epoch=done,
            epochs=settings.epochs,
            class_weight=class_weights(train_split.labels),
            shuffle=False,  # the flow does that, from the seed and the epoch
            callbacks=[Reseed(flow), log, keeper, Progress(settings.epochs, len(flow), done)],
            verbose=0,
        )
    finally:
        if log.csv_file:  # Keras leaves it open when a training breaks off
            log.csv_file.close()


def class_weights(labels: np.ndarray) -> dict[int, float]:
    """Weights with which both classes have the same part in the loss.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
        0 or 1, each there at least once.

    Returns
    -------
    weights : dict of int to float
        n / (2 n_c) for class c, as in scikit-learn's ``class_weight="balanced"``.

    Examples
    --------
    >>> class_weights(np.array([0, 1, 1, 1]))
    {0: 2.0, 1: 0.6666666666666666}
    """
    counts = np.bincount(labels, minlength=2)
    return {label: len(labels) / (2 * int(count)) for label, count in enumerate(counts)}


def _finish(folder: Path, splits: tuple[Split, Split], start: dict[str, Any]) -> Run:
    rows = read_history(folder / "history.csv")
    learning_curves(rows, folder / "learning_curves.png")
    run = Run(
        folder=folder,
        **start,
        classes=splits[0].classes,
        shape=splits[0].shape,
        prior=0.5,  # the class weights make it so
        threshold=0.5,
        left_out=sum(len(split.damaged) for split in splits),
        versions={
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
        scores=rows[best([row["val_loss"] for row in rows])],
    )
    run.save()
    shutil.rmtree(folder / "training")
    return run
