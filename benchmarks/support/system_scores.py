"""Scores of systems on the same recordings, their error rates, and 95 % intervals of these.

There are two metrics, always in this order. The first is the equal error rate of all recordings.
The second is its mean over sources, as in ``./run.sh evaluate``: the fakes of each against its own
real recordings, or against all where it has none, with at least 5 of each class. Without such a
source it is the first again.

A resample draws groups of recordings, such as all of a speaker, and seeds. All systems share the
resamples: what makes a recording hard for all of them does not widen the interval of a difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from classify.data import manifest
from classify.defaults import RESAMPLES
from classify.metrics.bootstrap import cluster_column, cluster_groups, draws, interval
from classify.metrics.breakdown import source_masks
from classify.metrics.trials import Trials, eer_of_any_scores
from classify.prediction.pooling import calibrated_trials, score_split
from classify.runs.run import VALIDATION_SCORES, Run
from classify.scorefiles.files import read_scores

METRICS = ("EER", "by source")


@dataclass(frozen=True, eq=False)
class SystemScores:
    """Scores of one system, and their error rates.

    Attributes
    ----------
    trials : Trials
        Recordings with the columns ``source`` and ``group``; those of a group are resampled
        together.
    """

    trials: Trials

    @classmethod
    def of(cls, trials: Trials, groups: np.ndarray) -> Self:
        """Take the scores of recordings, shape=(n,), and their groups, shape=(n,)."""
        columns = {"source": trials["source"], "group": groups}
        return cls(Trials(trials.names, trials.labels, trials.llr, columns))

    @classmethod
    def read(cls, table: dict[str, list[Any]]) -> Self:
        """Build the scores from `table`."""
        names, labels, llr, *columns = (np.array(column) for column in table.values())
        return cls(Trials(names, labels, llr, dict(zip(("source", "group"), columns, strict=True))))

    @property
    def table(self) -> dict[str, list[Any]]:
        """All columns in JSON's types."""
        trials = self.trials
        columns = {"names": trials.names, "labels": trials.labels, "llr": trials.llr}
        return {name: column.tolist() for name, column in {**columns, **trials.columns}.items()}

    def __getitem__(self, index: np.ndarray) -> "SystemScores":
        """Select recordings by an index or a mask."""
        return SystemScores(self.trials[index])

    def among(self, names: Sequence[str] | np.ndarray) -> "SystemScores":
        """Select recordings by their names."""
        return self[np.isin(self.trials.names, names)]

    def by_name(self) -> "SystemScores":
        """Sort the recordings by name."""
        return self[np.argsort(self.trials.names, kind="stable")]

    @cached_property
    def source_masks(self) -> list[np.ndarray]:
        """One mask for each source with enough recordings, shape=(n,)."""
        return source_masks(self.trials.labels, self.trials["source"])

    @cached_property
    def error_rates(self) -> np.ndarray:
        """Both metrics, shape=(2,)."""
        return self._error_rates(np.arange(len(self.trials)))

    @cached_property
    def resampled(self) -> np.ndarray:
        """Both metrics of every resample, shape=(RESAMPLES, 2)."""
        resamples = draws(self.trials.labels, self.trials["group"], RESAMPLES)
        return np.array([self._error_rates(index) for index in resamples])

    def _error_rates(self, index: np.ndarray) -> np.ndarray:
        """Both metrics of a resample; a source that lacks a class in it is left out of the mean."""
        parts = [index[mask[index]] for mask in self.source_masks]
        sources = [at for at in parts if 0 < self.trials.labels[at].sum() < len(at)] or [index]
        return np.array([self._eer(index), np.mean([self._eer(at) for at in sources])])

    def _eer(self, index: np.ndarray) -> float:
        return eer_of_any_scores(self.trials.labels[index], self.trials.llr[index])


