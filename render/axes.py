"""Where on a picture round frequencies and times lie, for whoever labels it.

Positions are in pixels from the centre of the top left pixel, frequencies in Hz, times in s.
"""

import math
from collections.abc import Callable
from typing import Any

from render.settings import COMB_BANDS, INDICATOR_ROWS, PITCH_CLASSES, Settings
from render.spectra import comb
from render.spectra.filterbank import hz_to_mel

_MOST = 9  # ticks on an axis


def axes(settings: Settings) -> dict[str, Any]:
    """Place ticks on both axes of a picture, and say what its grey values stand for.

    A value that lies up to one row or column outside stands on the edge: 0 Hz is one row below
    the lowest that is drawn. Coefficients are counted from 0 in each of the three blocks of a
    cepstral picture: the coefficients, above them their deltas, then the delta-deltas. The rows of
    a stack are mel, coefficients and pitch classes; its unit names them from the top. The columns
    of a comb are steps in Hz; the axes of linear-comb are those of the spectrogram on top.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    axes : dict
        ``rows`` in Hz, in coefficients or in pitch classes, ``columns`` in s; each with its
        ``unit`` and its ``ticks``, pairs of position and value. Where grey values are levels,
        ``grey`` with its ``unit``, dB, and its ``range`` from black to white. Where not all rows
        are of one kind, ``rows`` has a ``count``: axes and grey are those of so many from the top;
        ``rest`` is the name of the others.

    Examples
    --------
    >>> axes(Settings())["columns"]
    {'unit': 's', 'ticks': [[-0.5, 0], [61.5, 0.5], [124.0, 1], [186.5, 1.5], [248.5, 2]]}
    >>> axes(Settings(feature="chroma"))["rows"]
    {'unit': 'pitch class, 0 = C', 'ticks': [[11, 0], [8, 3], [5, 6], [2, 9]]}
    """
    end = settings.length / settings.rate
    unit, rows = _ROWS[settings.feature]
    columns = {"unit": "s", "ticks": _ticks(_column, _steps(end), settings.columns, settings)}
    found: dict[str, Any] = {"rows": {"unit": unit, "ticks": rows(settings)}, "columns": columns}
    if settings.feature == "comb":
        steps = [float(step) for step in range(40, 130, 20)]
        columns |= {"unit": "Hz", "ticks": _ticks(_comb_column, steps, settings.columns, settings)}
        found["rows"] |= {"count": COMB_BANDS, "rest": "the fields of what vocoders leave"}
    if settings.feature == "linear-comb":
        found["rows"] |= {"count": settings.rows - COMB_BANDS - INDICATOR_ROWS, "rest": "the comb"}
    if settings.feature in _LEVELS:
        found["grey"] = {"unit": "dB", "range": [settings.floor, settings.ceiling]}
    return found


def _hertz(settings: Settings) -> list[list[float]]:
    return _ticks(_row, _steps(settings.rate / 2), settings.window // 2, settings)


def _mel(settings: Settings) -> list[list[float]]:
    nyquist = settings.rate / 2
    return _ticks(_mel_row, [0, *_octaves(500, nyquist)], settings.bands, settings)


def _log(settings: Settings) -> list[list[float]]:
    # 125 Hz and its octaves, but only every second or third where they are many.
    octaves = math.ceil(math.log2(settings.lowest / 125))
    values = _octaves(125 * 2.0**octaves, settings.rate / 2)
    return _ticks(_log_row, values[:: -(-len(values) // _MOST)], settings.rows, settings)


def _cepstrum(settings: Settings) -> list[list[float]]:
    count = settings.coefficients
    indices = [0] if count < 3 else _steps(count - 1, most=3)
    return [
        [3 * count - 1 - block * count - index, index] for block in range(3) for index in indices
    ]


def _chroma(_: Settings) -> list[list[float]]:
    return [[PITCH_CLASSES - 1 - pitch, pitch] for pitch in range(0, PITCH_CLASSES, 3)]


def _stack(settings: Settings) -> list[list[float]]:
    """A few ticks of each part, each moved down to where the part is."""
    mel = _mel(settings)
    cepstrum = [tick for tick in _cepstrum(settings) if tick[1] == 0]
    below = settings.bands, settings.bands + 3 * settings.coefficients
    return [
        *mel[:: -(-len(mel) // 4)],
        *([below[0] + row, value] for row, value in cepstrum),
        *([below[1] + row, value] for row, value in _chroma(settings)[:1]),
    ]


def _comb(settings: Settings) -> list[list[float]]:
    return _ticks(_comb_row, _steps(settings.rate / 2), COMB_BANDS, settings)


_LEVELS = ("linear", "mel", "log", "cqt", "linear-comb")  # whose grey values are decibels
_ROWS: dict[str, tuple[str, Callable[[Settings], list[list[float]]]]] = {
    "linear": ("Hz", _hertz),
    "mel": ("Hz", _mel),
    "log": ("Hz", _log),
    "cqt": ("Hz", _log),
    "lfcc": ("coefficient", _cepstrum),
    "mfcc": ("coefficient", _cepstrum),
    "chroma": ("pitch class, 0 = C", _chroma),
    "group-delay": ("Hz", _hertz),
    "stack": ("Hz, coefficient, pitch class", _stack),
    "comb": ("Hz", _comb),
    "linear-comb": ("Hz", _hertz),
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


def _comb_row(frequency: float, settings: Settings) -> float:
    """Row whose band has its middle there."""
    low, high = comb.middles(settings.rate)
    return (COMB_BANDS - 1) * (high - frequency) / (high - low)


def _comb_column(step: float, settings: Settings) -> float:
    share = (step - comb.SLOWEST) / (comb.FASTEST - comb.SLOWEST)
    return share * settings.columns - 0.5


def _mel_row(frequency: float, settings: Settings) -> float:
    # The centres of the bands are equally far apart in mel; 0 Hz and the Nyquist frequency,
    # where the outermost triangles end, are one step further out.
    place = hz_to_mel(frequency) / hz_to_mel(settings.rate / 2)
    return settings.bands - place * (settings.bands + 1)


def _log_row(frequency: float, settings: Settings) -> float:
    return settings.scale - 1 - settings.bins * math.log2(frequency / settings.lowest)


def _column(time: float, settings: Settings) -> float:
    """Column whose frame has its middle there."""
    return (time * settings.rate - settings.window / 2) / settings.hop


def _steps(end: float, most: int = _MOST) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten, from 0 to `end`, at most `most`."""
    steps = [unit * 10.0**exponent for exponent in range(-3, 6) for unit in (1, 2, 5)]
    # The millionth is for ends that binary fractions put a hair below a multiple.
    step, last = next((step, count) for step in steps if (count := int(end / step + 1e-6)) < most)
    return [_plain(number * step) for number in range(last + 1)]


def _octaves(start: float, end: float) -> list[float]:
    """Doublings of `start` up to `end`."""
    return [_plain(start * 2.0**octave) for octave in range(int(math.log2(end / start)) + 1)]


def _plain(value: float) -> float:
    """Drop the noise of binary fractions, and the fraction where there is none."""
    value = round(float(value), 6)
    return int(value) if value == int(value) else value
