"""A run and recordings in, what it says of them out, as they are and degraded.

A recording is degraded whole, then trimmed, brought to its level, cut and drawn as the run's
pictures were, and pooled by the mean of its clips' scores, as `classify.evaluation.evaluation` does
with saved pictures: clean, it has the score that it has there. No clip is left out for lack of
speech, so that every condition judges the same recordings. Of a recording longer than a minute, its
beginning is judged.
"""

import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

from classify.data import manifest
from classify.evaluation.robustness import ConditionScores
from classify.prediction.inference import BATCH, score_arrays
from classify.prediction.verdicts import Refusal
from classify.runs.run import Run, load
from detect import render_settings
from detect.robustness import conditions as condition_table
from detect.robustness.conditions import CONDITIONS
from detect.sources import printable
from render.clips import split_into_clips
from render.dataset import take_in
from render.decoding.audio import Audio, scan_audio
from render.decoding.envelope import EnvelopeMeter
from render.index import Index
from render.parallel import Executor, run_tasks
from render.recording import LABELS, SPLITS, Recording
from render.settings import Settings
from render.spectrogram import draw

LONGEST = 60.0  # s of a recording that are judged
LIMIT = 900.0  # s that reading a recording may take


@dataclass(frozen=True)
class Plan:
    """What every worker has to know.

    Attributes
    ----------
    run : Path
        Folder of the run.
    settings : render.settings.Settings
        As its pictures were drawn.
    conditions : tuple of str
        Keys of `detect.robustness.conditions.CONDITIONS`.
    """

    run: Path
    settings: Settings
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """Calibrated scores of a recording, by condition; NaN where it is not fit for one."""

    name: str
    llr: np.ndarray


class Sweep:
    """A sweep that is ready to begin: what can be wrong with the call is found out here.

    Parameters
    ----------
    audio : Path
        Recordings, in any layout that `render` reads.
    run : Run
    dataset : Path
        The picture dataset of the evaluation. Where its manifest names a recording, the split is
        the one given there, so that none is judged that the run was trained on; elsewhere it is
        the one that `render` would give.
    split : str
    names : iterable of str
        See `detect.robustness.conditions.chosen`.
    engine : Executor, optional
        Default: one process a core.

    Raises
    ------
    ValueError
        If there is no such recording, a condition is unknown or cannot be had here, or the run
        does not say how its pictures were drawn, or knows other classes than real and fake.
    """

    def __init__(
        self,
        audio: Path,
        run: Run,
        dataset: Path,
        split: str,
        names: Iterable[str] = (),
        engine: Executor | None = None,
    ) -> None:
        names = tuple(names)
        self.plan = Plan(run.folder, render_settings.stored(run), condition_table.chosen(names))
        self.audio, self.engine = audio, engine or Executor()
        self.asked = (f"--robustness={audio}", *(("--conditions", *names) if names else ()))
        self.classes = _classes(run)
        with Index() as index:
            take_in(index, audio)
            self.failures = list(index.failures())
            splits = _splits(dataset)
            self.recordings = {
                one.name: one
                for one in index.recordings()
                if splits.get(one.name, one.split) == split
            }
        if not self.recordings:
            raise ValueError(f"expected recordings of the {split} split in {audio}, got none")
        _try(self.plan)

    def __call__(self) -> ConditionScores:
        """Judge all recordings under all conditions.

        Returns
        -------
        degraded : ConditionScores
            In the order of the recordings' names.

        Raises
        ------
        ValueError
            If no recording can be judged.
        """
        found: dict[str, np.ndarray] = {}
        for failure in self.failures:
            _tell(failure.recording, failure.reason)
        for result in self._results():
            if isinstance(result, Refusal):
                _tell(result.path, result.reason)
            else:
                found[result.name] = result.llr
        if not found:
            raise ValueError(f"expected recordings that can be read in {self.audio}, got none")
        judged = [one for one in self.recordings.values() if one.name in found]
        return ConditionScores(
            conditions={
                name: (CONDITIONS[name].group, CONDITIONS[name].title)
                for name in self.plan.conditions
            },
            names=np.array([one.name for one in judged]),
            labels=np.array([self.classes.index(one.label) for one in judged]),
            llr=np.stack([found[one.name] for one in judged], axis=1),
            refused=len(self.failures) + len(self.recordings) - len(judged),
            source=str(self.audio),
            asked=self.asked,
            columns=manifest.table(
                {one.name: one.metadata for one in judged}, [one.name for one in judged]
            ),
        )

    def _results(self) -> Iterator[Judged | Refusal]:
        tasks = self.recordings.values()
        yield from tqdm(
            run_tasks(partial(judge, plan=self.plan), tasks, self.engine, _lost),
            "evaluate: degrade",
            len(tasks),
            unit="recording",
            disable=None,
        )


