"""What is left of a detector when sounds are degraded: figures of scores under conditions.

Scores are calibrated log-likelihood ratios of recordings, higher = more bona fide. The first
condition is clean; every other is held against it on the recordings that were judged under both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from classify.metrics import detection
from classify.metrics.bootstrap import intervals
from classify.metrics.breakdown import breakdown, mean_over
from classify.metrics.trials import Trials, compute_metrics

SHOWN = ("eer", "hter", "fpr", "fnr")


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


def figures(
    degraded: ConditionScores,
    groups: np.ndarray,
    columns: Sequence[str],
    threshold: float,
    resamples: int,
) -> dict[str, Any]:
    """Judge every condition, pooled and for each value of a column, and hold it against clean.

    Parameters
    ----------
    degraded : ConditionScores
    groups : np.ndarray, shape=(n,)
        What is resampled together.
    columns : sequence of str
        The first that has at least two values is broken down by.
    threshold : float
        P(fake) from which the verdict is fake.
    resamples : int

    Returns
    -------
    figures : dict
        ``source``, ``recordings``, ``refused``, ``column`` (or None) and ``conditions``: by name
        ``group``, ``title``, ``n_real``, ``n_fake``, ``eer``, ``hter``, ``fpr``, ``fnr``,
        ``change`` of the EER from clean on the same recordings, ``interval`` of ``eer`` and
        ``change``, ``by`` (by value, the same without intervals) and ``mean`` (``values``,
        ``eer`` and ``change``, over the values with at least 5 recordings of each class). What
        has no meaning, such as the EER of one class, is left out.
    """
    clean = degraded.trials(0)
    column = next((name for name in columns if len({*clean[name]} - {""}) > 1), None)
    between = _intervals(degraded, groups, resamples)
    conditions = {}
    for number, (name, (group, title)) in enumerate(degraded.conditions.items()):
        found = _condition(degraded, number, column, threshold)
        ends = {key: between.get(f"{key} {name}") for key in ("eer", "change")}
        ends = {key: each for key, each in ends.items() if each}
        conditions[name] = {"group": group, "title": title, **found, "interval": ends}
    return {
        "source": degraded.source,
        "recordings": len(clean),
        "refused": degraded.refused,
        "column": column,
        "conditions": conditions,
    }


def _condition(
    degraded: ConditionScores, number: int, column: str | None, threshold: float
) -> dict[str, Any]:
    """Figures of one condition, and of clean on the same recordings to hold them against."""
    judged = ~np.isnan(degraded.llr[number])
    now, clean = degraded.trials(number)[judged], degraded.trials(0)[judged]
    found: dict[str, Any] = _cell(now, clean, threshold)
    if column is None or not len(now):
        return found
    cells, before = (
        breakdown(part, column, part.names, threshold, resamples=0) for part in (now, clean)
    )
    found["by"] = {
        value: _changed(
            {"n_real": cell["n_real"], "n_fake": cell["n_fake"], **_shown(cell)}, before[value]
        )
        for value, cell in cells.items()
    }
    mean = mean_over(cells)
    if "eer" in mean:
        few = {"values": mean["values"], "eer": mean["eer"]}
        found["mean"] = _changed(few, mean_over(before))
    return found


def _cell(now: Trials, clean: Trials, threshold: float) -> dict[str, Any]:
    counts = np.bincount(now.labels, minlength=2).tolist()
    cell = {"n_real": counts[0], "n_fake": counts[1]}
    if not len(now):
        return cell
    cell |= _shown(compute_metrics(now.labels, now.llr, threshold))
    return _changed(cell, compute_metrics(clean.labels, clean.llr, threshold))


def _shown(found: dict[str, Any]) -> dict[str, float]:
    return {name: found[name] for name in SHOWN if name in found}


def _changed(cell: dict[str, Any], clean: dict[str, Any]) -> dict[str, Any]:
    """Add the change of the EER, where there are two."""
    if "eer" in cell and "eer" in clean:
        cell["change"] = cell["eer"] - clean["eer"]
    return cell


def _intervals(
    degraded: ConditionScores, groups: np.ndarray, resamples: int
) -> dict[str, tuple[float, float]]:
    """Intervals of every EER and of its change, all from the same resamples."""
    if len(np.unique(degraded.labels)) < 2:
        return {}
    judged = ~np.isnan(degraded.llr)

    def eers(index: np.ndarray) -> dict[str, float]:
        found = {}
        for number, name in enumerate(degraded.conditions):
            at = index[judged[number, index]]
            now, clean = (_eer(degraded.labels[at], degraded.llr[one, at]) for one in (number, 0))
            if now is not None:
                found[f"eer {name}"] = now
            if now is not None and clean is not None and number:
                found[f"change {name}"] = now - clean
        return found

    return intervals(degraded.labels, groups, eers, resamples)


def _eer(labels: np.ndarray, llr: np.ndarray) -> float | None:
    """The EER, or None where it has no meaning."""
    bonafide, spoof = llr[labels == 0], llr[labels == 1]
    if not len(bonafide) or not len(spoof) or detection.are_decisions(llr):
        return None
    return detection.eer(bonafide, spoof)[0]