@dataclass(frozen=True)
class Estimate:
    """Both metrics with their 95 % intervals.

    Attributes
    ----------
    value, low, high : np.ndarray, shape=(2,)
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, value: np.ndarray, resampled: np.ndarray) -> Self:
        """Take the interval of resampled metrics, shape=(RESAMPLES, 2)."""
        low, high = np.transpose([interval(column) for column in resampled.T])
        return cls(value, low, high)

    def formatted(self, metric: int, sign: str = "") -> str:
        """Write one metric with its interval; `sign` is ``"+"`` for a difference."""
        ends = (self.value, self.low, self.high)
        value, low, high = (f"{end[metric]:{sign}.3f}" for end in ends)
        return f"{value} [{low}, {high}]"


def score_run(dataset: Path, run: Run, split: str, name_prefix: str = "") -> SystemScores:
    """Score the recordings of a split with a run.

    Parameters
    ----------
    dataset : Path
        A dataset that ``./run.sh render`` has drawn.
    run : Run
    split : str
    name_prefix : str
        Removed from the beginning of the recordings' names.
    """
    pictures = score_split("ablation", dataset, run, split)
    levels = calibrated_trials(run, pictures, manifest.read(dataset))
    trials = levels["recording"]
    groups = cluster_groups(trials, cluster_column(levels["picture"]))
    names = np.array([name.removeprefix(name_prefix) for name in trials.names])
    return SystemScores.of(replace(trials, names=names), groups)


def score_out_of_fold(dataset: Path, run: Run, name_prefix: str = "") -> SystemScores:
    """Scores of all recordings, each by the network of the run that has not met its source.

    Parameters
    ----------
    dataset : Path
        What the run was trained on.
    run : Run
        An ensemble of folds.
    name_prefix : str
        Removed from the beginning of the recordings' names.
    """
    rows = manifest.rows_of_unit(manifest.read(dataset), "recording")
    scores = read_scores(run.folder / VALIDATION_SCORES)
    assert scores.labels is not None  # train writes them
    trials = Trials(scores.names, scores.labels, scores.llr, manifest.table(rows, scores.names))
    groups = cluster_groups(trials, cluster_column(trials))
    names = np.array([name.removeprefix(name_prefix) for name in trials.names])
    return SystemScores.of(replace(trials, names=names), groups).by_name()


def mean_over_seeds(scores: Sequence[SystemScores]) -> Estimate:
    """Average the metrics over seeds.

    Parameters
    ----------
    scores : sequence of SystemScores
        One a seed.
    """
    value = np.mean([seed.error_rates for seed in scores], axis=0)
    return Estimate.of(value, _resampled_means(scores))


def difference(scores: Sequence[SystemScores], base: Sequence[SystemScores]) -> Estimate:
    """Subtract the mean metrics of a base from those of a system, on the recordings of both.

    Parameters
    ----------
    scores, base : sequence of SystemScores
        One a seed. With as many seeds in both, those at one position have the same seed.

    Returns
    -------
    estimate : Estimate
        Below 0 where the system errs less than the base.
    """
    names, base_names = scores[0].trials.names, base[0].trials.names
    if not np.array_equal(names, base_names):
        scores = [seed.among(base_names) for seed in scores]
        base = [seed.among(names) for seed in base]
    value = np.mean([seed.error_rates for seed in scores], axis=0)
    value = value - np.mean([seed.error_rates for seed in base], axis=0)
    return Estimate.of(value, _resampled_means(scores) - _resampled_means(base))


def _resampled_means(scores: Sequence[SystemScores]) -> np.ndarray:
    """Means over seeds drawn with replacement, another draw a resample, shape=(RESAMPLES, 2)."""
    resampled = np.stack([seed.resampled for seed in scores])
    picks = np.random.default_rng(0).integers(len(resampled), size=(RESAMPLES, len(resampled)))
    return resampled[picks, np.arange(RESAMPLES)[:, np.newaxis]].mean(axis=1)
