"""Training: a picture dataset in, a trained run out, however often it is interrupted.

``RUN/run.json`` is written last, so a run that has it is finished. Until then ``RUN/training``
holds what resuming needs, see `classify.training.callbacks`.
"""

import dataclasses
import json
import platform
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np

from classify import backend
from classify.audit.audit import audit, one_line
from classify.files import atomic_write, writing
from classify.metrics.trials import Trials, concatenate
from classify.models.build import all_layers, build
from classify.models.memory import require_memory
from classify.prediction.pooling import calibrated_trials, score
from classify.reports.plots import learning_curves
from classify.runs.history import kept_epoch, read_history, write_history
from classify.runs.replay import FEATURES
from classify.runs.run import (
    FORMAT,
    VALIDATION_SCORES,
    Calibration,
    Run,
    copy_render_settings,
    load,
)
from classify.runs.runtime import KERAS, ONNX
from classify.settings import Folds, Settings
from classify.training.callbacks import (
    CheckpointCallback,
    ReseedCallback,
    ValidationCallback,
    epoch_path,
    last_epoch,
    read_heads,
    save_network,
)
from classify.training.export import export
from classify.training.plan import Plan, plan_folds, plan_seeds
from classify.training.progress import Progress
from classify.training.replay import make_replay_set, unmet_scores
from classify.training.resume import (
    SIDE_FILES,
    install,
    locked,
    prepare_folder,
    refuse_among_pictures,
    require_same_run,
)
from classify.training.training_data import (
    TrainingData,
    scan_training_data,
    warn_of_missing_columns,
)
from classify.training.validation import calibrate

_FEWEST = 20  # recordings of a class in validation, below which training warns
LIBRARIES = "keras onnxruntime numpy scipy opencv-python-headless scikit-learn".split()


def train(
    dataset: Path,
    folder: Path,
    settings: Settings,
    *,
    seeds: int = 1,
    folds: Folds | None = None,
    fold: int | None = None,
    refit: Path | None = None,
    positive: str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    tensorboard: Path | None = None,
) -> Run:
    """Train a network, or an ensemble, and calibrate it on recordings that it has not met.

    Those are of the validation split or, with folds, all of training and validation: each is scored
    by the network that left it out. The test split is not opened.

    Parameters
    ----------
    dataset : Path
        A picture dataset.
    folder : Path
        Folder of the run.
    settings : Settings
    seeds : int
        Number of networks, with the seed of the settings and those after it. More than one become
        an ensemble, each a run in ``folder/seed-N``.
    folds : Folds, optional
        Train a network for each fold, a run in ``folder/fold-N``; together they are an ensemble.
    fold : int, optional
        Train the network of this fold alone, from 1; a later call without it trains those that
        are missing and puts all together.
    refit : Path, optional
        A training with folds: learn from all of training and validation, and take the calibration,
        the threshold and the uncertain band from this run, whose networks left each source out.
    positive : str, optional
        Positive class, where the names of the classes do not say which is fake.
    resume : bool
        Go on after the last finished epoch, if there is one; finished networks stay as they are.
    overwrite : bool
        Replace an earlier training in `folder`; a finished run stays until the new one is complete.
    tensorboard : Path, optional
        Folder that gets loss, accuracy and learning rate of every epoch for TensorBoard; those of
        an ensemble's networks in folders of their names.

    Raises
    ------
    ModuleNotFoundError
        If `tensorboard` is given and its package is not installed.
    ValueError
        If the dataset cannot be used, `folder` lies among its pictures, it holds a training and
        neither `resume` nor `overwrite` is given, another process trains in it, `resume` meets
        other settings or pictures, the network needs more memory than is free, or the loss is not
        finite.
    """
    if folds and seeds != 1:
        raise ValueError(f"expected folds or seeds, got {folds.count} folds and {seeds} seeds")
    if folds and refit is not None:
        raise ValueError(f"expected folds or a refit, got {folds.count} folds and {refit}")
    if tensorboard is not None:
        _require_tensorboard()
    refuse_among_pictures(dataset, folder)
    data = scan_training_data(dataset, positive)
    require_memory(settings, data.train.shape, len(data.train.paths), data.spectrogram_rows)
    if folds:
        plan = plan_folds(data, settings, folds)
    else:
        judge = None if refit is None else load(refit)
        plan = plan_seeds(data, settings, seeds, judge)
        if judge:
            print(
                f"train: learning from validation too: figures of epochs flatter, those of {refit} "
                "count",
                file=sys.stderr,
            )
    if fold is not None:
        folder, plan = _only(plan, folder, fold)
    with locked(folder), writing(folder):
        target = prepare_folder(folder, [member.name for member in plan.members], resume, overwrite)
        print(one_line(audit(dataset, quick=True, manifest=data.rows)), file=sys.stderr)
        warn_of_missing_columns(data.rows, settings.balance)
        run = _train_plan(plan, target, tensorboard)
        if target == folder:
            return run
        install(target, folder)
    return load(folder)


