"""Probabilities and rates: as log odds, and as people read them."""

import numpy as np

# Single precision cannot tell a probability from 1 more finely than this.
RESOLUTION = 2.0**-24
NBSP = "\u00a0"  # keeps a number and its unit in one line


def logit(p: np.ndarray | float) -> np.ndarray:
    """Natural log odds, ln(p / (1 - p)); SciPy's function takes longer to import than a prediction.

    Parameters
    ----------
    p : np.ndarray or float
        Probabilities in (0, 1).

    Returns
    -------
    logit : np.ndarray, same shape

    Examples
    --------
    >>> float(logit(0.5))
    0.0
    """
    return np.log(p) - np.log1p(-p)


def percent(rate: float, space: str = " ") -> str:
    """Write a rate in per cent.

    Examples
    --------
    >>> percent(0.0514)
    '5.1 %'
    """
    return f"{100 * rate:.1f}{space}%"


def chance(p: float, space: str = " ", under: str = "< ", over: str = "> ") -> str:
    """Write a probability in per cent, but never as 0 or 100 %.

    Examples
    --------
    >>> chance(0.0514), chance(1.0)
    ('5.1 %', '> 99.9 %')
    """
    side = under if p < 0.001 else over if p > 0.999 else ""
    return side + percent(min(max(p, 0.001), 0.999), space)
