"""One level of an evaluation, and what can be asked of it.

Scores are log-likelihood ratios, higher = more like the first class; rates are in [0, 1].
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from classify.metrics.trials import Trials


@dataclass(frozen=True)
class Case:
    """One level of an evaluation.

    Attributes
    ----------
    report : mapping
        What ``metrics.json`` holds.
    level : str
        ``"picture"`` or ``"recording"``.
    scored : Trials
        Of that level.
    classes : tuple of two str
        The positive one last.
    """

    report: Mapping[str, Any]
    level: str
    scored: Trials
    classes: tuple[str, str]

    @property
    def figures(self) -> Mapping[str, float]:
        """The figures of the level."""
        return self.report[self.level]

    @property
    def counts(self) -> list[int]:
        """How many there are of each class."""
        return np.bincount(self.scored.labels, minlength=2).tolist()

    @property
    def units(self) -> str:
        """What is counted."""
        return f"{self.level}s"

    @property
    def useless(self) -> bool:
        """Whether the EER cannot be told from guessing."""
        eer = self.figures["eer"]
        low, high = self.interval("eer") or (eer - 0.02, eer + 0.02)
        return low <= 0.5 <= high

    @property
    def reversed(self) -> bool:
        """Whether the first class has the scores of the second."""
        return self.figures["eer"] > 0.5 and not self.useless

    def interval(self, metric: str) -> list[float] | None:
        """95 % interval of a figure, where there is one."""
        return self.report.get("interval", {}).get(self.level, {}).get(metric)


def main_level(levels: Mapping[str, Trials]) -> str:
    """Name the level that a verdict is about: recordings, where they are known.

    Examples
    --------
    >>> main_level({"picture": None, "recording": None})
    'recording'
    """
    return "recording" if "recording" in levels else "picture"


def rule_of_three(n: int) -> float:
    """Highest rate with which no error among n is still no surprise.

    1 - 0.05^(1/n), about 3 / n: the upper end of the one-sided 95 % interval.

    Parameters
    ----------
    n : int
        At least 1, independent of each other.

    Returns
    -------
    rate : float in (0, 1)

    References
    ----------
    Hanley and Lippman-Hand, "If nothing goes wrong, is everything all right?", 1983.

    Examples
    --------
    >>> round(rule_of_three(300), 4)
    0.0099
    """
    return 1 - 0.05 ** (1 / n)


def overconfidence(scored: Trials) -> tuple[float, float]:
    """How often a detector claims to be right, and how often it is, at P(fake) 0.5.

    Parameters
    ----------
    scored : Trials
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
    right = (scored.llr <= 0) == (scored.labels == 1)
    claimed = expit(np.abs(scored.llr))
    sides = [scored.labels == label for label in (0, 1)]
    return (
        float(np.mean([claimed[side].mean() for side in sides])),
        float(np.mean([right[side].mean() for side in sides])),
    )
