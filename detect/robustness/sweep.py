"""Robustness sweep: calibrated scores of recordings, clean and degraded.

A recording is degraded whole, then trimmed, brought to its level, cut and drawn as the run's
pictures were. Its score is the mean over its clips, as in `classify.evaluation.evaluation`: clean,
it has the score that its saved pictures have. Clips without speech count, so that every condition
judges the same recordings. Of a recording longer than a minute, the first minute is judged.
"""

import sys
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

from classify.class_names import fake_name
from classify.data import manifest
from classify.evaluation.robustness import ConditionScores
from classify.prediction.inference import BATCH, score_arrays
from classify.prediction.verdicts import Refusal
from classify.runs.run import Run, load
from detect import render_settings
from detect.robustness import conditions
from detect.robustness.conditions import CONDITIONS, Condition
from detect.sources import printable
from render.augmentation.effects import Coding
from render.clips import split_into_clips
from render.console import one_line
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
class SweepPlan:
    """Settings that every worker process gets.

    Attributes
    ----------
    run : Path
        Folder of the run.
    settings : render.settings.Settings
        As the run's pictures were drawn.
    conditions : tuple of str
        Keys of `detect.robustness.conditions.CONDITIONS`.
    """

    run: Path
    settings: Settings
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class RecordingScores:
    """Raw scores of a recording, one a condition; NaN where it is not fit for one."""

    name: str
    raw: np.ndarray


class Sweep:
    """A sweep that is ready to begin; a wrong call is found out when it is made.

    Parameters
    ----------
    audio : Path
        Recordings, in any layout that `render` reads.
    run : Run
    dataset : Path
        Picture dataset of the evaluation. The split of a recording is the one in its manifest, so
        that no training recording is judged; for others it is the one that `render` would give.
    split : str
    names : iterable of str
        See `detect.robustness.conditions.select`.
    executor : Executor, optional
        Default: one process a core.

    Raises
    ------
    ValueError
        If there is no such recording, a condition is unknown or its codec is not installed, or the
        run does not say how its pictures were drawn, or has other classes than real and fake.
    """

    def __init__(
        self,
        audio: Path,
        run: Run,
        dataset: Path,
        split: str,
        names: Iterable[str] = (),
        executor: Executor | None = None,
    ) -> None:
        names = tuple(names)
        self.plan = SweepPlan(run.folder, render_settings.stored(run), conditions.select(names))
        self.run, self.audio, self.executor = run, audio, executor or Executor()
        self.options = (f"--robustness={audio}", *(("--conditions", *names) if names else ()))
        self.classes = written_classes(run)
        with Index() as index:
            take_in(index, audio)
            self.failures = list(index.failures())
            splits = _splits(dataset)
            self.recordings = {
                recording.name: recording
                for recording in index.recordings()
                if splits.get(recording.name, recording.split) == split
            }
        if not self.recordings:
            raise ValueError(f"expected recordings of the {split} split in {audio}, got none")
        _require_codecs(self.plan)

    def __call__(self) -> ConditionScores:
        """Judge all recordings under all conditions.

        Returns
        -------
        scores : ConditionScores
            In the order of the recordings' names.

        Raises
        ------
        ValueError
            If no recording can be judged.
        """
        raw: dict[str, np.ndarray] = {}
        for failure in self.failures:
            _report("evaluate", failure.recording, failure.reason)
        for result in score_all(self.recordings.values(), self.plan, self.executor, "evaluate"):
            raw[result.name] = result.raw
        if not raw:
            raise ValueError(f"expected recordings that can be read in {self.audio}, got none")
        judged = [recording for name, recording in self.recordings.items() if name in raw]
        by_condition = np.stack([raw[recording.name] for recording in judged], axis=1)
        judges = [_as_file(self.run, CONDITIONS[name]) for name in self.plan.conditions]
        return ConditionScores(
            conditions={
                name: (CONDITIONS[name].group, CONDITIONS[name].title)
                for name in self.plan.conditions
            },
            names=np.array([recording.name for recording in judged]),
            labels=np.array([self.classes.index(recording.label) for recording in judged]),
            llr=np.stack(
                [judge.calibration(row) for judge, row in zip(judges, by_condition, strict=True)]
            ),
            refused=len(self.failures) + len(self.recordings) - len(judged),
            source=str(self.audio),
            asked=self.options,
            columns=manifest.table(
                {recording.name: recording.metadata for recording in judged},
                [recording.name for recording in judged],
            ),
        )


