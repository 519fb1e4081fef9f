"""How good a detector is on each generator, each source, each value of a column of the manifest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from classify.metrics import detection
from classify.metrics.bootstrap import Interval, intervals
from classify.metrics.registry import METRICS, compute_metrics
from classify.metrics.trials import Trials

# Values with fewer of either class have no part in the mean over the values.
ENOUGH = 5


@dataclass(frozen=True)
class Cell:
    """Metrics of some of the trials, such as those of one generator.

    Attributes
    ----------
    n_real, n_fake : int
    metrics : dict of str to float
    interval : dict of str to (float, float)
        By metric.
    real_from : str or None
        What the real recordings share with the fakes that they are held against: ``"same source"``,
        ``"same COLUMN"``, ``"all"``, or nothing, ``""``, where there are no fakes.
    """

    n_real: int
    n_fake: int
    metrics: Mapping[str, float] = field(default_factory=dict)
    interval: Mapping[str, Interval] = field(default_factory=dict)
    real_from: str | None = None

    @property
    def enough(self) -> bool:
        """Whether there are at least 5 of each class."""
        return min(self.n_real, self.n_fake) >= ENOUGH

    def to_json(self) -> dict[str, Any]:
        """All attributes in one mapping, the metrics by their names."""
        counts = {"n_real": self.n_real, "n_fake": self.n_fake}
        real_from = {} if self.real_from is None else {"real_from": self.real_from}
        return {**counts, **real_from, **self.metrics, "interval": dict(self.interval)}


def breakdown(
    trials: Trials, column: str, groups: np.ndarray, threshold: float, resamples: int
) -> dict[str, Cell]:
    """Judge the fakes of every value of a column, worst first.

    The fakes of a value stand against the real recordings of the same value; where there are none,
    against those of the sources that the fakes are from; where there are none either, against all.

    Parameters
    ----------
    trials : Trials
    column : str
        Of the manifest.
    groups : np.ndarray, shape=(len(trials),)
        What is resampled together.
    threshold : float
        P(fake) from which the verdict is fake.
    resamples : int

    Returns
    -------
    cells : dict of str to Cell
        By value, with the interval of the EER. Where only real ones have the value, the metrics
        are ``fpr``, ``accuracy`` and those of P(fake).
    """
    values, sources = trials[column], trials["source"]
    bare = Trials(trials.names, trials.labels, trials.llr)
    cells = {}
    for value in sorted(set(values) - {""}):
        chosen, real_from = _opponents(trials.labels, values == value, sources, column)
        part = bare[chosen]
        cells[value] = Cell(
            n_real=int((part.labels == 0).sum()),
            n_fake=int((part.labels == 1).sum()),
            metrics=compute_metrics(part.labels, part.llr, threshold),
            interval=_eer_interval(part, groups[chosen], resamples),
            real_from=real_from,
        )
    return dict(sorted(cells.items(), key=_worst_first))


def source_masks(labels: np.ndarray, sources: np.ndarray) -> list[np.ndarray]:
    """Select for every source the recordings that its figure in a mean over sources is from.

    As in `breakdown` by source with `mean_over`: the fakes of a source with its own real ones, or
    with all where it has none. Sources that have fewer than 5 of either class then are left out.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
    sources : np.ndarray of str, shape=(n,)
        Empty where it is unknown.

    Returns
    -------
    masks : list of np.ndarray, shape=(n,), dtype=bool
        One a source, in the order of their names.

    Examples
    --------
    >>> labels = np.array([0] * 5 + [1] * 10 + [0] * 4 + [1] * 9)
    >>> sources = np.array(["a"] * 10 + ["only fakes"] * 5 + ["few real"] * 13)
    >>> [np.bincount(labels[mask]).tolist() for mask in source_masks(labels, sources)]
    [[5, 5], [9, 5]]
    """
    known = sorted({*sources.tolist()} - {""})
    masks = [_opponents(labels, sources == source, sources, "source")[0] for source in known]
    return [mask for mask in masks if np.bincount(labels[mask], minlength=2).min() >= ENOUGH]


def _opponents(
    labels: np.ndarray, of_value: np.ndarray, sources: np.ndarray, column: str
) -> tuple[np.ndarray, str]:
    """The fakes of a value with the real ones to judge them by, and what the latter share."""
    fake = of_value & (labels == 1)
    real = of_value & (labels == 0)
    if not fake.any():
        return real, ""
    if real.any():
        return fake | real, f"same {column}"
    near = (labels == 0) & np.isin(sources, np.unique(sources[fake])) & (sources != "")
    if near.any():
        return fake | near, "same source"
    return fake | (labels == 0), "all"


def _eer_interval(
    part: Trials, groups: np.ndarray, resamples: int
) -> dict[str, tuple[float, float]]:
    if len(np.unique(part.labels)) < 2:
        return {}

    def eer(index: np.ndarray) -> dict[str, float]:
        labels, llr = part.labels[index], part.llr[index]
        if detection.are_decisions(llr):
            return {}
        return {"eer": detection.eer(llr[labels == 0], llr[labels == 1])[0]}

    return intervals(part.labels, groups, eer, resamples)


def _worst_first(item: tuple[str, Cell]) -> tuple[float, float, str]:
    value, cell = item
    error = cell.metrics.get("hter", cell.metrics.get("fpr", 0.0))
    return -cell.metrics.get("eer", -1.0), -error, value


def mean_over(cells: Mapping[str, Cell]) -> dict[str, float]:
    """Average the metrics of the values that have at least 5 real and 5 fake recordings.

    A value with many recordings counts no more than one with few.

    Parameters
    ----------
    cells : mapping of str to Cell
        What `breakdown` returned.

    Returns
    -------
    means : dict of str to float
        ``values`` (how many) and every metric that all of them have; empty if there are none.

    Examples
    --------
    >>> mean_over({"a": Cell(9, 9, {"eer": 0.25}), "b": Cell(9, 9, {"eer": 0.75})})
    {'values': 2, 'eer': 0.5}
    """
    enough = [cell.metrics for cell in cells.values() if cell.enough]
    if not enough:
        return {}
    shared = [name for name in METRICS if all(name in metrics for metrics in enough)]
    means = {name: float(np.mean([metrics[name] for metrics in enough])) for name in shared}
    return {"values": len(enough), **means}


def means_over(by: Mapping[str, Mapping[str, Cell]]) -> dict[str, dict[str, float]]:
    """Average breakdowns by several columns, each as `mean_over`, without those of no mean."""
    means = {column: mean_over(cells) for column, cells in by.items()}
    return {column: mean for column, mean in means.items() if mean}
