"""The epochs of a training: what is kept of each, and which is the best.

``RUN/training/epoch-NNNN.keras`` holds the network after the last finished epoch, with its
optimiser. The rename that puts it there is the moment from which the epoch counts; the best
network so far is ``RUN/model.keras``.
"""

from pathlib import Path

import keras
import numpy as np

from classify.history import best
from classify.run import replace


class Keeper(keras.callbacks.Callback):
    """Keep every epoch until the next is kept, keep the best, and end when no better one comes.

    Parameters
    ----------
    folder : Path
        The run.
    losses : list of float
        Validation losses of the epochs that an earlier process finished.
    patience : int
        Epochs without a lower validation loss before the end.
    """

    def __init__(self, folder: Path, losses: list[float], patience: int):
        super().__init__()
        self.folder, self.losses, self.patience = folder, list(losses), patience

    @property
    def over(self) -> bool:
        """Whether the last `patience` epochs brought no lower validation loss."""
        return len(self.losses) - 1 - best(self.losses) >= self.patience if self.losses else False

    def on_epoch_end(self, epoch: int, logs=None) -> None:
        """Finish an epoch: its rename is the moment from which it counts."""
        for name in ("loss", "val_loss"):
            if not np.isfinite(logs[name]):
                raise ValueError(
                    f"expected a finite {name}, got {logs[name]} in epoch {epoch + 1}: try a "
                    "lower --learning-rate"
                )
        self.losses.append(logs["val_loss"])
        part = self.folder / "training" / "part.keras"
        self.model.save(part)
        kept = part.replace(epoch_path(self.folder, epoch + 1))
        self.keep_best()
        for path in kept.parent.glob("epoch-*.keras"):
            if path != kept:
                path.unlink()
        self.model.stop_training = self.over

    def keep_best(self) -> None:
        """Make the last epoch the run's network if it is the best so far."""
        if self.losses and best(self.losses) == len(self.losses) - 1:
            last = epoch_path(self.folder, len(self.losses))
            replace(self.folder / "model.keras", last.read_bytes())


def last_epoch(folder: Path) -> int:
    """Count the finished epochs of a run in training."""
    numbers = [int(path.stem.split("-")[1]) for path in folder.glob("training/epoch-*.keras")]
    return max(numbers, default=0)


def epoch_path(folder: Path, number: int) -> Path:
    """Say where the network after an epoch, counted from 1, is kept."""
    return folder / "training" / f"epoch-{number:04d}.keras"
