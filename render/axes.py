"""Where on a picture round frequencies and times lie, for whoever labels it.

Positions are in pixels from the centre of the top left pixel, frequencies in Hz, times in s.
"""

from collections.abc import Callable
from typing import Any

import librosa
import numpy as np

from render.settings import Settings

_MOST = 9  # ticks on an axis


def axes(settings: Settings) -> dict[str, Any]:
    """Place ticks on both axes of a picture.

    A value that lies up to one row or column outside stands on the edge: 0 Hz is one row below
    the lowest that is drawn.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    axes : dict
        ``rows`` in Hz, ``columns`` in s; each with its ``unit`` and its ``ticks``, pairs of
        position and value.

    Examples
    --------
    >>> axes(Settings())["columns"]
    {'unit': 's', 'ticks': [[-0.5, 0], [30.25, 0.5], [61.5, 1], [92.75, 1.5], [123.5, 2]]}
    """
    height, width = settings.shape
    nyquist, end = settings.rate / 2, settings.length / settings.rate
    place, values = (
        (_mel_row, _octaves(nyquist)) if settings.feature == "mel" else (_row, _steps(nyquist))
    )
    return {
        "rows": {"unit": "Hz", "ticks": _ticks(place, values, height, settings)},
        "columns": {"unit": "s", "ticks": _ticks(_column, _steps(end), width, settings)},
    }


def _ticks(
    place: Callable[[float, Settings], float], values: list[float], size: int, settings: Settings
) -> list[list[float]]:
    placed = [(place(value, settings), value) for value in values]
    return [
        [round(min(max(position, -0.5), size - 0.5), 3), value]
        for position, value in placed
        if -1 <= position <= size
    ]


def _row(frequency: float, settings: Settings) -> float:
    return settings.window // 2 - frequency * settings.window / settings.rate


def _mel_row(frequency: float, settings: Settings) -> float:
    # The centres of the bands are equally far apart in mel; 0 Hz and the Nyquist frequency,
    # where the outermost triangles end, are one step further out.
    top = librosa.hz_to_mel(settings.rate / 2)
    return settings.bands - float(librosa.hz_to_mel(frequency) / top) * (settings.bands + 1)


def _column(time: float, settings: Settings) -> float:
    """Column whose frame has its middle there."""
    return (time * settings.rate - settings.window / 2) / settings.hop


def _steps(end: float) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten, from 0 to `end`, at most `_MOST`."""
    steps = [unit * 10.0**exponent for exponent in range(-3, 6) for unit in (1, 2, 5)]
    # The millionth is for ends that binary fractions put a hair below a multiple.
    step, last = next((step, count) for step in steps if (count := int(end / step + 1e-6)) < _MOST)
    return [_plain(number * step) for number in range(last + 1)]


def _octaves(end: float) -> list[float]:
    """0 and doublings of 500 up to `end`, about as far apart as each other in mel."""
    return [0, *(_plain(value) for value in 500 * 2.0 ** np.arange(9) if value <= end)]


def _plain(value: float) -> float:
    """Drop the noise of binary fractions, and the fraction where there is none."""
    value = round(float(value), 6)
    return int(value) if value == int(value) else value