def _require_tensorboard() -> None:
    """Refuse a training that could not write for TensorBoard, before it starts."""
    import tensorboard  # noqa: F401


def _only(plan: Plan, folder: Path, fold: int) -> tuple[Path, Plan]:
    """The folder and the plan of one fold."""
    if not 1 <= fold <= len(plan.members):
        raise ValueError(f"expected a fold from 1 to {len(plan.members)}, got {fold}")
    member = plan.members[fold - 1]
    return folder / member.name, member


def _train_plan(plan: Plan, folder: Path, board: Path | None) -> Run:
    """Train an ensemble or one network, from wherever an earlier process left it."""
    if not plan.members:
        return _train_one(plan, plan.make_data(), folder, board)
    members: list[Run] = []
    for number, member in enumerate(plan.members, 1):
        print(f"train: network {number} of {len(plan.members)}, {member.name}", file=sys.stderr)
        with locked(folder / member.name):  # another process may train it alone
            part = None if board is None else board / member.name
            members.append(_train_plan(member, folder / member.name, part))
        keras.utils.clear_session()  # or memory would grow with every network
    data = plan.make_data()
    copy_render_settings(data.dataset, folder)
    run = _new_run(folder, plan, data, tuple(members))
    run = dataclasses.replace(run, training_ranges=data.training_ranges)
    if plan.judge:
        return _take_calibration(run, plan.judge)
    if (folder / "run.json").is_file():
        finished = load(folder)
        if finished.members == run.members and _identity(finished) == _identity(run):
            return finished  # with what a benchmark may have calibrated since
    if not plan.group:
        return _finish(run, _validation_trials(run, data))
    pairs = zip(members, plan.members, strict=True)
    parts = [_validation_trials(member, plan.make_data()) for member, plan in pairs]
    return _finish(run, concatenate(parts))


def _train_one(plan: Plan, data: TrainingData, folder: Path, board: Path | None) -> Run:
    settings = plan.settings
    run = _new_run(folder, plan, data)
    start = _identity(run)
    if (folder / "run.json").is_file():
        finished = load(folder)
        require_same_run(_identity(finished), start, is_finished=True)
        if not (folder / FEATURES).is_file():  # of a run from before there were any
            _keep_features(finished, data, plan)
        # The folds may have been calibrated for codecs or segments since.
        return _take_calibration(finished, plan.judge) if plan.judge else finished
    run = dataclasses.replace(run, training_ranges=data.training_ranges)
    start_file = folder / "training" / "start.json"
    if start_file.is_file():
        require_same_run(json.loads(start_file.read_text()), start)
    else:
        for name in (KERAS, ONNX, *SIDE_FILES):
            (folder / name).unlink(missing_ok=True)
        start_file.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(start_file, json.dumps(start).encode())
    copy_render_settings(data.dataset, folder)
    _fit(data, folder, plan, last_epoch(folder), board)
    if settings.precision != "float32":
        _convert_to_single_precision(folder, data, settings)
    history = read_history(folder / "history.csv")
    learning_curves(history, settings.keep_epoch, folder / "learning_curves.png")
    scores = history[kept_epoch(history, settings.keep_epoch)]
    run = dataclasses.replace(run, scores=scores, heads=read_heads(folder))
    run = dataclasses.replace(run, export=export(run, data.validation.paths))
    _keep_features(run, data, plan)
    if plan.judge:
        finished = _take_calibration(run, plan.judge)
    else:
        finished = _finish(run, _validation_trials(run, data))
    shutil.rmtree(folder / "training")
    return finished


def _keep_features(run: Run, data: TrainingData, plan: Plan) -> None:
    judged = None
    if plan.judge:  # all recordings, with the scores by networks that have not met them
        data = dataclasses.replace(data, validation=data.train[data.originals(data.train)])
        judged = unmet_scores(plan.judge)
    batch_size = plan.settings.batch_size
    make_replay_set(run, data.validation_set, batch_size, judged).save(run.folder)


def _identity(run: Run) -> dict[str, Any]:
    """What has to be the same for a training to be gone on with."""
    names = ("training", "group", "fold", "fingerprint", "names_fingerprint")
    return {"format": FORMAT, **{name: getattr(run, name) for name in names}}


