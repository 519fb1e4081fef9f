"""How degraded sounds change the error rates: a table of colours, and a sentence.

Rates are in [0, 1]. A colour says how high an EER is, from 0 to that of guessing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from classify.metrics.breakdown import Cell
from classify.metrics.robustness import RobustnessReport
from classify.probability import percent

GUESSING = 0.5  # EER of the darkest colour, which a higher one has, too
MOST = 12  # values of the column that are shown
_COLOURS = "Oranges"  # the darker, the higher: lightness falls steadily, for any eye
POOLED, MEAN = "all", "mean"


@dataclass(frozen=True)
class HeatCell:
    """An EER and its colours.

    Attributes
    ----------
    eer : float in [0, 1]
    change : float or None
        From clean on the same recordings.
    paper, ink : str
        Colours of the background and of what is written on it, ``"#rrggbb"``.
    """

    eer: float
    change: float | None
    paper: str
    ink: str


@dataclass(frozen=True)
class Row:
    """A condition.

    Attributes
    ----------
    title : str
    first : bool
        Whether it begins a group of conditions.
    recordings : int
        Judged under it.
    cells : tuple of HeatCell or None
        As many as there are columns; None where there is no EER.
    """

    title: str
    first: bool
    recordings: int
    cells: tuple[HeatCell | None, ...]


def columns(report: RobustnessReport) -> list[str]:
    """Name the columns: all recordings, the mean over the values, and the values.

    Returns
    -------
    columns : list of str
        ``"all"`` and, where there is a column to break down by, ``"mean"`` and its values with at
        least 5 recordings of each class, the largest first, at most 12.
    """
    values = _values(report)
    return [POOLED, *((MEAN,) if values else ()), *values[:MOST]]


def left_out(report: RobustnessReport) -> int:
    """Count the values with enough recordings that have no column."""
    return max(0, len(_values(report)) - MOST)


def rows(report: RobustnessReport) -> list[Row]:
    """Make a row of every condition, in their order."""
    # A value may itself be called "all" or "mean".
    with_mean, values = len(columns(report)) > 1, _values(report)[:MOST]
    group, rows = None, []
    for condition in report.conditions.values():
        metrics = [condition.pooled.metrics]
        if with_mean:
            metrics.append(condition.mean)
        cells = (condition.by.get(value) for value in values)
        metrics += [cell.metrics if cell and cell.enough else {} for cell in cells]
        rows.append(
            Row(
                condition.title,
                condition.group != group,
                condition.pooled.n_real + condition.pooled.n_fake,
                tuple(map(_cell, metrics)),
            )
        )
        group = condition.group
    return rows


def scale() -> list[HeatCell]:
    """Give the colours of the EERs 0, 0.1, ... to guessing, for a legend."""
    return [HeatCell(eer, None, *colours(eer)) for eer in (0.0, 0.1, 0.2, 0.3, 0.4, GUESSING)]


def colours(eer: float) -> tuple[str, str]:
    """Choose the colour of an EER, and that of letters that can be read on it.

    Parameters
    ----------
    eer : float in [0, 1]

    Examples
    --------
    >>> colours(0.0), colours(0.5) == colours(0.9)
    (('#fff5eb', '#000000'), True)
    """
    from matplotlib import colormaps, colors  # the command line shows no colours

    red, green, blue, _ = colormaps[_COLOURS](min(eer / GUESSING, 1.0))
    return colors.to_hex((red, green, blue)), _ink((red, green, blue))


def sentence(report: RobustnessReport) -> str:
    """Say what degraded sounds do to the detector, worst first.

    Returns
    -------
    sentence : str
        Empty where there is nothing to hold against clean.
    """
    clean, *others = report.conditions.values()
    changed = [condition for condition in others if "change" in condition.pooled.metrics]
    if not changed:
        return ""
    worst = max(changed, key=lambda condition: condition.pooled.metrics["change"])
    text = f"The EER of the recordings as they are is {percent(clean.pooled.metrics['eer'])}; "
    metrics = worst.pooled.metrics
    if metrics["change"] > 0:
        to = percent(metrics["eer"])
        text += f"it rises most with {worst.title}, by {_points(worst.pooled)} to {to}."
    else:
        text += f"it rises with none of {len(changed)} conditions."
    intervals = [condition.pooled.interval for condition in changed]
    ends = [interval["change"] for interval in intervals if "change" in interval]
    if ends:
        above = sum(low > 0 for low, _ in ends)
        text += f" In {above} of {len(ends)} conditions the interval of the change is above 0."
    wrong = max(changed, key=lambda condition: condition.pooled.metrics["hter"])
    return (
        f"{text} The stored threshold errs most with {wrong.title}: HTER "
        f"{percent(wrong.pooled.metrics['hter'])}, where clean has "
        f"{percent(clean.pooled.metrics['hter'])}."
    )


def _values(report: RobustnessReport) -> list[str]:
    """Values with enough recordings of each class, the largest first."""
    cells = next(iter(report.conditions.values())).by
    enough = [value for value, cell in cells.items() if cell.enough and "eer" in cell.metrics]
    return sorted(enough, key=lambda value: (-cells[value].n_real - cells[value].n_fake, value))


def _cell(metrics: Mapping[str, float]) -> HeatCell | None:
    if "eer" not in metrics:
        return None
    return HeatCell(metrics["eer"], metrics.get("change"), *colours(metrics["eer"]))


def _ink(paper: tuple[float, float, float]) -> str:
    """Black or white, whichever has more contrast by WCAG 2.2's relative luminance."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in paper]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "#ffffff"


def _points(pooled: Cell) -> str:
    ends = pooled.interval.get("change")
    between = f" (95 % interval {100 * ends[0]:+.1f} to {100 * ends[1]:+.1f})" if ends else ""
    return f"{100 * pooled.metrics['change']:+.1f} points{between}"
