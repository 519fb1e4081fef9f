"""Two runs and the same recordings in, which of the two is better out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit
from scipy.stats import binomtest

from classify.data import manifest
from classify.metrics.bootstrap import RESAMPLES, cluster_column, cluster_groups, intervals
from classify.metrics.trials import Trials, compute_metrics
from classify.prediction.pooling import calibrated_trials, score_split
from classify.runs.run import Run

# How sure a difference has to be, and the figures that are compared; lower is better for `LOWER`.
SIGNIFICANT = 0.05
COMPARED = ("accuracy", "balanced_accuracy", "hter", "eer", "auc", "cllr", "act_dcf", "min_dcf")
LOWER = ("hter", "eer", "cllr", "act_dcf", "min_dcf")


@dataclass(frozen=True)
class Comparison:
    """What came of a comparison.

    Attributes
    ----------
    report : dict
        ``split``, ``level``, ``n_real``, ``n_fake``, ``resampled_by``; ``a``, ``b`` and
        ``difference`` (b - a) with the figures of `COMPARED`; ``interval`` of the differences,
        ``mcnemar`` with ``only_a`` and ``only_b``, how many only that run is right on, and ``p``;
        ``sentence``.
    refused : int
        Pictures that could not be scored.
    """

    report: dict[str, Any]
    refused: int


def compare(
    dataset: Path, a: Run, b: Run, split: str = "test", resamples: int = RESAMPLES
) -> Comparison:
    """Compare two runs on one split, recording by recording.

    Parameters
    ----------
    dataset : Path
        A picture dataset, drawn with the settings of both runs.
    a, b : Run
    split : str
    resamples : int

    Returns
    -------
    comparison : Comparison

    Raises
    ------
    ValueError
        If the runs name different classes, or one of them cannot score the split.
    """
    if a.classes != b.classes:
        raise ValueError(
            f"expected runs with the classes {' and '.join(a.classes)}, got "
            f"{' and '.join(b.classes)} in {b.folder}"
        )
    known = manifest.read(dataset)
    pictures = [score_split("compare", dataset, run, split) for run in (a, b)]
    found = [calibrated_trials(run, one, known) for run, one in zip((a, b), pictures, strict=True)]
    level = "recording" if "recording" in found[0] else "picture"
    first, second = same(found[0][level], found[1][level])
    cluster = cluster_column(found[0]["picture"])
    together = cluster_groups(first, cluster)
    thresholds = a.threshold, b.threshold
    report = {
        "split": split,
        "level": level,
        "n_real": int((first.labels == 0).sum()),
        "n_fake": int((first.labels == 1).sum()),
        "resampled_by": cluster,
        **differences(first, second, thresholds, together, resamples),
        "mcnemar": mcnemar(first, second, thresholds),
    }
    report["sentence"] = sentence(report, str(a.folder), str(b.folder))
    return Comparison(report, max(one.refused for one in pictures))


def differences(
    a: Trials,
    b: Trials,
    thresholds: tuple[float, float],
    together: np.ndarray,
    resamples: int = RESAMPLES,
) -> dict[str, Any]:
    """Figures of two systems and of their difference, with paired bootstrap intervals.

    Each resample holds the same recordings for both systems, so what makes a recording hard for
    both does not blur the difference.

    Parameters
    ----------
    a, b : Trials
        The same names in the same order.
    thresholds : tuple of two float
    together : np.ndarray, shape=(len(a),)
        What is resampled together.
    resamples : int

    Returns
    -------
    report : dict
        ``a``, ``b``, ``difference`` and ``interval``, see `Comparison`.
    """

    def figures(index: np.ndarray) -> tuple[dict[str, float], dict[str, float]]:
        one, other = (
            compute_metrics(system.labels[index], system.llr[index], threshold)
            for system, threshold in zip((a, b), thresholds, strict=True)
        )
        shared = [name for name in COMPARED if name in one and name in other]
        return {name: one[name] for name in shared}, {name: other[name] for name in shared}

    def difference(index: np.ndarray) -> dict[str, float]:
        one, other = figures(index)
        return {name: other[name] - one[name] for name in one}

    everything = np.arange(len(a))
    one, other = figures(everything)
    return {
        "a": one,
        "b": other,
        "difference": difference(everything),
        "interval": intervals(a.labels, together, difference, resamples),
    }


def mcnemar(a: Trials, b: Trials, thresholds: tuple[float, float]) -> dict[str, float]:
    """McNemar's exact test: whether one system is right more often than the other.

    Under the hypothesis that both are right equally often, the recordings on which only one of
    them is right fall to either with probability 1/2. It takes recordings for independent.

    Parameters
    ----------
    a, b : Trials
        The same names in the same order.
    thresholds : tuple of two float

    Returns
    -------
    test : dict of str to float
        ``only_a``, ``only_b``: on how many only that system is right; ``p``, two-sided.

    References
    ----------
    McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", 1947, in its exact form.

    Examples
    --------
    >>> names, labels = np.array(list("abcde")), np.ones(5, dtype=int)
    >>> a, b = Trials(names, labels, -np.ones(5)), Trials(names, labels, np.ones(5))
    >>> mcnemar(a, b, (0.5, 0.5))
    {'only_a': 5, 'only_b': 0, 'p': 0.0625}
    """
    right_a, right_b = (
        (expit(-one.llr) >= threshold) == (one.labels == 1)
        for one, threshold in zip((a, b), thresholds, strict=True)
    )
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    p = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    return {"only_a": only_a, "only_b": only_b, "p": float(p)}


def sentence(report: dict[str, Any], a: str, b: str) -> str:
    """Say in plain words what follows from a comparison.

    It speaks of the EER, of verdicts where there is none, and of nothing as better whose interval
    holds 0.

    Parameters
    ----------
    report : dict
        See `Comparison`.
    a, b : str
        What the systems are called.

    Returns
    -------
    sentence : str
    """
    name = "eer" if "eer" in report["interval"] else "accuracy"
    called = "EER" if name == "eer" else name
    p = report["mcnemar"]["p"]
    verdicts = (
        f"how often the verdicts are right differs (McNemar p = {p:.2g})"
        if p < SIGNIFICANT
        else f"how often the verdicts are right does not differ surely (McNemar p = {p:.2g})"
    )
    if name not in report["interval"]:
        return f"There are too few recordings to compare {a} and {b}; {verdicts}."
    low, high = report["interval"][name]
    change = report["difference"][name]
    between = f"by {abs(change):.3f} (95 % interval of the difference {low:+.3f} to {high:+.3f})"
    if low <= 0 <= high:
        return (
            f"Neither is surely better by {called}: that of {b} is "
            f"{'lower' if change < 0 else 'higher'} than that of {a} {between}, which may be "
            f"chance; {verdicts}."
        )
    better = b if (change < 0) == (name in LOWER) else a
    return f"By {called}, {better} is better {between}; {verdicts}."


def same(a: Trials, b: Trials) -> tuple[Trials, Trials]:
    """Keep what both could score, in the same order.

    Parameters
    ----------
    a, b : Trials

    Returns
    -------
    a, b : Trials
        Of the same names and classes.

    Raises
    ------
    ValueError
        If there are none.
    """
    keys_a, keys_b = (
        [f"{label} {name}" for name, label in zip(one.names, one.labels, strict=True)]
        for one in (a, b)
    )
    shared, at_a, at_b = np.intersect1d(keys_a, keys_b, return_indices=True)
    if not len(shared):
        raise ValueError("expected recordings that both runs can score, got none")
    return a[at_a], b[at_b]
