"""Render settings of a run, from its render.json, for drawing recordings."""

import json
from dataclasses import replace

from classify.data.pictures import size
from classify.runs.run import Run
from render.settings import Settings


def overlapping(run: Run, step_s: float | None = None) -> Settings:
    """Read the render settings of a run, and let its clips overlap.

    Parameters
    ----------
    run : Run
    step_s : float, optional
        From the start of one window to that of the next, in s; default: half a clip.

    Returns
    -------
    settings : render.settings.Settings

    Raises
    ------
    ValueError
        As `stored`, or if the step is under a column or above a clip.
    """
    settings = stored(run)
    step = settings.seconds / 2 if step_s is None else step_s
    column = settings.hop / settings.rate
    if not column <= step <= settings.seconds:
        raise ValueError(
            f"expected a step of {column:g} s (a column) to {settings.seconds:g} s (a clip), "
            f"got {step:g} s"
        )
    return replace(settings, overlap=settings.seconds - step)


def stored(run: Run) -> Settings:
    """Read the render settings of a run.

    Returns
    -------
    settings : render.settings.Settings

    Raises
    ------
    ValueError
        If the run has none, or this version of `render` draws otherwise.
    """
    if run.render_settings is None:
        raise ValueError(
            f"expected a run that says how its pictures were drawn, got {run.folder} without "
            "render.json: recordings cannot be drawn like them"
        )
    path = run.folder / "render.json"
    try:
        settings = Settings.from_json(json.dumps(run.render_settings))
    except ValueError as error:
        raise ValueError(f"{path}: {error}, and train anew") from error
    if settings.version != Settings.version:
        raise ValueError(
            f"expected pictures of version {Settings.version} of the drawing, got version "
            f"{settings.version} in {path}: draw the pictures anew, and train anew"
        )
    if settings.shape != run.shape:
        raise ValueError(
            f"expected {path} to give pictures of {size(run.shape)}, got {size(settings.shape)}"
        )
    return settings
