"""Logistic (Platt) calibration: raw scores to log-likelihood ratios.

Raw scores are ln p(real) - ln p(fake), without the class prior of the training. Calibration is an
increasing straight line, so it keeps their order. Both classes weigh the same in its fit, whatever
their share in validation: 0 speaks for neither. With weights, so does every source of a class.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from classify.data.sampling import sampling_weights
from classify.metrics.trials import Trials
from classify.runs.run import Calibration

THRESHOLD = 0.5  # both errors cost the same, and P(fake) is for classes of the same frequency
FOLDS = 5
# Least slope: the scores of a network no better than chance keep their order, but say nothing.
FLATTEST = 1e-3
FEWEST = 0.05  # share of the scores that the uncertain band holds at least


class SourceFit(NamedTuple):
    """What `fit_sources` finds.

    Attributes
    ----------
    calibration : Calibration
    uncertain : tuple of two float
        See `uncertain_band`.
    fair_llr : np.ndarray, shape=(n,), or None
        The scores, each calibrated by a line fitted on others; see `cross_fitted`.
    """

    calibration: Calibration
    uncertain: tuple[float, float]
    fair_llr: np.ndarray | None


def fit_sources(trials: Trials, risk: float, column: str = "source") -> SourceFit:
    """Fit calibration and uncertain band; within a class every source weighs the same.

    Parameters
    ----------
    trials : Trials
        Raw scores of recordings that no network had met when it judged them.
    risk : float in (0, 1)
        See `uncertain_band`.
    column : str
        Names the source of a recording; one without a source is its own.

    Returns
    -------
    fitted : SourceFit
    """
    named = trials[column]
    sources = np.where(named == "", trials.names, named)
    weights = sampling_weights([trials.labels, sources], len(trials))
    calibration = fit(trials.labels, trials.llr, weights)
    band = uncertain_band(trials.labels, calibration(trials.llr), risk, weights)
    groups = sources if (named != "").any() else None
    return SourceFit(calibration, band, cross_fitted(trials.labels, trials.llr, weights, groups))


def fit(labels: np.ndarray, llr: np.ndarray, weights: np.ndarray | None = None) -> Calibration:
    """Fit a calibration by logistic regression on both classes weighing the same.

    With Platt's targets, (n + 1) / (n + 2) in place of 1 and 1 / (n + 2) in place of 0, so that
    it stays finite where the scores separate the classes.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
        1 for fake; both classes.
    llr : np.ndarray, shape=(n,)
        Raw scores, one a recording.
    weights : np.ndarray, shape=(n,), optional
        Weight of each score within its class; default: all the same.

    Returns
    -------
    calibration : Calibration
        Its slope is at least 0.001, also where the fit gives 0 or less.

    References
    ----------
    Platt, "Probabilistic outputs for support vector machines", 1999, with the prior weighting of
    Brümmer's FoCal toolkit.

    Examples
    --------
    >>> labels, llr = np.array([0, 0, 1, 1]), np.array([9.0, 4.0, 5.0, 0.0])
    >>> calibration = fit(labels, llr)
    >>> calibration.slope < 1, round(float(calibration(np.array([4.5]))[0]), 6)
    (True, 0.0)
    """
    scale = max(float(np.abs(llr).max()), 1e-9)
    counts = np.bincount(labels, minlength=2)
    # Each score stands once as real and once as fake, with the weight of its target.
    smoothed = (counts[labels] + 1) / (counts[labels] + 2)
    targets = np.concatenate([smoothed, 1 - smoothed])
    model = LogisticRegression(C=1e6, tol=1e-8, max_iter=1_000)
    model.fit(
        np.tile(llr / scale, 2)[:, np.newaxis],
        np.concatenate([labels == 0, labels == 1]),
        targets * np.tile(_within_class(labels, weights), 2) * len(labels),
    )
    slope = float(model.coef_[0, 0]) / scale
    if slope < FLATTEST:
        return Calibration(FLATTEST, -FLATTEST * float(np.median(llr)))
    return Calibration(slope, float(model.intercept_[0]))


def _within_class(labels: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Weights that add up to 1 in each class, shape (n,)."""
    weights = np.ones(len(labels)) if weights is None else weights
    return weights / np.bincount(labels, weights, minlength=2)[labels]


def cross_fitted(
    labels: np.ndarray,
    llr: np.ndarray,
    weights: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    folds: int = FOLDS,
) -> np.ndarray | None:
    """Calibrate every score by a line that was fitted on other scores.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
    llr : np.ndarray, shape=(n,)
        Raw scores.
    weights : np.ndarray, shape=(n,), optional
        See `fit`.
    groups : np.ndarray of str, shape=(n,), optional
        Scores of one group, such as a source, are left out together, where each class has groups
        enough; default: scores are left out one by one.
    folds : int

    Returns
    -------
    calibrated : np.ndarray, shape=(n,), or None
        None where a class has fewer than two scores.
    """
    if groups is not None:
        fewest = min(len(np.unique(groups[labels == label])) for label in (0, 1))
        groups = groups if fewest >= folds else None
    folds = min(folds, *np.bincount(labels, minlength=2))
    if folds < 2:
        return None
    weights = np.ones(len(llr)) if weights is None else weights
    calibrated = np.empty(len(llr))
    splitter = StratifiedKFold if groups is None else StratifiedGroupKFold
    parts = splitter(folds, shuffle=True, random_state=0).split(llr, labels, groups)
    for kept, left_out in parts:
        line = fit(labels[kept], llr[kept], weights[kept])
        calibrated[left_out] = line(llr[left_out])
    return calibrated


def uncertain_band(
    labels: np.ndarray, llr: np.ndarray, risk: float, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """Find the P(fake) between which a verdict would be wrong too often.

    The band is symmetric around 0.5. It is the narrowest outside of which verdicts on these scores
    are wrong at most as often as asked for, both classes weighing the same. It holds at least 1 in
    20 of the scores.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
        1 for fake; both classes.
    llr : np.ndarray, shape=(n,)
        Calibrated scores.
    risk : float in (0, 1)
        Largest share of the verdicts that may be wrong.
    weights : np.ndarray, shape=(n,), optional
        See `fit`.

    Returns
    -------
    low, high : float in (0, 1)
        low + high = 1. Where no verdict can be trusted so far, all scores but the strongest lie
        between them.
    """
    strength = np.abs(llr)
    order = np.argsort(-strength, kind="stable")
    wrong = ((llr < 0) != (labels == 1))[order]
    weight = _within_class(labels, weights)[order]
    share_wrong = np.cumsum(weight * wrong) / np.cumsum(weight)
    good = np.flatnonzero(share_wrong <= risk)
    outside = min((good[-1] + 1 if len(good) else 0) / len(llr), 1 - FEWEST)
    edge = float(np.quantile(strength, 1 - outside))
    return float(expit(-edge)), float(expit(edge))
