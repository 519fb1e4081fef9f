"""The time limit of one recording."""

import time


class Deadline:
    """A time limit, after which work on a recording is given up.

    Parameters
    ----------
    at : float, optional
        A value of ``time.monotonic()``; None for never.

    Examples
    --------
    >>> Deadline().left is None
    True
    >>> Deadline(time.monotonic() - 1).left
    0.0
    """

    def __init__(self, at: float | None = None) -> None:
        self._start = time.monotonic()
        self._at = at

    @property
    def left(self) -> float | None:
        """Seconds left, at least 0; None without a limit."""
        return None if self._at is None else max(0.0, self._at - time.monotonic())

    def check(self) -> None:
        """Raise an error if no time is left.

        Raises
        ------
        ValueError
            If no time is left.
        """
        if self.left == 0:
            raise self.timeout_error()

    def timeout_error(self) -> ValueError:
        """Make the error for a recording that takes too long."""
        now = time.monotonic()
        limit = (self._at or now) - self._start
        return ValueError(
            f"expected a recording that is read in {max(0.0, limit):.1f} s, "
            f"got one that was not done after {now - self._start:.1f} s"
        )
