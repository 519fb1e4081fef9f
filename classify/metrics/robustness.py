"""Metrics of a robustness sweep: recordings under several degradations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from classify.metrics.breakdown import Cell


@dataclass(frozen=True, eq=False)
class ConditionReport:
    """Metrics of recordings that were degraded in one way.

    Attributes
    ----------
    group, title : str
        `group` may be empty.
    pooled : Cell
        All recordings. Its metrics are ``eer``, ``hter``, ``fpr``, ``fnr`` and ``change``, of the
        EER from that of the same recordings without degradation.
    by : dict of str to Cell
        The same by the value of a column, without intervals.
    mean : dict of str to float
        ``values``, how many have at least 5 recordings of each class, and their mean ``eer`` and
        ``change``; empty if there are none.
    """

    group: str
    title: str
    pooled: Cell
    by: Mapping[str, Cell] = field(default_factory=dict)
    mean: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """What is written; what is empty is left out, but for the intervals."""
        values = {"group": self.group, "title": self.title, **self.pooled.to_json()}
        if self.by:
            values["by"] = {
                value: {"n_real": cell.n_real, "n_fake": cell.n_fake, **cell.metrics}
                for value, cell in self.by.items()
            }
        return {**values, "mean": dict(self.mean)} if self.mean else values


@dataclass(frozen=True, eq=False, kw_only=True)
class RobustnessReport:
    """Metrics of recordings under several degradations.

    Attributes
    ----------
    source : str
        Folder of the sounds.
    recordings, refused : int
        How many were judged and how many could not be.
    column : str or None
        Column of the manifest whose values are told apart.
    conditions : dict of str to ConditionReport
        By name; the first is without degradation.
    bootstrap_unit : str
        See `classify.metrics.report.EvaluationReport`.
    """

    source: str
    recordings: int
    refused: int
    column: str | None
    conditions: Mapping[str, ConditionReport]
    bootstrap_unit: str

    def to_json(self) -> dict[str, Any]:
        """What is written."""
        conditions = {name: condition.to_json() for name, condition in self.conditions.items()}
        return {**vars(self), "conditions": conditions}
