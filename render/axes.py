"""Axes of a picture: positions of round frequencies and times.

Positions are in pixels from the centre of the top left pixel, frequencies in Hz, times in s.
"""

import math
from collections.abc import Callable
from typing import Any

from render.representations import COMB_BANDS, PITCH_CLASSES, load
from render.settings import Settings
from render.spectra import comb
from render.spectra.filterbank import hz_to_mel

_MAX_TICKS = 9  # ticks on an axis


def axes(settings: Settings) -> dict[str, Any]:
    """Place ticks on both axes of a picture, with the range of its grey values.

    A value up to one row or column outside is placed on the edge: 0 Hz is one row below the lowest
    row. Coefficients are counted from 0 in each of the three blocks of a cepstral picture:
    coefficients, above them deltas, then delta-deltas. The unit of a stack names its parts from the
    top: mel, coefficients, pitch classes. The columns of a comb are steps in Hz; the axes of
    linear-comb are those of the spectrogram on top.

    Returns
    -------
    axes : dict
        ``rows`` in Hz, in coefficients or in pitch classes, ``columns`` in s; each with its
        ``unit`` and its ``ticks``, pairs of position and value. If grey values are levels, ``grey``
        with its ``unit``, dB, and its ``range`` from black to white. If axes and grey hold for the
        top rows only, ``rows`` has their ``count``, and ``rest`` names the other rows.

    Examples
    --------
    >>> axes(Settings())["columns"]
    {'unit': 's', 'ticks': [[-0.5, 0], [61.5, 0.5], [124.0, 1], [186.5, 1.5], [248.5, 2]]}
    >>> axes(Settings(feature="chroma"))["rows"]
    {'unit': 'pitch class, 0 = C', 'ticks': [[11, 0], [8, 3], [5, 6], [2, 9]]}
    """
    row = settings.representation
    described: dict[str, Any] = {
        "rows": {"unit": row.unit, "ticks": load(row.ticks)(settings)},
        "columns": {"unit": row.column_unit, "ticks": load(row.column_ticks)(settings)},
    }
    if row.rest:
        described["rows"] |= {"count": settings.rows - row.rest_rows, "rest": row.rest}
    if row.is_level:
        described["grey"] = {"unit": "dB", "range": [settings.floor, settings.ceiling]}
    return described


def seconds(settings: Settings) -> list[list[float]]:
    """Round times, from the start of the clip."""
    end = settings.length / settings.rate
    return _ticks(_column, _steps(end), settings.columns, settings)


def comb_steps(settings: Settings) -> list[list[float]]:
    """Steps between the lines of a comb, in Hz."""
    steps = [float(step) for step in range(40, 130, 20)]
    return _ticks(_comb_column, steps, settings.columns, settings)


def hertz(settings: Settings) -> list[list[float]]:
    """Round frequencies over the bins of the STFT."""
    return _ticks(_row, _steps(settings.rate / 2), settings.window // 2, settings)


def mel(settings: Settings) -> list[list[float]]:
    """500 Hz and its octaves, and both ends, over mel frequency."""
    nyquist = settings.rate / 2
    return _ticks(_mel_row, [0, *_octaves(500, nyquist)], settings.bands, settings)


def octaves(settings: Settings) -> list[list[float]]:
    """125 Hz and its octaves, only every second or third where they are many."""
    first = math.ceil(math.log2(settings.lowest / 125))
    values = _octaves(125 * 2.0**first, settings.rate / 2)
    return _ticks(_log_row, values[:: -(-len(values) // _MAX_TICKS)], settings.rows, settings)


def coefficients(settings: Settings) -> list[list[float]]:
    """Numbers of the coefficients, in each of the three blocks."""
    count = settings.coefficients
    indices = [0] if count < 3 else _steps(count - 1, most=3)
    return [
        [3 * count - 1 - block * count - index, index] for block in range(3) for index in indices
    ]


def pitch_classes(_: Settings) -> list[list[float]]:
    """Every third pitch class, from C."""
    return [[PITCH_CLASSES - 1 - pitch, pitch] for pitch in range(0, PITCH_CLASSES, 3)]


def stack(settings: Settings) -> list[list[float]]:
    """A few ticks of each part, moved down to the position of the part."""
    mel_ticks = mel(settings)
    zeroth = [tick for tick in coefficients(settings) if tick[1] == 0]
    cepstrum_top, chroma_top = settings.bands, settings.bands + 3 * settings.coefficients
    return [
        *mel_ticks[:: -(-len(mel_ticks) // 4)],
        *([cepstrum_top + row, value] for row, value in zeroth),
        *([chroma_top + row, value] for row, value in pitch_classes(settings)[:1]),
    ]


def comb_bands(settings: Settings) -> list[list[float]]:
    """Round frequencies over the middles of the bands of a comb."""
    return _ticks(_comb_row, _steps(settings.rate / 2), COMB_BANDS, settings)


def _ticks(
    position_of: Callable[[float, Settings], float],
    values: list[float],
    size: int,
    settings: Settings,
) -> list[list[float]]:
    placed = [(position_of(value, settings), value) for value in values]
    return [
        [round(min(max(position, -0.5), size - 0.5), 3), value]
        for position, value in placed
        if -1 <= position <= size
    ]


def _row(frequency: float, settings: Settings) -> float:
    return settings.window // 2 - frequency * settings.window / settings.rate


def _comb_row(frequency: float, settings: Settings) -> float:
    """Row of the band with its middle at this frequency."""
    low, high = comb.middles(settings.rate)
    return (COMB_BANDS - 1) * (high - frequency) / (high - low)


def _comb_column(step: float, settings: Settings) -> float:
    share = (step - comb.SLOWEST) / (comb.FASTEST - comb.SLOWEST)
    return share * settings.columns - 0.5


def _mel_row(frequency: float, settings: Settings) -> float:
    # The centres of the bands are equally far apart in mel; 0 Hz and the Nyquist frequency, the
    # outer ends of the outermost triangles, are one step further out.
    share = hz_to_mel(frequency) / hz_to_mel(settings.rate / 2)
    return settings.bands - share * (settings.bands + 1)


def _log_row(frequency: float, settings: Settings) -> float:
    return settings.octave_rows - 1 - settings.bins * math.log2(frequency / settings.lowest)


def _column(time: float, settings: Settings) -> float:
    """Column of the frame with its middle at this time."""
    return (time * settings.rate - settings.window / 2) / settings.hop


def _steps(end: float, most: int = _MAX_TICKS) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten, from 0 to `end`, at most `most`."""
    steps = [unit * 10.0**exponent for exponent in range(-3, 6) for unit in (1, 2, 5)]
    # The millionth is for ends just below a multiple by rounding.
    step, last = next((step, count) for step in steps if (count := int(end / step + 1e-6)) < most)
    return [_plain(number * step) for number in range(last + 1)]


def _octaves(start: float, end: float) -> list[float]:
    """Doublings of `start` up to `end`."""
    return [_plain(start * 2.0**octave) for octave in range(int(math.log2(end / start)) + 1)]


def _plain(value: float) -> float:
    """Round off the error of binary fractions; whole numbers become integers."""
    value = round(float(value), 6)
    return int(value) if value == int(value) else value
