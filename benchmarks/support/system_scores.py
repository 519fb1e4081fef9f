"""What networks said of the same recordings, how often they err, and how sure that is.

Two figures, in this order wherever there are two: the equal error rate of all recordings, and its
mean over the sources with at least 5 recordings of each class, as ``./run.sh evaluate`` has it
(that of all, where there is no such source). A resample draws groups of recordings, such as all of
a speaker, and seeds. It holds the same recordings and seeds for all that is compared, so that what
makes a recording hard for all does not blur a difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from classify.data import manifest
from classify.metrics.bootstrap import (
    RESAMPLES,
    cluster_column,
    cluster_groups,
    draws,
    interval,
)
from classify.metrics.breakdown import with_enough
from classify.metrics.trials import eer_of_any_scores
from classify.prediction.pooling import calibrated_trials, score_split
from classify.runs.run import Run

FIGURES = ("EER", "by source")


@dataclass(frozen=True, eq=False)
class SystemScores:
    """Scores of recordings, and what is known of them.

    Attributes
    ----------
    names : np.ndarray of str, shape=(n,)
    labels : np.ndarray, shape=(n,), dtype=int
        1 for fake.
    llr : np.ndarray, shape=(n,)
        Calibrated, higher = more bona fide.
    sources : np.ndarray of str, shape=(n,)
        Empty where unknown.
    groups : np.ndarray of str, shape=(n,)
        What is resampled together.
    """

    names: np.ndarray
    labels: np.ndarray
    llr: np.ndarray
    sources: np.ndarray
    groups: np.ndarray

    @classmethod
    def read(cls, columns: dict[str, list[Any]]) -> Self:
        """Make it of `columns`."""
        return cls(**{name: np.array(column) for name, column in columns.items()})

    @property
    def columns(self) -> dict[str, list[Any]]:
        """All columns in JSON's types."""
        return {one.name: getattr(self, one.name).tolist() for one in fields(self)}

    def __getitem__(self, index: np.ndarray) -> "SystemScores":
        """Those at an index or under a mask."""
        return SystemScores(*(getattr(self, one.name)[index] for one in fields(self)))

    @cached_property
    def parts(self) -> list[np.ndarray]:
        """One mask a source that has enough of each class, shape=(n,)."""
        return with_enough(self.labels, self.sources)

    @cached_property
    def errors(self) -> np.ndarray:
        """Both figures, shape=(2,)."""
        return self._errors(np.arange(len(self.labels)))

    @cached_property
    def resampled(self) -> np.ndarray:
        """Both figures of every resample, shape=(RESAMPLES, 2)."""
        drawn = draws(self.labels, self.groups, RESAMPLES)
        return np.array([self._errors(index) for index in drawn])

    def _errors(self, index: np.ndarray) -> np.ndarray:
        """Both figures of a resample; a source that it lacks a class of has no part in the mean."""
        parts = [index[mask[index]] for mask in self.parts]
        whole = [at for at in parts if 0 < self.labels[at].sum() < len(at)] or [index]
        return np.array([self._eer(index), np.mean([self._eer(at) for at in whole])])

    def _eer(self, index: np.ndarray) -> float:
        return eer_of_any_scores(self.labels[index], self.llr[index])


@dataclass(frozen=True)
class Figure:
    """Both figures with their 95 % intervals.

    Attributes
    ----------
    value, low, high : np.ndarray, shape=(2,)
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, value: np.ndarray, resampled: np.ndarray) -> Self:
        """Take the middle of what was resampled, shape=(RESAMPLES, 2)."""
        low, high = np.transpose([interval(column) for column in resampled.T])
        return cls(value, low, high)

    def told(self, at: int, sign: str = "") -> str:
        """Write one of both figures; `sign` is ``"+"`` for a difference."""
        value, low, high = (f"{end[at]:{sign}.3f}" for end in (self.value, self.low, self.high))
        return f"{value} [{low}, {high}]"


def judge(dataset: Path, run: Run, split: str, above: str = "") -> SystemScores:
    """Judge a run on the recordings of a split.

    Parameters
    ----------
    dataset : Path
        A dataset that ``./run.sh render`` has drawn.
    run : Run
    split : str
    above : str
        What the names of the recordings are told without, at their beginning.

    Returns
    -------
    judged : SystemScores
    """
    known = manifest.read(dataset)
    pictures = score_split("ablation", dataset, run, split)
    trials = calibrated_trials(run, pictures, known)
    recordings = trials["recording"]
    groups = cluster_groups(recordings, cluster_column(trials["picture"]))
    names = np.array([name.removeprefix(above) for name in recordings.names])
    return SystemScores(names, recordings.labels, recordings.llr, recordings["source"], groups)


def join(parts: Sequence[SystemScores]) -> SystemScores:
    """Put recordings together, sorted by name."""
    names = (one.name for one in fields(SystemScores))
    whole = SystemScores(*(np.concatenate([getattr(one, name) for one in parts]) for name in names))
    return whole[np.argsort(whole.names, kind="stable")]


def level(judged: Sequence[SystemScores]) -> Figure:
    """Average the figures over seeds.

    Parameters
    ----------
    judged : sequence of SystemScores
        One a seed.

    Returns
    -------
    figure : Figure
    """
    return Figure.of(np.mean([one.errors for one in judged], axis=0), _over_seeds(judged))


def difference(judged: Sequence[SystemScores], base: Sequence[SystemScores]) -> Figure:
    """Average the figures over seeds, less those of the base on the same recordings.

    Parameters
    ----------
    judged, base : sequence of SystemScores
        One a seed; those of one place are of one seed, where there are as many.

    Returns
    -------
    figure : Figure
        Below 0 where fewer are wrong than of the base.
    """
    if not np.array_equal(judged[0].names, base[0].names):
        shared = np.intersect1d(judged[0].names, base[0].names)
        judged = [one[np.isin(one.names, shared)] for one in judged]
        base = [one[np.isin(one.names, shared)] for one in base]
    value = np.mean([one.errors for one in judged], axis=0)
    value = value - np.mean([one.errors for one in base], axis=0)
    return Figure.of(value, _over_seeds(judged) - _over_seeds(base))


def _over_seeds(judged: Sequence[SystemScores]) -> np.ndarray:
    """Means over seeds drawn with replacement, another draw a resample, shape=(RESAMPLES, 2)."""
    each = np.stack([one.resampled for one in judged])
    picks = np.random.default_rng(0).integers(len(each), size=(RESAMPLES, len(each)))
    return each[picks, np.arange(RESAMPLES)[:, np.newaxis]].mean(axis=1)
