"""How recordings are drawn for a run: as its pictures were, but with windows that overlap."""

import json
from dataclasses import replace

from classify.data.pictures import size
from classify.runs.run import Run
from render.settings import Settings


def settings(run: Run, step_s: float | None = None) -> Settings:
    """Read a run's drawing settings and let its clips overlap.

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
        If the run does not say how its pictures were drawn, or not as `render` draws them now, or
        the step is under a column or above a clip.
    """
    found = stored(run)
    step = found.seconds / 2 if step_s is None else step_s
    column = found.hop / found.rate
    if not column <= step <= found.seconds:
        raise ValueError(
            f"expected a step of {column:g} s (a column) to {found.seconds:g} s (a clip), "
            f"got {step:g} s"
        )
    return replace(found, overlap=found.seconds - step)


def stored(run: Run) -> Settings:
    """Read a run's drawing settings as they are.

    Parameters
    ----------
    run : Run

    Returns
    -------
    settings : render.settings.Settings

    Raises
    ------
    ValueError
        If the run does not say how its pictures were drawn, or not as `render` draws them now.
    """
    if run.drawing is None:
        raise ValueError(
            f"expected a run that says how its pictures were drawn, got {run.folder} without "
            "render.json: recordings cannot be drawn like them"
        )
    found = Settings.from_json(json.dumps(run.drawing))
    if found.version != Settings.version:
        raise ValueError(
            f"expected pictures of version {Settings.version} of the drawing, got version "
            f"{found.version} in {run.folder / 'render.json'}"
        )
    if found.shape != run.shape:
        raise ValueError(
            f"expected {run.folder / 'render.json'} to give pictures of {size(run.shape)}, "
            f"got {size(found.shape)}"
        )
    return found
