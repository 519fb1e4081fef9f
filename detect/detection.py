"""A recording in, a verdict out: drawn as the run's pictures were, window by window.

Windows overlap. What the network says of those in which there is speech is pooled as it was for
the calibration of the run, by the mean of the log odds. Times are in s of the recording.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from classify.audit import ood
from classify.audit.confounders import measure_confounders
from classify.data.render_settings import spectrogram_rows
from classify.prediction import verdicts
from classify.prediction.inference import score_arrays as ask
from classify.prediction.verdicts import Refusal
from classify.runs.run import Run
from detect import render_settings, voice_activity
from detect.sources import Source, expand
from detect.windows import Batch, drawn, scored
from render.clips import split_into_clips
from render.decoding.audio import SourceFile, scan_audio

NO_SPEECH = "no speech"
LIMIT = 900.0  # s that a recording may take
_FEW = 0.5  # share of the windows with speech under which it is said


@dataclass(frozen=True)
class Window:
    """What is said of one window.

    Attributes
    ----------
    start_s, duration_s : float
        Without what was repeated to fill it.
    p_fake : float in (0, 1)
        Calibrated probability of the positive class.
    llr : float
        Calibrated ln p(real) - ln p(fake), in nats.
    """

    start_s: float
    duration_s: float
    p_fake: float
    llr: float


@dataclass(frozen=True)
class Detection:
    """What is said of one recording.

    Attributes
    ----------
    path : str
        What the recording is called.
    label : str
        Name of the class, ``"uncertain"`` or ``"no speech"``.
    confidence : float or None
        Probability of the likelier class, in percent, 50 to 100; as the next two, None only where
        no speech was found.
    p_fake : float in (0, 1), or None
        Calibrated probability of the positive class, were both equally frequent.
    llr : float or None
        Calibrated ln p(real) - ln p(fake), in nats.
    duration_s : float
        Of the whole recording.
    windows : tuple of Window
        Those in which speech was found, in order of time.
    suspicious : tuple of two float, or None
        Start and end, in s, of the window with the highest P(positive class).
    warnings : tuple of str
        Why to doubt the verdict.
    """

    path: str
    label: str
    confidence: float | None
    p_fake: float | None
    llr: float | None
    duration_s: float
    windows: tuple[Window, ...] = ()
    suspicious: tuple[float, float] | None = None
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Say the same in JSON's types; of the windows, lists of their starts and of P(fake).

        Examples
        --------
        >>> found = Detection("x.wav", "no speech", None, None, None, 3.5).to_dict()
        >>> found["label"], found["p_fake"], found["clips"], found["duration_s"]
        ('no speech', None, 0, 3.5)
        """
        return {
            "path": self.path,
            "label": self.label,
            "confidence": self.confidence,
            "p_fake": self.p_fake,
            "llr": self.llr,
            "duration_s": self.duration_s,
            "suspicious_s": None if self.suspicious is None else list(self.suspicious),
            "clips": len(self.windows),
            "start_s": [round(window.start_s, 3) for window in self.windows],
            "clip_p_fake": [round(window.p_fake, 4) for window in self.windows],
            "warnings": list(self.warnings),
        }


