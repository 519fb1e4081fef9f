"""A trained run, the recordings that it is adapted to, and the run that comes of it."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from classify.runs.replay import load_replay_set
from classify.runs.run import Calibration, Run, copy_render_settings
from classify.runs.runtime import KERAS
from classify.training.adaptation import Sample, Trial, fit_shift, stored_sample
from classify.training.export import export_and_compare
from classify.training.last_layers import input_model, raw_scores, shift_scores

_CHECKED = 64  # pictures on which both forms of a network are compared


class Adaptation:
    """Recordings as the networks of a run see them, and the run that is adapted to them.

    Parameters
    ----------
    run : Run

    Raises
    ------
    ValueError
        If a network has no stored features, or Keras is not installed.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.replay_sets = [load_replay_set(network.folder) for network in run.networks]
        self.models = [network.model for network in run.networks]
        self.labels: list[int] = []
        self._calibrations: list[Calibration] = []
        self._input_models = [input_model(model) for model in self.models]
        self._inputs: list[list[np.ndarray]] = [[] for _ in self.models]
        self._pictures: list[np.ndarray] = []

    def add(
        self, batches: Iterable[np.ndarray], label: int, codec: str = "", bit_rate_kbps: float = 0.0
    ) -> bool:
        """Add a recording.

        Parameters
        ----------
        batches : iterable of np.ndarray, each of shape=(n, *run.shape), dtype=uint8
            Pictures of its windows.
        label : int
            1 for the positive class.
        codec, bit_rate_kbps : str, float
            See `Run.for_codec`.

        Returns
        -------
        added : bool
            False where there is no picture.
        """
        sums: list[Any] = [0.0] * len(self.models)
        count = 0
        for images in batches:
            for number, model in enumerate(self._input_models):
                outputs = np.asarray(model(images[..., np.newaxis], training=False), float)
                sums[number] = sums[number] + outputs.sum(axis=0)
            count += len(images)
            if sum(map(len, self._pictures)) < _CHECKED:
                self._pictures.append(images)
        if count:
            self.labels.append(label)
            self._calibrations.append(self.run.for_codec(codec, bit_rate_kbps).calibration)
            for inputs, total in zip(self._inputs, sums, strict=True):
                inputs.append(total / count)
        return count > 0

    @property
    def own(self) -> list[Sample]:
        """The recordings that were added, as each network sees them."""
        labels = np.array(self.labels)
        groups = np.full(len(labels), "own")
        slopes = np.array([calibration.slope for calibration in self._calibrations])
        scale = slopes / self.run.calibration.slope
        return [
            Sample(replay.project(stacked), self._calibrated(model, stacked), labels, groups, scale)
            for model, replay, stacked in zip(
                self.models, self.replay_sets, map(np.stack, self._inputs), strict=True
            )
        ]

    @property
    def replay(self) -> list[Sample]:
        """The stored recordings of each network, which it has not met."""
        return [stored_sample(replay, self.run.calibration) for replay in self.replay_sets]

    def write(self, folder: Path, trial: Trial, before: Trial) -> Run:
        """Fit on all recordings with the strength of a trial, and write a run.

        Parameters
        ----------
        folder : Path
            Of the new run.
        trial, before : Trial
            Stored in its ``run.json``.
        """
        # Before the first model is changed, on which the samples depend.
        samples = list(zip(self.own, self.replay, strict=True))
        networks = [
            self._write_network(number, fit_shift(own, replay, trial.strength), folder)
            for number, (own, replay) in enumerate(samples)
        ]
        real, fake = np.bincount(self.labels, minlength=2).tolist()
        adaptation = {
            "run": self.run.folder.resolve().name,
            "real": real,
            "fake": fake,
            "before": before.to_json(),
            "after": trial.to_json(),
        }
        run = networks[0]
        if self.run.members:
            copy_render_settings(self.run.folder, folder)
            run = dataclasses.replace(self.run, folder=folder, members=tuple(networks))
        run = dataclasses.replace(run, adaptation=adaptation, validation={})
        run.save()
        return run

    def _write_network(self, number: int, shift: np.ndarray, folder: Path) -> Run:
        old, model, replay = (
            self.run.networks[number],
            self.models[number],
            self.replay_sets[number],
        )
        raw = shift / self.run.calibration.slope
        slopes = raw[:-1] @ replay.components
        shift_scores(model, slopes, raw[-1] - replay.mean @ slopes)
        target = folder / old.folder.name if self.run.members else folder
        target.mkdir(parents=True, exist_ok=True)
        run = dataclasses.replace(old, folder=target, validation={})
        model.save(target / KERAS)
        copy_render_settings(old.folder, target)
        moved = replay.llr + replay.values @ raw[:-1] + raw[-1]
        dataclasses.replace(replay, llr=moved).save(target)
        run = dataclasses.replace(run, export=export_and_compare(run, self._pictures, "adapt"))
        run.save()
        return run

    def _calibrated(self, model: Any, inputs: np.ndarray) -> np.ndarray:
        raw = raw_scores(model, inputs, self.run.prior)
        pairs = zip(self._calibrations, raw, strict=True)
        return np.array([calibration(score) for calibration, score in pairs])
