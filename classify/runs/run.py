"""A trained run: a folder with a network and with all that tells how it was trained.

``model.keras`` and ``model.onnx`` take raw pictures. ``run.json`` holds the fields of `Run`.
``render.json`` is copied from the dataset, if it has one: the settings the pictures were drawn
with. ``validation.csv`` is a score file: the calibrated scores of the recordings that the run was
calibrated on. An ensemble has no network of its own but one folder, also a run, for each member.
"""

import dataclasses
import json
import shutil
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from classify.console import COMMAND, HOME
from classify.data.render_settings import (
    RenderSettings,
    load_axes,
    load_command,
    load_render_settings,
)
from classify.files import atomic_write
from classify.runs import runtime
from classify.runs.runtime import KERAS, ONNX, Network

FORMAT = 1  # of run.json; an older run cannot be read and is trained anew
VALIDATION_SCORES = "validation.csv"  # in a run's folder: what it was calibrated on
DEMONSTRATION_CAVEAT = (
    "this run learned from the demonstration corpus of synthetic sounds: its verdicts about real "
    "recordings mean nothing"
)


@dataclass(frozen=True)
class Calibration:
    """A straight line from raw to calibrated scores.

    Attributes
    ----------
    slope : float, above 0
        Below 1 where the network is too sure of itself.
    offset : float
        Added, in nats; above 0 where it takes too much for fake.
    """

    slope: float = 1.0
    offset: float = 0.0

    def __call__(self, llr: np.ndarray) -> np.ndarray:
        """Calibrate scores.

        Returns
        -------
        calibrated : np.ndarray, same shape

        Examples
        --------
        >>> Calibration(slope=0.5, offset=1.0)(np.array([-4.0, 0.0])).tolist()
        [-1.0, 1.0]
        """
        return self.slope * llr + self.offset


@dataclass(frozen=True)
class CodecCalibration:
    """Calibration and uncertain band for recordings in a lossy codec at a low bit rate.

    Attributes
    ----------
    codec : str
        Part of the codec's name, in lower case, such as ``"opus"``.
    bit_rate_kbps : float
        Highest bit rate that it holds for, in kbit/s.
    calibration : Calibration
    uncertain : tuple of two float
        As of `Run`.
    """

    codec: str
    bit_rate_kbps: float
    calibration: Calibration
    uncertain: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A trained network, or an ensemble of networks, with the metadata of its ``run.json``.

    Attributes
    ----------
    folder : Path
    training : dict
        Fields of `classify.settings.Settings`.
    classes : tuple of two str
        Class names, the positive one last.
    shape : tuple of two int
        Height and width of the pictures, in pixels.
    prior : float
        Share of the positive class that the loss of the training saw, in (0, 1).
    calibration : Calibration
        From raw to calibrated scores; fitted on the validation recordings.
    threshold : float
        P(positive class) from which a picture is called positive.
    uncertain : tuple of two float
        Between these P(positive class), exclusive, the answer is "uncertain".
    fingerprint, names_fingerprint : str
        Digests of the training and validation pictures, and of their names alone.
    left_out : int
        Number of unreadable training and validation pictures.
    demonstration : bool
        Whether all training pictures are of the demonstration corpus, see `caveat`.
    versions : dict
        Versions of Python and the libraries.
    scores : dict
        Row of ``history.csv`` of the epoch that was kept: loss, accuracy and the like.
    validation : dict
        Metrics of the validation recordings, see `classify.training.validation.calibrate`.
    heads : tuple of Calibration
        How the logit of each head of late fusion was calibrated, see
        `classify.training.head_calibration`; empty for any other network, and for an ensemble.
    export : dict
        Agreement of ``model.onnx`` with ``model.keras``, see `classify.training.export`.
    training_ranges : dict
        Ranges of level, bandwidth and the like in training, see `classify.audit.ood`.
    members : tuple of Run
        The networks whose scores an ensemble averages; empty for one network.
    group : str
        Column of the manifest by which recordings were dealt into folds, see `classify.data.folds`;
        empty without folds.
    fold : str
        The fold that a member left out, ``"2/4"``; empty for any other run.
    codecs : tuple of CodecCalibration
        Calibrations for codecs at low bit rates, which change the traces of generators; fitted on
        recordings that the networks have not met, and empty where they were not measured.
    segments : dict
        How far a stretch of a recording has to stand out, and how that was found, see
        `detect.segments`; empty where it was not.
    adaptation : dict
        Of an adapted run: the name of the run that it was made from, how many recordings it was
        adapted to, and the error rates before and after.
    """

    folder: Path
    training: dict[str, Any]
    classes: tuple[str, str]
    shape: tuple[int, int]
    prior: float
    fingerprint: str
    names_fingerprint: str = ""
    calibration: Calibration = Calibration()
    threshold: float = 0.5
    uncertain: tuple[float, float] = (0.5, 0.5)
    left_out: int = 0
    demonstration: bool = False
    versions: dict[str, str] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    validation: dict[str, float] = field(default_factory=dict)
    heads: tuple[Calibration, ...] = ()
    export: dict[str, float] = field(default_factory=dict)
    training_ranges: dict[str, Any] = field(default_factory=dict)
    members: tuple["Run", ...] = ()
    group: str = ""
    fold: str = ""
    codecs: tuple[CodecCalibration, ...] = ()
    segments: dict[str, Any] = field(default_factory=dict)
    adaptation: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def render_settings(self) -> RenderSettings | None:
        """Settings that the pictures were drawn with, or None if unknown."""
        return load_render_settings(self.folder / "render.json")

    @property
    def axes(self) -> dict[str, Any] | None:
        """Ticks and units of the pictures' axes, or None if unknown."""
        return load_axes(self.folder / "render.json")

    @cached_property
    def redraw_advice(self) -> str:
        """End of an error about pictures drawn with other settings: how to draw them again."""
        path = self.folder / "render.json"
        return f"draw again with {load_command(path) or f'the settings in {path}'}"

    @property
    def caveat(self) -> str:
        """Warning that belongs to every verdict about a real recording; empty if there is none."""
        return DEMONSTRATION_CAVEAT if self.demonstration else ""

    @property
    def networks(self) -> tuple["Run", ...]:
        """The members of an ensemble, or the run itself."""
        return self.members or (self,)

    @property
    def has_folds(self) -> bool:
        """Whether its networks left folds out, so that each has recordings that it has not met."""
        return any(network.fold for network in self.networks)

    @property
    def is_refit(self) -> bool:
        """Whether its networks have met the recordings of its ``validation.csv``."""
        return bool(self.group) and not self.has_folds

    def codec_calibration(self, codec: str, bit_rate_kbps: float) -> CodecCalibration | None:
        """Look up the calibration for recordings in a codec, the one up to the lowest bit rate.

        Parameters
        ----------
        codec : str
            As `render.decoding.audio.SourceFile` and a manifest name it, such as ``"OGG/OPUS"``.
        bit_rate_kbps : float
            Of the recording, in kbit/s.
        """
        holds = [
            one
            for one in self.codecs
            if one.codec in codec.lower() and bit_rate_kbps <= one.bit_rate_kbps
        ]
        return min(holds, key=lambda one: one.bit_rate_kbps, default=None)

    def for_codec(self, codec: str, bit_rate_kbps: float) -> "Run":
        """Give the run as it judges recordings in a codec: itself, or with that calibration."""
        known = self.codec_calibration(codec, bit_rate_kbps)
        if known is None:
            return self
        return dataclasses.replace(self, calibration=known.calibration, uncertain=known.uncertain)

    @cached_property
    def network(self) -> Network:
        """Function from raw pictures to P(positive class), see `classify.runs.runtime`."""
        return runtime.network(self.folder)

    @cached_property
    def model(self):
        """The Keras network, which takes pictures of shape (n, height, width, 1)."""
        return runtime.keras_model(self.folder)

    def save(self) -> None:
        """Write ``run.json``."""
        values = {"format": FORMAT, **asdict(dataclasses.replace(self, members=()))}
        del values["folder"]
        values["members"] = [member.folder.name for member in self.members]
        atomic_write(self.folder / "run.json", (json.dumps(values, indent=2) + "\n").encode())


