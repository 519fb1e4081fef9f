"""How degraded sounds change the error rates: a table of colours, and a sentence.

What is shown is what `classify.evaluation.robustness.figures` returns, as it stands in
``metrics.json`` under ``robustness``. Rates are in [0, 1]; a colour says how high an EER is, from 0
to that of guessing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from classify.metrics.breakdown import ENOUGH

GUESSING = 0.5  # EER of the darkest colour, which a higher one has, too
MOST = 12  # values of the column that are shown
_COLOURS = "Oranges"  # the darker, the higher: lightness falls steadily, for any eye
POOLED, MEAN = "all", "mean"

Found = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
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
    cells : tuple of Cell or None
        As many as there are columns; None where there is no EER.
    """

    title: str
    first: bool
    recordings: int
    cells: tuple[Cell | None, ...]


def columns(found: Found) -> list[str]:
    """Name the columns: all recordings, the mean over the values, and the values.

    Parameters
    ----------
    found : mapping
        See above.

    Returns
    -------
    columns : list of str
        ``"all"`` and, where there is a column to break down by, ``"mean"`` and its values with at
        least 5 recordings of each class, the largest first, at most 12.
    """
    values = _values(found)
    return [POOLED, *((MEAN,) if values else ()), *values[:MOST]]


def left_out(found: Found) -> int:
    """Count the values with enough recordings that have no column."""
    return max(0, len(_values(found)) - MOST)


def rows(found: Found) -> list[Row]:
    """Make a row of every condition, in their order.

    Parameters
    ----------
    found : mapping
        See above.

    Returns
    -------
    rows : list of Row
    """
    names, group, made = columns(found), None, []
    for one in found["conditions"].values():
        cells = tuple(_cell(figures) for figures in _figures(one, names))
        made.append(Row(one["title"], one["group"] != group, sum(_counts(one)), cells))
        group = one["group"]
    return made


def scale() -> list[Cell]:
    """Give the colours of the EERs 0, 0.1, ... to guessing, for a legend."""
    return [Cell(eer, None, *colours(eer)) for eer in (0.0, 0.1, 0.2, 0.3, 0.4, GUESSING)]


def colours(eer: float) -> tuple[str, str]:
    """Choose the colour of an EER, and that of letters that can be read on it.

    Parameters
    ----------
    eer : float in [0, 1]

    Returns
    -------
    paper, ink : str

    Examples
    --------
    >>> colours(0.0), colours(0.5) == colours(0.9)
    (('#fff5eb', '#000000'), True)
    """
    from matplotlib import colormaps, colors  # the command line shows no colours

    red, green, blue, _ = colormaps[_COLOURS](min(eer / GUESSING, 1.0))
    return colors.to_hex((red, green, blue)), _ink((red, green, blue))


def sentence(found: Found) -> str:
    """Say what degraded sounds do to the detector, worst first.

    Parameters
    ----------
    found : mapping
        See above.

    Returns
    -------
    sentence : str
        Empty where there is nothing to hold against clean.
    """
    clean, *others = found["conditions"].values()
    changed = [one for one in others if "change" in one]
    if not changed:
        return ""
    worst = max(changed, key=lambda one: one["change"])
    text = f"The EER of the recordings as they are is {_percent(clean['eer'])}; it rises "
    if worst["change"] > 0:
        text += f"most with {worst['title']}, by {_points(worst)} to {_percent(worst['eer'])}."
    else:
        text += f"with none of {len(changed)} conditions."
    known = [one["interval"]["change"] for one in changed if "change" in one["interval"]]
    if known:
        above = sum(low > 0 for low, _ in known)
        text += f" In {above} of {len(known)} conditions the interval of the change is above 0."
    threshold = max(changed, key=lambda one: one["hter"])
    return (
        f"{text} The stored threshold errs most with {threshold['title']}: HTER "
        f"{_percent(threshold['hter'])}, where clean has {_percent(clean['hter'])}."
    )


def _values(found: Found) -> list[str]:
    """Values with enough recordings of each class, the largest first."""
    cells = next(iter(found["conditions"].values())).get("by", {})
    enough = [value for value in cells if _enough(cells[value])]
    return sorted(enough, key=lambda value: (-sum(_counts(cells[value])), value))


def _figures(one: Found, names: list[str]) -> Iterator[Found]:
    """What a condition has in each column."""
    own = {POOLED: one, MEAN: one.get("mean", {})}
    for place, name in enumerate(names):
        # A value may itself be called "all" or "mean".
        cell = own[name] if place < len(own) else one.get("by", {}).get(name, {})
        yield cell if place < len(own) or _enough(cell) else {}


def _cell(figures: Found) -> Cell | None:
    if "eer" not in figures:
        return None
    return Cell(figures["eer"], figures.get("change"), *colours(figures["eer"]))


def _enough(cell: Found) -> bool:
    return "eer" in cell and min(_counts(cell)) >= ENOUGH


def _counts(cell: Found) -> tuple[int, int]:
    return cell["n_real"], cell["n_fake"]


def _ink(paper: tuple[float, float, float]) -> str:
    """Black or white, whichever has more contrast by WCAG 2.2's relative luminance."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in paper]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "#ffffff"


def _points(one: Found) -> str:
    ends = one["interval"].get("change")
    between = f" (95 % interval {100 * ends[0]:+.1f} to {100 * ends[1]:+.1f})" if ends else ""
    return f"{100 * one['change']:+.1f} points{between}"


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f} %"
