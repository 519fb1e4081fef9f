"""Results of many files: a table for the page, CSV and JSON.

The most suspicious come first, those without a verdict last.
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from classify.prediction.verdicts import Refusal, Verdict
from classify.prediction.wording import (
    NOT_JUDGED,
    about_recording,
    clock_range,
    output_values,
    p_of,
)
from detect import output
from detect.detection import Detection
from detect.output import HEADER, header, row
from detect.web.threshold import Outcome
from detect.web.upload import short

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def by_suspicion(outcomes: Sequence[Outcome]) -> list[int]:
    """Sort outcomes.

    Returns
    -------
    order : list of int
        Positions in `outcomes`: the highest P(fake) first, then recordings without speech, then
        refusals.

    Examples
    --------
    >>> verdicts = [Verdict("a", "real", 90.0, 0.1, 2.2), Verdict("b", "fake", 90.0, 0.9, -2.2)]
    >>> by_suspicion([Refusal("c", "expected sound"), *verdicts])
    [2, 1, 0]
    """

    def suspicion(at: int) -> float:
        outcome = outcomes[at]
        if isinstance(outcome, Refusal):
            return -2.0
        return output.suspicion(outcome) if isinstance(outcome, Detection) else outcome.p_fake

    return sorted(range(len(outcomes)), key=suspicion, reverse=True)


def rows(outcomes: Sequence[Outcome], positive: str) -> list[dict[str, Any]]:
    """Make the rows of the table on the page, in the order given.

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
            "verdict": NOT_JUDGED if isinstance(outcome, Refusal) else outcome.label,
            f"{p_of(positive)}, %": _percent(outcome),
            "file": short(outcome.path),
            "most suspicious": _interval(outcome),
            "remarks": _remarks(outcome),
        }
        for outcome in outcomes
    ]


def labels(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Name each row in a line, for the list to choose from.

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


def to_csv(outcomes: Sequence[Outcome], classes: tuple[str, str]) -> str:
    """Write outcomes as CSV, in the order given.

    Returns
    -------
    text : str
        The columns of `detect.output.header` and ``reason``. A name that a spreadsheet would take
        for a formula has an apostrophe before it.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*header(classes), "reason"))
    for outcome in outcomes:
        cells = _cells(outcome)
        writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in cells])
    return text.getvalue()


def to_json(outcomes: Sequence[Outcome], classes: tuple[str, str]) -> str:
    """Write outcomes as a JSON array of the objects that ``detect`` and ``predict`` print.

    Returns
    -------
    text : str
        A refusal has ``path`` and ``reason``.
    """
    return json.dumps([_object(outcome, classes) for outcome in outcomes], indent=2) + "\n"


def _object(outcome: Outcome, classes: tuple[str, str]) -> dict[str, Any]:
    values = outcome.to_dict() if isinstance(outcome, Detection) else asdict(outcome)
    return output_values(values, classes)


def _cells(outcome: Outcome) -> list[Any]:
    if isinstance(outcome, Detection):
        return [*row(outcome), ""]
    fields = asdict(outcome)
    return [fields.get(name) for name in HEADER] + [fields.get("reason", "")]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _percent(outcome: Outcome) -> float | None:
    if isinstance(outcome, Refusal) or outcome.p_fake is None:
        return None
    return round(100 * outcome.p_fake, 1)


def _interval(outcome: Outcome) -> str:
    if not isinstance(outcome, Detection) or outcome.suspicious is None:
        return ""
    return clock_range(outcome.suspicious)


def _remarks(outcome: Outcome) -> str:
    if isinstance(outcome, Refusal):
        return outcome.reason
    return "" if isinstance(outcome, Verdict) else "; ".join(about_recording(outcome.warnings))
