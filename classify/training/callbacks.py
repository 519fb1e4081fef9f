"""Keras callbacks of a training: checkpoints, seeds and validation.

``RUN/training/epoch-NNNN.keras`` holds the network after the last finished epoch, with its
optimiser. An epoch counts from the moment at which this file is renamed into its place. The kept
network is ``RUN/model.keras``: the best so far, or at the end the last one, by ``keep_epoch``.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from classify.data.batches import BatchSequence
from classify.files import atomic_write
from classify.runs.history import History, kept_epoch
from classify.runs.run import Calibration
from classify.runs.runtime import KERAS
from classify.settings import Settings
from classify.training.head_calibration import Fusion
from classify.training.validation import ValidationSet, validate


class CheckpointCallback(keras.callbacks.Callback):
    """Save every finished epoch, and make one of them the run's network.

    Parameters
    ----------
    folder : Path
        The run.
    rows : list of dict
        History of the epochs that an earlier process finished.
    settings : Settings
        ``keep_epoch`` says which epoch becomes the run's network.
    validation_set : ValidationSet
        For the calibration of the heads, see `classify.training.head_calibration`.
    heads : sequence of Calibration
        Calibrations that the heads get instead; default: none.
    """

    def __init__(
        self,
        folder: Path,
        rows: History,
        settings: Settings,
        validation_set: ValidationSet,
        heads: Sequence[Calibration] = (),
    ):
        super().__init__()
        self.folder, self.rows = folder, list(rows)
        self.settings, self.validation_set, self.heads = settings, validation_set, heads

    def on_epoch_end(self, epoch: int, logs=None) -> None:
        """Save the epoch and drop the one before; an infinite or NaN loss is an error."""
        for name in ("loss", "val_loss"):
            if not np.isfinite(logs[name]):
                raise ValueError(
                    f"expected a finite {name}, got {logs[name]} in epoch {epoch + 1}: try a "
                    "lower --learning-rate"
                )
        self.rows.append(dict(logs))
        part = self.folder / "training" / "part.keras"
        self.model.save(part)
        saved = part.replace(epoch_path(self.folder, epoch + 1))
        if self.settings.keep_epoch != "last":
            self.keep_best()
        for path in saved.parent.glob("epoch-*.keras"):
            if path != saved:
                path.unlink()

    def on_train_end(self, logs=None) -> None:
        """Keep the final epoch if ``keep_epoch`` is ``"last"``; only now is it known."""
        if self.settings.keep_epoch == "last":
            self.keep_best()

    def keep_best(self) -> None:
        """Make the latest epoch the run's network if it is the one to keep so far."""
        if not self.rows or kept_epoch(self.rows, self.settings.keep_epoch) != len(self.rows) - 1:
            return
        model = keras.models.load_model(epoch_path(self.folder, len(self.rows)), safe_mode=True)
        if model.optimizer.use_ema:
            model.optimizer.finalize_variable_values(model.trainable_variables)
        fusion = Fusion(model, self.heads)
        fusion.calibrate_heads(self.validation_set, self.settings.batch_size)
        values = [asdict(calibration) for calibration in fusion.calibrations]
        atomic_write(_heads_path(self.folder), json.dumps(values).encode())
        save_network(model, self.folder)


def read_heads(folder: Path) -> tuple[Calibration, ...]:
    """Read how the heads of the kept network were calibrated, one a head; empty without heads."""
    return tuple(Calibration(**values) for values in json.loads(_heads_path(folder).read_text()))


def _heads_path(folder: Path) -> Path:
    return folder / "training" / "heads.json"


def save_network(model: keras.Model, folder: Path) -> None:
    """Save a network as a run's ``model.keras``.

    Parameters
    ----------
    model : keras.Model
        Cannot be trained after this.
    folder : Path
        Of the run.
    """
    part = folder / "training" / "part.keras"
    without_training_state(model).save(part)
    part.replace(folder / KERAS)


def without_training_state(model: keras.Model) -> keras.Model:
    """Drop the optimiser, the loss and the regularisers of a network.

    The file is a third of the size, and any Keras can load it.

    Parameters
    ----------
    model : keras.Model
        Cannot be trained after this.

    Returns
    -------
    network : keras.Model
        With the same layers.
    """
    for layer in model.layers:
        layer.activity_regularizer = None
    return keras.Model(model.input, model.output, name=model.name)


class ReseedCallback(keras.callbacks.Callback):
    """Seed batches and dropout by the number of the epoch, before it begins.

    Parameters
    ----------
    batches : BatchSequence
    """

    def __init__(self, batches: BatchSequence):
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs=None) -> None:
        """Set the epoch of the batches and the seeds of dropout, which no network file holds."""
        self.batches.epoch = epoch
        states = [v for v in self.model.variables if v.name == "seed_generator_state"]
        for number, state in enumerate(states):
            state.assign([self.batches.settings.seed + number, epoch])


class ValidationCallback(keras.callbacks.Callback):
    """Add the validation metrics to the logs of every epoch, before other callbacks read them.

    Parameters
    ----------
    validation_set : ValidationSet
    batch_size : int
        Pictures at a time.
    heads : sequence of Calibration
        See `CheckpointCallback`.
    """

    def __init__(
        self, validation_set: ValidationSet, batch_size: int, heads: Sequence[Calibration] = ()
    ):
        super().__init__()
        self.validation_set, self.batch_size = validation_set, batch_size
        self.heads = heads

    def on_train_begin(self, logs=None) -> None:
        """Clone the network: the clone is averaged and calibrated, the original goes on."""
        self.clone = keras.models.clone_model(self.model)
        self.fusion = Fusion(self.clone, self.heads)

    def on_epoch_end(self, epoch: int, logs=None) -> None:
        """Validate the network as it would be kept."""
        self.clone.set_weights(self.model.get_weights())
        if self.model.optimizer.use_ema:
            self.model.optimizer.finalize_variable_values(self.clone.trainable_variables)
            # On JAX they are the optimiser's own arrays now, and a prediction donates its inputs.
            self.clone.set_weights(self.clone.get_weights())
        p = self.fusion.calibrate_heads(self.validation_set, self.batch_size)
        if p is None:
            p = self.validation_set.outputs(self.clone, self.batch_size)[:, -1]
        logs |= validate(self.validation_set, p)


def last_epoch(folder: Path) -> int:
    """Count the finished epochs of a run in training."""
    numbers = [int(path.stem.split("-")[1]) for path in folder.glob("training/epoch-*.keras")]
    return max(numbers, default=0)


def epoch_path(folder: Path, number: int) -> Path:
    """Path of the network after an epoch, counted from 1."""
    return folder / "training" / f"epoch-{number:04d}.keras"
