"""Suspicious segments of a recording, from the scores of its windows.

Neighbouring windows above the threshold are joined. A stretch that stands out is found by a scan:
windows are explained as one level of the whole recording, and another in a stretch. A window counts
for the stretch by the share of it that lies there. The statistic of a stretch is that of a t-test
between both levels, with 1 nat^2 added to the variance: the windows of a short recording are alike
by chance. How high it has to be is found on spliced recordings, see
`benchmarks.calibrate_segments`. Times are in s, scores (llr) in nats.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from classify.prediction.verdicts import label_of, probability
from classify.prediction.wording import in_part
from classify.probability import logit
from classify.runs.run import Run

SHORTEST, LONGEST = 2.0, 30.0  # lengths of the stretches that the scan tries
SHORTEST_RECORDING = 20.0  # in a shorter one nothing stands out: the rest would say too little
_LARGEST_SHARE = 0.8  # of a recording that a stretch may take
_LEAST_WEIGHT = 0.5  # of a stretch, in windows: less says nothing
_VARIANCE = 1.0  # nats^2
_PARAMETERS = 3  # two levels, and where the stretch lies
_FEWEST = 2 * _PARAMETERS  # windows


@dataclass(frozen=True)
class Segment:
    """A suspicious part of a recording.

    Attributes
    ----------
    start_s, end_s : float
    p_fake : float in (0, 1)
        Calibrated probability of the positive class.
    llr : float
        Mean of the calibrated scores of its windows, each by the share of it that lies there.
    stands_out : bool
        Whether it stands out of the rest, which is not suspicious, as a splice does.
    """

    start_s: float
    end_s: float
    p_fake: float
    llr: float
    stands_out: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Write the fields in JSON's types, rounded as those of windows."""
        return {
            "start_s": round(self.start_s, 3),
            "end_s": round(self.end_s, 3),
            "p_fake": round(self.p_fake, 4),
            "stands_out": self.stands_out,
        }


class Scores(NamedTuple):
    """Scores of the windows of a recording.

    Attributes
    ----------
    start : np.ndarray, shape=(n,)
        In s, rising by multiples of the step.
    llr : np.ndarray, shape=(n,)
        Calibrated.
    window_s, step_s : float
        Length of a window, and from the start of one to that of the next.
    duration_s : float
        Of the recording.
    """

    start: np.ndarray
    llr: np.ndarray
    window_s: float
    step_s: float
    duration_s: float


class Stretch(NamedTuple):
    """A stretch that the scan found.

    Attributes
    ----------
    statistic : float
        That of a t-test; the higher, the more it stands out.
    start, end : float
        In s.
    llr : float
        Mean score of its windows.
    """

    statistic: float
    start: float
    end: float
    llr: float


def find_segments(scores: Scores, run: Run) -> tuple[Segment, ...]:
    """Find the suspicious segments of a recording.

    Parameters
    ----------
    scores : Scores
    run : Run
        Without ``segments`` nothing stands out.

    Returns
    -------
    segments : tuple of Segment
        In order of time: those that stand out or, where there is none, the joined windows.
    """
    found = _standing_out(scores, run) if run.segments else []
    return tuple(found or _joined(scores, run))


def label_with_segments(p_fake: float, segments: tuple[Segment, ...], run: Run) -> str:
    """Label of a recording: a part that stands out counts where the whole is not positive."""
    label = label_of(p_fake, run)
    if label != run.classes[1] and any(segment.stands_out for segment in segments):
        return in_part(run.classes[1])
    return label


def limit(calibration: Mapping[str, Any], duration_s: float) -> float:
    """Least statistic of a stretch that stands out.

    The best of many stretches of a long recording is higher by chance than that of a short one: by
    the scale times the logarithm of the length, as for any extreme value with a tail that falls
    exponentially.

    Parameters
    ----------
    calibration : mapping
        ``threshold`` for a recording of one minute, and ``scale``.
    duration_s : float
        Of the recording.

    Examples
    --------
    >>> limit({"threshold": 3.0, "scale": 0.5}, 60.0)
    3.0
    """
    return calibration["threshold"] + calibration["scale"] * math.log(duration_s / 60)


def best_stretch(scores: Scores, threshold: float = 0.5) -> Stretch | None:
    """Find the stretch that stands out most.

    Parameters
    ----------
    scores : Scores
    threshold : float in (0, 1)
        P(positive class) from which the stretch, but not the rest, is suspicious.

    Returns
    -------
    stretch : Stretch or None
        None in a recording of under 20 s, or where no stretch is suspicious.

    Examples
    --------
    >>> llr = np.repeat([3.0, -3.0, 3.0], [10, 4, 20])
    >>> best = best_stretch(Scores(np.arange(34.0), llr, 2.0, 1.0, 35.0))
    >>> best.start, best.end, round(best.llr, 2)
    (10.5, 14.5, -2.25)
    """
    if scores.duration_s < SHORTEST_RECORDING or len(scores.start) < _FEWEST:
        return None
    edge = _edge(threshold)
    weights, weighted = _on_grid(scores)
    longest = min(LONGEST, _LARGEST_SHARE * scores.duration_s)
    stretches = (
        _best_of_length(scores, weights, weighted, length, offset, edge)
        for length in np.arange(SHORTEST, longest + 1e-6, scores.step_s)
        for offset in (0.0, scores.step_s / 2)
    )
    return max(filter(None, stretches), default=None)


