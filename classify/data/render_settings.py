"""How pictures were drawn: settings that are compared and never interpreted, and axes.

They stand in ``render.json`` beside a dataset and beside a run, the settings in each picture, too.
"""

import json
from pathlib import Path
from typing import Any

RenderSettings = dict[str, Any]
_BESIDE = ("axes", "command")  # what render.json holds besides the drawing settings


def require_same_rendering(
    expected: RenderSettings | None, got: RenderSettings | None, advice: str = ""
) -> None:
    """Refuse pictures drawn with other settings; where one side is unknown, there is no telling.

    That goes for a single setting as well: `render` may have learned it after one of them.

    Parameters
    ----------
    expected, got : dict or None
    advice : str
        End of the error: how to draw the pictures again. Left out if the versions differ, because
        no option draws as another version did.

    Raises
    ------
    ValueError
        If both are known and differ, naming what differs.

    Examples
    --------
    >>> require_same_rendering({"hop": 256, "rate": 16000}, {"hop": 128, "rate": 16000})
    Traceback (most recent call last):
    ValueError: expected a picture drawn with hop 256, got hop 128
    """
    if expected is None or got is None:
        return
    # Pictures and runs from before there was a format have none, and differ from those that do.
    expected, got = {"format": 0, **expected}, {"format": 0, **got}
    names = [name for name in sorted({*expected} & {*got}) if expected[name] != got[name]]
    if not names:
        return
    wanted = ", ".join(f"{name} {expected[name]}" for name in names)
    came = ", ".join(f"{name} {got[name]}" for name in names)
    said = f": {advice}" if advice and "version" not in names else ""
    raise ValueError(f"expected a picture drawn with {wanted}, got {came}{said}")


def load_drawing(path: Path) -> RenderSettings | None:
    """Read the drawing settings in a ``render.json``; None where there is none.

    Raises
    ------
    ValueError
        If the file holds no JSON object.
    """
    described = _described(path)
    return described and {name: value for name, value in described.items() if name not in _BESIDE}


def load_command(path: Path) -> str:
    """Read the command that draws such pictures; empty where ``render.json`` lacks it.

    Errors are those of `load_drawing`.
    """
    return (_described(path) or {}).get("command", "")


def load_axes(path: Path) -> dict[str, Any] | None:
    """Read where round values lie on the axes of a picture; None where ``render.json`` lacks it.

    ``rows`` and ``columns``, each with its ``unit`` and its ``ticks``: pairs of a position, in
    pixels from the centre of the top left one, and a value; ``grey``, where it is known, with its
    ``unit`` and its ``range`` from black to white. For a ``count`` of ``rows`` see
    `spectrogram_rows`; what lies below them is named in ``rest``. Errors are those of
    `load_drawing`.
    """
    return (_described(path) or {}).get("axes")


def grey_per_db(axes: dict[str, Any] | None) -> float:
    """How many grey values a decibel takes.

    Parameters
    ----------
    axes : dict or None
        What `load_axes` found; ``grey``, where it has one, is the range of the grey values.

    Returns
    -------
    grey : float
        Of a range of 100 dB where it is unknown or in no decibels.

    Examples
    --------
    >>> grey_per_db({"grey": {"unit": "dB", "range": [-110, -25]}})
    3.0
    """
    grey = (axes or {}).get("grey", {})
    low, high = grey["range"] if grey.get("unit") == "dB" else (0, 100)
    return 255 / (high - low)


def spectrogram_rows(axes: dict[str, Any] | None) -> int | None:
    """How many rows from the top the axes and the grey values are for; None: all of them.

    Parameters
    ----------
    axes : dict or None
        What `load_axes` found.

    Examples
    --------
    >>> spectrogram_rows({"rows": {"unit": "Hz", "ticks": [], "count": 128}})
    128
    """
    count: int | None = (axes or {}).get("rows", {}).get("count")
    return count


def _described(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        described = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"expected drawing settings as JSON in {path}, got {error}") from error
    if not isinstance(described, dict):
        raise ValueError(f"expected drawing settings as a JSON object in {path}, got {described}")
    return described