def judge(recording: Recording, plan: Plan) -> Judged | Refusal:
    """Judge one recording under all conditions.

    Parameters
    ----------
    recording : Recording
    plan : Plan

    Returns
    -------
    result : Judged or Refusal
        A refusal where the recording cannot be judged under one of them.
    """
    try:
        sound = scan_audio(recording.path, plan.settings.rate, time.monotonic() + LIMIT)
        sound = _heard(sound, _beginning(sound))
        llr = [_score(sound, recording.name, name, plan) for name in plan.conditions]
    except (OSError, ValueError) as error:
        return Refusal(recording.name, " ".join(str(error).split()))
    return Judged(recording.name, np.array(llr))


def _score(sound: Audio, recording: str, name: str, plan: Plan) -> float:
    """Calibrated score of a recording under a condition; NaN where it is not fit for it."""
    condition, settings = CONDITIONS[name], plan.settings
    (samples,) = sound.blocks()
    if condition.trimmed:
        loud = sound.envelope.loud(settings.trim)
        samples, settings = samples[loud.start : loud.end], replace(settings, trim=None)
    chance = condition_table.chance(recording, name)
    degraded = condition.degrade(samples, settings.rate, chance)
    if degraded is None:
        return np.nan
    try:
        clips = iter(split_into_clips(_heard(sound, degraded), settings))
    except ValueError as error:
        raise ValueError(f"{condition.title}: {error}") from error
    run, scores = _run(plan.run), []
    while batch := [draw(clip.samples, settings) for clip in islice(clips, BATCH)]:
        scores.append(score_arrays(run, np.stack(batch)))
    return float(run.calibration(np.concatenate(scores).mean()))


def _beginning(sound: Audio) -> np.ndarray:
    """The samples of a recording up to the longest that is judged."""
    length, parts = round(LONGEST * sound.rate), list[np.ndarray]()
    for block in sound.blocks():
        parts.append(block[: length - sum(map(len, parts))])
        if sum(map(len, parts)) == length:
            break
    return np.concatenate(parts)


def _heard(sound: Audio, samples: np.ndarray) -> Audio:
    """The same recording with other samples."""
    meter = EnvelopeMeter()
    meter.add(samples)
    return replace(sound, envelope=meter.envelope(), kept=(samples,))


@lru_cache(maxsize=1)
def _run(folder: Path) -> Run:
    """The run, read once a process."""
    return load(folder)


def _lost(recording: Recording) -> Refusal:
    return Refusal(recording.name, "expected a recording to judge, got one that ends the process")


def _try(plan: Plan) -> None:
    """Let codecs that are not installed end the sweep before it begins."""
    noise = np.random.default_rng(0).normal(0, 0.1, plan.settings.rate).astype(np.float32)
    for name in plan.conditions:
        CONDITIONS[name].degrade(noise, plan.settings.rate, condition_table.chance("", name))


def _classes(run: Run) -> list[str]:
    """Names of the run's classes as `render` writes them, the positive one last."""
    names = [name.lower() for name in run.classes]
    if set(names) != {*LABELS}:
        raise ValueError(
            f"expected a run that tells {' from '.join(LABELS)}, got one of {' and '.join(names)}"
        )
    return names


def _splits(dataset: Path) -> dict[str, str]:
    """The split of each recording that a picture dataset names."""
    rows = manifest.read(dataset).values()
    return {
        row["recording"]: row["split"]
        for row in rows
        if row.get("recording") and row.get("split") in SPLITS
    }


def _tell(name: str, reason: str) -> None:
    tqdm.write(f"evaluate: {printable(f'{name}: {reason}')}", file=sys.stderr)
