"""A trained run: a folder that rebuilds its network and says how it came about.

``model.keras`` takes raw pictures; ``run.json`` holds what `Run` holds; ``render.json``, where the
dataset had one, is the drawing settings, copied unread.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from classify.pictures import Drawing, load_drawing


@dataclass(frozen=True, kw_only=True)
class Run:
    """What is known of a trained network.

    Attributes
    ----------
    folder : Path
    training : dict
        The training settings.
    classes : tuple of two str
        Class names, the positive one last.
    shape : tuple of two int
        Height and width of the pictures, in pixels.
    prior : float
        Share of the positive class that the loss of the training saw, in (0, 1).
    threshold : float
        P(positive class) from which a picture is said to be of it.
    fingerprint : str
        Digest of the training and validation pictures.
    left_out : int
        Training and validation pictures that could not be read.
    versions : dict
        Versions of Python and the libraries.
    scores : dict
        Loss and accuracy in the epoch that was kept, counted from 0.
    """

    folder: Path
    training: dict[str, Any]
    classes: tuple[str, str]
    shape: tuple[int, int]
    prior: float
    threshold: float
    fingerprint: str
    left_out: int = 0
    versions: dict[str, str] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)

    @cached_property
    def drawing(self) -> Drawing | None:
        """Settings that the pictures were drawn with, or None if unknown."""
        return load_drawing(self.folder / "render.json")

    @cached_property
    def model(self):
        """The Keras network."""
        import keras

        return keras.models.load_model(self.folder / "model.keras", safe_mode=True)

    def save(self) -> None:
        """Write ``run.json``."""
        values = {key: value for key, value in asdict(self).items() if key != "folder"}
        replace(self.folder / "run.json", (json.dumps(values, indent=2) + "\n").encode())


def load(folder: Path) -> Run:
    """Read a run.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    run : Run

    Raises
    ------
    ValueError
        If the folder holds no finished run.
    """
    path = folder / "run.json"
    if not path.is_file() or not (folder / "model.keras").is_file():
        raise ValueError(f"expected a trained run in {folder}, got no run.json and model.keras")
    try:
        values = json.loads(path.read_text())
        values["classes"], values["shape"] = tuple(values["classes"]), tuple(values["shape"])
        return Run(folder=folder, **values)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"expected a run's settings in {path}, got {error!r}") from error


def replace(path: Path, data: bytes) -> None:
    """Write a file beside its place, then rename it into it.

    Parameters
    ----------
    path : Path
    data : bytes
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)
