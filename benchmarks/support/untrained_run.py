"""Runs with an untrained network: they answer as fast as a trained one.

Keras is large: what must stay small calls these functions in a process of its own.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classify.runs.run import Run


def write_run(
    model: Any, folder: Path, render_json: str | None, training: dict[str, Any] | None = None
) -> "Run":
    """Write a run of a network.

    Parameters
    ----------
    model : keras.Model
    folder : Path
        Made by the call.
    render_json : str or None
        Text of ``render.json``, if the pictures have one.
    training : dict, optional
        Fields of `classify.settings.Settings`.
    """
    from classify.runs.run import Run
    from classify.training.export import convert

    folder.mkdir()
    convert(model, folder)
    if render_json is not None:
        (folder / "render.json").write_text(render_json)
    run = Run(
        folder=folder,
        training=training or {},
        classes=("real", "fake"),
        shape=model.input_shape[1:3],
        prior=0.5,
        fingerprint="",
    )
    run.save()
    return run


def write_default_run(folder: Path) -> Any:
    """Write a run of the default recipe for default pictures; return its network."""
    from classify import backend

    backend.load()
    from classify.data.render_settings import spectrogram_rows
    from classify.models.build import build
    from classify.settings import RECIPES, Settings, recipe
    from render.axes import axes
    from render.settings import Settings as RenderSettings

    rendering = RenderSettings()
    ticks = axes(rendering)
    model = build(Settings(**recipe(RECIPES[0])), rendering.shape, 1, spectrogram_rows(ticks))
    write_run(model, folder, json.dumps({**json.loads(rendering.to_json()), "axes": ticks}))
    return model
