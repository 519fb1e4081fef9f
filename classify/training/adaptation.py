"""Adaptation: the last layers of trained networks move a little towards some recordings.

The move is a line on the principal components of the last layers' inputs. It is fitted to the new
recordings by logistic regression. Two penalties hold it: one on its length, and one on how far
recordings of a replay set move towards the wrong class. All sources of that set weigh the same, and
its fakes twice as much as its real recordings. Networks are fitted one by one; the mean of their
scores decides, as ever.

The strength is found by cross-validation: a third of the new recordings and a third of the replay
set's sources are scored by what the other two thirds gave.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from classify.data.folds import deal
from classify.data.sampling import sampling_weights
from classify.runs.replay import ReplaySet
from classify.runs.run import Calibration

FEWEST = 20  # new recordings
FOLDS = 3
MISSES = 0.015  # by which the rate of misses on the replay set may grow
FALSE_ALARMS = 0.03  # by which that of false alarms may grow
ENOUGH = 1 / 3  # of the errors on new recordings may stay; for fewer, no more strength is taken
# The largest at which misses elsewhere grew by less than 2 percentage points: bench adapt_strength.
STRENGTHS = (0.02, 0.05, 0.1, 0.2)
_LENGTH = 0.01  # weight of the penalty on the length of the move
_FAKES = 2.0  # weight of fakes in the replay set beside real recordings


@dataclass(frozen=True)
class Sample:
    """Recordings as one network sees them.

    Attributes
    ----------
    values : np.ndarray, shape=(n, components)
        See `classify.runs.replay`.
    llr : np.ndarray, shape=(n,)
        Calibrated scores before the adaptation.
    labels : np.ndarray, shape=(n,), dtype=int
        1 for the positive class.
    groups : np.ndarray of str, shape=(n,)
        Source, which weighs the same however many recordings it has; the recording where none is
        known.
    scale : float or np.ndarray, shape=(n,)
        Slope of the calibration of each recording, over that of the run: 1, but for a codec with a
        calibration of its own.
    """

    values: np.ndarray
    llr: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    scale: float | np.ndarray = 1.0

    def __getitem__(self, rows: np.ndarray) -> "Sample":
        """Select rows by a mask or by indices."""
        scale = np.broadcast_to(self.scale, len(self.llr))[rows]
        return Sample(
            self.values[rows], self.llr[rows], self.labels[rows], self.groups[rows], scale
        )

    @property
    def weights(self) -> np.ndarray:
        """Weights that add up to 1, equal for the classes and for the groups of a class."""
        return sampling_weights([self.labels, self.groups], len(self.labels))

    @property
    def inputs(self) -> np.ndarray:
        """What a score gains for each unit of a shift, shape=(n, components + 1)."""
        ones = np.ones(len(self.llr))
        return np.column_stack([self.values, ones]) * np.reshape(self.scale, (-1, 1))

    def moved(self, shift: np.ndarray) -> np.ndarray:
        """Scores after a shift of the last layers, see `fit_shift`."""
        return self.llr + self.inputs @ shift


def stored_sample(replay: ReplaySet, calibration: Calibration) -> Sample:
    """Give the stored recordings of a network, with calibrated scores.

    Parameters
    ----------
    replay : ReplaySet
    calibration : Calibration
        Of the run.
    """
    names = np.arange(len(replay.labels)).astype(str)
    groups = np.where(replay.sources == "", names, replay.sources)
    return Sample(replay.values, calibration(replay.llr), replay.labels, groups)


@dataclass(frozen=True)
class ErrorRates:
    """Error rates at P(positive class) 0.5; NaN for a class without recordings.

    Attributes
    ----------
    false_alarms, misses : float in [0, 1]
        Means over the sources.
    wrong : tuple of two int
        Number of false alarms and of misses.
    total : tuple of two int
        Number of recordings of either class.
    """

    false_alarms: float
    misses: float
    wrong: tuple[int, int]
    total: tuple[int, int]


def error_rates(labels: np.ndarray, llr: np.ndarray, groups: np.ndarray) -> ErrorRates:
    """Count errors, and average their rates over the groups.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
    llr : np.ndarray, shape=(n,)
        Calibrated scores.
    groups : np.ndarray of str, shape=(n,)

    Examples
    --------
    >>> labels, llr = np.array([0, 0, 0, 1]), np.array([1.0, -1.0, -1.0, -2.0])
    >>> error_rates(labels, llr, np.array(["a", "a", "b", "a"]))
    ErrorRates(false_alarms=0.75, misses=0.0, wrong=(2, 0), total=(3, 1))
    """
    is_wrong = (llr <= 0) != (labels == 1)
    rates, wrong, total = [], [], []
    for label in (0, 1):
        errors, names = is_wrong[labels == label], groups[labels == label]
        by_group = [errors[names == name].mean() for name in np.unique(names)]
        rates.append(float(np.mean(by_group)) if by_group else float("nan"))
        wrong.append(int(errors.sum()))
        total.append(len(errors))
    return ErrorRates(rates[0], rates[1], (wrong[0], wrong[1]), (total[0], total[1]))


def fit_shift(own: Sample, replay: Sample, strength: float) -> np.ndarray:
    """Fit how the last layers of a network move.

    Parameters
    ----------
    own : Sample
        New recordings, of one class or of both.
    replay : Sample
        Others, of both classes.
    strength : float
        Weight of the new recordings beside the others.

    Returns
    -------
    shift : np.ndarray, shape=(components + 1,)
        What a calibrated score gains for each component, and the constant last.
    """
    own_values, replay_values = own.inputs, replay.inputs
    own_sign, replay_sign = (np.where(part.labels == 1, -1.0, 1.0) for part in (own, replay))
    own_weights = strength * own.weights
    replay_weights = replay.weights * np.where(replay.labels == 1, _FAKES, 1.0)
    length = np.append(np.full(own.values.shape[1], _LENGTH), 0.0)

    def loss(shift: np.ndarray) -> tuple[float, np.ndarray]:
        margin = own_sign * (own.llr + own_values @ shift)
        harm = np.minimum(replay_sign * (replay_values @ shift), 0.0)
        value = own_weights @ np.logaddexp(0, -margin)
        value += (replay_weights @ harm**2 + length @ shift**2) / 2
        gradient = (replay_weights * replay_sign * harm) @ replay_values + length * shift
        gradient -= (own_weights * own_sign * expit(-margin)) @ own_values
        return float(value), gradient

    return minimize(loss, np.zeros(len(length)), jac=True, method="L-BFGS-B").x


@dataclass(frozen=True)
class Trial:
    """What an adaptation of some strength did to recordings that it was not fitted on.

    Attributes
    ----------
    strength : float
    own, elsewhere : ErrorRates
        Of the new recordings, and of the replay sets.
    """

    strength: float
    own: ErrorRates
    elsewhere: ErrorRates

    @property
    def wrong(self) -> int:
        """Number of errors on new recordings."""
        return sum(self.own.wrong)

    def to_json(self) -> dict[str, float]:
        """Counts of the new recordings, and rates elsewhere."""
        return {
            "strength": self.strength,
            "own_false_alarms": self.own.wrong[0],
            "own_misses": self.own.wrong[1],
            "false_alarms_elsewhere": self.elsewhere.false_alarms,
            "misses_elsewhere": self.elsewhere.misses,
        }

    def is_affordable(self, before: "Trial") -> bool:
        """Whether the error rates elsewhere grew by no more than the limits."""
        now, then = self.elsewhere, before.elsewhere
        return (
            now.misses - then.misses <= MISSES
            and now.false_alarms - then.false_alarms <= FALSE_ALARMS
        )


def cross_validate(
    own: Sequence[Sample], replay: Sequence[Sample], strengths: Sequence[float] = STRENGTHS
) -> tuple[Trial, list[Trial]]:
    """Judge adaptations of several strengths on recordings that they were not fitted on.

    Parameters
    ----------
    own, replay : sequence of Sample
        One a network. All networks see the same new recordings; the replay sets may differ.
    strengths : sequence of float

    Returns
    -------
    before : Trial
        Without an adaptation.
    trials : list of Trial
        One a strength.
    """
    labels = own[0].labels
    own_fold = _deal_evenly(labels)
    folds = [_deal_groups(part) for part in replay]

    def trial(strength: float) -> Trial:
        own_llr = [part.llr.copy() for part in own]
        replay_llr = [part.llr.copy() for part in replay]
        for network, fold in enumerate(folds):
            for number in range(FOLDS) if strength else ():
                in_own, in_replay = own_fold == number, fold == number
                shift = fit_shift(own[network][~in_own], replay[network][~in_replay], strength)
                own_llr[network][in_own] = own[network][in_own].moved(shift)
                replay_llr[network][in_replay] = replay[network][in_replay].moved(shift)
        return Trial(
            strength,
            error_rates(labels, np.mean(own_llr, axis=0), own[0].groups),
            error_rates(
                np.concatenate([part.labels for part in replay]),
                np.concatenate(replay_llr),
                np.concatenate([part.groups for part in replay]),
            ),
        )

    return trial(0.0), [trial(strength) for strength in strengths]


def _deal_evenly(labels: np.ndarray) -> np.ndarray:
    """Deal recordings into folds by chance, those of either class evenly."""
    fold = np.empty(len(labels), int)
    for label in np.unique(labels):
        rows = np.random.default_rng(0).permutation(np.flatnonzero(labels == label))
        fold[rows] = np.arange(len(rows)) % FOLDS
    return fold


def _deal_groups(part: Sample) -> np.ndarray:
    """Deal groups into folds or, where there are too few of a class, recordings."""
    fewest = min(len(np.unique(part.groups[part.labels == label])) for label in (0, 1))
    if fewest < FOLDS:
        return _deal_evenly(part.labels)
    return deal(part.labels, part.groups, np.arange(len(part.labels)).astype(str), FOLDS)


def choose(before: Trial, trials: Sequence[Trial]) -> Trial | None:
    """Choose the least strength that leaves few errors on new recordings at little cost.

    Returns
    -------
    trial : Trial or None
        Of those that are affordable, the first that leaves no more than a third of the errors on
        new recordings, else the first of those that leave the fewest. None if none leaves fewer
        than before.
    """
    affordable = [
        trial for trial in trials if trial.is_affordable(before) and trial.wrong < before.wrong
    ]
    enough = [trial for trial in affordable if trial.wrong <= ENOUGH * before.wrong]
    best = enough or sorted(affordable, key=lambda trial: trial.wrong)
    return best[0] if best else None
