"""What reports of error rates share: tables in Markdown and CSV, and a plot of intervals.

A report compares systems with a reference by the `METRICS` of `benchmarks.support.system_scores`:
the error rates of each, and their difference from the reference's.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.support.system_scores import METRICS, Estimate
from classify.files import atomic_write

ENDS = ("value", "low", "high")
# Columns of a CSV table that every report has.
ESTIMATES = ("metric", *ENDS, "difference", "difference_low", "difference_high")


@dataclass(frozen=True)
class Row:
    """Error rates of a system.

    Attributes
    ----------
    seeds : int
        Number of networks that the estimate is a mean over.
    estimate : Estimate
    difference : Estimate or None
        From the reference; None for the reference itself and without it.
    """

    seeds: int
    estimate: Estimate
    difference: Estimate | None

    def cells(self, metric: int) -> list[str]:
        """Write a metric and its difference for people."""
        difference = self.difference.formatted(metric, "+") if self.difference else ""
        return [self.estimate.formatted(metric), difference]

    def numbers(self, metric: int) -> list[str]:
        """Write a metric as `ESTIMATES` for programs."""
        ends = [
            f"{getattr(estimate, end)[metric]:.6f}" if estimate else ""
            for estimate in (self.estimate, self.difference)
            for end in ENDS
        ]
        return [METRICS[metric], *ends]


def markdown_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Write the lines of a table in Markdown.

    Examples
    --------
    >>> markdown_table(["peer", "EER"], [["plain", "0.1"]])
    ['| peer | EER |', '|---|---|', '| plain | 0.1 |']
    """
    lines = [f"| {' | '.join(cells)} |" for cells in (titles, *rows)]
    return [lines[0], "|---" * len(titles) + "|", *lines[1:]]


def csv_table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(titles)
    writer.writerows(rows)
    return text.getvalue()


def draw_interval(
    panel: Axes, place: int, estimate: Estimate, metric: int, colour: str, size: float = 6
) -> None:
    """Draw an error rate, in %, as a point on the line of its interval."""
    ends = 100 * np.array([estimate.low[metric], estimate.high[metric]])
    panel.plot(ends, [place, place], "-", color=colour, linewidth=size / 3, alpha=0.5)
    panel.plot(100 * estimate.value[metric], place, "o", color=colour, markersize=size)


def row_panels(
    labels: Sequence[str],
    titles: Sequence[str],
    width: float,
    height: float,
    sharex: bool = False,
) -> tuple[Figure, Sequence[Axes]]:
    """Make a figure of panels side by side, with one row a label.

    Parameters
    ----------
    labels : sequence of str
        From top to bottom.
    titles : sequence of str
        Of the x axis, one a panel.
    width, height : float
        In inches.
    sharex : bool
        Whether all panels have the same x axis.

    Returns
    -------
    figure : matplotlib.figure.Figure
    panels : sequence of matplotlib.axes.Axes
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    panels = figure.subplots(1, len(titles), sharex=sharex, sharey=True, squeeze=False)[0]
    for panel, title in zip(panels, titles, strict=True):
        panel.set_xlabel(title)
        panel.grid(axis="x", alpha=0.3)
        panel.tick_params(axis="y", length=0)
    panels[0].set_ylim(len(labels) - 0.4, -0.6)
    panels[0].set_yticks(range(len(labels)), labels)
    return figure, panels


def write(folder: Path, stem: str, markdown: str, table: str, plot: bytes) -> None:
    """Write a report as ``.md``, ``.csv`` and ``.png``."""
    for suffix, data in (("md", markdown.encode()), ("csv", table.encode()), ("png", plot)):
        atomic_write(folder / f"{stem}.{suffix}", data)