def _fit(data: TrainingData, folder: Path, plan: Plan, done: int, board: Path | None) -> None:
    """Train from the epoch after `done` to the last one."""
    settings = plan.settings
    keras.utils.set_random_seed(settings.seed)
    backend.make_deterministic()
    history = folder / "history.csv"
    rows = read_history(history)[:done]
    write_history(history, rows)
    checkpoints = CheckpointCallback(folder, rows, settings, data.validation_set, plan.heads)
    checkpoints.keep_best()  # a kill may have come between an epoch's end and this
    if done >= settings.epochs:
        return
    batches = data.batches(settings)
    if done:
        model = keras.models.load_model(epoch_path(folder, done), safe_mode=True)
    else:
        model = build(settings, data.train.shape, len(batches), data.spectrogram_rows)
    for layer in all_layers(model):
        if isinstance(layer, keras.layers.BatchNormalization):
            backend.fuse_normalization(layer)
    log = keras.callbacks.CSVLogger(str(history), append=True)
    validation = ValidationCallback(data.validation_set, settings.batch_size, plan.heads)
    progress = Progress(settings.epochs, len(batches), settings.batch_size, done)
    callbacks = [ReseedCallback(batches), validation, log, checkpoints, progress]
    if board is not None:
        callbacks.append(keras.callbacks.TensorBoard(board, write_graph=False))
    try:
        model.fit(
            backend.feed(batches),
            initial_epoch=done,
            epochs=settings.epochs,
            shuffle=False,  # the batches are shuffled already, by the seed and the epoch
            callbacks=callbacks,
            verbose=0,
        )
    finally:
        batches.close()
        if log.csv_file:  # Keras leaves it open when a training breaks off
            log.csv_file.close()


def _convert_to_single_precision(folder: Path, data: TrainingData, settings: Settings) -> None:
    """Save the network again as one that computes in float32, as onnxruntime can everywhere."""
    trained = keras.models.load_model(folder / KERAS, safe_mode=True)
    single = dataclasses.replace(settings, precision="float32")
    model = build(single, data.train.shape, 1, data.spectrogram_rows)
    model.set_weights(trained.get_weights())
    save_network(model, folder)


def _new_run(folder: Path, plan: Plan, data: TrainingData, members: tuple[Run, ...] = ()) -> Run:
    """Make a run of all that is known before the training, without its ranges, which take long."""
    settings = plan.settings
    return Run(
        folder=folder,
        training={**dataclasses.asdict(settings), "balance": list(settings.balance)},
        classes=data.train.classes,
        shape=data.train.shape,
        prior=0.5,  # the class weights or the balance make it so
        fingerprint=data.fingerprint,
        names_fingerprint=data.names_fingerprint,
        left_out=len(data.train.damaged) + len(data.validation.damaged),
        demonstration=data.demonstration,
        versions={
            "python": platform.python_version(),
            **{name: version(name) for name in (keras.backend.backend(), *LIBRARIES)},
        },
        members=members,
        group=plan.group,
        fold=plan.fold,
    )


def _validation_trials(run: Run, data: TrainingData) -> Trials:
    """Raw scores of the validation recordings, or pictures where no recordings are known."""
    validation = data.validation
    labels = dict(zip(validation.paths, validation.labels.tolist(), strict=True))
    pictures = score("train", run, data.dataset, labels)
    trials = calibrated_trials(
        dataclasses.replace(run, calibration=Calibration()), pictures, data.rows
    )
    return trials.get("recording", trials["picture"])


def _finish(run: Run, recordings: Trials) -> Run:
    """Calibrate a trained run and write its ``validation.csv`` and ``run.json``.

    Parameters
    ----------
    run : Run
    recordings : Trials
        Raw scores of recordings that the networks have not met.
    """
    fewest = int(np.bincount(recordings.labels, minlength=2).min())
    if fewest < _FEWEST:
        print(
            f"train: warning: expected {_FEWEST} recordings of each class in validation or more, "
            f"got {fewest}: threshold and calibration are little more than guesses",
            file=sys.stderr,
        )
    finished = calibrate(run, recordings)
    if finished.validation["auc"] <= 0.5:
        print(
            f"train: warning: {run.folder} tells the validation recordings apart no better than "
            "chance; all its answers will be near 50 %",
            file=sys.stderr,
        )
    calibrated = dataclasses.replace(recordings, llr=finished.calibration(recordings.llr))
    atomic_write(run.folder / VALIDATION_SCORES, calibrated.to_csv(run.classes))
    finished.save()
    return finished


def _take_calibration(run: Run, judge: Run) -> Run:
    """Finish a run with the calibration of another one, and write its files as `_finish` does."""
    finished = dataclasses.replace(
        run,
        calibration=judge.calibration,
        threshold=judge.threshold,
        uncertain=judge.uncertain,
        validation=judge.validation,
        codecs=judge.codecs,
        segments=judge.segments,
    )
    scores = (judge.folder / VALIDATION_SCORES).read_bytes()
    atomic_write(run.folder / VALIDATION_SCORES, scores)
    finished.save()
    return finished
