"""How good a network is on the validation split, after every epoch."""

import math
from dataclasses import dataclass
from functools import cached_property

import keras
import numpy as np

from classify.data import manifest
from classify.data.cache import PictureCache
from classify.data.manifest import Manifest
from classify.metrics.breakdown import with_enough
from classify.metrics.trials import Trials, eer_of_any_scores
from classify.prediction.pooling import pool_recordings
from classify.probability import RESOLUTION, logit


@dataclass(frozen=True)
class ValidationSet:
    """Validation pictures and what is known of them.

    Attributes
    ----------
    store : PictureCache
    names : list of str
        Paths of the pictures, relative to the dataset.
    labels : np.ndarray, shape=(n,), dtype=int
        1 for the positive class.
    known : Manifest
    """

    store: PictureCache
    names: list[str]
    labels: np.ndarray
    known: Manifest

    def answers(self, model: keras.Model, batch: int) -> np.ndarray:
        """Ask a network about all pictures, `batch` at a time.

        Returns
        -------
        answers : np.ndarray, shape=(n, ...)
            What the network gives for each.
        """
        count = len(self.labels)
        parts = [range(start, min(start + batch, count)) for start in range(0, count, batch)]
        asked = (model.predict_on_batch(self.store[part][..., np.newaxis]) for part in parts)
        return np.concatenate([np.asarray(one, float) for one in asked])

    def pooled(self, llr: np.ndarray) -> Trials:
        """Pool scores of the pictures, shape (n,), into those of the recordings."""
        return pool_recordings(Trials(np.array(self.names), self.labels, llr, self._columns))

    @cached_property
    def _columns(self) -> dict[str, np.ndarray]:
        return manifest.table(self.known, self.names)


def validate(model: keras.Model, held: ValidationSet, batch: int) -> dict[str, float]:
    """Judge a network as it stands.

    Parameters
    ----------
    model : keras.Model
    held : ValidationSet
    batch : int
        Pictures at a time.

    Returns
    -------
    figures : dict
        ``val_loss``, cross-entropy of the pictures in nats; ``val_accuracy``, at 0.5;
        ``val_eer`` of the recordings, see `error`. All are NaN if an answer is.
    """
    p = np.clip(held.answers(model, batch)[:, -1], RESOLUTION, 1 - RESOLUTION)
    if np.isnan(p).any():
        return dict.fromkeys(("val_accuracy", "val_eer", "val_loss"), math.nan)
    right = np.where(held.labels == 1, p, 1 - p)
    return {
        "val_accuracy": float(((p > 0.5) == (held.labels == 1)).mean()),
        "val_eer": error(held, -logit(p)),
        "val_loss": float(-np.log(right).mean()),
    }


def error(held: ValidationSet, llr: np.ndarray) -> float:
    """Equal error rate of the recordings, each the mean of its pictures.

    Parameters
    ----------
    held : ValidationSet
    llr : np.ndarray, shape=(n,)
        Of the pictures, higher = more bona fide.

    Returns
    -------
    eer : float in [0, 1]
        The mean over the sources with at least 5 recordings of either class, where the manifest
        names any; else of all recordings.
    """
    scored = held.pooled(llr)
    parts = [scored[own] for own in with_enough(scored.labels, scored["source"])]
    return float(np.mean([eer_of_any_scores(part.labels, part.llr) for part in parts or [scored]]))
