"""Features of recordings, kept beside a network for an adaptation.

They are the inputs of the network's last dense layers, averaged over the clips of a recording and
projected onto their principal components. An adaptation replays them, so that what it gains on some
recordings is not lost on all others.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classify.files import atomic_write

FEATURES = "features.npz"  # in a network's folder
_NUMBERS = ("mean", "components", "values", "llr")


@dataclass(frozen=True)
class ReplaySet:
    """Features of recordings, as one network sees them.

    Attributes
    ----------
    mean : np.ndarray, shape=(inputs,)
        Of the inputs of the last layers.
    components : np.ndarray, shape=(components, inputs)
        Principal components, each divided by its standard deviation.
    values : np.ndarray, shape=(n, components)
    llr : np.ndarray, shape=(n,)
        Raw scores by a network that has not met the recordings: this one, or one of the folds.
    labels : np.ndarray, shape=(n,), dtype=int
        1 for the positive class.
    sources : np.ndarray of str, shape=(n,)
        Empty where it is unknown.
    """

    mean: np.ndarray
    components: np.ndarray
    values: np.ndarray
    llr: np.ndarray
    labels: np.ndarray
    sources: np.ndarray

    def project(self, inputs: np.ndarray) -> np.ndarray:
        """Project inputs of the last layers, shape (n, inputs), onto the components."""
        return (inputs - self.mean) @ self.components.T

    def save(self, folder: Path) -> None:
        """Write ``features.npz`` into the folder of a network."""
        single = {name: getattr(self, name).astype(np.float32) for name in _NUMBERS}
        # Their variance is 1; components of an input that hardly varies exceed half precision.
        single["values"] = self.values.astype(np.float16)
        file = io.BytesIO()
        labels = self.labels.astype(np.int8)
        np.savez_compressed(file, **single, labels=labels, sources=self.sources)
        atomic_write(folder / FEATURES, file.getvalue())


def load_replay_set(folder: Path) -> ReplaySet:
    """Read the ``features.npz`` of a network.

    Raises
    ------
    ValueError
        If there is none, or it is no such file.
    """
    path = folder / FEATURES
    if not path.is_file():
        raise ValueError(
            f"expected features of recordings in {path}, got no such file: the command that "
            "trained the run adds it, with --resume"
        )
    try:
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
        numbers = {name: arrays[name].astype(float) for name in _NUMBERS}
        return ReplaySet(**numbers, labels=arrays["labels"].astype(int), sources=arrays["sources"])
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"expected features of recordings in {path}, got {error}") from error
