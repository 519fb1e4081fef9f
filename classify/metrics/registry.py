"""The metrics of an evaluation: to add one, add its row to `METRICS`.

Tables, the report, the bootstrap, breakdowns and comparisons read the rows. A metric is a function
of a `Sample`; formulas are in `classify.metrics.detection` and `classify.metrics.classification`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit

from classify.metrics import classification, detection

# P(fake) is given as if both classes were equally frequent, and judged so.
PRIOR = 0.5
# Groups of metrics: of verdicts at the stored threshold, of P(fake) and llr as they are, and those
# that are found with the answers known.
VERDICTS, SCORES, ORACLE = "verdicts", "scores", "oracle"


@dataclass(frozen=True, eq=False)
class Sample:
    """Scores with the truth, and what several metrics share.

    Attributes
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
        1 for the positive class, 0 for the other; at least one.
    llr : np.ndarray, shape=(n,)
        ln p(real) - ln p(fake).
    threshold : float in (0, 1)
        P(fake) from which the verdict is fake.
    """

    labels: np.ndarray
    llr: np.ndarray
    threshold: float

    @cached_property
    def p_fake(self) -> np.ndarray:
        """P(fake), shape (n,)."""
        return expit(-self.llr)

    @cached_property
    def sides(self) -> tuple[np.ndarray, np.ndarray]:
        """Scores of the real ones and of the fake ones."""
        return self.llr[self.labels == 0], self.llr[self.labels == 1]

    @cached_property
    def rates(self) -> dict[str, float]:
        """See `classify.metrics.classification.rates`."""
        verdicts = (self.p_fake >= self.threshold).astype(int)
        return classification.rates(self.labels, verdicts)

    @cached_property
    def det_curve(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """See `classify.metrics.detection.det_curve`; None where the scores are decisions."""
        return None if detection.are_decisions(self.llr) else detection.det_curve(*self.sides)


@dataclass(frozen=True)
class Metric:
    """A metric and how it is shown.

    Attributes
    ----------
    function : callable
        Takes a `Sample` and gives the metric, or None where it has no meaning.
    title : str
    words : str
        What it says, in few words; ``{real}`` and ``{fake}`` stand for the names of the classes.
    group : str
        `VERDICTS`, `SCORES` or `ORACLE`.
    higher_is_better : bool
    percent : bool
        Whether it is a rate that is shown in per cent.
    needs_both_classes : bool
        Whether it has no meaning for one class alone; `function` is not called there.
    compared : bool
        Whether comparisons of two runs show it.
    """

    function: Callable[[Sample], float | None]
    title: str
    words: str
    group: str
    higher_is_better: bool = False
    percent: bool = False
    needs_both_classes: bool = False
    compared: bool = False


def _rate(name: str) -> Callable[[Sample], float | None]:
    return lambda sample: sample.rates.get(name)


def _loss(sample: Sample) -> float:
    """Cross-entropy of P(fake), in nats, both classes weighing the same."""
    real, fake = sample.sides
    # From the llr, for 1 - P(fake) has no digits left where P(fake) is near 1.
    losses = [np.logaddexp(0, wrong).mean() for wrong in (-real, fake) if len(wrong)]
    return float(np.mean(losses))


def _brier(sample: Sample) -> float:
    return classification.brier(sample.labels, sample.p_fake, PRIOR)


def _ece(sample: Sample) -> float:
    return classification.ece(sample.labels, sample.p_fake, PRIOR)


def _min_dcf(sample: Sample) -> float | None:
    return detection.lowest_cost(*sample.det_curve)[0] if sample.det_curve else None


def _eer(sample: Sample) -> float | None:
    return detection.equal_errors(*sample.det_curve)[0] if sample.det_curve else None


METRICS = {
    "accuracy": Metric(
        _rate("accuracy"),
        "Accuracy",
        "verdicts that are right",
        VERDICTS,
        higher_is_better=True,
        percent=True,
        compared=True,
    ),
    "balanced_accuracy": Metric(
        _rate("balanced_accuracy"),
        "Balanced accuracy",
        "the same, with both classes weighing the same",
        VERDICTS,
        higher_is_better=True,
        percent=True,
        needs_both_classes=True,
        compared=True,
    ),
    "precision": Metric(
        _rate("precision"),
        "Precision",
        "verdicts “{fake}” that are right; rises with the share of {fake} in the data",
        VERDICTS,
        higher_is_better=True,
        percent=True,
        needs_both_classes=True,
    ),
    "recall": Metric(
        _rate("recall"),
        "Recall",
        "{fake} called {fake}",
        VERDICTS,
        higher_is_better=True,
        percent=True,
    ),
    "f1": Metric(
        _rate("f1"),
        "F1",
        "harmonic mean of precision and recall, 0 to 1",
        VERDICTS,
        higher_is_better=True,
        needs_both_classes=True,
    ),
    "fpr": Metric(
        _rate("fpr"), "False positive rate", "{real} called {fake}", VERDICTS, percent=True
    ),
    "fnr": Metric(
        _rate("fnr"), "False negative rate", "{fake} called {real}", VERDICTS, percent=True
    ),
    "hter": Metric(
        _rate("hter"),
        "Half total error rate (HTER)",
        "mean of these two",
        VERDICTS,
        percent=True,
        needs_both_classes=True,
        compared=True,
    ),
    "aurc": Metric(
        lambda sample: classification.risk_coverage_area(
            sample.labels, sample.llr, sample.threshold
        ),
        "Area under the risk-coverage curve (AURC)",
        "verdicts that are wrong, on average over all shares that are judged, the surest first",
        VERDICTS,
        percent=True,
        needs_both_classes=True,
    ),
    "loss": Metric(
        _loss, "Loss", "cross-entropy of P({fake}), in nats; 0.693 says nothing", SCORES
    ),
    "brier": Metric(
        _brier, "Brier score", "mean squared error of P({fake}); 0.25 says nothing", SCORES
    ),
    "ece": Metric(
        _ece,
        "Expected calibration error (ECE)",
        "how far P({fake}) is from the share of {fake}, on average",
        SCORES,
        percent=True,
        needs_both_classes=True,
    ),
    "cllr": Metric(
        lambda sample: detection.cllr(*sample.sides),
        "Cllr",
        "cost of the llr, in bits; 1 says nothing, above 1 misleads",
        SCORES,
        needs_both_classes=True,
        compared=True,
    ),
    "act_dcf": Metric(
        lambda sample: detection.act_dcf(*sample.sides),
        "actDCF",
        "cost where 1 in 20 is {fake} and ten times as costly to miss, deciding by the llr; 1 is "
        "like calling everything {real}",
        SCORES,
        needs_both_classes=True,
        compared=True,
    ),
    "min_dcf": Metric(
        _min_dcf,
        "minDCF",
        "actDCF, had the best threshold been known",
        ORACLE,
        needs_both_classes=True,
        compared=True,
    ),
    "eer": Metric(
        _eer,
        "Equal error rate (EER)",
        "both error rates, at the threshold where they are equal; 50 % is guessing",
        ORACLE,
        percent=True,
        needs_both_classes=True,
        compared=True,
    ),
    "auc": Metric(
        lambda sample: detection.auc(*sample.sides),
        "AUC",
        "how often a {fake} one looks more {fake} than a {real} one; 0.5 is guessing",
        ORACLE,
        higher_is_better=True,
        needs_both_classes=True,
        compared=True,
    ),
}


def compute_metrics(labels: np.ndarray, llr: np.ndarray, threshold: float) -> dict[str, float]:
    """Compute the metrics that these scores give a meaning to.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
        1 for the positive class, 0 for the other; at least one.
    llr : np.ndarray, shape=(n,)
        ln p(real) - ln p(fake).
    threshold : float in (0, 1)
        P(fake) from which the verdict is fake.

    Returns
    -------
    metrics : dict of str to float
        By their names in `METRICS`. ``loss``, ``brier`` and ``ece`` are of P(fake) with both
        classes weighing the same.

    Examples
    --------
    >>> metrics = compute_metrics(np.array([0, 0, 1, 1]), np.array([2.0, -0.4, -1.0, -2.0]), 0.5)
    >>> metrics["accuracy"], round(metrics["precision"], 3), metrics["eer"]
    (0.75, 0.667, 0.0)
    """
    sample = Sample(labels, llr, threshold)
    both = all(len(side) for side in sample.sides)
    values = {
        name: metric.function(sample)
        for name, metric in METRICS.items()
        if both or not metric.needs_both_classes
    }
    return {name: value for name, value in values.items() if value is not None}
