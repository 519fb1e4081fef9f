"""A picture dataset in, a trained run out, however often it is interrupted.

``RUN/run.json`` is written last: where it stands, the training was finished. Until then
``RUN/training`` holds what it takes to go on, see `classify.epochs`.
"""

import dataclasses
import hashlib
import json
import platform
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from classify import manifest
from classify.audit import audit, one_line
from classify.augmentation import Reseed, augmented, plain
from classify.calibration import calibrate
from classify.dataset import Split, look_through, tell_damaged
from classify.epochs import Keeper, epoch_path, last_epoch
from classify.figures import learning_curves
from classify.history import best, read_history, write_history
from classify.levels import levels, score
from classify.manifest import Manifest
from classify.network import build
from classify.pictures import size
from classify.progress import Progress
from classify.run import Run, load, replace
from classify.settings import Settings

LIBRARIES = ("keras", "tensorflow", "numpy", "scipy", "opencv-python-headless", "scikit-learn")
ASIDE = ("render.json", "history.csv", "learning_curves.png")


def train(
    images: Path,
    folder: Path,
    settings: Settings,
    *,
    seeds: int = 1,
    resume: bool = False,
    overwrite: bool = False,
) -> Run:
    """Train on the training split, choosing the epoch and the calibration on validation.

    The test split is not opened.

    Parameters
    ----------
    images : Path
        A picture dataset.
    folder : Path
        Where the run goes.
    settings : Settings
    seeds : int
        How many networks to train, with the seed of the settings and those after it. More than
        one become an ensemble, in ``folder/seed-N`` each.
    resume : bool
        Go on from the last finished epoch, if there is one; what is finished stays as it is.
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
    if seeds < 1:
        raise ValueError(f"expected at least 1 seed, got {seeds}")
    splits = look_through(images, "train"), look_through(images, "validation")
    for split in splits:
        tell_damaged("train", split.damaged)
    _check_alike(*splits)
    if (images / "render.json").is_file() and not (images / "manifest.csv").is_file():
        print(f"train: {images} has no manifest.csv: rendering was not finished", file=sys.stderr)
    known = manifest.read(images)
    _make_room(folder, seeds, resume, overwrite)
    print(one_line(audit(images, quick=True)), file=sys.stderr)
    if seeds == 1:
        return _train_one(images, splits, known, folder, settings)
    members: list[Run] = []
    for seed in range(settings.seed, settings.seed + seeds):
        print(f"train: network {len(members) + 1} of {seeds}, seed {seed}", file=sys.stderr)
        one = dataclasses.replace(settings, seed=seed)
        members.append(_train_one(images, splits, known, folder / f"seed-{seed}", one))
        keras.utils.clear_session()  # or memory would grow with every network
    if (images / "render.json").is_file():
        shutil.copyfile(images / "render.json", folder / "render.json")
    return _finish(_describe(folder, splits, settings, members=tuple(members)), splits, known)


def _check_alike(train_split: Split, validation: Split) -> None:
    for name, wanted, got in (
        ("classes", ", ".join(train_split.classes), ", ".join(validation.classes)),
        ("size", size(train_split.shape), size(validation.shape)),
    ):
        if wanted != got:
            raise ValueError(
                f"expected pictures of one {name} in train and validation, got {wanted} and {got}"
            )


def _make_room(folder: Path, seeds: int, resume: bool, overwrite: bool) -> None:
    """Refuse to touch an earlier training, or delete it."""
    single = (folder / "training").is_dir() or (folder / "model.keras").is_file()
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
        for name in ("run.json", "model.keras", *ASIDE):
            (folder / name).unlink(missing_ok=True)


def _train_one(
    images: Path, splits: tuple[Split, Split], known: Manifest, folder: Path, settings: Settings
) -> Run:
    run = _describe(folder, splits, settings)
    start = {"training": run.training, "fingerprint": run.fingerprint}
    if (folder / "run.json").is_file():
        finished = load(folder)
        _check_same({"training": finished.training, "fingerprint": finished.fingerprint}, start)
        return finished
    stated = folder / "training" / "start.json"
    if stated.is_file():
        _check_same(json.loads(stated.read_text()), start)
    else:
        for name in ("model.keras", *ASIDE):
            (folder / name).unlink(missing_ok=True)
        stated.parent.mkdir(parents=True, exist_ok=True)
        replace(stated, json.dumps(start).encode())
    if (images / "render.json").is_file():
        shutil.copyfile(images / "render.json", folder / "render.json")
    _fit(*splits, folder, settings, last_epoch(folder))
    rows = read_history(folder / "history.csv")
    learning_curves(rows, folder / "learning_curves.png")
    kept = rows[best([row["val_loss"] for row in rows])]
    finished = _finish(dataclasses.replace(run, scores=kept), splits, known)
    shutil.rmtree(folder / "training")
    return finished


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


def _describe(
    folder: Path,
    splits: tuple[Split, Split],
    settings: Settings,
    members: tuple[Run, ...] = (),
) -> Run:
    """All of a run that is known before it is trained."""
    return Run(
        folder=folder,
        training=dataclasses.asdict(settings),
        classes=splits[0].classes,
        shape=splits[0].shape,
        prior=0.5,  # the class weights make it so
        fingerprint=hashlib.sha256("".join(s.fingerprint for s in splits).encode()).hexdigest(),
        left_out=sum(len(split.damaged) for split in splits),
        versions={
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
        members=members,
    )


def _finish(run: Run, splits: tuple[Split, Split], known: Manifest) -> Run:
    """Calibrate a trained run on validation; with its ``run.json`` it is finished."""
    validation = splits[1]
    truth = dict(zip(validation.paths, validation.labels.tolist(), strict=True))
    pictures = score("train", run, validation.folder.parent, truth)
    found = levels(run, pictures, known)
    finished = calibrate(run, found.get("recording", found["picture"]))
    if finished.validation["auc"] <= 0.5:
        print(
            f"train: warning: {run.folder} tells the validation recordings apart no better than "
            "chance; all its answers will be near 50 %",
            file=sys.stderr,
        )
    finished.save()
    return finished
