"""Comparison of two systems on the same recordings: paired differences and McNemar's test."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit
from scipy.stats import binomtest

from classify.defaults import RESAMPLES
from classify.metrics.bootstrap import Interval, Metrics, intervals
from classify.metrics.registry import METRICS, compute_metrics
from classify.metrics.trials import Trials


@dataclass(frozen=True)
class Differences:
    """Metrics of two systems and of their difference.

    Attributes
    ----------
    a, b, difference : dict of str to float
        Metrics that are compared and that both have; the difference is b - a.
    interval : dict of str to (float, float)
        Of the differences, 95 %.
    """

    a: Mapping[str, float]
    b: Mapping[str, float]
    difference: Mapping[str, float]
    interval: Mapping[str, Interval]


@dataclass(frozen=True)
class McNemar:
    """Outcome of McNemar's test.

    Attributes
    ----------
    only_a, only_b : int
        Recordings that only this system is right on.
    p : float in [0, 1]
        Two-sided.
    """

    only_a: int
    only_b: int
    p: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Comparison of two runs on one split.

    Attributes
    ----------
    split : str
    unit : str
        ``"picture"`` or ``"recording"``.
    n_real, n_fake : int
    bootstrap_unit : str
        Column of the manifest whose values are resampled together.
    differences : Differences
    mcnemar : McNemar
    sentence : str
        What follows, in plain words.
    refused : int
        Pictures that could not be scored.
    """

    split: str
    unit: str
    n_real: int
    n_fake: int
    bootstrap_unit: str
    differences: Differences
    mcnemar: McNemar
    sentence: str
    refused: int = 0

    def to_json(self) -> dict[str, Any]:
        """All attributes but ``refused``, those of the differences by their own names."""
        values = {**vars(self), **vars(self.differences), "mcnemar": vars(self.mcnemar)}
        return {name: value for name, value in values.items() if name not in _NOT_WRITTEN}


_NOT_WRITTEN = ("differences", "refused")


def differences(
    a: Trials,
    b: Trials,
    thresholds: tuple[float, float],
    groups: np.ndarray,
    resamples: int = RESAMPLES,
) -> Differences:
    """Metrics of two systems and of their difference, with paired bootstrap intervals.

    Each resample holds the same recordings for both systems, so what makes a recording hard for
    both does not blur the difference.

    Parameters
    ----------
    a, b : Trials
        The same names in the same order.
    thresholds : tuple of two float
    groups : np.ndarray, shape=(len(a),)
        What is resampled together.
    resamples : int
    """

    def metrics(index: np.ndarray) -> tuple[Metrics, Metrics]:
        of_a, of_b = (
            compute_metrics(system.labels[index], system.llr[index], threshold)
            for system, threshold in zip((a, b), thresholds, strict=True)
        )
        shared = [name for name in of_a if name in of_b and METRICS[name].compared]
        return {name: of_a[name] for name in shared}, {name: of_b[name] for name in shared}

    def difference(index: np.ndarray) -> Metrics:
        of_a, of_b = metrics(index)
        return {name: of_b[name] - of_a[name] for name in of_a}

    everything = np.arange(len(a))
    return Differences(
        *metrics(everything),
        difference(everything),
        intervals(a.labels, groups, difference, resamples),
    )


def mcnemar(a: Trials, b: Trials, thresholds: tuple[float, float]) -> McNemar:
    """McNemar's exact test: whether one system is right more often than the other.

    Under the hypothesis that both are right equally often, the recordings on which only one of
    them is right fall to either with probability 1/2. It takes recordings for independent.

    Parameters
    ----------
    a, b : Trials
        The same names in the same order.
    thresholds : tuple of two float

    References
    ----------
    McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", 1947, in its exact form.

    Examples
    --------
    >>> names, labels = np.array(list("abcde")), np.ones(5, dtype=int)
    >>> a, b = Trials(names, labels, -np.ones(5)), Trials(names, labels, np.ones(5))
    >>> mcnemar(a, b, (0.5, 0.5))
    McNemar(only_a=5, only_b=0, p=0.0625)
    """
    right_a, right_b = (
        (expit(-system.llr) >= threshold) == (system.labels == 1)
        for system, threshold in zip((a, b), thresholds, strict=True)
    )
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    p = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    return McNemar(only_a, only_b, float(p))
