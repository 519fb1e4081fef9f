"""A picture dataset in, a trained run out, however often it is interrupted.

``RUN/run.json`` is written last: where it stands, the training was finished. Until then
``RUN/training`` holds what it takes to go on, see `classify.training.callbacks`.
"""

import dataclasses
import hashlib
import json
import platform
import shutil
import sys
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np

from classify import backend
from classify.audit.audit import audit, one_line
from classify.audit.ood import TrainingRanges, measure_ranges
from classify.data import manifest
from classify.data.augmentation import BatchSequence
from classify.data.cache import PictureCache
from classify.data.manifest import Manifest
from classify.data.pictures import size
from classify.data.render_settings import grey_per_db, load_axes, spectrogram_rows
from classify.data.sampling import sampling_weights, seed_subset
from classify.data.splits import Split, report_damaged, scan_split
from classify.files import atomic_write
from classify.metrics.calibration import calibrate
from classify.models.build import build
from classify.prediction.pooling import calibrated_trials, score
from classify.reports.plots import learning_curves
from classify.runs.history import kept_epoch, read_history, write_history
from classify.runs.run import FORMAT, Run, load
from classify.runs.runtime import KERAS, ONNX
from classify.settings import Settings
from classify.training.callbacks import (
    CheckpointCallback,
    ReseedCallback,
    ValidationCallback,
    epoch_path,
    keep,
    last_epoch,
)
from classify.training.export import export
from classify.training.progress import Progress
from classify.training.resume import SIDE_FILES, prepare_folder, require_same_run
from classify.training.validation import ValidationSet

LIBRARIES = "keras onnxruntime numpy scipy opencv-python-headless scikit-learn".split()


@dataclass(frozen=True)
class _Data:
    """The pictures that a run comes from, looked through, and what is known of them."""

    dataset: Path
    train: Split
    validation: Split
    known: Manifest
    training_ranges: TrainingRanges
    decibel: float
    levels: int | None

    @cached_property
    def store(self) -> PictureCache:
        """The training pictures, which all networks of an ensemble share."""
        return PictureCache(self.train.paths, self.train.shape, "train")

    @cached_property
    def held(self) -> ValidationSet:
        """What every epoch is judged on."""
        store = PictureCache(self.validation.paths, self.validation.shape, "validation")
        return ValidationSet(store, self.names(self.validation), self.validation.labels, self.known)

    @property
    def demonstration(self) -> bool:
        """Whether all training pictures are of the demonstration corpus."""
        sources = manifest.values(self.known, self.names(self.train), "source")
        return bool((sources == manifest.DEMONSTRATION).all())

    def names(self, split: Split) -> list[str]:
        """Paths of the pictures of a split, as the manifest has them."""
        return [path.relative_to(self.dataset).as_posix() for path in split.paths]

    def batches(self, settings: Settings) -> BatchSequence:
        """The batches of a training, balanced as it asks for, of the pictures whose turn it is."""
        names = self.names(self.train)
        kinds = manifest.values(self.known, names, settings.copies_by_seed)
        part = np.flatnonzero(seed_subset(kinds, self.train.labels, settings.seed))
        labels = self.train.labels[part]
        if left := len(names) - len(part):
            print(
                f"train: seed {settings.seed}: {left} of {len(names)} training pictures are for "
                f"networks of other seeds ({settings.copies_by_seed})",
                file=sys.stderr,
            )
        how: dict = {"part": part, "levels": self.levels}
        if not settings.balance:
            how["weights"] = class_weights(labels)
        else:
            groups = [manifest.values(self.known, names, column) for column in settings.balance]
            how["share"] = sampling_weights(
                [labels, *(group[part] for group in groups)], len(labels)
            )
        return BatchSequence(self.store, labels, settings, self.decibel, **how)


