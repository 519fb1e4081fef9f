"""Comparison of two runs on the same recordings."""

from pathlib import Path

import numpy as np

from classify.data import manifest
from classify.defaults import RESAMPLES
from classify.metrics.bootstrap import cluster_column, cluster_groups
from classify.metrics.comparison import Comparison, Differences, McNemar, differences, mcnemar
from classify.metrics.registry import METRICS
from classify.metrics.trials import Trials, main_unit
from classify.prediction.pooling import calibrated_trials, score_split
from classify.runs.run import Run

SIGNIFICANT = 0.05  # McNemar's p below which a difference is said to be sure


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
    rows = manifest.read(dataset)
    scores = [score_split("compare", dataset, run, split) for run in (a, b)]
    trials_a, trials_b = (
        calibrated_trials(run, part, rows) for run, part in zip((a, b), scores, strict=True)
    )
    unit = main_unit(trials_a)
    cluster = cluster_column(trials_a["picture"])
    first, second = shared_trials(trials_a[unit], trials_b[unit])
    thresholds = a.threshold, b.threshold
    change = differences(first, second, thresholds, cluster_groups(first, cluster), resamples)
    test = mcnemar(first, second, thresholds)
    return Comparison(
        split=split,
        unit=unit,
        n_real=int((first.labels == 0).sum()),
        n_fake=int((first.labels == 1).sum()),
        bootstrap_unit=cluster,
        differences=change,
        mcnemar=test,
        sentence=sentence(change, test, str(a.folder), str(b.folder)),
        refused=max(part.refused for part in scores),
    )


def sentence(change: Differences, test: McNemar, a: str, b: str) -> str:
    """Say in plain words what follows from a comparison.

    It speaks of the EER, or of the accuracy where there is none. Where the interval of the
    difference holds 0, neither system is called better.

    Parameters
    ----------
    change : Differences
    test : McNemar
    a, b : str
        What the systems are called.
    """
    name = "eer" if "eer" in change.interval else "accuracy"
    title = "EER" if name == "eer" else name
    verdicts = (
        f"how often the verdicts are right differs (McNemar p = {test.p:.2g})"
        if test.p < SIGNIFICANT
        else f"how often the verdicts are right does not differ surely (McNemar p = {test.p:.2g})"
    )
    if name not in change.interval:
        return f"There are too few recordings to compare {a} and {b}; {verdicts}."
    low, high = change.interval[name]
    size = change.difference[name]
    between = f"by {abs(size):.3f} (95 % interval of the difference {low:+.3f} to {high:+.3f})"
    if low <= 0 <= high:
        return (
            f"Neither is surely better by {title}: that of {b} is "
            f"{'lower' if size < 0 else 'higher'} than that of {a} {between}, which may be "
            f"chance; {verdicts}."
        )
    better = b if (size > 0) == METRICS[name].higher_is_better else a
    return f"By {title}, {better} is better {between}; {verdicts}."


def shared_trials(a: Trials, b: Trials) -> tuple[Trials, Trials]:
    """Keep what both could score, in the same order.

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
        [f"{label} {name}" for name, label in zip(trials.names, trials.labels, strict=True)]
        for trials in (a, b)
    )
    shared, at_a, at_b = np.intersect1d(keys_a, keys_b, return_indices=True)
    if not len(shared):
        raise ValueError("expected recordings that both runs can score, got none")
    return a[at_a], b[at_b]
