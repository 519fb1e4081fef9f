"""How well one confounder alone tells two classes apart: a small model, cross-validated.

A confounder is numbers, shape (n, k), or categories, str of shape (n,); labels are 0 or 1. Nothing
here is random: the same input gives the same result.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

FEWEST = 20  # recordings of a class; with fewer, nothing is judged
_FOLDS = 5
_Z = 1.96  # standard errors to either side of a 95 % interval

Folds = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Separability:
    """How well a confounder alone tells the classes apart.

    Attributes
    ----------
    accuracy : float
        Balanced accuracy on recordings that the model was not fitted to; 0.5 is chance.
    low, high : float
        Its 95 % interval.
    """

    accuracy: float
    low: float
    high: float


def cv_folds(labels: np.ndarray, groups: np.ndarray) -> Folds:
    """Divide recordings into five folds that share no group and have the classes alike.

    Parameters
    ----------
    labels : np.ndarray of int, shape=(n,)
    groups : np.ndarray of str, shape=(n,)

    Returns
    -------
    folds : list of tuple of (np.ndarray, np.ndarray)
        Indices to fit to and indices to predict.
    """
    if len(np.unique(groups)) == len(groups):  # the general way is slow for many groups
        return list(StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(labels, labels))
    splitter = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0)
    return list(splitter.split(labels, labels, groups))


def separation(
    confounder: np.ndarray, labels: np.ndarray, groups: np.ndarray, folds: Folds
) -> Separability:
    """Tell the classes apart by one confounder.

    Up to two numbers or a category go to a tree of depth 3, which finds "neither short nor long"
    as well. A longer vector goes to a logistic regression. Both weigh the classes alike.

    Parameters
    ----------
    confounder : np.ndarray, shape=(n, k) or shape=(n,) of str
    labels : np.ndarray of int, shape=(n,)
    groups : np.ndarray of str, shape=(n,)
        Recordings of one group, such as a speaker, count as one in the interval.
    folds : list
        See `cv_folds`.

    Examples
    --------
    >>> labels = np.repeat([0, 1], 50)
    >>> names = np.arange(100).astype(str)
    >>> length = 1.0 + labels[:, np.newaxis]
    >>> separation(length, labels, names, cv_folds(labels, names)).accuracy
    1.0
    """
    if (confounder == confounder[:1]).all():
        return Separability(0.5, 0.5, 0.5)  # equal values tell nothing apart
    categories = confounder.dtype.kind == "U"
    tree = DecisionTreeClassifier(
        max_depth=3, min_samples_leaf=5, class_weight="balanced", random_state=0
    )
    if categories:
        model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), tree)
    elif confounder.shape[1] > 2:
        regression = LogisticRegression(C=0.1, class_weight="balanced", solver="newton-cholesky")
        model = make_pipeline(StandardScaler(), regression)
    else:
        model = tree
    features = confounder[:, np.newaxis] if categories else _without_nan(confounder)
    right = cross_val_predict(model, features, labels, cv=folds) == labels
    return interval(right, labels, groups)


def interval(right: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> Separability:
    """Balanced accuracy of predictions, with an interval that respects groups.

    The standard error is that of a ratio of totals over groups (Cochran, Sampling Techniques,
    1977, section 6.4). It is at least that of as many independent recordings, with two right and
    two wrong ones added (Agresti and Coull, 1998): all right is not certain.

    Parameters
    ----------
    right : np.ndarray of bool, shape=(n,)
    labels : np.ndarray of int, shape=(n,)
    groups : np.ndarray of str, shape=(n,)
    """
    names, member = np.unique(groups, return_inverse=True)
    rates, least = [], 0.0
    deviation = np.zeros(len(names))
    for label in (0, 1):
        in_class = labels == label
        n, rate = in_class.sum(), right[in_class].mean()
        rates.append(rate)
        cautious = (right[in_class].sum() + 2) / (n + 4)
        least += cautious * (1 - cautious) / (n + 4) / 4
        residuals = right[in_class] - rate
        deviation += np.bincount(member[in_class], residuals, len(names)) / n / 2
    variance = (deviation**2).sum() * len(names) / max(1, len(names) - 1)
    accuracy, error = float(np.mean(rates)), float(np.sqrt(max(variance, least)))
    return Separability(accuracy, max(0.0, accuracy - _Z * error), min(1.0, accuracy + _Z * error))


def _without_nan(numbers: np.ndarray) -> np.ndarray:
    """Put unknown numbers far below the known ones, where a tree can tell them apart."""
    lowest, highest = np.nanmin(numbers, axis=0), np.nanmax(numbers, axis=0)
    return np.where(np.isnan(numbers), 2 * lowest - highest - 1, numbers)
