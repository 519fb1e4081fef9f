"""Metrics of a network on the validation split, and the calibration of a finished run."""

import dataclasses
import math
from dataclasses import dataclass
from functools import cached_property

import keras
import numpy as np

from classify.data import manifest
from classify.data.cache import PictureCache
from classify.data.manifest import Manifest
from classify.metrics.breakdown import source_masks
from classify.metrics.calibration import THRESHOLD, fit_sources
from classify.metrics.registry import compute_metrics
from classify.metrics.trials import Trials, eer_of_any_scores, oracle_metrics, selective_accuracy
from classify.prediction.pooling import pool_recordings
from classify.probability import RESOLUTION, logit
from classify.runs.run import Run


@dataclass(frozen=True)
class ValidationSet:
    """Validation pictures with their labels and their rows of the manifest.

    Attributes
    ----------
    cache : PictureCache
    names : list of str
        Paths of the pictures, relative to the dataset.
    labels : np.ndarray, shape=(n,), dtype=int
        1 for the positive class.
    rows : Manifest
    """

    cache: PictureCache
    names: list[str]
    labels: np.ndarray
    rows: Manifest

    def outputs(self, model: keras.Model, batch_size: int) -> np.ndarray:
        """Compute the outputs of a network for all pictures.

        Returns
        -------
        outputs : np.ndarray, shape=(n, ...)
        """
        count = len(self.labels)
        batches = [
            range(start, min(start + batch_size, count)) for start in range(0, count, batch_size)
        ]
        outputs = (model.predict_on_batch(self.cache[batch][..., np.newaxis]) for batch in batches)
        return np.concatenate([np.asarray(output, float) for output in outputs])

    def pool(self, llr: np.ndarray) -> Trials:
        """Pool scores of the pictures, shape (n,), into scores of the recordings."""
        return pool_recordings(Trials(np.array(self.names), self.labels, llr, self._columns))

    @cached_property
    def _columns(self) -> dict[str, np.ndarray]:
        return manifest.table(self.rows, self.names)


def validate(validation_set: ValidationSet, p: np.ndarray) -> dict[str, float]:
    """Compute the validation metrics of a network.

    Parameters
    ----------
    validation_set : ValidationSet
    p : np.ndarray, shape=(n,)
        P(positive class) of its pictures.

    Returns
    -------
    metrics : dict
        ``val_loss``, cross-entropy of the pictures in nats; ``val_accuracy`` of the pictures at
        0.5; ``val_eer``, see `validation_eer`. All are NaN if any output is NaN.
    """
    labels = validation_set.labels
    p = np.clip(p, RESOLUTION, 1 - RESOLUTION)
    if np.isnan(p).any():
        return dict.fromkeys(("val_accuracy", "val_eer", "val_loss"), math.nan)
    p_right = np.where(labels == 1, p, 1 - p)
    return {
        "val_accuracy": float(((p > 0.5) == (labels == 1)).mean()),
        "val_eer": validation_eer(validation_set, -logit(p)),
        "val_loss": float(-np.log(p_right).mean()),
    }


def validation_eer(validation_set: ValidationSet, llr: np.ndarray) -> float:
    """Compute the equal error rate of the recordings.

    Parameters
    ----------
    validation_set : ValidationSet
    llr : np.ndarray, shape=(n,)
        Scores of the pictures, higher = more bona fide. A recording has their mean.

    Returns
    -------
    eer : float in [0, 1]
        Mean over the sources as in `classify.metrics.breakdown.source_masks`; without sources that
        have enough recordings, that of all.
    """
    trials = validation_set.pool(llr)
    by_source = [trials[mask] for mask in source_masks(trials.labels, trials["source"])]
    return float(
        np.mean([eer_of_any_scores(part.labels, part.llr) for part in by_source or [trials]])
    )


def calibrate(run: Run, trials: Trials) -> Run:
    """Fit calibration, threshold and uncertain band on recordings that the run has not met.

    Within a class every source weighs the same, however many recordings it has.

    Parameters
    ----------
    run : Run
        Not calibrated yet.
    trials : Trials
        Its raw scores of the validation recordings or, of folds, of all recordings, each by the
        network that has not met it.

    Returns
    -------
    run : Run
        ``validation`` holds ``recordings`` (their number), ``eer``, ``auc``, ``accuracy`` at the
        threshold, ``accuracy_at_eer``, ``uncertain`` (a share) and, with enough recordings,
        ``cllr`` and ``ece``; for these two each score is calibrated by a line fitted on others, of
        other sources where there are enough.
    """
    fitted = fit_sources(trials, run.training["risk"], run.group or "source")
    llr, band = fitted.calibration(trials.llr), fitted.uncertain
    metrics = {"recordings": len(trials), **compute_metrics(trials.labels, llr, THRESHOLD)}
    metrics |= oracle_metrics(trials.labels, llr)
    metrics["uncertain"] = selective_accuracy(trials.labels, llr, band)["uncertain"]
    names = ["recordings", "eer", "auc", "accuracy", "accuracy_at_eer", "uncertain"]
    if fitted.fair_llr is not None:
        fair = compute_metrics(trials.labels, fitted.fair_llr, THRESHOLD)
        names += ["cllr", "ece"]
        metrics |= {name: fair[name] for name in ("cllr", "ece")}
    return dataclasses.replace(
        run,
        calibration=fitted.calibration,
        threshold=THRESHOLD,
        uncertain=band,
        validation={name: metrics[name] for name in names if name in metrics},
    )
