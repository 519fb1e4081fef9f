"""Bootstrap intervals of metrics.

What is drawn, with replacement, are whole groups: the clips of a recording, the recordings of a
speaker or a source belong together, and intervals that take them for independent are too narrow.
Groups are drawn within strata (those with only real, only fake, both), so that every resample has
as many groups of each kind as the data.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from tqdm import tqdm

from classify.defaults import RESAMPLES
from classify.metrics.registry import compute_metrics
from classify.metrics.trials import Trials

CONFIDENCE = 0.95
# What is resampled together, the first that the manifest has.
CLUSTERS = ("speaker", "source")

Metrics = dict[str, float]
Interval = tuple[float, float]


def intervals(
    labels: np.ndarray,
    groups: np.ndarray,
    metrics: Callable[[np.ndarray], Metrics],
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Interval]:
    """95 % percentile intervals of metrics.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
    groups : np.ndarray, shape=(n,)
        What belongs together has the same value.
    metrics : callable
        Takes an index array, shape=(m,), and returns the metrics of the items there.
    resamples : int
    seed : int

    Returns
    -------
    intervals : dict of str to (float, float)
        Low and high end of every metric that at least 9 of 10 resamples have.

    References
    ----------
    Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 13; Field and Welsh,
    "Bootstrapping clustered data", 2007.

    Examples
    --------
    >>> values = np.arange(100.0)
    >>> ends = intervals(values > 49, values, lambda at: {"mean": values[at].mean()})
    >>> [round(end) for end in ends["mean"]]
    [47, 52]
    """
    bar = tqdm(draws(labels, groups, resamples, seed), "resample", resamples, delay=1, disable=None)
    resampled = [metrics(index) for index in bar]
    names = dict.fromkeys(name for values in resampled for name in values)
    columns = {name: [values[name] for values in resampled if name in values] for name in names}
    return {
        name: interval(column) for name, column in columns.items() if len(column) >= 0.9 * resamples
    }


def metric_intervals(
    trials: Trials, groups: np.ndarray, threshold: float, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Interval]:
    """95 % intervals of all metrics of `classify.metrics.registry.compute_metrics`.

    Parameters
    ----------
    trials : Trials
    groups : np.ndarray, shape=(len(trials),)
        What belongs together has the same value.
    threshold : float
        P(fake) from which the verdict is fake.
    resamples : int
    seed : int

    Returns
    -------
    intervals : dict of str to (float, float)
    """
    order = np.argsort(trials.llr, kind="stable")  # each resample is in order then, and sorts fast
    labels, llr = trials.labels[order], trials.llr[order]
    return intervals(
        labels,
        groups[order],
        lambda index: compute_metrics(labels[index], llr[index], threshold),
        resamples,
        seed,
    )


def cluster_column(trials: Trials) -> str:
    """Name the column whose values are resampled together: speaker, source or recording.

    A column that is the same everywhere says nothing: resampling it would give no interval.
    """
    return next((column for column in CLUSTERS if len({*trials[column]}) > 1), "recording")


def cluster_groups(trials: Trials, column: str) -> np.ndarray:
    """Group what is resampled together.

    Parameters
    ----------
    trials : Trials
    column : str
        See `cluster_column`.

    Returns
    -------
    groups : np.ndarray of str, shape=(len(trials),)
        Where the column has no value, the recording stands for itself.
    """
    values, recordings = trials[column], trials.recordings
    return np.where(
        values == "", np.char.add("recording ", recordings), np.char.add("value ", values)
    )


def interval(values: Sequence[float] | np.ndarray) -> Interval:
    """Where the middle 95 % of resampled values lie.

    Examples
    --------
    >>> [round(end, 6) for end in interval(np.arange(101.0))]
    [2.5, 97.5]
    """
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


def rule_of_three(n: int) -> float:
    """Highest rate with which no error among n is still no surprise.

    1 - 0.05^(1/n), about 3 / n: the upper end of the one-sided 95 % interval.

    Parameters
    ----------
    n : int
        At least 1, independent of each other.

    Returns
    -------
    rate : float in (0, 1)

    References
    ----------
    Hanley and Lippman-Hand, "If nothing goes wrong, is everything all right?", 1983.

    Examples
    --------
    >>> round(rule_of_three(300), 4)
    0.0099
    """
    return 1 - 0.05 ** (1 / n)


def draws(
    labels: np.ndarray, groups: np.ndarray, resamples: int, seed: int = 0
) -> Iterator[np.ndarray]:
    """Draw groups with replacement, again and again.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
    groups : np.ndarray, shape=(n,)
    resamples : int
    seed : int

    Yields
    ------
    index : np.ndarray, shape=(m,), dtype=int
        Ascending, an item as often as its group was drawn; m varies with the size of the groups.
    """
    rng = np.random.default_rng(seed)
    _, member = np.unique(groups, return_inverse=True)
    strata = _strata(labels, member)
    items = np.arange(len(labels))
    for _ in range(resamples):
        times = np.zeros(member.max() + 1, dtype=int)
        for stratum in strata:
            chosen = rng.integers(len(stratum), size=len(stratum))
            times[stratum] = np.bincount(chosen, minlength=len(stratum))
        yield np.repeat(items, times[member])


def _strata(labels: np.ndarray, member: np.ndarray) -> list[np.ndarray]:
    """Numbers of the groups with only real, with only fake and with both."""
    fake = np.bincount(member, labels)
    size = np.bincount(member)
    kinds = (fake == 0, fake == size, (fake > 0) & (fake < size))
    return [np.flatnonzero(kind) for kind in kinds if kind.any()]
