"""Verdicts on recordings, drawn window by window as the run's pictures were.

Windows overlap, and those without speech do not count. The score of a recording is the mean of the
log odds of its windows, as it was for the calibration of the run. Times are in s.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from classify.audit import ood
from classify.audit.confounders import measure_confounders
from classify.data.pictures import SUFFIXES as PICTURES
from classify.data.render_settings import spectrogram_rows
from classify.prediction import verdicts
from classify.prediction.inference import load_networks, score_arrays
from classify.prediction.verdicts import Refusal
from classify.prediction.wording import NO_SPEECH
from classify.runs.run import Run
from detect import render_settings, voice_activity
from detect.channels import different_speech
from detect.segments import Scores, Segment, find_segments, label_with_segments
from detect.sources import Source, expand, with_channel
from detect.windows import Batch, draw_batches, score_batches
from render.clips import split_into_clips
from render.console import COMMAND, one_line
from render.decoding.audio import MIX, Audio, SourceFile, scan_audio
from render.settings import Settings

TIMEOUT = 900.0  # s that a recording may take
_LITTLE_SPEECH = 0.5  # share of windows with speech under which there is a warning


@dataclass(frozen=True)
class Window:
    """Score of one window.

    Attributes
    ----------
    start_s, duration_s : float
        The duration ends with the recording, although a short window is filled by repetition.
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
    """Verdict on one recording.

    Attributes
    ----------
    path : str
        Name of the recording in every output.
    label : str
        Name of the class, ``"uncertain"``, ``"no speech"`` or, such as ``"fake in part"``, the
        positive class in part.
    confidence : float or None
        Probability of the likelier class, in percent, 50 to 100. This and the next two are None
        if no speech was found.
    p_fake : float in (0, 1), or None
        Calibrated probability of the positive class, were both equally frequent.
    llr : float or None
        Calibrated ln p(real) - ln p(fake), in nats.
    duration_s : float
        Of the whole recording.
    windows : tuple of Window
        Windows with speech, in order of time.
    suspicious : tuple of two float, or None
        Start and end, in s, of the window with the highest P(positive class).
    warnings : tuple of str
        Reasons to doubt the verdict.
    channel : str
        Channel that was judged, counted from ``"1"``, or ``"mix"``.
    segments : tuple of Segment
        Suspicious parts, in order of time, see `detect.segments`.
    window_s, step_s : float
        Length of a window, and from the start of one to that of the next.
    codec : str
        As of `render.decoding.audio.SourceFile`; empty where samples were judged.
    bit_rate_kbps : int
        In kbit/s.
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
    channel: str = MIX
    segments: tuple[Segment, ...] = ()
    window_s: float = 0.0
    step_s: float = 0.0
    codec: str = ""
    bit_rate_kbps: int = 0

    @property
    def title(self) -> str:
        """Name of the recording, and the channel if one alone was judged."""
        return with_channel(self.path, self.channel)

    @property
    def scores(self) -> Scores:
        """Scores of the windows."""
        return Scores(
            np.array([window.start_s for window in self.windows]),
            np.array([window.llr for window in self.windows]),
            self.window_s,
            self.step_s,
            self.duration_s,
        )

    def judge(self, run: Run) -> Run:
        """Give a run as it judges this recording: its codec can have a calibration of its own."""
        return run.for_codec(self.codec, self.bit_rate_kbps)

    def judged_by(self, run: Run) -> "Detection":
        """Take label and segments from the threshold and the uncertain band of a run."""
        if self.p_fake is None:
            return self
        run = self.judge(run)
        segments = find_segments(self.scores, run)
        label = label_with_segments(self.p_fake, segments, run)
        return replace(self, label=label, segments=segments)

    def to_dict(self) -> dict[str, Any]:
        """Write the fields in JSON's types; windows become lists of starts and of P(fake).

        Examples
        --------
        >>> fields = Detection("x.wav", "no speech", None, None, None, 3.5).to_dict()
        >>> fields["label"], fields["p_fake"], fields["clips"], fields["duration_s"]
        ('no speech', None, 0, 3.5)
        """
        return {
            "path": self.path,
            "channel": self.channel,
            "label": self.label,
            "confidence": self.confidence,
            "p_fake": self.p_fake,
            "llr": self.llr,
            "duration_s": self.duration_s,
            "suspicious_s": None if self.suspicious is None else list(self.suspicious),
            "segments": [segment.to_dict() for segment in self.segments],
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
    timeout_s : float
        Seconds that a recording may take.

    Attributes
    ----------
    settings : render.settings.Settings
        As the run's pictures were drawn, but with overlap.

    Raises
    ------
    ValueError
        As `detect.render_settings.overlapping`, or if the timeout is not above 0.
    """

    def __init__(
        self, run: Run, *, step_s: float | None = None, timeout_s: float = TIMEOUT
    ) -> None:
        if not timeout_s > 0:
            raise ValueError(f"expected a timeout above 0 s, got {timeout_s:g}")
        self.run, self.timeout_s = run, timeout_s
        self.settings = render_settings.overlapping(run, step_s)

    def detect(self, path: Path, name: str | None = None, channel: str = MIX) -> Detection:
        """Judge a recording of any length, in bounded memory.

        Parameters
        ----------
        path : Path
        name : str, optional
            Default: its path.
        channel : str
            Channel to judge, counted from ``"1"``, or ``"mix"``; see
            `render.decoding.audio.scan_audio`.

        Raises
        ------
        ValueError
            If the recording cannot be used, with the reason in one line.
        """
        name = str(path) if name is None else name
        deadline = time.monotonic() + self.timeout_s
        audio = scan_audio(path, self.settings.rate, deadline, channel)
        source_file = _with_channel_warning(audio)
        if voice_activity.is_silent(audio.envelope):
            return _no_speech(name, source_file)
        clips = split_into_clips(audio, self.settings)
        window_sum = _WindowSum(self.settings, spectrogram_rows(self.run.axes))
        batches = draw_batches(clips, self.settings, audio.deadline)
        score, load = partial(score_arrays, self.run), partial(load_networks, self.run)
        for batch, raw in score_batches(batches, score, load):
            window_sum.add(batch, raw, measured=bool(self.run.training_ranges))
        if not window_sum.spans:
            return _no_speech(name, source_file)
        return window_sum.detection(self.run, name, source_file, len(clips))


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
            yield detector.detect(source.path, source.name, source.channel)
        except (OSError, ValueError) as error:
            yield Refusal(source.title, reason(source.path, error))