def _on_grid(scores: Scores) -> tuple[np.ndarray, np.ndarray]:
    """Weights and weighted scores of all windows; one without a score has weight 0."""
    position = np.rint((scores.start - scores.start[0]) / scores.step_s).astype(int)
    weights, weighted = np.zeros((2, position[-1] + 1))
    weights[position], weighted[position] = 1.0, scores.llr
    return weights, weighted


def _best_of_length(
    scores: Scores,
    weights: np.ndarray,
    weighted: np.ndarray,
    length: float,
    offset: float,
    edge: float,
) -> Stretch | None:
    """The best stretch of one length, of those that begin `offset` s after a window."""
    step, count = scores.step_s, len(scores.llr)
    total, squares = float(scores.llr.sum()), float(np.square(scores.llr).sum())
    # A stretch that begins with window j holds a share of the windows from j - before to j + after.
    before = math.floor((scores.window_s - offset) / step)
    after = math.floor((offset + length) / step)
    begin = step * np.arange(-before, after + 1)
    overlap = np.minimum(begin + scores.window_s, offset + length) - np.maximum(begin, offset)
    share = np.maximum(overlap, 0) / scores.window_s
    rows = [np.concatenate([np.zeros(before), row, np.zeros(after)]) for row in (weights, weighted)]
    inside, inside_llr = (np.correlate(row, share) for row in rows)
    spread = np.correlate(rows[0], share**2) - inside**2 / count
    start = scores.start[0] + offset + step * np.arange(len(weights))
    fits = (spread >= _LEAST_WEIGHT) & (start + length <= scores.duration_s + 1e-6)
    spread = np.where(fits, spread, 1.0)
    difference = (inside_llr - inside * total / count) / spread  # least squares
    variance = (squares - total**2 / count - difference**2 * spread) / (count - _PARAMETERS)
    # Windows that overlap by more than half say little more than those that overlap by half.
    spread *= min(1.0, 2 * step / scores.window_s)
    statistic = -difference * np.sqrt(spread / (np.maximum(variance, 0) + _VARIANCE))
    # A mean of scores, unlike the fitted level, is never beyond all of them.
    level = inside_llr / np.maximum(inside, _LEAST_WEIGHT)
    rest = (total - inside_llr) / np.maximum(count - inside, _LEAST_WEIGHT)
    suspicious = fits & (level <= edge) & (rest > edge)
    if not suspicious.any():
        return None
    at = int(np.where(suspicious, statistic, -np.inf).argmax())
    return Stretch(
        float(statistic[at]),
        float(start[at]),
        float(start[at] + length),
        float(level[at]),
    )


def _standing_out(scores: Scores, run: Run) -> list[Segment]:
    """Stretches above the limit, one after another, each found in what the others leave."""
    least = limit(run.segments, scores.duration_s)
    found: list[Stretch] = []
    stretch = best_stretch(scores, run.threshold)
    while stretch is not None and stretch.statistic >= least:
        found.append(stretch)
        outside = (scores.start >= stretch.end) | (scores.start + scores.window_s <= stretch.start)
        scores = scores._replace(start=scores.start[outside], llr=scores.llr[outside])
        stretch = best_stretch(scores, run.threshold)
    return [_segment(*parts, stands_out=True) for parts in _merged(found, scores.window_s)]


def _merged(stretches: list[Stretch], gap: float) -> list[tuple[float, float, float]]:
    """Start, end and level of stretches, as one where there is less than a window between them."""
    merged: list[tuple[float, float, float]] = []
    for _, start, end, llr in sorted(stretches, key=lambda stretch: stretch.start):
        if merged and start - merged[-1][1] < gap:
            earlier, until, level = merged.pop()
            shares = np.array([until - earlier, end - start])
            llr = float(np.average([level, llr], weights=shares))
            start, end = earlier, max(until, end)
        merged.append((start, end, llr))
    return merged


def _joined(scores: Scores, run: Run) -> list[Segment]:
    """Windows above the threshold that touch; what is uncertain together is left out."""
    suspicious = np.flatnonzero(scores.llr <= _edge(run.threshold))
    apart = np.diff(scores.start[suspicious]) > scores.window_s
    groups = np.split(suspicious, 1 + np.flatnonzero(apart))
    segments = [
        _segment(
            float(scores.start[group[0]]),
            min(float(scores.start[group[-1]]) + scores.window_s, scores.duration_s),
            float(scores.llr[group].mean()),
        )
        for group in groups
        if len(group)
    ]
    return [segment for segment in segments if label_of(segment.p_fake, run) == run.classes[1]]


def _segment(start: float, end: float, llr: float, *, stands_out: bool = False) -> Segment:
    return Segment(round(start, 3), round(end, 3), probability(llr), llr, stands_out)


def _edge(threshold: float) -> float:
    """The llr at a P(positive class)."""
    return -float(logit(threshold))
