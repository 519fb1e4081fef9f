"""How good scores are, as pure functions of arrays.

Two conventions, each function says which it takes. Scores of the field's tools: higher is more
bona fide, in two arrays, ``bonafide`` and ``spoof``. Probabilities and verdicts: ``p_fake`` in
[0, 1], labels are 1 for the positive class, ``fake``, and 0 for ``real``. Nothing is estimated from
one class alone that needs two: that is a `ValueError`.
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
    _check(bonafide, spoof)
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
    _check(bonafide, spoof)
    tau = -np.log(C_MISS * (1 - P_SPOOF) / (C_FA * P_SPOOF))
    return float(_dcf(np.mean(bonafide < tau), np.mean(spoof >= tau)))


def cllr(bonafide: np.ndarray, spoof: np.ndarray) -> float:
    """Cost of log-likelihood ratios, in bits: ranking and calibration in one figure.

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
    _check(bonafide, spoof)
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
    _check(bonafide, spoof)
    ascending = np.sort(spoof, kind="stable")
    queries = np.sort(bonafide, kind="stable")  # in order, so that the search stays in the cache
    below = np.searchsorted(ascending, queries, side="left")
    up_to = np.searchsorted(ascending, queries, side="right")
    return float((below + up_to).sum() / (2 * len(bonafide) * len(spoof)))


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
    _check(labels[labels == 0], labels[labels == 1])
    predicted, observed, weight = reliability(labels, p_fake, prior, bins)
    return float(np.nansum(weight * np.abs(predicted - observed)))


def rates(labels: np.ndarray, verdicts: np.ndarray) -> dict[str, float]:
    """Every figure of verdicts that these labels give a meaning to.

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
    >>> found = rates(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
    >>> found["accuracy"], found["fpr"], found["hter"], found["recall"]
    (0.75, 0.5, 0.25, 1.0)
    """
    (tn, fp), (fn, tp) = confusion(labels, verdicts)
    found = {"accuracy": (tp + tn) / len(labels)}
    if tn + fp:
        found["fpr"] = fp / (tn + fp)
    if tp + fn:
        found |= {"recall": tp / (tp + fn), "fnr": fn / (tp + fn)}
    if tn + fp and tp + fn:
        hter = (found["fpr"] + found["fnr"]) / 2
        found |= {
            "precision": tp / max(tp + fp, 1),
            "f1": 2 * tp / (2 * tp + fp + fn),
            "hter": hter,
            "balanced_accuracy": 1 - hter,
        }
    return {name: float(value) for name, value in found.items()}


def confusion(labels: np.ndarray, verdicts: np.ndarray) -> np.ndarray:
    """Count the verdicts: rows are the truth, columns the verdict, real before fake.

    Examples
    --------
    >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1])).tolist()
    [[1, 1], [0, 1]]
    """
    return np.bincount(2 * labels + verdicts, minlength=4).reshape(2, 2)


def _dcf(frr, far):
    miss, false_alarm = C_MISS * (1 - P_SPOOF), C_FA * P_SPOOF
    return (miss * frr + false_alarm * far) / min(miss, false_alarm)


def _weights(labels: np.ndarray, prior: float | None) -> np.ndarray:
    """Weights that sum to 1, those of the fakes to `prior` where both classes are there."""
    fakes = int(labels.sum())
    if prior is None or fakes in (0, len(labels)):
        return np.full(len(labels), 1 / len(labels))
    return np.where(labels == 1, prior / fakes, (1 - prior) / (len(labels) - fakes))


def _check(bonafide: np.ndarray, spoof: np.ndarray) -> None:
    if not len(bonafide) or not len(spoof):
        raise ValueError(
            f"expected scores of both classes, got {len(bonafide)} bona fide, {len(spoof)} spoof"
        )
    if not (np.isfinite(bonafide).all() and np.isfinite(spoof).all()):
        raise ValueError("expected finite scores, got NaN or infinity")
