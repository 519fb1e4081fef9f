"""Metrics of probabilities and of verdicts.

Probabilities ``p_fake`` are in [0, 1]. Labels are 1 for the positive class, ``fake``, and 0 for
``real``. A metric that needs both classes raises a `ValueError` where one is empty.
"""

import numpy as np
from scipy.special import expit

from classify.metrics.detection import require_both_classes


def brier(labels: np.ndarray, p_fake: np.ndarray, prior: float | None = None) -> float:
    """Brier score: mean of (P(fake) - label) squared.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
    p_fake : np.ndarray, shape=(n,)
        In [0, 1].
    prior : float in (0, 1), optional
        Share that the fakes have in the mean; default: theirs in `labels`.

    Returns
    -------
    brier : float in [0, 1]
        0 is perfect, 0.25 says nothing.

    References
    ----------
    Brier, "Verification of forecasts expressed in terms of probability", 1950, for two classes.

    Examples
    --------
    >>> brier(np.array([0, 1]), np.array([0.5, 0.5]))
    0.25
    """
    return float(_weights(labels, prior) @ (p_fake - labels) ** 2)


def reliability(
    labels: np.ndarray, p_fake: np.ndarray, prior: float | None = None, bins: int = 10
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What was predicted and what was the case, in bins of P(fake) of one width.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
    p_fake : np.ndarray, shape=(n,)
        In [0, 1].
    prior : float in (0, 1), optional
        Share that the fakes have among all; default: theirs in `labels`.
    bins : int

    Returns
    -------
    predicted, observed : np.ndarray, shape=(bins,)
        Mean P(fake) and share of fakes, in [0, 1]; NaN in an empty bin.
    weight : np.ndarray, shape=(bins,)
        Share of all that is in the bin; sums to 1.

    Examples
    --------
    >>> predicted, observed, weight = reliability(np.array([0, 1]), np.array([0.5, 0.75]), bins=2)
    >>> predicted.tolist(), observed.tolist(), weight.tolist()
    ([nan, 0.625], [nan, 0.5], [0.0, 1.0])
    """
    weights = _weights(labels, prior)
    member = np.minimum((p_fake * bins).astype(int), bins - 1)
    weight, predicted, observed = (
        np.bincount(member, weights * values, bins) for values in (1, p_fake, labels)
    )
    share = np.where(weight > 0, weight, np.nan)
    return predicted / share, observed / share, weight


def ece(
    labels: np.ndarray, p_fake: np.ndarray, prior: float | None = None, bins: int = 10
) -> float:
    """Expected calibration error: how far P(fake) is from the share of fakes, on average.

    The sum over the bins of `reliability` of weight |predicted - observed|.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
        Both classes.
    p_fake : np.ndarray, shape=(n,)
        In [0, 1].
    prior : float in (0, 1), optional
        Share that the fakes have among all; default: theirs in `labels`.
    bins : int

    Returns
    -------
    ece : float in [0, 1]
        0 is perfect. A few hundred scores of a perfectly calibrated system show some 0.03.

    Raises
    ------
    ValueError
        If a class is empty.

    References
    ----------
    Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning", 2015.

    Examples
    --------
    >>> ece(np.array([0, 1]), np.array([0.25, 0.5]), bins=2)
    0.375
    """
    require_both_classes(labels[labels == 0], labels[labels == 1])
    predicted, observed, weight = reliability(labels, p_fake, prior, bins)
    return float(np.nansum(weight * np.abs(predicted - observed)))


def rates(labels: np.ndarray, verdicts: np.ndarray) -> dict[str, float]:
    """Error rates and accuracies of verdicts, those that these labels give a meaning to.

    With TP, FP, TN, FN the counts of right and wrong verdicts "fake" and "real":
    accuracy (TP + TN) / n, precision TP / (TP + FP), recall TP / (TP + FN),
    f1 2 TP / (2 TP + FP + FN), fpr FP / (FP + TN), fnr FN / (FN + TP), hter (fpr + fnr) / 2,
    balanced_accuracy 1 - hter.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
    verdicts : np.ndarray, shape=(n,), dtype=int
        1 for fake, 0 for real.

    Returns
    -------
    rates : dict of str to float in [0, 1]
        Lower is better for fpr (real called fake), fnr (fake called real) and hter, higher for the
        others. Without fakes there are only accuracy and fpr, without real ones only accuracy,
        recall and fnr. Precision without a verdict "fake" is 0.

    Examples
    --------
    >>> values = rates(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
    >>> values["accuracy"], values["fpr"], values["hter"], values["recall"]
    (0.75, 0.5, 0.25, 1.0)
    """
    (tn, fp), (fn, tp) = confusion(labels, verdicts)
    values = {"accuracy": (tp + tn) / len(labels)}
    if tn + fp:
        values["fpr"] = fp / (tn + fp)
    if tp + fn:
        values |= {"recall": tp / (tp + fn), "fnr": fn / (tp + fn)}
    if tn + fp and tp + fn:
        hter = (values["fpr"] + values["fnr"]) / 2
        values |= {
            "precision": tp / max(tp + fp, 1),
            "f1": 2 * tp / (2 * tp + fp + fn),
            "hter": hter,
            "balanced_accuracy": 1 - hter,
        }
    return {name: float(value) for name, value in values.items()}


def confusion(labels: np.ndarray, verdicts: np.ndarray) -> np.ndarray:
    """Count the verdicts: rows are the truth, columns the verdict, real before fake.

    Examples
    --------
    >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1])).tolist()
    [[1, 1], [0, 1]]
    """
    return np.bincount(2 * labels + verdicts, minlength=4).reshape(2, 2)


def _weights(labels: np.ndarray, prior: float | None) -> np.ndarray:
    """Weights that sum to 1, those of the fakes to `prior` where both classes are there."""
    fakes = int(labels.sum())
    if prior is None or fakes in (0, len(labels)):
        return np.full(len(labels), 1 / len(labels))
    return np.where(labels == 1, prior / fakes, (1 - prior) / (len(labels) - fakes))


def risk_coverage(
    labels: np.ndarray, llr: np.ndarray, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Risk-coverage curve: the share of wrong verdicts, where only the surest are given.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
        1 for the positive class.
    llr : np.ndarray, shape=(n,)
        Calibrated scores; the larger their size, the surer.
    threshold : float in (0, 1)
        P(positive class) from which the verdict is positive.

    Returns
    -------
    coverage : np.ndarray, shape=(n,)
        Share of the trials that are judged: 1/n, 2/n, ... 1.
    risk : np.ndarray, shape=(n,)
        Share of their verdicts that are wrong.

    References
    ----------
    El-Yaniv and Wiener, "On the foundations of noise-free selective classification", 2010.

    Examples
    --------
    >>> coverage, risk = risk_coverage(np.array([0, 1, 0]), np.array([3.0, -2.0, -1.0]), 0.5)
    >>> risk.round(3).tolist()
    [0.0, 0.0, 0.333]
    """
    order = np.argsort(-np.abs(llr), kind="stable")
    wrong = ((expit(-llr) >= threshold) != (labels == 1))[order]
    count = np.arange(1, len(llr) + 1)
    return count / len(llr), np.cumsum(wrong) / count


def risk_coverage_area(labels: np.ndarray, llr: np.ndarray, threshold: float) -> float:
    """Area under the risk-coverage curve (AURC): the mean of its risks.

    Parameters
    ----------
    labels, llr, threshold
        See `risk_coverage`.

    Returns
    -------
    area : float in [0, 1]

    References
    ----------
    Geifman, Uziel and El-Yaniv, "Bias-reduced uncertainty estimation for deep neural classifiers",
    2019.

    Examples
    --------
    >>> round(risk_coverage_area(np.array([0, 1, 0]), np.array([3.0, -2.0, -1.0]), 0.5), 3)
    0.111
    """
    return float(risk_coverage(labels, llr, threshold)[1].mean())
