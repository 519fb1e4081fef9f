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
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from classify import manifest
from classify.audit import audit, one_line
from classify.augmentation import Reseed, augmented, plain
from classify.calibration import calibrate
from classify.dataset import Split, look_through, tell_damaged
from classify.earlier import ASIDE, check_same, make_room
from classify.epochs import Keeper, epoch_path, last_epoch
from classify.export import export
from classify.figures import learning_curves
from classify.history import best, read_history, write_history
from classify.inference import KERAS, ONNX
from classify.levels import levels, score
from classify.manifest import Manifest
from classify.material import Material, gather
from classify.network import build
from classify.pictures import size
from classify.progress import Progress
from classify.run import Run, load, replace
from classify.settings import Settings

LIBRARIES = "keras tensorflow onnxruntime numpy scipy opencv-python-headless scikit-learn".split()


@dataclass(frozen=True)
class _Data:
    """The pictures that a run comes from, looked through, and what is known of them."""

    images: Path
    train: Split
    validation: Split
    known: Manifest
    material: Material


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
    train_split, validation = look_through(images, "train"), look_through(images, "validation")
    for split in (train_split, validation):
        tell_damaged("train", split.damaged)
    _check_alike(train_split, validation)
    if (images / "render.json").is_file() and not (images / "manifest.csv").is_file():
        print(f"train: {images} has no manifest.csv: rendering was not finished", file=sys.stderr)
    known = manifest.read(images)
    make_room(folder, seeds, resume, overwrite)
    print(one_line(audit(images, quick=True)), file=sys.stderr)
    material = gather(images, train_split.paths, train_split.labels, known)
    data = _Data(images, train_split, validation, known, material)
    if seeds == 1:
        return _train_one(data, folder, settings)
    members: list[Run] = []
    for seed in range(settings.seed, settings.seed + seeds):
        print(f"train: network {len(members) + 1} of {seeds}, seed {seed}", file=sys.stderr)
        one = dataclasses.replace(settings, seed=seed)
        members.append(_train_one(data, folder / f"seed-{seed}", one))
        keras.utils.clear_session()  # or memory would grow with every network
    if (images / "render.json").is_file():
        shutil.copyfile(images / "render.json", folder / "render.json")
    return _finish(_describe(folder, data, settings, members=tuple(members)), data)


def _check_alike(train_split: Split, validation: Split) -> None:
    for name, wanted, got in (
        ("classes", ", ".join(train_split.classes), ", ".join(validation.classes)),
        ("size", size(train_split.shape), size(validation.shape)),
    ):
        if wanted != got:
            raise ValueError(
                f"expected pictures of one {name} in train and validation, got {wanted} and {got}"
            )


def _train_one(data: _Data, folder: Path, settings: Settings) -> Run:
    run = _describe(folder, data, settings)
    start = {"training": run.training, "fingerprint": run.fingerprint}
    if (folder / "run.json").is_file():
        finished = load(folder)
        check_same({"training": finished.training, "fingerprint": finished.fingerprint}, start)
        return finished
    stated = folder / "training" / "start.json"
    if stated.is_file():
        check_same(json.loads(stated.read_text()), start)
    else:
        for name in (KERAS, ONNX, *ASIDE):
            (folder / name).unlink(missing_ok=True)
        stated.parent.mkdir(parents=True, exist_ok=True)
        replace(stated, json.dumps(start).encode())
    if (data.images / "render.json").is_file():
        shutil.copyfile(data.images / "render.json", folder / "render.json")
    _fit(data.train, data.validation, folder, settings, last_epoch(folder))
    rows = read_history(folder / "history.csv")
    learning_curves(rows, folder / "learning_curves.png")
    kept = rows[best([row["val_loss"] for row in rows])]
    run = dataclasses.replace(run, scores=kept)
    run = dataclasses.replace(run, export=export(run, data.validation.paths))
    finished = _finish(run, data)
    shutil.rmtree(folder / "training")
    return finished


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
    data: _Data,
    settings: Settings,
    members: tuple[Run, ...] = (),
) -> Run:
    """All of a run that is known before it is trained."""
    splits = data.train, data.validation
    return Run(
        folder=folder,
        training=dataclasses.asdict(settings),
        classes=data.train.classes,
        shape=data.train.shape,
        prior=0.5,  # the class weights make it so
        fingerprint=hashlib.sha256("".join(s.fingerprint for s in splits).encode()).hexdigest(),
        left_out=sum(len(split.damaged) for split in splits),
        versions={
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
        material=data.material,
        members=members,
    )


def _finish(run: Run, data: _Data) -> Run:
    """Calibrate a trained run on validation; with its ``run.json`` it is finished."""
    validation = data.validation
    truth = dict(zip(validation.paths, validation.labels.tolist(), strict=True))
    pictures = score("train", run, data.images, truth)
    found = levels(run, pictures, data.known)
    finished = calibrate(run, found.get("recording", found["picture"]))
    if finished.validation["auc"] <= 0.5:
        print(
            f"train: warning: {run.folder} tells the validation recordings apart no better than "
            "chance; all its answers will be near 50 %",
            file=sys.stderr,
        )
    finished.save()
    return finished
