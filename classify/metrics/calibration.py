"""From the scores of a network to probabilities that hold: logistic (Platt) calibration.

Scores are ln p(real) - ln p(fake), freed of the share of the classes in training. Calibration is
an increasing straight line, so it never changes which of two is more bona fide. It is fitted with
both classes weighing the same: whatever their share in validation, 0 speaks for neither.
"""

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from classify.runs.run import Calibration

THRESHOLD = 0.5  # both errors cost the same, and P(fake) is for classes of the same frequency
FOLDS = 5
# A network that ranks validation no better than chance is still ranked by, but believed nothing.
FLATTEST = 1e-3
# Where the line is drawn between a verdict and "uncertain": see `uncertain_band`.
WRONG, FEWEST, MOST = 0.1, 0.05, 0.5


def fit(labels: np.ndarray, llr: np.ndarray) -> Calibration:
    """Fit a calibration by logistic regression on both classes weighing the same.

    With Platt's targets, (n + 1) / (n + 2) in place of 1 and 1 / (n + 2) in place of 0, so that
    it stays finite where the scores separate the classes.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
        1 for fake; both classes.
    llr : np.ndarray, shape=(n,)
        Raw scores, one a recording.

    Returns
    -------
    calibration : Calibration
        Its slope is 0.001 or more: one of 0 or under says that there is nothing to believe.

    References
    ----------
    Platt, "Probabilistic outputs for support vector machines", 1999, with the prior weighting of
    Brümmer's FoCal toolkit.

    Examples
    --------
    >>> labels, llr = np.array([0, 0, 1, 1]), np.array([9.0, 4.0, 5.0, 0.0])
    >>> found = fit(labels, llr)
    >>> found.slope < 1, round(float(found(np.array([4.5]))[0]), 6)
    (True, 0.0)
    """
    scale = max(float(np.abs(llr).max()), 1e-9)
    counts = np.bincount(labels, minlength=2)
    # Each score stands once as real and once as fake, with the weight of its target.
    smoothed = (counts[labels] + 1) / (counts[labels] + 2)
    weights = np.concatenate([smoothed, 1 - smoothed]) / np.tile(counts[labels], 2)
    model = LogisticRegression(C=1e6, tol=1e-8, max_iter=1_000)
    model.fit(
        np.tile(llr / scale, 2)[:, np.newaxis],
        np.concatenate([labels == 0, labels == 1]),
        weights * len(labels),
    )
    slope = float(model.coef_[0, 0]) / scale
    if slope < FLATTEST:
        return Calibration(FLATTEST, -FLATTEST * float(np.median(llr)))
    return Calibration(slope, float(model.intercept_[0]))


def cross_fitted(labels: np.ndarray, llr: np.ndarray, folds: int = FOLDS) -> np.ndarray | None:
    """Calibrate every score by a line that was fitted on others.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
    llr : np.ndarray, shape=(n,)
        Raw scores.
    folds : int

    Returns
    -------
    calibrated : np.ndarray, shape=(n,), or None
        None where a class has not at least two scores.
    """
    folds = min(folds, *np.bincount(labels, minlength=2))
    if folds < 2:
        return None
    calibrated = np.empty(len(llr))
    splitter = StratifiedKFold(folds, shuffle=True, random_state=0)
    for kept, left_out in splitter.split(llr, labels):
        calibrated[left_out] = fit(labels[kept], llr[kept])(llr[left_out])
    return calibrated


def uncertain_band(labels: np.ndarray, llr: np.ndarray) -> tuple[float, float]:
    """Between which P(fake) a verdict would too often be wrong.

    The band is the narrowest around 0.5, the same to both sides, outside of which at most 1 in 10
    verdicts on these scores is wrong, both classes weighing the same. It is never so narrow that
    it holds fewer than 1 in 20 of the scores, nor so wide that it holds more than half of them:
    all three answers do occur.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
        1 for fake; both classes.
    llr : np.ndarray, shape=(n,)
        Calibrated scores.

    Returns
    -------
    low, high : float in (0, 1)
        low + high = 1.
    """
    strength = np.abs(llr)
    order = np.argsort(-strength, kind="stable")
    wrong = ((llr < 0) != (labels == 1))[order]
    weight = 1 / np.bincount(labels, minlength=2)[labels][order]
    share_wrong = np.cumsum(weight * wrong) / np.cumsum(weight)
    good = np.flatnonzero(share_wrong <= WRONG)
    decided = (good[-1] + 1 if len(good) else 0) / len(llr)
    decided = min(max(decided, 1 - MOST), 1 - FEWEST)
    edge = float(np.quantile(strength, 1 - decided))
    return float(expit(-edge)), float(expit(edge))
