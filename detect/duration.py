"""The longest recording that the page and the service take."""

import time
from pathlib import Path

from render.decoding import decoder
from render.decoding.deadline import Deadline


class TooLongError(ValueError):
    """A recording that is longer than the limit."""


def check_duration(path: Path, longest_s: float, timeout_s: float) -> None:
    """Refuse a recording that is too long, by decoding it up to the limit.

    Parameters
    ----------
    path : Path
    longest_s : float
        Longest recording, in s.
    timeout_s : float
        Seconds that the decoding may take.

    Raises
    ------
    TooLongError
        If it is longer.
    ValueError
        As `render.decoding.decoder.blocks`.
    """
    seconds = 0.0
    for form, block in decoder.blocks(path, Deadline(time.monotonic() + timeout_s)):
        seconds += len(block) / form.rate
        if seconds > longest_s:
            longest = f"{longest_s:g} s" if longest_s % 60 else f"{longest_s / 60:g} min"
            raise TooLongError(f"expected a recording of at most {longest}, got a longer one")
