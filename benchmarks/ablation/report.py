"""What an ablation came to: a table for people, one for programs, and a plot."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from benchmarks.ablation.factors import UNCHANGED, Factor
from benchmarks.support import timing
from benchmarks.support.system_scores import FIGURES, Figure, SystemScores, difference, level
from classify.reports.plots import png

# Of Okabe and Ito's palette, by the interval of the difference: below 0, above 0, neither.
BETTER, WORSE, UNSURE = "#0072B2", "#D55E00", "#767676"
SHOWN = 1  # of `judged.FIGURES`, in the plot

# By factor, trial and split.
Results = dict[str, dict[str, dict[str, SystemScores]]]


@dataclass(frozen=True)
class Row:
    """What one factor came to on one split.

    Attributes
    ----------
    factor : Factor
    seeds : int
    level : Figure
    difference : Figure or None
        From the base; None for the base itself.
    """

    factor: Factor
    seeds: int
    level: Figure
    difference: Figure | None

    @property
    def label(self) -> str:
        """The factor in a few words."""
        if self.factor == UNCHANGED:
            return "base"
        subject = self.factor.name.removesuffix(f"-{self.factor.now}")
        return f"{subject}: {self.factor.now}"

    @property
    def colour(self) -> str:
        """Whether it is better than the base or worse, as far as the interval tells."""
        if self.difference is None:
            return "black"
        if self.difference.high[SHOWN] < 0:
            return BETTER
        return WORSE if self.difference.low[SHOWN] > 0 else UNSURE


def rows(factors: Iterable[Factor], results: Results, split: str) -> list[Row]:
    """Sum up a split.

    Parameters
    ----------
    factors : iterable of Factor
        In the order of the rows, the base first.
    results : mapping
        By factor and trial what was judged of each split.
    split : str

    Returns
    -------
    rows : list of Row
        Of the factors of which there are results.
    """
    found = []
    base = {name: one[split] for name, one in results[UNCHANGED.name].items()}
    for factor in factors:
        own = {name: one[split] for name, one in results.get(factor.name, {}).items()}
        if own:
            # A base of the same seeds; an ensemble stands against all of them.
            of_base = [base[name] for name in own if name in base] or [*base.values()]
            less = None if factor == UNCHANGED else difference([*own.values()], of_base)
            seeds = factor.networks if factor.networks > 1 else len(own)
            found.append(Row(factor, seeds, level([*own.values()]), less))
    return found


def markdown(head: str, found: Mapping[str, Sequence[Row]], failures: Mapping[str, str]) -> str:
    """Write the table for people.

    Parameters
    ----------
    head : str
        What stands above it.
    found : mapping of str to sequence of Row
        By split.
    failures : mapping of str to str
        Why a factor has no figures, or not of all seeds, in one line.

    Returns
    -------
    text : str
    """
    lines = [head]
    titles = ["group", "factor", "is", "in the base", "seeds"]
    titles += [title for name in reversed(FIGURES) for title in (name, "difference")]
    for split, each in found.items():
        lines += ["", f"## {split}", "", timing.row(titles), "|---" * len(titles) + "|"]
        lines += [timing.row(_cells(row)) for row in each]
    if failures:
        lines += ["", "## failed", ""]
        lines += [f"- {name}: {reason}" for name, reason in failures.items()]
    return "\n".join([*lines, ""])


def _cells(row: Row) -> list[str]:
    factor = row.factor
    cells = [factor.group, factor.name, factor.now, factor.before, str(row.seeds)]
    for at in reversed(range(len(FIGURES))):
        cells += [row.level.told(at), row.difference.told(at, "+") if row.difference else ""]
    return cells


def table(found: Mapping[str, Sequence[Row]]) -> str:
    """Write the table for programs: CSV, a line a split, factor and figure.

    Parameters
    ----------
    found : mapping of str to sequence of Row
        By split.

    Returns
    -------
    text : str
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    ends = ("value", "low", "high")
    differences = (f"difference_{end}".removesuffix("_value") for end in ends)
    about = ("split", "group", "factor", "now", "before", "seeds", "figure")
    writer.writerow([*about, *ends, *differences])
    for split, each in found.items():
        for row in each:
            for at, name in enumerate(FIGURES):
                both = [row.level, *([row.difference] if row.difference else [])]
                numbers = [getattr(one, end)[at] for one in both for end in ends]
                factor = row.factor
                told = (factor.group, factor.name, factor.now, factor.before, row.seeds, name)
                cells = [f"{number:.6f}" for number in numbers]
                writer.writerow([split, *told, *cells, *[""] * (2 * len(ends) - len(cells))])
    return text.getvalue()


def plot(found: Mapping[str, Sequence[Row]]) -> bytes:
    """Draw the mean over the sources, one row a factor and one panel a split.

    Parameters
    ----------
    found : mapping of str to sequence of Row
        By split; the base is the first row of each.

    Returns
    -------
    data : bytes
        PNG.
    """
    places = _places([*found.values()])
    height = 1.5 + 0.21 * len(places)
    figure = Drawing(figsize=(3.2 + 3.6 * len(found), height), layout="constrained")
    panels = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
    for panel, (split, each) in zip(panels, found.items(), strict=True):
        _panel(panel, each, places)
        panel.set_title(split, fontsize=10)
    panels[0].set_ylim(len(places) - 0.4, -0.6)
    panels[0].set_yticks(range(len(places)), places)
    for tick in panels[0].get_yticklabels():
        if tick.get_text() and ":" not in tick.get_text():
            tick.set_fontweight("bold")
    marks = (
        ("better than the base", BETTER),
        ("worse", WORSE),
        ("the difference may be 0", UNSURE),
    )
    handles = [
        panels[0].plot([], [], "o-", color=colour, label=label)[0] for label, colour in marks
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return png(figure)


def _places(found: Sequence[Sequence[Row]]) -> list[str]:
    """Labels from top to bottom: the base, and each group under its heading."""
    listed = list(dict.fromkeys((row.factor.group, row.label) for each in found for row in each))
    places = []
    for group, members in groupby(listed, lambda one: one[0]):
        places += [*([group] if group else []), *(label for _, label in members)]
    return places


def _panel(panel: Axes, each: Sequence[Row], places: Sequence[str]) -> None:
    base = each[0].level
    panel.axvline(100 * base.value[SHOWN], color="black", linewidth=1)
    panel.axvspan(100 * base.low[SHOWN], 100 * base.high[SHOWN], color="black", alpha=0.06, lw=0)
    for row in each:
        at, ends = places.index(row.label), (row.level.low[SHOWN], row.level.high[SHOWN])
        panel.plot(100 * np.array(ends), [at, at], "-", color=row.colour, linewidth=1.8, alpha=0.6)
        panel.plot(100 * row.level.value[SHOWN], at, "o", color=row.colour, markersize=5)
    panel.set_xlabel("EER, mean over sources, %")
    panel.grid(axis="x", alpha=0.3)
    panel.tick_params(axis="y", length=0)