def copy_render_settings(source: Path, target: Path) -> None:
    """Copy the ``render.json`` of a dataset or a run to a run, if there is one."""
    if (source / "render.json").is_file():
        shutil.copyfile(source / "render.json", target / "render.json")


def load(folder: Path) -> Run:
    """Read a run.

    Raises
    ------
    ValueError
        If the folder holds no finished run, or one of another `FORMAT`; the error names the runs
        beside it and the command that makes one.
    """
    path = folder / "run.json"
    if folder.is_file():
        raise ValueError(f"expected the folder of a run, got the file {folder}: give the folder")
    if not path.is_file():
        raise ValueError(f"expected a trained run in {folder}, got no run.json: {_advice(folder)}")
    try:
        values = json.loads(path.read_text())
        got = values.pop("format", "no number")
        if got != FORMAT:
            members = values.get("members") or ()
            kind = "folds" if values.get("group") else "seeds"
            several = f" --{kind} {len(members)}" if members else ""
            raise ValueError(
                f"expected a run of format {FORMAT} in {path}, got {got}: train it anew with "
                f"{COMMAND} train IMAGES --to {folder}{several} --overwrite"
            )
        for name in ("classes", "shape", "uncertain"):
            values[name] = tuple(values[name])
        values["calibration"] = Calibration(**values["calibration"])
        values["heads"] = tuple(Calibration(**head) for head in values.get("heads", ()))
        values["codecs"] = tuple(map(_codec_calibration, values.get("codecs", ())))
        values["members"] = tuple(load(folder / name) for name in values["members"])
        run = Run(folder=folder, **values)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"expected a run's settings in {path}, got {error!r}") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"expected JSON in {path}, got {error}") from error
    if not run.members and not any((folder / name).is_file() for name in (ONNX, KERAS)):
        raise ValueError(f"expected a trained run in {folder}, got neither {ONNX} nor {KERAS}")
    return run


def _codec_calibration(values: dict[str, Any]) -> CodecCalibration:
    calibration, uncertain = Calibration(**values["calibration"]), tuple(values["uncertain"])
    return CodecCalibration(**{**values, "calibration": calibration, "uncertain": uncertain})


def _advice(folder: Path) -> str:
    """Name the runs beside a folder that holds none, and the command that trains one there."""
    at_home = HOME / folder  # a relative path may be meant from the project's folder
    runs = sorted(path.parent for path in folder.parent.glob("*/run.json"))
    runs = [at_home] if (at_home / "run.json").is_file() else runs
    choice = f"choose {' or '.join(f'--run {run}' for run in runs)}, or " if runs else ""
    return f"{choice}make it with {COMMAND} train IMAGES --to {folder}"
