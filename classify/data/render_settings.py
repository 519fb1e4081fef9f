"""Render settings of pictures, which are compared and never interpreted, and their axes.

Both stand in ``render.json`` beside a dataset and in a run; the settings also in each picture.
"""

import json
from pathlib import Path
from typing import Any

from classify.console import COMMAND

RenderSettings = dict[str, Any]
FORMAT = 1  # of render.json; older pictures are drawn anew
_OTHER_KEYS = ("axes", "command")  # of render.json, besides the render settings


def require_same_rendering(
    expected: RenderSettings | None, got: RenderSettings | None, advice: str = ""
) -> None:
    """Refuse pictures that were drawn with other settings.

    Only settings that both sides have are compared: `render` may have got one of them later.

    Parameters
    ----------
    expected, got : dict or None
    advice : str
        End of the error: how to draw the pictures again. Left out if the versions differ, because
        no option draws as another version did.

    Raises
    ------
    ValueError
        If both are known and differ, with the settings that do.

    Examples
    --------
    >>> require_same_rendering({"hop": 256, "rate": 16000}, {"hop": 128, "rate": 16000})
    Traceback (most recent call last):
    ValueError: expected a picture drawn with hop 256, got hop 128
    """
    if expected is None or got is None:
        return
    # Pictures and runs of before the first format have none, and differ from those that have one.
    expected, got = {"format": 0, **expected}, {"format": 0, **got}
    names = [name for name in sorted({*expected} & {*got}) if expected[name] != got[name]]
    if not names:
        return
    expected_values = ", ".join(f"{name} {expected[name]}" for name in names)
    got_values = ", ".join(f"{name} {got[name]}" for name in names)
    end = f": {advice}" if advice and "version" not in names else ""
    raise ValueError(f"expected a picture drawn with {expected_values}, got {got_values}{end}")


def load_render_settings(path: Path) -> RenderSettings | None:
    """Read the render settings of a ``render.json``; None if there is no file.

    Raises
    ------
    ValueError
        If the file holds no JSON object.
    """
    content = _read_object(path)
    return content and {name: value for name, value in content.items() if name not in _OTHER_KEYS}


def load_command(path: Path) -> str:
    """Read the command that draws such pictures; empty if ``render.json`` lacks it.

    Errors are those of `load_render_settings`.
    """
    return _callable((_read_object(path) or {}).get("command", ""))


def load_axes(path: Path) -> dict[str, Any] | None:
    """Read the axes of a picture; None if ``render.json`` lacks them.

    ``rows`` and ``columns`` have a ``unit`` and ``ticks``: pairs of a position, in pixels from the
    centre of the top left pixel, and a value. ``grey``, if known, has a ``unit`` and a ``range``
    from black to white. If ``rows`` has a ``count``, see `spectrogram_rows`; the rows below are
    named in ``rest``. Errors are those of
    `load_render_settings`.
    """
    return (_read_object(path) or {}).get("axes")


def grey_per_db(axes: dict[str, Any] | None) -> float:
    """Compute the grey values of one decibel.

    Parameters
    ----------
    axes : dict or None
        From `load_axes`.

    Returns
    -------
    grey : float
        For a range of 100 dB if the range is unknown or not in decibels.

    Examples
    --------
    >>> grey_per_db({"grey": {"unit": "dB", "range": [-110, -25]}})
    3.0
    """
    grey = (axes or {}).get("grey", {})
    low, high = grey["range"] if grey.get("unit") == "dB" else (0, 100)
    return 255 / (high - low)


def spectrogram_rows(axes: dict[str, Any] | None) -> int | None:
    """Number of rows from the top that are the spectrogram; None: all of them.

    Parameters
    ----------
    axes : dict or None
        From `load_axes`.

    Examples
    --------
    >>> spectrogram_rows({"rows": {"unit": "Hz", "ticks": [], "count": 128}})
    128
    """
    count: int | None = (axes or {}).get("rows", {}).get("count")
    return count


def _callable(command: str) -> str:
    """The command as it can be called here: `render` writes all for `run.sh`."""
    return command.replace("./run.sh", COMMAND, 1)


def _read_object(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"expected drawing settings as JSON in {path}, got {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"expected drawing settings as a JSON object in {path}, got {content}")
    number = content.get("format", "no number")
    if "version" in content and number != FORMAT:  # only `render` writes a version
        command = _callable(content.get("command", "./run.sh render AUDIO --to IMAGES"))
        raise ValueError(
            f"expected drawing settings of format {FORMAT} in {path}, got {number}: draw the "
            f"pictures anew with {command}"
        )
    return content
