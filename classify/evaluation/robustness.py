"""Robustness: metrics of a detector when sounds are degraded.

Scores are calibrated log-likelihood ratios of recordings, higher = more bona fide. The first
condition is clean; every other is held against it on the recordings that were judged under both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from classify.metrics import detection
from classify.metrics.bootstrap import Interval, cluster_groups, intervals
from classify.metrics.breakdown import Cell, breakdown, mean_over
from classify.metrics.registry import compute_metrics
from classify.metrics.robustness import ConditionReport, RobustnessReport
from classify.metrics.trials import Trials

SHOWN = ("eer", "hter", "fpr", "fnr")
CHANGING = ("eer", "change")  # those with intervals


@dataclass(frozen=True, kw_only=True)
class ConditionScores:
    """Scores of the same recordings under several conditions.

    Attributes
    ----------
    conditions : dict of str to tuple of two str
        Group, perhaps empty, and title by the name of the condition; clean is the first.
    names : np.ndarray of str, shape=(n,)
        Of the recordings.
    labels : np.ndarray, shape=(n,), dtype=int
        1 for the positive class.
    llr : np.ndarray, shape=(conditions, n)
        NaN where a recording was not judged under a condition; under clean, all are.
    refused : int
        Recordings that could not be judged.
    source : str
        Where the sounds are.
    asked : tuple of str
        Options of the command, for whoever wants to call it again.
    columns : mapping of str to np.ndarray, shape=(n,)
        What is known of each recording.
    """

    conditions: dict[str, tuple[str, str]]
    names: np.ndarray
    labels: np.ndarray
    llr: np.ndarray
    refused: int
    source: str
    asked: tuple[str, ...] = ()
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)

    def trials(self, number: int) -> Trials:
        """Scores of all recordings under one condition."""
        return Trials(self.names, self.labels, self.llr[number], self.columns)


def judge_conditions(
    degraded: ConditionScores,
    cluster: str,
    columns: Sequence[str],
    threshold: float,
    resamples: int,
) -> RobustnessReport:
    """Judge every condition, pooled and by the values of a column, and hold it against clean.

    Parameters
    ----------
    degraded : ConditionScores
    cluster : str
        Column whose values are resampled together, see
        `classify.metrics.bootstrap.cluster_column`.
    columns : sequence of str
        The first that has at least two values is broken down by.
    threshold : float
        P(fake) from which the verdict is fake.
    resamples : int

    Returns
    -------
    report : RobustnessReport
        What has no meaning, such as the EER of one class, is left out.
    """
    clean = degraded.trials(0)
    column = next((name for name in columns if len({*clean[name]} - {""}) > 1), None)
    ends = _intervals(degraded, cluster_groups(clean, cluster), resamples)
    conditions = {}
    for number, (name, (group, title)) in enumerate(degraded.conditions.items()):
        interval = {key: ends[f"{key} {name}"] for key in CHANGING if f"{key} {name}" in ends}
        judged = ~np.isnan(degraded.llr[number])
        now, before = degraded.trials(number)[judged], clean[judged]
        by, mean = _by_value(now, before, column, threshold)
        pooled = _pooled(now, before, threshold, interval)
        conditions[name] = ConditionReport(group, title, pooled, by, mean)
    return RobustnessReport(
        source=degraded.source,
        recordings=len(clean),
        refused=degraded.refused,
        column=column,
        conditions=conditions,
        bootstrap_unit=cluster,
    )


def _pooled(now: Trials, clean: Trials, threshold: float, interval: Mapping[str, Interval]) -> Cell:
    """Metrics of all recordings under a condition, and of clean on the same recordings."""
    n_real, n_fake = np.bincount(now.labels, minlength=2).tolist()
    if not len(now):
        return Cell(n_real, n_fake, {}, interval)
    metrics = [compute_metrics(part.labels, part.llr, threshold) for part in (now, clean)]
    return Cell(n_real, n_fake, _with_change(*metrics), interval)


def _by_value(
    now: Trials, clean: Trials, column: str | None, threshold: float
) -> tuple[dict[str, Cell], dict[str, float]]:
    """The same by the values of a column, and the mean over those with enough recordings."""
    if column is None or not len(now):
        return {}, {}
    cells, before = (
        breakdown(part, column, part.names, threshold, resamples=0) for part in (now, clean)
    )
    by = {
        value: Cell(cell.n_real, cell.n_fake, _with_change(cell.metrics, before[value].metrics))
        for value, cell in cells.items()
    }
    mean, mean_before = mean_over(cells), mean_over(before)
    if "eer" not in mean:
        return by, {}
    means = {"values": mean["values"], "eer": mean["eer"]}
    if "eer" in mean_before:
        means["change"] = mean["eer"] - mean_before["eer"]
    return by, means


def _with_change(now: Mapping[str, float], clean: Mapping[str, float]) -> dict[str, float]:
    """The metrics that are shown, with the change of the EER where there are two."""
    metrics = {name: now[name] for name in SHOWN if name in now}
    if "eer" in now and "eer" in clean:
        metrics["change"] = now["eer"] - clean["eer"]
    return metrics


def _intervals(
    degraded: ConditionScores, groups: np.ndarray, resamples: int
) -> dict[str, Interval]:
    """Intervals of every EER and of its change, all from the same resamples."""
    if len(np.unique(degraded.labels)) < 2:
        return {}
    judged = ~np.isnan(degraded.llr)

    def eers(index: np.ndarray) -> dict[str, float]:
        values = {}
        for number, name in enumerate(degraded.conditions):
            at = index[judged[number, index]]
            now, clean = (_eer(degraded.labels[at], degraded.llr[row, at]) for row in (number, 0))
            if now is not None:
                values[f"eer {name}"] = now
            if now is not None and clean is not None and number:
                values[f"change {name}"] = now - clean
        return values

    return intervals(degraded.labels, groups, eers, resamples)


def _eer(labels: np.ndarray, llr: np.ndarray) -> float | None:
    """The EER, or None where it has no meaning."""
    bonafide, spoof = llr[labels == 0], llr[labels == 1]
    if not len(bonafide) or not len(spoof) or detection.are_decisions(llr):
        return None
    return detection.eer(bonafide, spoof)[0]
