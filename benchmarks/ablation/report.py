"""The report of an ablation: a table for people, one for programs, and a plot."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from matplotlib.axes import Axes

from benchmarks.ablation.factors import UNCHANGED, Factor
from benchmarks.support import report
from benchmarks.support.report import csv_table, draw_interval, markdown_table, row_panels
from benchmarks.support.system_scores import METRICS, SystemScores, difference, mean_over_seeds
from classify.reports.plots import png

# Of Okabe and Ito's palette, by the interval of the difference: below 0, above 0, neither.
BETTER, WORSE, UNSURE = "#0072B2", "#D55E00", "#767676"
PLOTTED = 1  # of `METRICS`

# By factor, run and split.
Results = dict[str, dict[str, dict[str, SystemScores]]]


@dataclass(frozen=True)
class Row(report.Row):
    """Error rates of a factor on one split, and their difference from the base.

    Attributes
    ----------
    factor : Factor
    """

    factor: Factor

    @property
    def label(self) -> str:
        """The factor in a few words."""
        if self.factor == UNCHANGED:
            return "base"
        subject = self.factor.name.removesuffix(f"-{self.factor.now}")
        return f"{subject}: {self.factor.now}"

    @property
    def colour(self) -> str:
        """Better than the base or worse, if the interval leaves no doubt."""
        if self.difference is None:
            return "black"
        if self.difference.high[PLOTTED] < 0:
            return BETTER
        return WORSE if self.difference.low[PLOTTED] > 0 else UNSURE

    @property
    def about(self) -> list[str]:
        """Group, name, value now, value in the base, and number of seeds."""
        factor = self.factor
        return [factor.group, factor.name, factor.now, factor.before, str(self.seeds)]


def rows(factors: Iterable[Factor], results: Results, split: str) -> list[Row]:
    """Sum up a split.

    Parameters
    ----------
    factors : iterable of Factor
        In the order of the rows, the base first.
    results : mapping
        Scores by factor, run and split.
    split : str

    Returns
    -------
    rows : list of Row
        Of the factors that have results.
    """
    summary = []
    base = {name: scores[split] for name, scores in results[UNCHANGED.name].items()}
    for factor in factors:
        runs = {name: scores[split] for name, scores in results.get(factor.name, {}).items()}
        if runs:
            # A base of the same seeds; an ensemble stands against all of them.
            same_seeds = [base[name] for name in runs if name in base] or [*base.values()]
            change = None if factor == UNCHANGED else difference([*runs.values()], same_seeds)
            seeds = factor.networks if factor.networks > 1 else len(runs)
            summary.append(Row(seeds, mean_over_seeds([*runs.values()]), change, factor))
    return summary


def markdown(head: str, splits: Mapping[str, Sequence[Row]], failures: Mapping[str, str]) -> str:
    """Write the table for people.

    Parameters
    ----------
    head : str
        The text above the table.
    splits : mapping of str to sequence of Row
        By split.
    failures : mapping of str to str
        Why a factor lacks some or all of its seeds, in one line.
    """
    lines = [head]
    order = [*reversed(range(len(METRICS)))]
    titles = ["group", "factor", "is", "in the base", "seeds"]
    titles += [title for metric in order for title in (METRICS[metric], "difference")]
    for split, summary in splits.items():
        cells = [row.about + [cell for at in order for cell in row.cells(at)] for row in summary]
        lines += ["", f"## {split}", "", *markdown_table(titles, cells)]
    if failures:
        lines += ["", "## failed", ""]
        lines += [f"- {name}: {reason}" for name, reason in failures.items()]
    return "\n".join([*lines, ""])


def table(splits: Mapping[str, Sequence[Row]]) -> str:
    """Write the table for programs: CSV, a line a split, factor and metric.

    Parameters
    ----------
    splits : mapping of str to sequence of Row
        By split.
    """
    return csv_table(
        ("split", "group", "factor", "now", "before", "seeds", *report.ESTIMATES),
        (
            [split, *row.about, *row.numbers(metric)]
            for split, summary in splits.items()
            for row in summary
            for metric in range(len(METRICS))
        ),
    )


def plot(splits: Mapping[str, Sequence[Row]]) -> bytes:
    """Draw the mean over the sources, one row a factor and one panel a split.

    Parameters
    ----------
    splits : mapping of str to sequence of Row
        By split; the base is the first row of each.

    Returns
    -------
    data : bytes
        PNG.
    """
    labels = _labels([*splits.values()])
    titles = ["EER, mean over sources, %"] * len(splits)
    width, height = 3.2 + 3.6 * len(splits), 1.5 + 0.21 * len(labels)
    figure, panels = row_panels(labels, titles, width, height)
    for panel, (split, summary) in zip(panels, splits.items(), strict=True):
        _draw_split(panel, summary, labels)
        panel.set_title(split, fontsize=10)
    for tick in panels[0].get_yticklabels():
        if tick.get_text() and ":" not in tick.get_text():
            tick.set_fontweight("bold")
    colours = {
        "better than the base": BETTER,
        "worse": WORSE,
        "the difference may be 0": UNSURE,
    }
    handles = [
        panels[0].plot([], [], "o-", color=colour, label=label)[0]
        for label, colour in colours.items()
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return png(figure)


def _labels(splits: Sequence[Sequence[Row]]) -> list[str]:
    """Labels from top to bottom: the base, and each group under its heading."""
    pairs = list(dict.fromkeys((row.factor.group, row.label) for rows in splits for row in rows))
    labels = []
    for group, members in groupby(pairs, lambda pair: pair[0]):
        labels += [*([group] if group else []), *(label for _, label in members)]
    return labels


def _draw_split(panel: Axes, summary: Sequence[Row], labels: Sequence[str]) -> None:
    base = summary[0].estimate
    panel.axvline(100 * base.value[PLOTTED], color="black", linewidth=1)
    ends = 100 * base.low[PLOTTED], 100 * base.high[PLOTTED]
    panel.axvspan(*ends, color="black", alpha=0.06, lw=0)
    for row in summary:
        draw_interval(panel, labels.index(row.label), row.estimate, PLOTTED, row.colour, size=5)