def train(
    dataset: Path,
    folder: Path,
    settings: Settings,
    *,
    seeds: int = 1,
    resume: bool = False,
    overwrite: bool = False,
) -> Run:
    """Train on the training split, choosing calibration and perhaps the epoch on validation.

    The test split is not opened.

    Parameters
    ----------
    dataset : Path
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
    train_split, validation = scan_split(dataset, "train"), scan_split(dataset, "validation")
    for split in (train_split, validation):
        report_damaged("train", split.damaged)
    _check_alike(train_split, validation)
    if (dataset / "render.json").is_file() and not (dataset / "manifest.csv").is_file():
        print(f"train: {dataset} has no manifest.csv: rendering was not finished", file=sys.stderr)
    known = manifest.read(dataset)
    prepare_folder(folder, seeds, resume, overwrite)
    print(one_line(audit(dataset, quick=True)), file=sys.stderr)
    ranges = measure_ranges(dataset, train_split.paths, train_split.labels, known)
    axes = load_axes(dataset / "render.json")
    scale = grey_per_db(axes), spectrogram_rows(axes)
    data = _Data(dataset, train_split, validation, known, ranges, *scale)
    _tell_unknown(settings.balance, manifest.columns(known))
    if seeds == 1:
        return _train_one(data, folder, settings)
    members: list[Run] = []
    for seed in range(settings.seed, settings.seed + seeds):
        print(f"train: network {len(members) + 1} of {seeds}, seed {seed}", file=sys.stderr)
        one = dataclasses.replace(settings, seed=seed)
        members.append(_train_one(data, folder / f"seed-{seed}", one))
        keras.utils.clear_session()  # or memory would grow with every network
    if (dataset / "render.json").is_file():
        shutil.copyfile(dataset / "render.json", folder / "render.json")
    return _finish(_describe(folder, data, settings, members=tuple(members)), data)


def _tell_unknown(balance: tuple[str, ...], columns: list[str]) -> None:
    unknown = [column for column in balance if column not in columns]
    if unknown:
        print(
            f"train: the manifest has no column {' and no column '.join(unknown)}: balanced by "
            f"{' and '.join(['class', *(c for c in balance if c in columns)])} alone",
            file=sys.stderr,
        )


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
    start = {"format": FORMAT, "training": run.training, "fingerprint": run.fingerprint}
    if (folder / "run.json").is_file():
        finished = load(folder)
        require_same_run(
            {**start, "training": finished.training, "fingerprint": finished.fingerprint}, start
        )
        return finished
    stated = folder / "training" / "start.json"
    if stated.is_file():
        require_same_run(json.loads(stated.read_text()), start)
    else:
        for name in (KERAS, ONNX, *SIDE_FILES):
            (folder / name).unlink(missing_ok=True)
        stated.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(stated, json.dumps(start).encode())
    if (data.dataset / "render.json").is_file():
        shutil.copyfile(data.dataset / "render.json", folder / "render.json")
    _fit(data, folder, settings, last_epoch(folder))
    if settings.precision != "float32":
        _single_precision(folder, data, settings)
    rows = read_history(folder / "history.csv")
    learning_curves(rows, settings.keep_epoch, folder / "learning_curves.png")
    kept = rows[kept_epoch(rows, settings.keep_epoch)]
    run = dataclasses.replace(run, scores=kept)
    run = dataclasses.replace(run, export=export(run, data.validation.paths))
    finished = _finish(run, data)
    shutil.rmtree(folder / "training")
    return finished


def _fit(data: _Data, folder: Path, settings: Settings, done: int) -> None:
    """Train from the epoch after `done` to the end."""
    keras.utils.set_random_seed(settings.seed)
    backend.make_deterministic()
    history = folder / "history.csv"
    rows = read_history(history)[:done]
    write_history(history, rows)
    keeper = CheckpointCallback(folder, rows, settings, data.held)
    keeper.keep_best()  # a kill may have come between an epoch's end and this
    if done >= settings.epochs:
        return
    batches = data.batches(settings)
    if done:
        model = keras.models.load_model(epoch_path(folder, done), safe_mode=True)
    else:
        model = build(settings, data.train.shape, len(batches), data.levels)
    log = keras.callbacks.CSVLogger(str(history), append=True)
    judge = ValidationCallback(data.held, settings.batch_size)
    progress = Progress(settings.epochs, len(batches), settings.batch_size, done)
    try:
        model.fit(
            backend.feed(batches),
            initial_epoch=done,
            epochs=settings.epochs,
            shuffle=False,  # the batches do that, from the seed and the epoch
            callbacks=[ReseedCallback(batches), judge, log, keeper, progress],
            verbose=0,
        )
    finally:
        batches.close()
        if log.csv_file:  # Keras leaves it open when a training breaks off
            log.csv_file.close()


def _single_precision(folder: Path, data: _Data, settings: Settings) -> None:
    """Keep a network that computes in single precision, which onnxruntime can do everywhere."""
    trained = keras.models.load_model(folder / KERAS, safe_mode=True)
    single = dataclasses.replace(settings, precision="float32")
    model = build(single, data.train.shape, 1, data.levels)
    model.set_weights(trained.get_weights())
    keep(model, folder)


def class_weights(labels: np.ndarray) -> np.ndarray:
    """Weights with which both classes have the same part in the loss.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
        0 or 1, each there at least once.

    Returns
    -------
    weights : np.ndarray, shape=(2,)
        n / (2 n_c) for class c, as in scikit-learn's ``class_weight="balanced"``.

    Examples
    --------
    >>> class_weights(np.array([0, 1, 1, 1])).round(3).tolist()
    [2.0, 0.667]
    """
    return len(labels) / (2 * np.bincount(labels, minlength=2))


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
        training={**dataclasses.asdict(settings), "balance": list(settings.balance)},
        classes=data.train.classes,
        shape=data.train.shape,
        prior=0.5,  # the class weights or the balance make it so
        fingerprint=hashlib.sha256("".join(s.fingerprint for s in splits).encode()).hexdigest(),
        left_out=sum(len(split.damaged) for split in splits),
        demonstration=data.demonstration,
        versions={
            "python": platform.python_version(),
            **{name: version(name) for name in (keras.backend.backend(), *LIBRARIES)},
        },
        training_ranges=data.training_ranges,
        members=members,
    )


def _finish(run: Run, data: _Data) -> Run:
    """Calibrate a trained run on validation; with its ``run.json`` it is finished."""
    validation = data.validation
    truth = dict(zip(validation.paths, validation.labels.tolist(), strict=True))
    pictures = score("train", run, data.dataset, truth)
    found = calibrated_trials(run, pictures, data.known)
    finished = calibrate(run, found.get("recording", found["picture"]))
    if finished.validation["auc"] <= 0.5:
        print(
            f"train: warning: {run.folder} tells the validation recordings apart no better than "
            "chance; all its answers will be near 50 %",
            file=sys.stderr,
        )
    finished.save()
    return finished