def score_all(
    recordings: Collection[Recording], plan: SweepPlan, executor: Executor, verb: str
) -> Iterator[RecordingScores]:
    """Score recordings under all conditions, in the order of completion.

    Parameters
    ----------
    recordings : collection of Recording
    plan : SweepPlan
    executor : Executor
    verb : str
        Stands before each line on standard error, which names what cannot be judged.
    """
    results = run_tasks(partial(score, plan=plan), recordings, executor, _on_crash)
    bar = tqdm(results, f"{verb}: degrade", len(recordings), unit="recording", disable=None)
    for result in bar:
        if isinstance(result, Refusal):
            _report(verb, result.path, result.reason)
        else:
            yield result


def score(recording: Recording, plan: SweepPlan) -> RecordingScores | Refusal:
    """Score one recording under all conditions.

    Returns
    -------
    result : RecordingScores or Refusal
        A refusal where the recording cannot be judged under one of them.
    """
    try:
        audio = scan_audio(recording.path, plan.settings.rate, time.monotonic() + LIMIT)
        audio = _with_samples(audio, _beginning(audio))
        raw = [_score_under(name, audio, recording.name, plan) for name in plan.conditions]
    except (OSError, ValueError) as error:
        return Refusal(recording.name, one_line(error))
    return RecordingScores(recording.name, np.array(raw))


def _score_under(name: str, audio: Audio, recording: str, plan: SweepPlan) -> float:
    """Raw score of a recording under a condition; NaN where it is not fit for it."""
    condition, settings = CONDITIONS[name], plan.settings
    (samples,) = audio.blocks()
    if condition.trimmed:
        loud = audio.envelope.loud(settings.trim)
        samples, settings = samples[loud.start : loud.end], replace(settings, trim=None)
    rng = conditions.generator(recording, name)
    degraded = condition.degrade(samples, settings.rate, rng)
    if degraded is None:
        return np.nan
    try:
        clips = iter(split_into_clips(_with_samples(audio, degraded), settings))
    except ValueError as error:
        raise ValueError(f"{condition.title}: {error}") from error
    run, raw = _run(plan.run), []
    while images := [draw(clip.samples, settings) for clip in islice(clips, BATCH)]:
        raw.append(score_arrays(run, np.stack(images)))
    return float(np.concatenate(raw).mean())


def _as_file(run: Run, condition: Condition) -> Run:
    """The run as it judges a file in the codec of a condition."""
    coding = condition.degrade
    return run.for_codec(coding.codec, coding.strength) if isinstance(coding, Coding) else run


def _beginning(audio: Audio) -> np.ndarray:
    """The first samples of a recording, up to `LONGEST`."""
    length, parts = round(LONGEST * audio.rate), list[np.ndarray]()
    for block in audio.blocks():
        parts.append(block[: length - sum(map(len, parts))])
        if sum(map(len, parts)) == length:
            break
    return np.concatenate(parts)


def _with_samples(audio: Audio, samples: np.ndarray) -> Audio:
    """The same recording with other samples."""
    meter = EnvelopeMeter()
    meter.add(samples)
    return replace(audio, envelope=meter.envelope(), cached=(samples,))


@lru_cache(maxsize=1)
def _run(folder: Path) -> Run:
    """The run, read once a process."""
    return load(folder)


def _on_crash(recording: Recording) -> Refusal:
    return Refusal(recording.name, "expected a recording to judge, got one that ends the process")


def _require_codecs(plan: SweepPlan) -> None:
    """Raise before the sweep begins if a codec is not installed."""
    noise = np.random.default_rng(0).normal(0, 0.1, plan.settings.rate).astype(np.float32)
    for name in plan.conditions:
        CONDITIONS[name].degrade(noise, plan.settings.rate, conditions.generator("", name))


def written_classes(run: Run) -> list[str]:
    """Class names as `render` writes them, in the order of the run's.

    Raises
    ------
    ValueError
        If the run has other classes than real and fake.
    """
    fake = fake_name(run.classes)
    if fake is None:
        names = " and ".join(run.classes)
        raise ValueError(f"expected a run that tells {' from '.join(LABELS)}, got one of {names}")
    return ["fake" if name == fake else "real" for name in run.classes]


def _splits(dataset: Path) -> dict[str, str]:
    """The split of each recording in the manifest of a picture dataset."""
    rows = manifest.read(dataset).values()
    return {
        row["recording"]: row["split"]
        for row in rows
        if row.get("recording") and row.get("split") in SPLITS
    }


def _report(verb: str, name: str, reason: str) -> None:
    tqdm.write(f"{verb}: {printable(f'{name}: {reason}')}", file=sys.stderr)
