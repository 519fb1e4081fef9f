"""The report of an evaluation: what is measured of a run on one split.

`EvaluationReport.to_json` describes ``metrics.json``, which `write` writes. A *unit* is what one
score is of: ``"picture"`` or ``"recording"``. All intervals are of 95 %, see
`classify.metrics.bootstrap`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from classify.console import COMMAND
from classify.files import atomic_write
from classify.metrics import classification
from classify.metrics.bootstrap import Interval, metric_intervals
from classify.metrics.breakdown import Cell
from classify.metrics.false_alarms import FalseAlarms
from classify.metrics.registry import PRIOR, compute_metrics
from classify.metrics.robustness import RobustnessReport
from classify.metrics.trials import Band, Trials, main_unit, oracle_metrics, selective_accuracy

FORMAT = 1
_POINTS = 200  # of a risk-coverage curve


@dataclass(frozen=True, eq=False)
class UnitReport:
    """Metrics of the pictures, or of the recordings.

    Attributes
    ----------
    trials : Trials
    metrics : dict of str to float
        See `classify.metrics.registry.compute_metrics`.
    interval : dict of str to (float, float)
        By metric.
    oracle, selective : dict of str to float
        See `classify.metrics.trials.oracle_metrics` and `selective_accuracy`.
    confusion : list of list of int, shape=(2, 2)
        Counts; rows are the truth, columns the verdict, the positive class last.
    risk_coverage : tuple of two np.ndarray, shape=(n,)
        See `classify.metrics.classification.risk_coverage`.
    seeds : dict of str to (float, float)
        Mean and standard deviation of each metric over the networks of an ensemble.
    """

    trials: Trials
    metrics: Mapping[str, float]
    interval: Mapping[str, Interval]
    oracle: Mapping[str, float]
    selective: Mapping[str, float]
    confusion: list[list[int]]
    risk_coverage: tuple[np.ndarray, np.ndarray]
    seeds: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def counts(self) -> list[int]:
        """Number of trials of each class."""
        return np.bincount(self.trials.labels, minlength=2).tolist()


def judge_unit(
    trials: Trials,
    groups: np.ndarray,
    threshold: float,
    uncertain: Band,
    resamples: int,
    seeds: Mapping[str, tuple[float, float]] | None = None,
) -> UnitReport:
    """Measure everything that is measured of pictures and of recordings.

    Parameters
    ----------
    trials : Trials
        With calibrated scores.
    groups : np.ndarray, shape=(len(trials),)
        Trials of one group are resampled together.
    threshold : float in (0, 1)
        P(fake) from which the verdict is fake.
    uncertain : tuple of two float, or of two np.ndarray, shape=(len(trials),)
        Between these P(fake), exclusive, there is no verdict.
    resamples : int
    seeds : mapping, optional
        See `UnitReport`.
    """
    labels, llr = trials.labels, trials.llr
    verdicts = (expit(-llr) >= threshold).astype(int)
    return UnitReport(
        trials,
        compute_metrics(labels, llr, threshold),
        metric_intervals(trials, groups, threshold, resamples),
        oracle_metrics(labels, llr),
        selective_accuracy(labels, llr, uncertain),
        classification.confusion(labels, verdicts).tolist(),
        classification.risk_coverage(labels, llr, threshold),
        seeds or {},
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class EvaluationReport:
    """Metrics of a run on one split.

    Attributes
    ----------
    split : str
    classes : tuple of two str
        The positive one last.
    threshold : float in (0, 1)
        P(fake) from which the verdict is fake.
    uncertain : tuple of two float
        Between these P(fake), exclusive, there is no verdict. The share of verdicts takes the band
        of its codec for a file that has one, see `classify.runs.run.CodecCalibration`.
    units : dict of str to UnitReport
        ``"picture"`` and, where the manifest names recordings, ``"recording"``.
    bootstrap_unit : str
        Column of the manifest whose values are resampled together.
    resamples : int
    by : dict of str to dict of str to Cell
        By column of the manifest and its values, the worst first, of the main unit.
    false_alarms : dict of str to FalseAlarms
        By source of real speech, the worst first.
    mean_over : dict of str to dict of str to float
        By column: ``values``, how many have at least 5 trials of each class, and their mean
        metrics. A column without such a value is left out.
    explanation : dict or None
        See `classify.explanations.faithfulness.measure`.
    robustness : RobustnessReport or None
    refused : int
        Pictures and, of a robustness sweep, recordings that could not be scored.
    unwritten : str
        Why the files of the report could not be written; empty if they were.
    """

    split: str
    classes: tuple[str, str]
    threshold: float
    uncertain: tuple[float, float]
    units: Mapping[str, UnitReport]
    bootstrap_unit: str
    resamples: int
    by: Mapping[str, Mapping[str, Cell]] = field(default_factory=dict)
    false_alarms: Mapping[str, FalseAlarms] = field(default_factory=dict)
    mean_over: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    explanation: Mapping[str, Any] | None = None
    robustness: RobustnessReport | None = None
    refused: int = 0
    unwritten: str = ""

    @property
    def main_unit(self) -> str:
        """The unit that a verdict is about."""
        return main_unit(self.units)

    @property
    def main(self) -> UnitReport:
        """Metrics of the main unit."""
        return self.units[self.main_unit]

    def to_json(self) -> dict[str, Any]:
        """Everything but names and scores, as ``metrics.json`` holds it.

        Returns
        -------
        values : dict
            ``format``; ``split``, ``threshold``, ``uncertain``, ``bootstrap_unit``, ``resamples``,
            ``mean_over`` and ``explanation``, see `EvaluationReport`; ``prior``, the share of fakes
            that ``loss``, ``brier`` and ``ece`` are weighed by. ``picture`` and ``recording`` are
            the metrics of each unit; ``interval``, ``oracle``, ``selective``, ``confusion`` and,
            of an ensemble, ``seeds`` hold the rest of each `UnitReport` by unit. ``by`` holds by
            column and value ``n_real``, ``n_fake``, ``real_from``, ``interval`` and the metrics,
            see `classify.metrics.breakdown.Cell`. ``robustness`` is a `RobustnessReport`, with the
            metrics of each condition beside its ``group``, ``title``, ``n_real``, ``n_fake``,
            ``interval``, ``by`` and ``mean``. ``risk_coverage`` holds ``coverage`` and ``risk`` by
            unit, at 200 points or fewer. ``false_alarms`` holds ``n_real``, ``called_fake``,
            ``rate`` and ``interval`` by source. A metric without a meaning is left out, such as the
            EER of one class, and so are ``seeds``, ``explanation`` and ``robustness`` where there
            are none.
        """
        values: dict[str, Any] = {
            "format": FORMAT,
            "split": self.split,
            "threshold": self.threshold,
            "uncertain": list(self.uncertain),
            "prior": PRIOR,
            **{unit: dict(part.metrics) for unit, part in self.units.items()},
        }
        for name in ("interval", "oracle", "selective", "confusion", "seeds"):
            values[name] = {unit: getattr(part, name) for unit, part in self.units.items()}
        if not any(values["seeds"].values()):
            del values["seeds"]
        values |= {
            "risk_coverage": {
                unit: _thinned(part.risk_coverage) for unit, part in self.units.items()
            },
            "false_alarms": {
                source: alarms.to_json() for source, alarms in self.false_alarms.items()
            },
            "bootstrap_unit": self.bootstrap_unit,
            "resamples": self.resamples,
            "by": _cells_to_json(self.by),
            "mean_over": self.mean_over,
        }
        if self.explanation is not None:
            values["explanation"] = self.explanation
        if self.robustness is not None:
            values["robustness"] = self.robustness.to_json()
        return values


@dataclass(frozen=True, eq=False, kw_only=True)
class ScoreFileReport:
    """Metrics of a score file of any system.

    Attributes
    ----------
    format, direction : str
        Format of the file, and what its scores speak for.
    warnings : list of str
    n_real, n_fake : int
    metrics, interval, oracle
        See `UnitReport`.
    resamples : int
    by, mean_over
        See `EvaluationReport`; by column of the keys.
    """

    format: str
    direction: str
    warnings: list[str]
    n_real: int
    n_fake: int
    metrics: Mapping[str, float]
    interval: Mapping[str, Interval]
    oracle: Mapping[str, float]
    resamples: int
    by: Mapping[str, Mapping[str, Cell]] = field(default_factory=dict)
    mean_over: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """All attributes, without a breakdown where there is none; the metrics are ``figures``."""
        values = dict(vars(self))
        values |= {"figures": values.pop("metrics"), "by": _cells_to_json(self.by)}
        return {name: value for name, value in values.items() if value or name not in _BREAKDOWN}


_BREAKDOWN = ("by", "mean_over")


def _thinned(curve: tuple[np.ndarray, np.ndarray]) -> dict[str, list[float]]:
    """Coverage and risk at no more than 200 points, the last one included."""
    count = len(curve[0])
    chosen = np.unique(np.linspace(0, count - 1, min(_POINTS, count)).round().astype(int))
    return {
        name: [round(float(value), 6) for value in values[chosen]]
        for name, values in zip(("coverage", "risk"), curve, strict=True)
    }


def _cells_to_json(by: Mapping[str, Mapping[str, Cell]]) -> dict[str, dict[str, Any]]:
    return {
        column: {value: cell.to_json() for value, cell in cells.items()}
        for column, cells in by.items()
    }


def write(report: EvaluationReport, path: Path) -> None:
    """Write ``metrics.json``."""
    atomic_write(path, (json.dumps(report.to_json(), indent=2) + "\n").encode())


def read(path: Path) -> dict[str, Any]:
    """Read ``metrics.json``.

    Returns
    -------
    values : dict
        See `EvaluationReport.to_json`.

    Raises
    ------
    ValueError
        If it is none, or of another format.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        number = values.get("format", 0)
    except (AttributeError, ValueError) as error:
        raise ValueError(
            f"expected the report of an evaluation in {path}, got {error!r}"
        ) from error
    if number != FORMAT:
        raise ValueError(
            f"expected format {FORMAT} in {path}, got {number}: {COMMAND} evaluate writes it anew"
        )
    return values
