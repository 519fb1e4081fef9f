"""Moving average, equal bit by bit to that of `scipy.ndimage`, which takes long to load."""

from typing import Literal

import numpy as np


def moving_average(
    values: np.ndarray, width: int, mode: Literal["edge", "symmetric"] = "symmetric"
) -> np.ndarray:
    """Average along the last axis, as `scipy.ndimage.uniform_filter1d`.

    Parameters
    ----------
    values : np.ndarray, shape=(..., n)
    width : int
        At least 1.
    mode : str
        How `np.pad` goes on beyond the ends: ``"edge"`` is SciPy's ``"nearest"``, ``"symmetric"``
        its ``"reflect"``.

    Returns
    -------
    mean : np.ndarray, same shape and dtype
        Of the `width` values around each, of an even number one more before it.

    Examples
    --------
    >>> moving_average(np.array([1.0, 2.0, 6.0]), 3, "edge").round(6).tolist()
    [1.333333, 3.0, 4.666667]
    """
    before = width // 2
    ends = [(0, 0)] * (values.ndim - 1) + [(before, width - 1 - before)]
    padded = np.pad(values.astype(np.float64), ends, mode)
    first = padded[..., :width].cumsum(axis=-1)[..., -1:]
    changes = padded[..., width:] - padded[..., :-width]
    sums = np.concatenate([first, changes], axis=-1).cumsum(axis=-1)
    return (sums / width).astype(values.dtype)
