"""Error rates of a threshold, counted on the scores of the run's evaluation.

``RUN/report/scores.csv`` has the columns ``name,label,llr``: one row a recording (or a picture,
where no recordings are known), ``label`` the name of its class, ``llr`` the calibrated
ln p(first class) - ln p(second class). Thresholds are on P(second class), in (0, 1).
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classify.metrics import report as metrics_report
from classify.metrics.bootstrap import rule_of_three
from classify.metrics.trials import main_unit
from classify.prediction.verdicts import probability
from classify.probability import NBSP
from classify.runs.run import Run
from detect.web.runs import METRICS
from render.console import COMMAND

SCORES = Path("report", "scores.csv")
# Fine where errors are rare: there a step of 0.01 is a long way in evidence.
STEPS = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5),
    *(0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999),
)


@dataclass(frozen=True)
class Rates:
    """Counts of errors, one kind a class.

    Attributes
    ----------
    false_alarms, negatives : int
        Recordings of the first class that are called the second, and all of the first.
    misses, positives : int
        Recordings of the second class that are called the first, and all of the second.
    """

    false_alarms: int
    negatives: int
    misses: int
    positives: int

    @property
    def fpr(self) -> float | None:
        """Share of the first class that is called the second; None without any."""
        return self.false_alarms / self.negatives if self.negatives else None

    @property
    def fnr(self) -> float | None:
        """Share of the second class that is called the first; None without any."""
        return self.misses / self.positives if self.positives else None


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores and true classes of an evaluation.

    Attributes
    ----------
    labels : np.ndarray, shape=(n,), dtype=bool
        True for the second class.
    p : np.ndarray, shape=(n,)
        P(second class).
    """

    labels: np.ndarray
    p: np.ndarray

    def rates(self, threshold: float) -> Rates:
        """Count the errors at a threshold.

        Parameters
        ----------
        threshold : float in (0, 1)
            P(second class) from which the answer is the second class.

        Examples
        --------
        >>> scores = Scores(np.array([False, False, True]), np.array([0.1, 0.5, 0.4]))
        >>> scores.rates(0.5)
        Rates(false_alarms=1, negatives=2, misses=1, positives=1)
        """
        called = self.p >= threshold
        return Rates(
            int((called & ~self.labels).sum()),
            int((~self.labels).sum()),
            int((~called & self.labels).sum()),
            int(self.labels.sum()),
        )


def read_scores(run: Run) -> Scores | None:
    """Read the scores of a run's evaluation; None where it has none.

    Returns
    -------
    scores : Scores or None

    Raises
    ------
    ValueError
        If the file is not such a table.
    """
    path = run.folder / SCORES
    if not path.is_file():
        return None
    index = {name.lower(): number for number, name in enumerate(run.classes)}
    labels, p = [], []
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        for row in csv.DictReader(file):
            try:
                labels.append(bool(index[row["label"].lower()]))
                p.append(probability(float(row["llr"])))
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise ValueError(
                    f"expected the columns name, label ({' or '.join(run.classes)}) and llr in "
                    f"{path}, got {error!r} in row {len(p) + 1}"
                ) from error
    if not p:
        raise ValueError(f"expected scores in {path}, got none")
    return Scores(np.array(labels), np.array(p))


def stored_rates(run: Run) -> Rates | None:
    """Read the errors at the stored threshold of a run; None where it was not evaluated.

    Returns
    -------
    rates : Rates or None
        From the confusion table of ``report/metrics.json``, of recordings if it has them.

    Raises
    ------
    ValueError
        If the file is not the report of an evaluation.
    """
    path = run.folder / METRICS
    if not path.is_file():
        return None
    values = metrics_report.read(path)
    try:
        tables = values["confusion"]
        (right_real, false_alarms), (misses, right_fake) = tables[main_unit(tables)]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"expected the report of an evaluation in {path}, got {error!r}"
        ) from error
    return Rates(false_alarms, right_real + false_alarms, misses, misses + right_fake)


def threshold_steps(threshold: float) -> list[float]:
    """Thresholds to choose from, the given one among them.

    Examples
    --------
    >>> len(threshold_steps(0.5)), threshold_steps(0.52)[14:17]
    (29, [0.5, 0.52, 0.55])
    """
    return sorted({*STEPS, threshold})


def describe_threshold(run: Run, threshold: float) -> list[str]:
    """Say how often a threshold errs, by the run's evaluation.

    Parameters
    ----------
    run : Run
    threshold : float in (0, 1)

    Raises
    ------
    ValueError
        If the files of the evaluation are damaged.
    """
    scores = read_scores(run)
    rates = scores.rates(threshold) if scores else stored_rates(run)
    if rates is None:
        return [f"How often it errs is not known: {COMMAND} evaluate measures it."]
    measured_at = threshold if scores else run.threshold
    sentences = describe_rates(rates, run.classes, measured_at)
    if measured_at != threshold:
        sentences.append(f"For {threshold:g} they are not known: {COMMAND} evaluate measures them.")
    return [*sentences, "Measured on examples like those it learned from; expect more on others."]


def describe_rates(rates: Rates, classes: tuple[str, str], threshold: float) -> list[str]:
    """Say how often a threshold errs.

    Parameters
    ----------
    rates : Rates
    classes : tuple of two str
        The positive one last.
    threshold : float in (0, 1)

    Returns
    -------
    sentences : list of str
        One for each kind of error that could be counted.

    Examples
    --------
    >>> sentences = describe_rates(Rates(1, 80, 0, 80), ("real", "fake"), 0.5)
    >>> sentences[0].replace(NBSP, " ")
    'At 0.5, 1.2 % of the real are called fake (FPR): 1 of 80.'
    >>> sentences[1].replace(NBSP, " ")
    'At 0.5, 0.0 % of the fake are called real (FNR): 0 of 80; 3.7 % would be no surprise either.'
    """
    negative, positive = classes
    kinds = (
        ("FPR", rates.fpr, rates.false_alarms, rates.negatives, negative, positive),
        ("FNR", rates.fnr, rates.misses, rates.positives, positive, negative),
    )
    return [
        f"At {threshold:g}, {100 * rate:.1f}{NBSP}% of the {truth} are called {called} ({name}): "
        f"{wrong} of {count}{_upper_bound(wrong, count)}."
        for name, rate, wrong, count, truth, called in kinds
        if rate is not None
    ]


def _upper_bound(wrong: int, count: int) -> str:
    if wrong:
        return ""
    return f"; {100 * rule_of_three(count):.1f}{NBSP}% would be no surprise either"