class Detector:
    """A run made ready for recordings.

    Parameters
    ----------
    run : Run
    step_s : float, optional
        From the start of one window to that of the next, in s; default: half a clip.
    limit_s : float
        Seconds that a recording may take.

    Attributes
    ----------
    settings : render.settings.Settings
        How recordings are drawn: as the run's pictures were, but with overlap.

    Raises
    ------
    ValueError
        As `detect.render_settings.settings`, or if the limit is not above 0.
    """

    def __init__(self, run: Run, *, step_s: float | None = None, limit_s: float = LIMIT) -> None:
        if not limit_s > 0:
            raise ValueError(f"expected a limit above 0 s, got {limit_s:g}")
        self.run, self.limit_s = run, limit_s
        self.settings = render_settings.settings(run, step_s)

    def detect(self, path: Path, name: str | None = None) -> Detection:
        """Judge a recording of any length, in bounded memory.

        Parameters
        ----------
        path : Path
        name : str, optional
            What it is called; default: its path.

        Returns
        -------
        detection : Detection

        Raises
        ------
        ValueError
            If the recording cannot be used; why, in one line.
        """
        name = str(path) if name is None else name
        sound = scan_audio(path, self.settings.rate, time.monotonic() + self.limit_s)
        if voice_activity.silent(sound.envelope):
            return _no_speech(name, sound.source_file)
        cuts = split_into_clips(sound, self.settings)
        gathered = _WindowSum(spectrogram_rows(self.run.axes))
        batches = drawn(cuts, self.settings, sound.deadline)
        for batch, raw in scored(batches, partial(ask, self.run)):
            gathered.add(batch, raw, measured=bool(self.run.training_ranges))
        if not gathered.spans:
            return _no_speech(name, sound.source_file)
        return gathered.detection(self.run, name, sound.source_file, len(cuts))


def detect(
    detector: Detector, names: Iterable[str | Source | Refusal]
) -> Iterator[Detection | Refusal]:
    """Judge recordings one after the other.

    Parameters
    ----------
    detector : Detector
    names : iterable of str, Source or Refusal
        See `detect.sources.expand`.

    Yields
    ------
    result : Detection or Refusal
        In the order of the names.
    """
    for source in expand(names):
        if isinstance(source, Refusal):
            yield source
            continue
        try:
            yield detector.detect(source.path, source.name)
        except (OSError, ValueError) as error:
            yield Refusal(source.name, " ".join(str(error).split()))


class _WindowSum:
    """What is kept of the windows of a recording while they come."""

    def __init__(self, rows: int | None) -> None:
        self.rows = rows  # of a picture, from the top, that show levels
        self.spans: list[tuple[float, float]] = []
        self.raw: list[np.ndarray] = []
        self.facts: np.ndarray | float = 0.0

    def add(self, batch: Batch, raw: np.ndarray, *, measured: bool) -> None:
        """Add a batch and its scores; measure its pictures where they will be compared."""
        self.spans += zip(batch.start.tolist(), batch.duration.tolist(), strict=True)
        self.raw.append(raw)
        if measured:
            self.facts += sum(measure_confounders(image) for image in batch.images[:, : self.rows])

    def detection(self, run: Run, name: str, original: SourceFile, windows: int) -> Detection:
        """Sum up; `windows` counts those without speech, too."""
        raw = np.concatenate(self.raw)
        verdict = verdicts.verdict(run, name, raw)
        llr = run.calibration(raw.mean(axis=1)).tolist()
        found = tuple(
            Window(*span, verdicts.probability(one), one)
            for span, one in zip(self.spans, llr, strict=True)
        )
        worst = min(found, key=lambda window: window.llr)
        return Detection(
            path=name,
            label=verdict.label,
            confidence=verdict.confidence,
            p_fake=verdict.p_fake,
            llr=verdict.llr,
            duration_s=original.recording_s,
            windows=found,
            suspicious=(round(worst.start_s, 3), round(worst.start_s + worst.duration_s, 3)),
            warnings=tuple(self._warnings(run, original, windows)),
        )

    def _warnings(self, run: Run, original: SourceFile, windows: int) -> Iterator[str]:
        if run.caveat:
            yield run.caveat
        count = len(self.spans)
        if count < _FEW * windows:
            yield f"speech was found in {count} of {windows} windows; the verdict is of these"
        if run.training_ranges:
            facts = ood.describe(np.asarray(self.facts) / count, vars(original))
            yield from ood.ood_warnings(run.training_ranges, facts)


def _no_speech(name: str, original: SourceFile) -> Detection:
    return Detection(name, NO_SPEECH, None, None, None, original.recording_s)
