"""How good scores are, as pure functions of arrays.

Two conventions, each function says which it takes. Probabilities: ``p_fake`` in [0, 1], the
positive class is ``fake``, labels are 1 for it and 0 for ``real``. Scores of the field's tools:
higher is more bona fide, in two arrays, ``bonafide`` and ``spoof``.
"""

import numpy as np
from sklearn import metrics as sklearn_metrics


def det_curve(bonafide: np.ndarray, spoof: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Error rates over all thresholds, as ASVspoof's evaluation packages define them.

    With the N scores sorted in ascending order, bona fide before spoof where they tie, step i of
    0 ... N rejects the i lowest: frr_i is the share of bona fide among them, far_i the share of
    spoof above them. So ties count against the system.

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
        If a class is empty or a score is not finite.

    References
    ----------
    asvspoof-challenge/asvspoof5, evaluation-package/calculate_modules.py.
    """
    scores = np.concatenate([bonafide, spoof]).astype(float)
    if not len(bonafide) or not len(spoof):
        raise ValueError(
            f"expected scores of both classes, got {len(bonafide)} bona fide, {len(spoof)} spoof"
        )
    if not np.isfinite(scores).all():
        raise ValueError("expected finite scores, got NaN or infinity")
    order = np.argsort(scores, kind="stable")
    is_bonafide = order < len(bonafide)
    frr = np.concatenate([[0], np.cumsum(is_bonafide) / len(bonafide)])
    far = np.concatenate([[1], 1 - np.cumsum(~is_bonafide) / len(spoof)])
    return frr, far, np.concatenate([[scores[order[0]] - 0.001], scores[order]])


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
        If a class is empty or a score is not finite.

    References
    ----------
    asvspoof-challenge/asvspoof5, evaluation-package/calculate_modules.py.

    Examples
    --------
    >>> eer(np.array([1.0, 1.0, 1.0, 2.0]), np.array([0.0, 1.0, 1.0, 1.0]))
    (0.75, 1.0)
    """
    frr, far, thresholds = det_curve(bonafide, spoof)
    at = int(np.argmin(np.abs(frr - far)))
    return float((frr[at] + far[at]) / 2), float(thresholds[at])


def summary(labels: np.ndarray, p_fake: np.ndarray, threshold: float) -> dict[str, float]:
    """Every figure that these labels give a meaning to.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
        1 for the positive class, 0 for the other; at least one.
    p_fake : np.ndarray, shape=(n,)
        P(positive class), in (0, 1).
    threshold : float in [0, 1]
        P(positive class) from which the verdict is the positive class.

    Returns
    -------
    figures : dict of str to float
        ``accuracy``, ``precision``, ``recall``, ``f1`` at the threshold and ``loss`` (mean
        cross-entropy in nats); with both classes also ``balanced_accuracy`` at the threshold,
        ``auc`` and ``eer``.

    Examples
    --------
    >>> figures = summary(np.array([0, 0, 1, 1]), np.array([0.1, 0.6, 0.7, 0.8]), 0.5)
    >>> figures["accuracy"], round(figures["precision"], 3), figures["eer"]
    (0.75, 0.667, 0.0)
    """
    verdict = (p_fake >= threshold).astype(int)
    figures = {
        "accuracy": sklearn_metrics.accuracy_score(labels, verdict),
        "precision": sklearn_metrics.precision_score(labels, verdict, zero_division=0),
        "recall": sklearn_metrics.recall_score(labels, verdict, zero_division=0),
        "f1": sklearn_metrics.f1_score(labels, verdict, zero_division=0),
        "loss": sklearn_metrics.log_loss(labels, p_fake, labels=[0, 1]),
    }
    if len(np.unique(labels)) == 2:
        logit = to_logit(p_fake)
        figures |= {
            "balanced_accuracy": sklearn_metrics.balanced_accuracy_score(labels, verdict),
            "auc": sklearn_metrics.roc_auc_score(labels, logit),
            "eer": eer(-logit[labels == 0], -logit[labels == 1])[0],
        }
    return {name: float(value) for name, value in figures.items()}


def to_logit(p: np.ndarray) -> np.ndarray:
    """Log odds, ln(p / (1 - p)).

    Parameters
    ----------
    p : np.ndarray
        In (0, 1).

    Returns
    -------
    logit : np.ndarray, same shape

    Examples
    --------
    >>> to_logit(np.array([0.5])).tolist()
    [0.0]
    """
    p = np.asarray(p, dtype=float)
    return np.log(p) - np.log1p(-p)


def to_probability(logit: np.ndarray) -> np.ndarray:
    """Undo `to_logit`: 1 / (1 + exp(-logit)).

    Examples
    --------
    >>> to_probability(np.array([0.0])).tolist()
    [0.5]
    """
    return 1 / (1 + np.exp(-np.asarray(logit, dtype=float)))
