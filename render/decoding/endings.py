"""What is odd about the end of a recording, in plain clauses; lengths in s."""

_LEAST = 0.2  # s that are missing at least, where it is worth a warning
_MOST = 0.5  # s that may follow unread
BROKEN = "the file breaks off within its last frame, after {:.1f} s"


def compare(actual: float, stated: float | None, part: float = 1.0) -> list[str]:
    """Compare the length of a recording with the one that its file states.

    Parameters
    ----------
    actual : float
        What was read.
    stated : float, optional
    part : float
        `render.decoding.parts.Part.stated`.

    Examples
    --------
    >>> compare(3.6, 12.1)
    ['the file ends after 3.6 s, but its header says 12.1 s']
    >>> compare(3.6, None, part=0.25)
    ['the file goes on for 10.8 s after the end that its header states']
    >>> compare(3.6, 3.7), compare(3.6, None)
    ([], [])
    """
    stated = part * actual if part > 1 else stated
    if stated is not None and stated - actual >= _LEAST:
        return [f"the file ends after {actual:.1f} s, but its header says {stated:.1f} s"]
    rest = actual / part - actual if 0 < part < 1 else 0.0
    if rest > _MOST:
        return [f"the file goes on for {rest:.1f} s after the end that its header states"]
    return []
