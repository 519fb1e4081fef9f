"""From P(fake) to a word: the run's own threshold, or one that somebody moved it to.

The uncertain band moves with the threshold, in log odds: the evidence that is missing on either
side stays the same. Probabilities are of the run's second class, in (0, 1).
"""

import math
from dataclasses import replace

from classify.prediction.verdicts import UNCERTAIN, Refusal, Verdict
from classify.runs.run import Run
from detect.detection import Detection

Outcome = Detection | Verdict | Refusal


def with_threshold(run: Run, threshold: float) -> Run:
    """Give a run with another threshold; not for asking its network.

    Parameters
    ----------
    run : Run
    threshold : float in (0, 1)

    Returns
    -------
    run : Run

    Examples
    --------
    >>> from pathlib import Path
    >>> run = Run(folder=Path(), training={}, classes=("real", "fake"), shape=(8, 8), prior=0.5,
    ...           fingerprint="", uncertain=(0.2, 0.8))
    >>> there = with_threshold(run, 0.8)
    >>> there.threshold, [round(end, 3) for end in there.uncertain]
    (0.8, [0.5, 0.941])
    """
    if threshold == run.threshold:
        return run
    shift = _logit(threshold) - _logit(run.threshold)
    low, high = (_moved(end, shift) for end in run.uncertain)
    return replace(run, threshold=threshold, uncertain=(low, high))


def relabel(outcome: Outcome, run: Run) -> Outcome:
    """Say by the threshold and the uncertain band of a run what an outcome is.

    Parameters
    ----------
    outcome : Detection, Verdict or Refusal
    run : Run

    Returns
    -------
    outcome : the same kind
        With the label that follows; as it was where there is no P(fake).
    """
    if isinstance(outcome, Refusal) or outcome.p_fake is None:
        return outcome
    low, high = run.uncertain
    sure = not low < outcome.p_fake < high
    label = run.classes[outcome.p_fake >= run.threshold] if sure else UNCERTAIN
    return replace(outcome, label=label)


def _moved(p: float, shift: float) -> float:
    return p if p in (0.0, 1.0) else 1 / (1 + math.exp(-_logit(p) - shift))


def _logit(p: float) -> float:
    return math.log(p) - math.log1p(-p)
