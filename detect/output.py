"""Detections as lines of text, rows of CSV and objects of JSON."""

import json

from classify.prediction.wording import output_fields, output_values, verdict_columns
from detect.detection import Detection
from detect.sources import printable

HEADER = (
    *("path", "label", "confidence", "p_fake", "llr", "duration_s"),
    *("suspicious_start_s", "suspicious_end_s", "clips", "warnings", "channel"),
)


def line(detection: Detection, positive: str) -> str:
    """Write a detection as a line of text.

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
    """
    columns = verdict_columns(detection.label, detection.confidence, detection.p_fake, positive)
    interval = "{:.1f}-{:.1f} s".format(*detection.suspicious) if detection.suspicious else ""
    return f"{columns} {interval:>15}  {printable(detection.title)}"


def suspicion(detection: Detection) -> float:
    """Sort key of detections: P(positive class), -1 without speech."""
    return -1.0 if detection.p_fake is None else detection.p_fake


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
    ['a.wav', 'fake', 97.3, 0.973, -3.6, 9.0, 1.0, 3.0, 0, 'short; loud', 'mix']
    """
    start, end = detection.suspicious or (None, None)
    return [
        *(printable(detection.path), detection.label, detection.confidence),
        *(detection.p_fake, detection.llr, detection.duration_s, start, end),
        *(len(detection.windows), "; ".join(detection.warnings), detection.channel),
    ]
