"""Scores with the truth.

A score is a log-likelihood ratio, ln p(real) - ln p(fake), natural logarithm: higher is more bona
fide, 0 speaks for neither. Labels are 1 for the positive class, ``fake``.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
from scipy.special import expit

from classify.metrics import detection

Band = tuple[float | np.ndarray, float | np.ndarray]  # of P(fake); arrays: one of each trial


@dataclass(frozen=True)
class Trials:
    """Scores of pictures or of recordings, with the truth and what the manifest says of each.

    An index array, a mask or a slice selects rows: ``trials[trials.labels == 1]``. A name is a
    column of the manifest: ``trials["source"]``.

    Attributes
    ----------
    names : np.ndarray of str, shape=(n,)
    labels : np.ndarray, shape=(n,), dtype=int
        1 for the positive class.
    llr : np.ndarray, shape=(n,)
        ln p(real) - ln p(fake).
    columns : mapping of str to np.ndarray, shape=(n,)
        Columns of the manifest.

    Examples
    --------
    >>> columns = {"source": np.array(["lj", "vctk"])}
    >>> trials = Trials(np.array(["a", "b"]), np.array([0, 1]), np.array([2.0, -1.0]), columns)
    >>> trials[trials.labels == 1]["source"].tolist(), trials["speaker"].tolist()
    (['vctk'], ['', ''])
    """

    names: np.ndarray
    labels: np.ndarray
    llr: np.ndarray
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)

    @overload
    def __getitem__(self, key: str) -> np.ndarray: ...

    @overload
    def __getitem__(self, key: np.ndarray | slice) -> "Trials": ...

    def __getitem__(self, key: str | np.ndarray | slice) -> "np.ndarray | Trials":
        """Look a column up, of empty strings where the manifest has none, or select rows."""
        if isinstance(key, str):
            column = self.columns.get(key, np.full(len(self), ""))
            return column.astype(str)
        columns = {name: column[key] for name, column in self.columns.items()}
        return Trials(self.names[key], self.labels[key], self.llr[key], columns)

    @property
    def recordings(self) -> np.ndarray:
        """The recording of each, of which it may be a clip; itself where none is known."""
        return np.where(self["recording"] == "", self.names, self["recording"])

    def to_csv(self, classes: tuple[str, str]) -> bytes:
        """Write a score file, which ``score`` reads: name, label, llr.

        Parameters
        ----------
        classes : tuple of two str
            The positive one last.
        """
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("name", "label", "llr"))
        for name, label, llr in zip(self.names, self.labels, self.llr, strict=True):
            writer.writerow((name, classes[label], float(llr)))
        return text.getvalue().encode(errors="surrogateescape")

    def __len__(self) -> int:
        """How many there are."""
        return len(self.labels)


def concatenate(parts: Sequence[Trials]) -> Trials:
    """Join trials that have the same columns.

    Parameters
    ----------
    parts : sequence of Trials
        At least one.
    """
    names, labels, llr = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("names", "labels", "llr")
    )
    columns = {
        name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns
    }
    return Trials(names, labels, llr, columns)


def eer_of_any_scores(labels: np.ndarray, llr: np.ndarray) -> float:
    """Equal error rate, defined for decisions too.

    An early epoch or a small resample may give no more than two different scores.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
        Both classes.
    llr : np.ndarray, shape=(n,)

    Returns
    -------
    error : float in [0, 1]
        For decisions, the mean of both error rates.

    Raises
    ------
    ValueError
        If a class is empty or a score is not finite.

    Examples
    --------
    >>> eer_of_any_scores(np.array([0, 0, 1, 1]), np.array([5.0, 4.0, 3.0, 2.0]))
    0.0
    >>> eer_of_any_scores(np.array([0, 0, 1, 1]), np.array([1.0, 0.0, 0.0, 0.0]))
    0.25
    """
    bonafide, spoof = llr[labels == 0], llr[labels == 1]
    if detection.are_decisions(llr):
        return 1 - detection.auc(bonafide, spoof)
    return detection.eer(bonafide, spoof)[0]


def oracle_metrics(labels: np.ndarray, llr: np.ndarray) -> dict[str, float]:
    """Metrics at the threshold that the truth chooses, which nobody has in use.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
    llr : np.ndarray, shape=(n,)

    Returns
    -------
    metrics : dict of str to float
        ``eer_threshold``, an llr, and ``accuracy_at_eer``; empty where there is no EER.

    Examples
    --------
    >>> oracle_metrics(np.array([0, 0, 1, 1]), np.array([5.0, 4.0, 3.0, 2.0]))
    {'eer_threshold': 3.0, 'accuracy_at_eer': 1.0}
    """
    if len(np.unique(labels)) < 2 or detection.are_decisions(llr):
        return {}
    _, threshold = detection.eer(llr[labels == 0], llr[labels == 1])
    return {
        "eer_threshold": threshold,
        "accuracy_at_eer": float(np.mean((llr <= threshold) == (labels == 1))),
    }


def selective_accuracy(labels: np.ndarray, llr: np.ndarray, band: Band) -> dict[str, float]:
    """Share of trials without a verdict, and accuracy of the verdicts on the rest.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
    llr : np.ndarray, shape=(n,)
    band : tuple of two float, or of two np.ndarray, shape=(n,)
        Between these P(fake), exclusive, there is no verdict.

    Returns
    -------
    metrics : dict of str to float
        ``uncertain``, a share of all, and ``accuracy`` of the rest, if there is one.

    Examples
    --------
    >>> selective_accuracy(np.array([0, 0, 1, 1]), np.array([3.0, 0.1, -0.1, 3.0]), (0.3, 0.7))
    {'uncertain': 0.5, 'accuracy': 0.5}
    """
    low, high = band
    p_fake = expit(-llr)
    sure = (p_fake <= low) | (p_fake >= high)
    metrics = {"uncertain": float(1 - sure.mean())}
    if sure.any():
        metrics["accuracy"] = float(np.mean((llr < 0)[sure] == (labels == 1)[sure]))
    return metrics


def main_unit(units: Iterable[str]) -> str:
    """Name the unit that a verdict is about: recordings, where they are known.

    Examples
    --------
    >>> main_unit(["picture", "recording"])
    'recording'
    """
    return "recording" if "recording" in units else "picture"


def overconfidence(trials: Trials) -> tuple[float, float]:
    """How often a detector claims to be right, and how often it is, at P(fake) 0.5.

    Parameters
    ----------
    trials : Trials
        Both classes, which weigh the same.

    Returns
    -------
    claimed, right : float in [0, 1]
        Mean of P(the likelier class), and share of the likelier classes that are true.

    Examples
    --------
    >>> llr = np.log([9.0, 9.0, 1 / 9, 9.0])
    >>> claimed, right = overconfidence(Trials(np.array(list("abcd")), np.array([0, 0, 1, 1]), llr))
    >>> round(claimed, 6), right
    (0.9, 0.75)
    """
    right = (trials.llr <= 0) == (trials.labels == 1)
    claimed = expit(np.abs(trials.llr))
    sides = [trials.labels == label for label in (0, 1)]
    return (
        float(np.mean([claimed[side].mean() for side in sides])),
        float(np.mean([right[side].mean() for side in sides])),
    )
