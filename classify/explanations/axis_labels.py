"""Axis labels: rows and columns of a picture in Hz and s, in words.

Rows are counted from the top, columns from the left, from 0; a position is in pixels from the
centre of the top left one, so that row 3 reaches from 2.5 to 3.5. Axes are those of
`classify.data.render_settings.load_axes`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Ticks = Sequence[Sequence[float]]


def interpolate_ticks(ticks: Ticks, positions: Sequence[float]) -> np.ndarray:
    """Read an axis between and beyond its ticks.

    Parameters
    ----------
    ticks : sequence of (float, float)
        At least two, of position and value. Equal steps of a value mean a linear axis; else
        the axis is logarithmic between ticks above 0, as octaves are and mel nearly is.
    positions : sequence of float

    Returns
    -------
    values : np.ndarray, shape=(len(positions),)
        At least 0.

    Examples
    --------
    >>> interpolate_ticks([[100, 0], [50, 1000], [0, 2000]], [75, -10]).tolist()
    [500.0, 2200.0]
    >>> interpolate_ticks([[24, 125], [0, 250], [-24, 500]], [-48]).round().tolist()
    [1000.0]
    """
    tick_positions, tick_values = np.array(sorted(map(tuple, ticks)), float).T
    at = np.asarray(positions, float)
    low = np.clip(np.searchsorted(tick_positions, at) - 1, 0, len(tick_positions) - 2)
    share = (at - tick_positions[low]) / (tick_positions[low + 1] - tick_positions[low])
    start, end = tick_values[low], tick_values[low + 1]
    values = start + share * (end - start)
    steps = np.abs(np.diff(tick_values))
    if not np.allclose(steps, steps[0]):
        curved = (start > 0) & (end > 0)
        values[curved] = start[curved] * (end[curved] / start[curved]) ** share[curved]
    return np.maximum(values, 0)


def describe_range(axes: Mapping[str, Any] | None, name: str, first: int, last: int) -> str:
    """Name a range of rows or columns by its frequencies or times.

    Parameters
    ----------
    axes : mapping or None
        None where the axes are unknown.
    name : str
        ``"rows"`` or ``"columns"``.
    first, last : int
        Both inclusive.

    Returns
    -------
    range : str
        In Hz, kHz or s, with the name of the part beyond the axis. In pixels where that part has no
        name, and where the axis has another unit or fewer than two ticks.

    Examples
    --------
    >>> linear = {"rows": {"unit": "Hz", "ticks": [[256, 0], [0, 8000]]}}
    >>> describe_range(linear, "rows", 20, 91), describe_range(linear, "rows", 240, 250)
    ('5.1-7.4 kHz', '172-516 Hz')
    >>> describe_range(None, "rows", 2, 3)
    'rows 2-3'
    >>> linear["rows"] |= {"count": 257, "rest": "the comb"}
    >>> describe_range(linear, "rows", 225, 272), describe_range(linear, "rows", 257, 260)
    ('0-984 Hz and the comb', 'the comb')
    """
    axis: Mapping[str, Any] = axes[name] if axes else {"unit": "", "ticks": ()}
    unit, ticks, count = axis["unit"], axis["ticks"], axis.get("count", last + 1)
    if last >= count and "rest" in axis:
        if first >= count:
            return str(axis["rest"])
        return f"{describe_range(axes, name, first, count - 1)} and {axis['rest']}"
    if unit not in ("Hz", "s") or len(ticks) < 2 or last >= count:
        return f"{name} {first}-{last}"
    low, high = sorted(interpolate_ticks(ticks, (first - 0.5, last + 0.5)))
    if unit == "s":
        return f"{low:.2f}-{high:.2f} s"
    if high < 1000:
        return f"{low:.0f}-{high:.0f} Hz"
    return f"{low / 1000:.1f}-{high / 1000:.1f} kHz"
