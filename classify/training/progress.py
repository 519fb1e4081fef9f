"""The progress of a training on standard error."""

import sys
import time

import keras
from tqdm import tqdm


class Progress(keras.callbacks.Callback):
    """Show a bar over all steps with loss, accuracy and time left, and a line for each epoch.

    Without a terminal there is no bar, only the lines.

    Parameters
    ----------
    epochs : int
        Epochs of the training.
    steps : int
        Steps in an epoch.
    batch_size : int
        Pictures in a step.
    done : int
        Epochs that an earlier process finished.
    """

    def __init__(self, epochs: int, steps: int, batch_size: int, done: int):
        super().__init__()
        self.epochs, self.steps, self.batch_size, self.done = epochs, steps, batch_size, done

    def on_train_begin(self, logs=None) -> None:
        """Open the bar."""
        self.bar = tqdm(
            desc="train",
            total=self.epochs * self.steps,
            initial=self.done * self.steps,
            unit="step",
            disable=None,
        )

    def on_epoch_begin(self, epoch: int, logs=None) -> None:
        """Start the clock."""
        self.begun = time.monotonic()

    def on_train_batch_end(self, batch: int, logs=None) -> None:
        """Move on by a step."""
        self.bar.set_postfix_str(_values(logs), refresh=False)
        self.bar.update()
        self.seconds = time.monotonic() - self.begun  # without validation

    def on_epoch_end(self, epoch: int, logs=None) -> None:
        """Write the line of the epoch."""
        rate = self.steps * self.batch_size / self.seconds
        tqdm.write(
            f"train: epoch {epoch + 1} of {self.epochs}: {_values(logs)}, {rate:.0f} pictures/s",
            file=sys.stderr,
        )

    def on_train_end(self, logs=None) -> None:
        """Close the bar."""
        self.bar.close()


def _values(logs: dict[str, float]) -> str:
    order = ("loss", "accuracy", "val_loss", "val_accuracy", "val_eer")
    return ", ".join(f"{name} {logs[name]:.3f}" for name in order if name in logs)
