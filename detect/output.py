"""Detections as lines of text, rows of CSV and objects of JSON."""

import json

from detect.detection import Detection
from detect.sources import printable

HEADER = (
    *("path", "label", "confidence", "p_fake", "llr", "duration_s"),
    *("suspicious_start_s", "suspicious_end_s", "clips", "warnings"),
)


def line(found: Detection, positive: str) -> str:
    """Write a detection as a line of text.

    Parameters
    ----------
    found : Detection
    positive : str
        Name of the positive class.

    Returns
    -------
    line : str

    Examples
    --------
    >>> line(Detection("a.wav", "no speech", None, None, None, 3.5), "fake").split()
    ['no', 'speech', 'a.wav']
    >>> line(Detection("a.wav", "fake", 97.3, 0.973, -3.6, 9.0, (), (1.0, 3.0)), "fake")
    'fake       97.3 %  P(fake) 0.973       1.0-3.0 s  a.wav'
    """
    said = ""
    if found.p_fake is not None:
        said = f"{found.confidence:5.1f} %  P({positive}) {found.p_fake:.3f}"
    where = "{:.1f}-{:.1f} s".format(*found.suspicious) if found.suspicious else ""
    width = len(f"100.0 %  P({positive}) 0.000")
    return f"{found.label:<9} {said:<{width}} {where:>15}  {printable(found.path)}"


def suspicion(found: Detection) -> float:
    """What detections are sorted by: P(positive class), -1 without speech."""
    return -1.0 if found.p_fake is None else found.p_fake


def to_json(found: Detection, sentence: str | None) -> str:
    """Write a detection as one line of JSON, with what explains it if that was asked for."""
    said = {} if sentence is None else {"explanation": sentence}
    return json.dumps({**found.to_dict(), **said})


def row(found: Detection) -> list[str | float | None]:
    """Write a detection as a row under `HEADER`; what is not known is empty.

    Examples
    --------
    >>> row(Detection("a.wav", "fake", 97.3, 0.973, -3.6, 9.0, (), (1.0, 3.0), ("short", "loud")))
    ['a.wav', 'fake', 97.3, 0.973, -3.6, 9.0, 1.0, 3.0, 0, 'short; loud']
    """
    start, end = found.suspicious or (None, None)
    return [
        *(printable(found.path), found.label, found.confidence, found.p_fake, found.llr),
        *(found.duration_s, start, end, len(found.windows), "; ".join(found.warnings)),
    ]
