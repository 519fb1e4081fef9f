"""How well one fact alone tells two classes apart: a small model, cross-validated.

Facts are numbers, shape (n, k), or categories, str of shape (n,); labels are 0 or 1. Nothing here
is random: the same facts give the same figures.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

FEWEST = 20  # recordings of a class under which nothing can be said
_FOLDS = 5
_SURE = 1.96  # standard errors to either side of a 95 % interval

Folds = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Separability:
    """How well a fact tells the classes apart.

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
    """Divide recordings into five parts that share no group and have the classes alike.

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
    divide = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0)
    return list(divide.split(labels, labels, groups))


def separation(
    fact: np.ndarray, labels: np.ndarray, groups: np.ndarray, parts: Folds
) -> Separability:
    """Tell the classes apart by one fact.

    A single number or a category is given to a tree of depth 3, so that "neither short nor long"
    is found as well; a vector to a logistic regression. Both weigh the classes alike.

    Parameters
    ----------
    fact : np.ndarray, shape=(n, k) or shape=(n,) of str
    labels : np.ndarray of int, shape=(n,)
    groups : np.ndarray of str, shape=(n,)
        What is counted as one in the interval, such as a speaker.
    parts : list
        What `cv_folds` gave.

    Returns
    -------
    separation : Separability

    Examples
    --------
    >>> labels = np.repeat([0, 1], 50)
    >>> names = np.arange(100).astype(str)
    >>> length = 1.0 + labels[:, np.newaxis]
    >>> separation(length, labels, names, cv_folds(labels, names)).accuracy
    1.0
    """
    if (fact == fact[:1]).all():
        return Separability(0.5, 0.5, 0.5)  # what is the same for all tells nothing apart
    categories = fact.dtype.kind == "U"
    tree = DecisionTreeClassifier(
        max_depth=3, min_samples_leaf=5, class_weight="balanced", random_state=0
    )
    if categories:
        model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), tree)
    elif fact.shape[1] > 2:
        regression = LogisticRegression(C=0.1, class_weight="balanced", solver="newton-cholesky")
        model = make_pipeline(StandardScaler(), regression)
    else:
        model = tree
    given = fact[:, np.newaxis] if categories else _without_nan(fact)
    right = cross_val_predict(model, given, labels, cv=parts) == labels
    return interval(right, labels, groups)


def interval(right: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> Separability:
    """Balanced accuracy of predictions, with an interval that knows about groups.

    The standard error is that of a ratio of totals over groups (Cochran, Sampling Techniques,
    1977, section 6.4), and at least that of as many independent recordings, of which Agresti and
    Coull (1998) add two right and two wrong ones, so that all right is not taken for certain.

    Parameters
    ----------
    right : np.ndarray of bool, shape=(n,)
    labels : np.ndarray of int, shape=(n,)
    groups : np.ndarray of str, shape=(n,)

    Returns
    -------
    separation : Separability
    """
    names, member = np.unique(groups, return_inverse=True)
    rates, least = [], 0.0
    deviation = np.zeros(len(names))
    for label in (0, 1):
        own = labels == label
        n, rate = own.sum(), right[own].mean()
        rates.append(rate)
        cautious = (right[own].sum() + 2) / (n + 4)
        least += cautious * (1 - cautious) / (n + 4) / 4
        deviation += np.bincount(member[own], right[own] - rate, len(names)) / n / 2
    variance = (deviation**2).sum() * len(names) / max(1, len(names) - 1)
    accuracy, error = float(np.mean(rates)), float(np.sqrt(max(variance, least)))
    return Separability(
        accuracy, max(0.0, accuracy - _SURE * error), min(1.0, accuracy + _SURE * error)
    )


def _without_nan(numbers: np.ndarray) -> np.ndarray:
    """Put what is not known far below all that is, where a tree can tell it from the rest."""
    lowest, highest = np.nanmin(numbers, axis=0), np.nanmax(numbers, axis=0)
    return np.where(np.isnan(numbers), 2 * lowest - highest - 1, numbers)
