"""What came of many files as a table: for the eye, as CSV and as JSON.

The most suspicious come first, those without a verdict last.
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from classify.prediction.verdicts import Refusal, Verdict
from detect.detection import Detection
from detect.output import HEADER, row
from detect.web.threshold import Outcome
from detect.web.upload import short
from detect.web.wording import clock

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def by_suspicion(outcomes: Sequence[Outcome]) -> list[int]:
    """Sort outcomes.

    Parameters
    ----------
    outcomes : sequence of Detection, Verdict or Refusal

    Returns
    -------
    order : list of int
        Where each stands in `outcomes`: the highest P(fake) first, then what has none, then
        what was refused.

    Examples
    --------
    >>> verdicts = [Verdict("a", "real", 90.0, 0.1, 2.2), Verdict("b", "fake", 90.0, 0.9, -2.2)]
    >>> by_suspicion([Refusal("c", "expected sound"), *verdicts])
    [2, 1, 0]
    """

    def suspicion(at: int) -> float:
        one = outcomes[at]
        if isinstance(one, Refusal):
            return -2.0
        return -1.0 if one.p_fake is None else one.p_fake

    return sorted(range(len(outcomes)), key=suspicion, reverse=True)


def rows(outcomes: Sequence[Outcome], positive: str) -> list[dict[str, Any]]:
    """Make rows for the eye, in the order given.

    Parameters
    ----------
    outcomes : sequence of Detection, Verdict or Refusal
    positive : str
        Name of the positive class.

    Returns
    -------
    rows : list of dict
        ``verdict``, ``P(positive), %``, ``file``, ``most suspicious`` and ``remarks``.
    """
    return [
        {
            "verdict": "not judged" if isinstance(one, Refusal) else one.label,
            f"P({positive}), %": _percent(one),
            "file": short(one.path),
            "most suspicious": _where(one),
            "remarks": one.reason if isinstance(one, Refusal) else "; ".join(_warnings(one)),
        }
        for one in outcomes
    ]


def labels(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Say in a line what each row is.

    Parameters
    ----------
    rows : sequence of dict
        See `rows`.

    Returns
    -------
    labels : list of str
        All different.

    Examples
    --------
    >>> labels([{"verdict": "fake", "file": "a.wav"}])
    ['1. fake: a.wav']
    """
    return [f"{at}. {row['verdict']}: {row['file']}" for at, row in enumerate(rows, start=1)]


def to_csv(outcomes: Sequence[Outcome]) -> str:
    """Write outcomes as CSV, in the order given.

    Parameters
    ----------
    outcomes : sequence of Detection, Verdict or Refusal

    Returns
    -------
    text : str
        The columns of `detect.output.HEADER` and ``reason``. A name that a spreadsheet would take
        for a formula has an apostrophe before it.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*HEADER, "reason"))
    for one in outcomes:
        cells = _cells(one)
        writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in cells])
    return text.getvalue()


def to_json(outcomes: Sequence[Outcome]) -> str:
    """Write outcomes as a JSON array of the objects that ``detect`` and ``predict`` print.

    Parameters
    ----------
    outcomes : sequence of Detection, Verdict or Refusal

    Returns
    -------
    text : str
        Of a refusal, ``path`` and ``reason``.
    """
    return json.dumps([_object(one) for one in outcomes], indent=2) + "\n"


def _object(one: Outcome) -> dict[str, Any]:
    return one.to_dict() if isinstance(one, Detection) else asdict(one)


def _cells(one: Outcome) -> list[Any]:
    if isinstance(one, Detection):
        return [*row(one), ""]
    known = asdict(one)
    return [known.get(name) for name in HEADER] + [known.get("reason", "")]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _percent(one: Outcome) -> float | None:
    if isinstance(one, Refusal) or one.p_fake is None:
        return None
    return round(100 * one.p_fake, 1)


def _where(one: Outcome) -> str:
    if not isinstance(one, Detection) or one.suspicious is None:
        return ""
    return " to ".join(clock(end) for end in one.suspicious)


def _warnings(one: Detection | Verdict) -> tuple[str, ...]:
    return one.warnings if isinstance(one, Detection) else ()
