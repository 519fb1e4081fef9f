"""How good a detector is on each generator, each source, each value of a column of the manifest."""

from typing import Any

import numpy as np

from classify.metrics import detection
from classify.metrics.bootstrap import intervals
from classify.metrics.trials import METRICS, Trials, compute_metrics

# Values with fewer of either class have no part in the mean over the values.
ENOUGH = 5


def breakdown(
    trials: Trials,
    column: str,
    groups: np.ndarray,
    threshold: float,
    resamples: int,
) -> dict[str, dict[str, Any]]:
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
    cells : dict of str to dict
        By value: ``n_real``, ``n_fake``, ``against`` (``"same generator"`` for the column
        generator, ``"same source"``, ``"all"``), the figures of
        `classify.metrics.trials.compute_metrics` and ``interval`` of the EER. Where only real ones
        have the value, ``n_fake`` is 0, ``against`` empty and `fpr` and `accuracy` are the figures.
    """
    values, sources = trials[column], trials["source"]
    bare = Trials(trials.names, trials.labels, trials.llr)
    cells = {}
    for value in sorted(set(values) - {""}):
        chosen, against = _opponents(trials.labels, values == value, sources, column)
        part = bare[chosen]
        cells[value] = {
            "n_real": int((part.labels == 0).sum()),
            "n_fake": int((part.labels == 1).sum()),
            "against": against,
            **compute_metrics(part.labels, part.llr, threshold),
            "interval": _eer_interval(part, groups[chosen], resamples),
        }
    return dict(sorted(cells.items(), key=_worst_first))


def with_enough(labels: np.ndarray, values: np.ndarray) -> list[np.ndarray]:
    """Find the values that have at least 5 recordings of either class.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
    values : np.ndarray of str, shape=(n,)
        Such as the source of each; empty where it is unknown.

    Returns
    -------
    masks : list of np.ndarray, shape=(n,), dtype=bool
        What has a value, one mask a value, in the values' order.

    Examples
    --------
    >>> sources = np.array(["b", ""] * 4 + ["a"] * 16)
    >>> [int(own.sum()) for own in with_enough(np.arange(24) % 2, sources)]
    [16]
    """
    masks = (values == one for one in sorted({*values.tolist()} - {""}))
    return [own for own in masks if np.bincount(labels[own], minlength=2).min() >= ENOUGH]


def _opponents(
    labels: np.ndarray, of_value: np.ndarray, sources: np.ndarray, column: str
) -> tuple[np.ndarray, str]:
    """The fakes of a value with the real ones to judge them by, and what the latter share."""
    fake = of_value & (labels == 1)
    own = of_value & (labels == 0)
    if not fake.any():
        return own, ""
    if own.any():
        return fake | own, f"same {column}"
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


def _worst_first(item: tuple[str, dict[str, Any]]) -> tuple[float, float, str]:
    value, cell = item
    return -cell.get("eer", -1.0), -cell.get("hter", cell.get("fpr", 0.0)), value


def mean_over(cells: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Average the figures of the values that have at least 5 real and 5 fake recordings.

    A value with many recordings counts no more than one with few.

    Parameters
    ----------
    cells : dict
        What `breakdown` returned.

    Returns
    -------
    means : dict of str to float
        ``values`` (how many) and every figure that all of them have; empty if there are none.

    Examples
    --------
    >>> cell = {"n_real": 9, "n_fake": 9, "against": "all"}
    >>> mean_over({"a": {**cell, "eer": 0.25}, "b": {**cell, "eer": 0.75}})
    {'values': 2, 'eer': 0.5}
    """
    enough = [cell for cell in cells.values() if min(cell["n_real"], cell["n_fake"]) >= ENOUGH]
    if not enough:
        return {}
    shared = [name for name in METRICS if all(name in cell for cell in enough)]
    return {
        "values": len(enough),
        **{name: float(np.mean([cell[name] for cell in enough])) for name in shared},
    }