def report_doubts(run: Run, report: Callable[[str], None]) -> None:
    """Report, a line each, what is to be doubted in all verdicts of a run."""
    if run.caveat:
        report(f"warning: {run.caveat}")
    if not run.training_ranges:
        report(
            f"{run.folder} does not say what its training recordings were like: no warnings "
            "about recordings unlike them"
        )


def reason(path: Path, error: Exception) -> str:
    """Say in one line why a recording cannot be judged, and what to do about another kind of file.

    Parameters
    ----------
    path : Path
    error : OSError or ValueError
        That judging it raised.
    """
    if isinstance(error.__cause__, FileNotFoundError):
        return "expected a recording, got no such file"
    if path.suffix.lower() in PICTURES:
        return f"expected a recording, got a picture: {COMMAND} predict judges pictures"
    return one_line(error)


class _WindowSum:
    """Scores and measurements of the windows of a recording, summed up while they come."""

    def __init__(self, settings: Settings, rows: int | None) -> None:
        self.settings = settings
        self.rows = rows  # of the spectrogram, at the top of a picture
        self.spans: list[tuple[float, float]] = []
        self.raw: list[np.ndarray] = []
        self.confounders: np.ndarray | float = 0.0

    def add(self, batch: Batch, raw: np.ndarray, *, measured: bool) -> None:
        """Add a batch and its scores; measure its pictures if they are compared later."""
        self.spans += zip(batch.start.tolist(), batch.duration.tolist(), strict=True)
        self.raw.append(raw)
        if measured:
            self.confounders += sum(
                measure_confounders(image) for image in batch.images[:, : self.rows]
            )

    def detection(self, run: Run, name: str, source_file: SourceFile, windows: int) -> Detection:
        """Sum up; `windows` counts those without speech, too."""
        raw = np.concatenate(self.raw)
        judge = run.for_codec(source_file.codec, source_file.bit_rate_kbps)
        verdict = verdicts.verdict(judge, name, raw)
        llr = judge.calibration(raw.mean(axis=1)).tolist()
        scored = tuple(
            Window(*span, verdicts.probability(score), score)
            for span, score in zip(self.spans, llr, strict=True)
        )
        worst = min(scored, key=lambda window: window.llr)
        detection = Detection(
            path=name,
            label=verdict.label,
            confidence=verdict.confidence,
            p_fake=verdict.p_fake,
            llr=verdict.llr,
            duration_s=source_file.recording_s,
            windows=scored,
            suspicious=(round(worst.start_s, 3), round(worst.start_s + worst.duration_s, 3)),
            warnings=tuple(self._warnings(run, source_file, windows)),
            channel=source_file.channel,
            window_s=self.settings.seconds,
            step_s=self.settings.clip_step / self.settings.rate,
            codec=source_file.codec,
            bit_rate_kbps=source_file.bit_rate_kbps,
        )
        return detection.judged_by(run)

    def _warnings(self, run: Run, source_file: SourceFile, windows: int) -> Iterator[str]:
        if run.caveat:
            yield run.caveat
        yield from source_file.warnings
        rate = source_file.bit_rate_kbps
        if known := run.codec_calibration(source_file.codec, rate):
            yield (
                f"{known.codec} at {rate} kbit/s changes the traces of generators; the score is "
                "calibrated for it"
            )
        count = len(self.spans)
        if count < _LITTLE_SPEECH * windows:
            yield f"speech was found in {count} of {windows} windows; the verdict is of these"
        if run.training_ranges:
            facts = ood.describe(np.asarray(self.confounders) / count, source_file.properties)
            yield from ood.ood_warnings(run.training_ranges, facts)


def _no_speech(name: str, source_file: SourceFile) -> Detection:
    warnings = source_file.warnings
    if source_file.channels > 1 and source_file.channel == MIX:
        mix = f"the mix of {source_file.channels} channels was looked at"
        warnings = (*warnings, f"{mix}: detect --channels each looks at each by itself")
    return Detection(
        *(name, NO_SPEECH, None, None, None, source_file.recording_s),
        warnings=warnings,
        channel=source_file.channel,
    )


def _with_channel_warning(audio: Audio) -> SourceFile:
    """The source file, with a warning if its channels hold different speech."""
    source_file, channels = audio.source_file, different_speech(audio)
    if channels is None:
        return source_file
    warning = (
        f"channels {' and '.join(channels)} hold different speech, and their mix is judged: "
        "detect --channels each judges each by itself"
    )
    return replace(source_file, warnings=(*source_file.warnings, warning))
