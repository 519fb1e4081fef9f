"""ROC and DET curves: what a threshold costs, over all thresholds.

Rates are in [0, 1], of the first class called the second (``fpr``) and of the second called the
first (``fnr``), and are drawn in per cent. A unit is ``"picture"`` or ``"recording"``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import norm

from classify.reports.plots import UNITS, single, text

# Ticks of a DET curve, about equally far apart on its axes.
RATES = np.array(
    [0.0001, 0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 0.995]
)
# Marks: a ring that does not hide what lies in it, and a square.
EER: dict[str, Any] = {"marker": "o", "markersize": 11, "fillstyle": "none", "linestyle": ""}
STORED: dict[str, Any] = {"marker": "s", "markersize": 5, "linestyle": ""}


@dataclass(frozen=True)
class Curve:
    """Error rates over all thresholds.

    Attributes
    ----------
    fpr, fnr : np.ndarray, shape=(n,)
        Share of the first class taken for the second and the other way round, over all thresholds.
    eer : float
        Equal error rate.
    stored : tuple of two float
        ``fpr`` and ``fnr`` at the stored threshold.
    """

    fpr: np.ndarray
    fnr: np.ndarray
    eer: float
    stored: tuple[float, float]


def roc(curves: Mapping[str, Curve], classes: Sequence[str]) -> Figure:
    """Draw ROC curves, each with its operating point.

    Parameters
    ----------
    curves : mapping of str to Curve
        By unit.
    classes : sequence of two str
        The positive one last.
    """
    figure, axes = single()
    real, fake = map(text, classes)
    for unit, curve in curves.items():
        colour, style = UNITS[unit]
        axes.plot(100 * curve.fpr, 100 * (1 - curve.fnr), style, color=colour, label=f"{unit}s")
        x, y = curve.stored
        axes.plot(100 * x, 100 * (1 - y), color=colour, clip_on=False, zorder=3, **STORED)
    axes.plot([0, 100], [0, 100], ":", color="grey", label="guessing")
    axes.plot([], [], color="#555555", label="stored threshold", **STORED)
    axes.set(
        xlabel=f"{real} called {fake}, %",
        ylabel=f"{fake} called {fake}, %",
        xlim=(0, 100),
        ylim=(0, 100),
        aspect="equal",
    )
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def det(curves: Mapping[str, Curve], classes: Sequence[str]) -> Figure:
    """Draw DET curves on normal-deviate axes, each with its EER and its operating point.

    A rate too small for the axes, 0 too, is drawn on their edge.

    Parameters
    ----------
    curves : mapping of str to Curve
        By unit.
    classes : sequence of two str
        The positive one last.

    References
    ----------
    Martin et al., "The DET curve in assessment of detection task performance", 1997.
    """
    figure, axes = single()
    real, fake = map(text, classes)
    ticks = _rates(curves)
    for unit, curve in curves.items():
        colour, style = UNITS[unit]
        line = _deviate(np.stack([curve.fpr, curve.fnr]), ticks)
        axes.plot(*line, style, color=colour, label=f"{unit}s")
        for point, marker in (((curve.eer, curve.eer), EER), (curve.stored, STORED)):
            at = _deviate(np.clip(point, 0, ticks[-1]), ticks)
            axes.plot(*at, color=colour, clip_on=False, zorder=3, **marker)
    ends = norm.ppf(ticks[[0, -1]])
    axes.plot(ends, ends, ":", color="grey")
    for label, marker in (("equal errors (EER)", EER), ("stored threshold", STORED)):
        axes.plot([], [], color="#555555", label=label, **marker)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(norm.ppf(ticks), [f"{100 * tick:g}" for tick in ticks])
    axes.set(
        xlabel=f"{real} called {fake}, %",
        ylabel=f"{fake} called {real}, %",
        xlim=ends,
        ylim=ends,
        aspect="equal",
    )
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def risk_coverage(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]], given: Mapping[str, float]
) -> Figure:
    """Draw how many verdicts are wrong where only the surest are given.

    Parameters
    ----------
    curves : mapping of str to (coverage, risk)
        By unit, see `classify.metrics.classification.risk_coverage`.
    given : mapping of str to float
        Share of each unit that gets a verdict, where the rest is uncertain.
    """
    figure, axes = single()
    top = 0.0
    for unit, (coverage, risk) in curves.items():
        colour, style = UNITS[unit]
        axes.plot(100 * coverage, 100 * risk, style, color=colour, label=f"{unit}s")
        at = np.searchsorted(coverage, given[unit] - 1e-9)
        if given[unit]:
            point = (100 * coverage[at], 100 * risk[at])
            axes.plot(*point, color=colour, clip_on=False, zorder=3, **STORED)
        # The first few verdicts alone may all be wrong, which says nothing.
        top = max(top, risk[len(risk) // 20 :].max())
    axes.plot([], [], color="#555555", label="given verdicts", **STORED)
    axes.set(
        xlabel="judged, the surest first, %",
        ylabel="of these wrong, %",
        xlim=(0, 100),
        ylim=(0, max(5.0, 105 * top)),
    )
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def _deviate(rates: np.ndarray, ticks: np.ndarray) -> np.ndarray:
    """Places on a DET curve's axes; 0 is put on their edge and 1 far outside."""
    return norm.ppf(np.clip(rates, ticks[0], 1 - 1e-9))


def _rates(curves: Mapping[str, Curve]) -> np.ndarray:
    """Ticks from below the lowest rate there is to above what is marked."""
    rates = np.concatenate([[*curve.fpr, *curve.fnr] for curve in curves.values()])
    marked = max(max(min(4 * curve.eer, 0.9), *curve.stored) for curve in curves.values())
    first = np.searchsorted(RATES, rates[rates > 0].min(), side="right") - 1
    last = np.searchsorted(RATES, max(0.4, marked))
    return RATES[min(max(first, 0), 3) : last + 1]
