"""A threshold that the visitor moved, and the labels that follow from it.

The uncertain band moves with the threshold, in log odds, so that either side of it keeps the same
width of evidence. Probabilities are of the positive class, in (0, 1).
"""

import math
from dataclasses import replace

from classify.prediction.verdicts import Refusal, Verdict, label_of
from classify.probability import logit
from classify.runs.run import Run
from detect.detection import Detection

Outcome = Detection | Verdict | Refusal


def with_threshold(run: Run, threshold: float) -> Run:
    """Give a run another threshold, for labels and drawings only.

    Parameters
    ----------
    run : Run
    threshold : float in (0, 1)

    Examples
    --------
    >>> from pathlib import Path
    >>> run = Run(folder=Path(), training={}, classes=("real", "fake"), shape=(8, 8), prior=0.5,
    ...           fingerprint="", uncertain=(0.2, 0.8))
    >>> strict = with_threshold(run, 0.8)
    >>> strict.threshold, [round(end, 3) for end in strict.uncertain]
    (0.8, [0.5, 0.941])
    """
    if threshold == run.threshold:
        return run
    shift = float(logit(threshold) - logit(run.threshold))

    def moved(band: tuple[float, float]) -> tuple[float, float]:
        return _shifted(band[0], shift), _shifted(band[1], shift)

    codecs = tuple(replace(one, uncertain=moved(one.uncertain)) for one in run.codecs)
    return replace(run, threshold=threshold, uncertain=moved(run.uncertain), codecs=codecs)


def relabel(outcome: Outcome, run: Run) -> Outcome:
    """Give an outcome the label that the threshold and the uncertain band of a run say.

    Parameters
    ----------
    outcome : Detection, Verdict or Refusal
    run : Run

    Returns
    -------
    outcome : the same kind
        Unchanged where there is no P(fake).
    """
    if isinstance(outcome, Detection):
        return outcome.judged_by(run)
    if isinstance(outcome, Refusal):
        return outcome
    return replace(outcome, label=label_of(outcome.p_fake, run))


def _shifted(p: float, shift: float) -> float:
    return p if p in (0.0, 1.0) else 1 / (1 + math.exp(-float(logit(p)) - shift))
