"""Detections as lines of text, rows of CSV and objects of JSON."""

import json

from classify.prediction.wording import output_fields, output_values, verdict_columns
from detect.detection import Detection
from detect.segments import Segment
from detect.sources import printable

HEADER = (
    *("path", "label", "confidence", "p_fake", "llr", "duration_s"),
    *("suspicious_start_s", "suspicious_end_s", "clips", "warnings", "channel", "segments"),
)
_WHOLE = 0.9  # share of a recording from which a segment is not a part


def line(detection: Detection, positive: str) -> str:
    """Write a detection as a line of text, and below it a line for each suspicious segment.

    A segment that is nearly the whole recording has none: the verdict says it all.

    Parameters
    ----------
    detection : Detection
    positive : str
        Name of the positive class.

    Examples
    --------
    >>> line(Detection("a.wav", "no speech", None, None, None, 3.5), "fake").split()
    ['no', 'speech', 'a.wav']
    >>> line(Detection("a.wav", "fake", 97.3, 0.973, -3.6, 9.0, (), (1.0, 3.0)), "fake")
    'fake       97.3 %  P(fake) 0.973       1.0-3.0 s  a.wav'
    >>> segments = (Segment(12.0, 18.5, 0.98, -3.9),)
    >>> label = "fake in part"
    >>> part = Detection("a.wav", label, 90, 0.1, 2.2, 40, (), (13, 15), segments=segments)
    >>> print(line(part, "fake"))
    fake in part       P(fake) 0.100     13.0-15.0 s  a.wav
      segment          P(fake) 0.980     12.0-18.5 s
    """
    columns = verdict_columns(detection.label, detection.confidence, detection.p_fake, positive)
    interval = _interval(*detection.suspicious) if detection.suspicious else ""
    lines = [f"{columns} {interval:>15}  {printable(detection.title)}"]
    for segment in detection.segments:
        if segment.end_s - segment.start_s > _WHOLE * detection.duration_s:
            continue
        columns = verdict_columns("  segment", None, segment.p_fake, positive)
        lines.append(f"{columns} {_interval(segment.start_s, segment.end_s):>15}")
    return "\n".join(lines)


def _interval(start: float, end: float) -> str:
    return f"{start:.1f}-{end:.1f} s"


def suspicion(detection: Detection) -> float:
    """Sort key: P(positive class), of a segment that stands out if that is higher; or -1."""
    if detection.p_fake is None:
        return -1.0
    parts = [segment.p_fake for segment in detection.segments if segment.stands_out]
    return max([detection.p_fake, *parts])


def header(classes: tuple[str, str]) -> list[str]:
    """Names of the columns of `row`."""
    return output_fields(HEADER, classes)


def to_json(detection: Detection, explanation: str | None, classes: tuple[str, str]) -> str:
    """Write a detection, and an explanation if there is one, as one line of JSON."""
    extra = {} if explanation is None else {"explanation": explanation}
    values = {**detection.to_dict(), **extra}
    return json.dumps(output_values(values, classes))


def row(detection: Detection) -> list[str | float | None]:
    """Write a detection as a row under `HEADER`; None is an empty cell.

    Examples
    --------
    >>> row(Detection("a.wav", "fake", 97.3, 0.973, -3.6, 9.0, (), (1.0, 3.0), ("short", "loud")))
    ['a.wav', 'fake', 97.3, 0.973, -3.6, 9.0, 1.0, 3.0, 0, 'short; loud', 'mix', '']
    """
    start, end = detection.suspicious or (None, None)
    return [
        *(printable(detection.path), detection.label, detection.confidence),
        *(detection.p_fake, detection.llr, detection.duration_s, start, end),
        *(len(detection.windows), "; ".join(detection.warnings), detection.channel),
        ";".join(map(_span, detection.segments)),
    ]


def _span(segment: Segment) -> str:
    return f"{segment.start_s:.1f}-{segment.end_s:.1f}"
