"""False alarms by source: how often real speech of each kind is called fake."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit
from scipy.stats import binomtest

from classify.metrics.bootstrap import CONFIDENCE
from classify.metrics.trials import Trials


@dataclass(frozen=True)
class FalseAlarms:
    """Negative recordings of one source that were called positive.

    Attributes
    ----------
    n_real : int
        Recordings of the negative class.
    called_fake : int
        How many of them were called positive.
    interval : tuple of two float
        95 % interval of the rate: exact, Clopper and Pearson 1934, as if all were independent.
    """

    n_real: int
    called_fake: int
    interval: tuple[float, float]

    @property
    def rate(self) -> float:
        """Share of the recordings that were called positive."""
        return self.called_fake / self.n_real

    def to_json(self) -> dict[str, Any]:
        """All attributes and the rate."""
        return {
            "n_real": self.n_real,
            "called_fake": self.called_fake,
            "rate": self.rate,
            "interval": list(self.interval),
        }


def false_alarms(trials: Trials, threshold: float) -> Mapping[str, FalseAlarms]:
    """Count how often the negative recordings of each source are called positive.

    Parameters
    ----------
    trials : Trials
        With calibrated scores.
    threshold : float in (0, 1)
        P(positive class) from which the verdict is positive.

    Returns
    -------
    alarms : dict of str to FalseAlarms
        By source, the highest rate first, of equal ones the larger source; empty where no source
        is known.
    """
    real = trials[trials.labels == 0]
    sources, called = real["source"], expit(-real.llr) >= threshold
    alarms = []
    for source in np.unique(sources[sources != ""]):
        own = called[sources == source]
        count, total = int(own.sum()), len(own)
        ends = binomtest(count, total).proportion_ci(CONFIDENCE, method="exact")
        alarms.append((str(source), FalseAlarms(total, count, (float(ends.low), float(ends.high)))))
    return dict(sorted(alarms, key=lambda item: (-item[1].rate, -item[1].n_real, item[0])))
