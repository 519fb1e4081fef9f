"""The epochs of a training: how each begins, what is kept of it, and which is the best.

``RUN/training/epoch-NNNN.keras`` holds the network after the last finished epoch, with its
optimiser. The rename that puts it there is the moment from which the epoch counts; the best
network so far is ``RUN/model.keras``, or at the end the last one, where that is what is kept.
"""

from pathlib import Path

import keras
import numpy as np

from classify.data.augmentation import BatchSequence
from classify.runs.history import History, kept_epoch
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
        Figures of the epochs that an earlier process finished.
    settings : Settings
        ``keep_epoch`` says which epoch becomes the run's network.
    held : ValidationSet
        What the heads are weighed on, see `classify.training.head_calibration`.
    """

    def __init__(self, folder: Path, rows: History, settings: Settings, held: ValidationSet):
        super().__init__()
        self.folder, self.rows = folder, list(rows)
        self.settings, self.held = settings, held

    def on_epoch_end(self, epoch: int, logs=None) -> None:
        """Finish an epoch: its rename is the moment from which it counts."""
        for name in ("loss", "val_loss"):
            if not np.isfinite(logs[name]):
                raise ValueError(
                    f"expected a finite {name}, got {logs[name]} in epoch {epoch + 1}: try a "
                    "lower --learning-rate"
                )
        self.rows.append(dict(logs))
        part = self.folder / "training" / "part.keras"
        self.model.save(part)
        kept = part.replace(epoch_path(self.folder, epoch + 1))
        if self.settings.keep_epoch != "last":
            self.keep_best()
        for path in kept.parent.glob("epoch-*.keras"):
            if path != kept:
                path.unlink()

    def on_train_end(self, logs=None) -> None:
        """Keep the last epoch, where that is asked for: it was to be seen which that is."""
        if self.settings.keep_epoch == "last":
            self.keep_best()

    def keep_best(self) -> None:
        """Make the last epoch the run's network if it is the best so far."""
        if not self.rows or kept_epoch(self.rows, self.settings.keep_epoch) != len(self.rows) - 1:
            return
        model = keras.models.load_model(epoch_path(self.folder, len(self.rows)), safe_mode=True)
        if model.optimizer.use_ema:
            model.optimizer.finalize_variable_values(model.trainable_variables)
        Fusion(model).calibrate_heads(self.held, self.settings.batch_size)
        keep(model, self.folder)


def keep(model: keras.Model, folder: Path) -> None:
    """Make a model a run's network.

    Parameters
    ----------
    model : keras.Model
        Cannot be trained after this.
    folder : Path
        Of the run.
    """
    part = folder / "training" / "part.keras"
    stripped(model).save(part)
    part.replace(folder / KERAS)


def stripped(model: keras.Model) -> keras.Model:
    """Take from a network what only a training needs.

    Any Keras can load it then, and it is a third of the size.

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
    """Put the random state where the number of an epoch says, before it begins.

    Parameters
    ----------
    batches : BatchSequence
    """

    def __init__(self, batches: BatchSequence):
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs=None) -> None:
        """Say which epoch's batches are asked for, and what dropout draws from next."""
        self.batches.epoch = epoch
        # It is not saved with a network.
        states = [v for v in self.model.variables if v.name == "seed_generator_state"]
        for number, state in enumerate(states):
            state.assign([self.batches.settings.seed + number, epoch])


class ValidationCallback(keras.callbacks.Callback):
    """Judge the network on validation after every epoch, before anybody reads the figures.

    Parameters
    ----------
    held : ValidationSet
    batch : int
        Pictures at a time.
    """

    def __init__(self, held: ValidationSet, batch: int):
        super().__init__()
        self.held, self.batch = held, batch

    def on_train_begin(self, logs=None) -> None:
        """Make a second network, to judge without touching the one that learns."""
        self.judged = keras.models.clone_model(self.model)
        self.fusion = Fusion(self.judged)

    def on_epoch_end(self, epoch: int, logs=None) -> None:
        """Add the figures of validation, of the network as it would be kept."""
        self.judged.set_weights(self.model.get_weights())
        if self.model.optimizer.use_ema:
            self.model.optimizer.finalize_variable_values(self.judged.trainable_variables)
            # On JAX they are the optimiser's own arrays now, and a prediction takes what it gets.
            self.judged.set_weights(self.judged.get_weights())
        self.fusion.calibrate_heads(self.held, self.batch)
        logs |= validate(self.judged, self.held, self.batch)


def last_epoch(folder: Path) -> int:
    """Count the finished epochs of a run in training."""
    numbers = [int(path.stem.split("-")[1]) for path in folder.glob("training/epoch-*.keras")]
    return max(numbers, default=0)


def epoch_path(folder: Path, number: int) -> Path:
    """Say where the network after an epoch, counted from 1, is kept."""
    return folder / "training" / f"epoch-{number:04d}.keras"
