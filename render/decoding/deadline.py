"""A point in time after which work on one recording is given up."""

import time


class Deadline:
    """Watches the time that a recording may take.

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
        self._began = time.monotonic()
        self._at = at

    @property
    def left(self) -> float | None:
        """Seconds that are left, at least 0; None if there is no end of them."""
        return None if self._at is None else max(0.0, self._at - time.monotonic())

    def check(self) -> None:
        """Give up if it is time to.

        Raises
        ------
        ValueError
            If no time is left.
        """
        if self.left == 0:
            raise self.passed()

    def passed(self) -> ValueError:
        """Make the error that says that time is over."""
        now = time.monotonic()
        limit = (self._at or now) - self._began
        return ValueError(
            f"expected a recording that is read in {max(0.0, limit):.1f} s, "
            f"got one that was not done after {now - self._began:.1f} s"
        )
