"""Rates and probabilities as people read them."""

NBSP = "\u00a0"  # keeps a number and its unit in one line


def percent(rate: float, space: str = " ") -> str:
    """Write a rate in per cent.

    Examples
    --------
    >>> percent(0.0514)
    '5.1 %'
    """
    return f"{100 * rate:.1f}{space}%"


def chance(p: float, space: str = " ") -> str:
    """Write a probability in per cent, but never as 0 or 100 %.

    Examples
    --------
    >>> chance(0.0514), chance(1.0)
    ('5.1 %', '> 99.9 %')
    """
    side = "< " if p < 0.001 else "> " if p > 0.999 else ""
    return side + percent(min(max(p, 0.001), 0.999), space)
