"""Metrics of scores, as the field's tools define them: EER, detection costs, Cllr, AUC.

Scores are in two arrays, ``bonafide`` and ``spoof``; higher is more bona fide. A metric that needs
both classes raises a `ValueError` where one is empty.
"""

import numpy as np

# Costs and prior of the ASVspoof 5 evaluation plan: a spoof is rare, and costly to miss.
P_SPOOF, C_MISS, C_FA = 0.05, 1.0, 10.0


def det_curve(bonafide: np.ndarray, spoof: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Error rates over all thresholds, as ASVspoof's evaluation packages define them.

    With the N scores sorted in ascending order, bona fide before spoof where they tie, step i of
    0 ... N rejects the i lowest: frr_i is the share of bona fide among them, far_i the share of
    spoof above them. So ties count against the system. As ROC curve, 1 - frr over far.

    Parameters
    ----------
    bonafide : np.ndarray, shape=(n,)
        Scores, higher = more bona fide.
    spoof : np.ndarray, shape=(m,)

    Returns
    -------
    frr, far : np.ndarray, shape=(n + m + 1,)
        False rejection and false acceptance rate, in [0, 1].
    thresholds : np.ndarray, shape=(n + m + 1,)
        "Accept what is above" gives the rates of that step.

    Raises
    ------
    ValueError
        If a class is empty, a score is not finite, or all scores are one of two values, which
        are decisions already.

    References
    ----------
    asvspoof-challenge/asvspoof5, evaluation-package/calculate_modules.py, which guards its t-DCF
    so.

    Examples
    --------
    >>> frr, far, thresholds = det_curve(np.array([1.0, 3.0]), np.array([0.0, 1.0]))
    >>> frr.tolist(), far.tolist()
    ([0.0, 0.0, 0.5, 0.5, 1.0], [1.0, 0.5, 0.5, 0.0, 0.0])
    """
    require_both_classes(bonafide, spoof)
    scores = np.concatenate([bonafide, spoof])
    if are_decisions(scores):
        raise ValueError("expected at least 3 different scores, got decisions")
    order = np.argsort(scores, kind="stable")
    ascending = scores[order]
    is_bonafide = order < len(bonafide)
    frr = np.concatenate([[0], np.cumsum(is_bonafide) / len(bonafide)])
    far = np.concatenate([[1], 1 - np.cumsum(~is_bonafide) / len(spoof)])
    return frr, far, np.concatenate([[ascending[0] - 0.001], ascending])


def are_decisions(scores: np.ndarray) -> bool:
    """Whether there are at most two different scores, so that nothing is left to threshold.

    Examples
    --------
    >>> are_decisions(np.array([0.0, 1.0, 1.0])), are_decisions(np.array([0.0, 0.5, 1.0]))
    (True, False)
    """
    return not ((scores != scores.min()) & (scores != scores.max())).any()


def eer(bonafide: np.ndarray, spoof: np.ndarray) -> tuple[float, float]:
    """Equal error rate, and the threshold at which it is reached.

    EER = (frr_k + far_k) / 2 at the first k that minimises |frr - far|; nothing is interpolated.

    Parameters
    ----------
    bonafide : np.ndarray, shape=(n,)
        Scores, higher = more bona fide.
    spoof : np.ndarray, shape=(m,)

    Returns
    -------
    eer : float in [0, 1]
        0 is perfect, 0.5 chance, 1 perfectly reversed.
    threshold : float

    Raises
    ------
    ValueError
        See `det_curve`.

    References
    ----------
    asvspoof-challenge/asvspoof5, evaluation-package/calculate_modules.py.

    Examples
    --------
    >>> eer(np.array([1.0, 1.0, 1.0, 2.0]), np.array([0.0, 1.0, 1.0, 1.0]))
    (0.75, 1.0)
    """
    return equal_errors(*det_curve(bonafide, spoof))


def equal_errors(frr: np.ndarray, far: np.ndarray, thresholds: np.ndarray) -> tuple[float, float]:
    """Find the `eer` on a curve of `det_curve`.

    Examples
    --------
    >>> equal_errors(np.array([0.0, 0.5, 1.0]), np.array([1.0, 0.25, 0.0]), np.array([0, 1, 2]))
    (0.375, 1.0)
    """
    at = int(np.argmin(np.abs(frr - far)))
    return float((frr[at] + far[at]) / 2), float(thresholds[at])


def min_dcf(bonafide: np.ndarray, spoof: np.ndarray) -> tuple[float, float]:
    """Lowest normalised detection cost over all thresholds, and where it is reached.

    With P_spoof = 0.05, C_miss = 1, C_fa = 10: the smallest C_miss (1 - P_spoof) frr_i +
    C_fa P_spoof far_i, over the smaller of C_miss (1 - P_spoof) and C_fa P_spoof.

    Parameters
    ----------
    bonafide : np.ndarray, shape=(n,)
        Scores, higher = more bona fide.
    spoof : np.ndarray, shape=(m,)

    Returns
    -------
    min_dcf : float in [0, 1]
        0 is perfect, 1 no better than accepting everything.
    threshold : float

    Raises
    ------
    ValueError
        See `det_curve`.

    References
    ----------
    ASVspoof 5 evaluation plan; asvspoof-challenge/asvspoof5, evaluation-package.

    Examples
    --------
    >>> min_dcf(np.array([1.0, 2.0]), np.array([-1.0, 0.0]))
    (0.0, 0.0)
    """
    return lowest_cost(*det_curve(bonafide, spoof))


def lowest_cost(frr: np.ndarray, far: np.ndarray, thresholds: np.ndarray) -> tuple[float, float]:
    """Find the `min_dcf` on a curve of `det_curve`.

    Examples
    --------
    >>> lowest_cost(np.array([0.0, 0.5, 1.0]), np.array([1.0, 0.0, 0.0]), np.array([0, 1, 2]))
    (0.95, 1.0)
    """
    cost = _dcf(frr, far)
    at = int(np.argmin(cost))
    return float(cost[at]), float(thresholds[at])


def act_dcf(bonafide: np.ndarray, spoof: np.ndarray) -> float:
    """Normalised detection cost at the threshold that the costs ask of calibrated scores.

    tau = -ln(C_miss (1 - P_spoof) / (C_fa P_spoof)) = -0.642; a miss is a bona fide score below
    it, a false acceptance a spoof score from it on.

    Parameters
    ----------
    bonafide : np.ndarray, shape=(n,)
        Natural-log likelihood ratios, higher = more bona fide.
    spoof : np.ndarray, shape=(m,)

    Returns
    -------
    act_dcf : float in [0, 2.9]
        At least `min_dcf`; what it is more is lost by bad calibration. Above 1, worse than
        accepting everything.

    Raises
    ------
    ValueError
        If a class is empty or a score is not finite.

    References
    ----------
    See `min_dcf`.

    Examples
    --------
    >>> act_dcf(np.array([-0.7, -0.6]), np.array([-0.7, -0.6]))
    1.45
    """
    require_both_classes(bonafide, spoof)
    tau = -np.log(C_MISS * (1 - P_SPOOF) / (C_FA * P_SPOOF))
    return float(_dcf(np.mean(bonafide < tau), np.mean(spoof >= tau)))


def cllr(bonafide: np.ndarray, spoof: np.ndarray) -> float:
    """Cost of log-likelihood ratios, in bits: ranking and calibration in one number.

    Half the sum of mean log2(1 + exp(-s)) over bona fide and mean log2(1 + exp(s)) over spoof.

    Parameters
    ----------
    bonafide : np.ndarray, shape=(n,)
        Natural-log likelihood ratios, higher = more bona fide.
    spoof : np.ndarray, shape=(m,)

    Returns
    -------
    cllr : float, at least 0
        0 is perfect, 1 says nothing, more is worse than saying nothing.

    Raises
    ------
    ValueError
        If a class is empty or a score is not finite.

    References
    ----------
    Brümmer and du Preez, "Application-independent evaluation of speaker detection", 2006.

    Examples
    --------
    >>> cllr(np.array([0.0]), np.array([0.0]))
    1.0
    """
    require_both_classes(bonafide, spoof)
    miss, false_alarm = np.logaddexp(0, -bonafide).mean(), np.logaddexp(0, spoof).mean()
    return float((miss + false_alarm) / 2 / np.log(2))


def auc(bonafide: np.ndarray, spoof: np.ndarray) -> float:
    """Area under the ROC curve: how often a bona fide score is above a spoof score.

    The share of all pairs that are in order, a tie counting as half (Mann-Whitney's U / (n m)).

    Parameters
    ----------
    bonafide : np.ndarray, shape=(n,)
        Scores, higher = more bona fide.
    spoof : np.ndarray, shape=(m,)

    Returns
    -------
    auc : float in [0, 1]
        1 is perfect, 0.5 chance.

    Raises
    ------
    ValueError
        If a class is empty or a score is not finite.

    References
    ----------
    Hanley and McNeil, "The meaning and use of the area under a ROC curve", 1982.

    Examples
    --------
    >>> auc(np.array([1.0, 2.0]), np.array([0.0, 1.0]))
    0.875
    """
    require_both_classes(bonafide, spoof)
    ascending = np.sort(spoof, kind="stable")
    queries = np.sort(bonafide, kind="stable")  # in order, so that the search stays in the cache
    below = np.searchsorted(ascending, queries, side="left")
    up_to = np.searchsorted(ascending, queries, side="right")
    return float((below + up_to).sum() / (2 * len(bonafide) * len(spoof)))


def _dcf(frr, far):
    miss, false_alarm = C_MISS * (1 - P_SPOOF), C_FA * P_SPOOF
    return (miss * frr + false_alarm * far) / min(miss, false_alarm)


def require_both_classes(bonafide: np.ndarray, spoof: np.ndarray) -> None:
    """Refuse an empty class and scores that are not finite.

    Raises
    ------
    ValueError
        If a class is empty or a score is not finite.
    """
    if not len(bonafide) or not len(spoof):
        raise ValueError(
            f"expected scores of both classes, got {len(bonafide)} bona fide, {len(spoof)} spoof"
        )
    if not (np.isfinite(bonafide).all() and np.isfinite(spoof).all()):
        raise ValueError("expected finite scores, got NaN or infinity")
