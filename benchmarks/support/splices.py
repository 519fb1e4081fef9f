"""Recordings with and without a fake stretch, spliced from the clips of a corpus.

A recording is made of real clips of one source. Its stretch is made of fake clips of one source,
and stands where two clips of the recording meet, or at an end. All clips have one level, and all
joints are the same short crossfade: they tell nothing of the stretch. Times are in s.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from tqdm import tqdm

from classify.runs.run import Run
from detect.detection import Detection, Detector
from detect.segments import Segment
from render.decoding.audio import read
from render.layouts.registry import find
from render.recording import Recording

REAL_S = (20.0, 120.0)  # lengths of the recordings, drawn evenly
FAKE_S = (2.0, 20.0)  # lengths of the stretches, drawn evenly on a logarithmic scale
BINS = ((2.0, 4.0), (4.0, 8.0), (8.0, 20.0))  # lengths of the stretches in a report
BAR_S = 4.0  # length from which stretches have to be found
NEAR_S = 2.0  # error of either end of a stretch that is placed
_REPEATS = 2  # times that a recording may hold a clip: many sources have few
_JOINT_S = 0.03
_RMS = 0.05


@dataclass(frozen=True, eq=False)
class Splice:
    """A spliced recording.

    Attributes
    ----------
    samples : np.ndarray, shape=(n,), dtype=float32
    fake : tuple of two float, or None
        Start and end of the fake stretch; None where all is real.
    source : str
        Of the real clips.
    """

    samples: np.ndarray
    fake: tuple[float, float] | None
    source: str


class Judged(NamedTuple):
    """A splice, and the verdict on it."""

    splice: Splice
    detection: Detection


def collect(corpus: Path) -> list[Recording]:
    """List the recordings of a corpus that state their source."""
    return [
        item for item in find(corpus) if isinstance(item, Recording) and item.metadata.get("source")
    ]


def splices(
    recordings: Iterable[Recording], count: int, rate: int, seed: int = 0
) -> Iterator[Splice]:
    """Splice recordings.

    Parameters
    ----------
    recordings : iterable of Recording
        Of both classes, with a ``source``.
    count : int
        Of recordings without a fake stretch; as many with one come in turn.
    rate : int
        In Hz.
    seed : int

    Yields
    ------
    splice : Splice
        The sources are drawn evenly. A length is drawn up to what the source has.

    Raises
    ------
    ValueError
        If no source of a class has clips enough.
    """
    recordings = list(recordings)
    real = _Clips(recordings, "real", rate, REAL_S[0] / _REPEATS)
    fake = _Clips(recordings, "fake", rate, FAKE_S[0])
    for number in range(2 * count):
        rng = np.random.default_rng((seed, number))
        source = real.draw_source(rng)
        seconds = rng.uniform(REAL_S[0], min(REAL_S[1], _REPEATS * real.seconds[source]))
        if number % 2 == 0:
            yield Splice(_join(real.draw(source, seconds, rng), rate), None, source)
            continue
        other = fake.draw_source(rng)
        longest = min(FAKE_S[1], fake.seconds[other])
        length = float(np.exp(rng.uniform(*np.log((FAKE_S[0], longest)))))
        clips = real.draw(source, seconds - length, rng)
        at = int(rng.integers(len(clips) + 1))
        yield _splice(clips, at, _join(fake.draw(other, length, rng), rate), rate, source)


def _splice(
    clips: Sequence[np.ndarray], at: int, stretch: np.ndarray, rate: int, source: str
) -> Splice:
    """Put a stretch before the clip `at`; it begins and ends in the middle of the joints."""
    before, after = clips[:at], clips[at:]
    half = _JOINT_S / 2
    start = len(_join(before, rate)) / rate - half if before else 0.0
    samples = _join([*before, stretch, *after], rate)
    end = (len(samples) - len(_join(after, rate))) / rate + half if after else len(samples) / rate
    return Splice(samples, (start, end), source)


class _Clips:
    """The clips of a class by source, read once and brought to one level."""

    def __init__(
        self, recordings: Iterable[Recording], label: str, rate: int, least_s: float
    ) -> None:
        self._rate = rate
        clips = defaultdict(list)
        for recording in recordings:
            if recording.label == label:
                samples, _ = read(recording.path, rate)
                rms = max(float(np.sqrt(np.mean(np.square(samples)))), 1e-5)
                clips[recording.metadata["source"]].append(samples * np.float32(_RMS / rms))
        seconds = {source: sum(map(len, parts)) / rate for source, parts in clips.items()}
        self.seconds = {source: s for source, s in sorted(seconds.items()) if s >= least_s}
        self._clips = clips
        if not self.seconds:
            raise ValueError(
                f"expected a {label} source of {least_s:g} s, got {len(clips)} with less"
            )

    def draw_source(self, rng: np.random.Generator) -> str:
        return str(rng.choice(list(self.seconds)))

    def draw(self, source: str, seconds: float, rng: np.random.Generator) -> list[np.ndarray]:
        """Draw clips that are this long once they are joined; the last one is cut."""
        clips, joint = self._clips[source], round(_JOINT_S * self._rate)
        drawn: list[np.ndarray] = []
        left = round(seconds * self._rate) + joint
        while True:
            for at in rng.permutation(len(clips)):
                clip = clips[at][:left]
                drawn.append(clip)
                left += joint - len(clip)
                if left <= 2 * joint:
                    return drawn


def _join(clips: Sequence[np.ndarray], rate: int) -> np.ndarray:
    """Join clips by crossfades."""
    joint = round(_JOINT_S * rate)
    rise = np.linspace(0, 1, joint, dtype=np.float32)
    parts: list[np.ndarray] = []
    for clip in clips:
        if parts:
            parts[-1], tail = parts[-1][:-joint], parts[-1][-joint:]
            parts.append(tail * rise[::-1] + clip[:joint] * rise)
            clip = clip[joint:]
        parts.append(clip)
    return np.concatenate(parts)


def judge(
    detector: Detector, recordings: Iterable[Recording], count: int, seed: int = 0
) -> Iterator[Judged]:
    """Judge splices as files, with a progress bar.

    Parameters
    ----------
    detector, recordings, count, seed
        See `splices`.
    """
    made = splices(recordings, count, detector.settings.rate, seed)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        path = Path(folder, "splice.wav")
        for splice in tqdm(made, detector.run.folder.name, 2 * count, disable=None):
            soundfile.write(path, splice.samples, detector.settings.rate, subtype="FLOAT")
            yield Judged(splice, detector.detect(path))


def report(judged: Sequence[Judged], run: Run) -> str:
    """Write how many stretches a run finds, by their length.

    Parameters
    ----------
    judged : sequence of Judged
    run : Run
        Its ``segments`` say what stands out.

    Returns
    -------
    table : str
    """
    real = [one for one in judged if one.splice.fake is None]
    alarms = np.mean([bool(_standing_out(one, run)) for one in real])
    lines = [f"false alarms {alarms:.3f} of {len(real)} recordings without a fake stretch"]
    lines += [f"{'stretch, s':<12}{'number':>8}{'an alarm':>10}{'within 2 s':>12}"]
    for low, high in (*BINS, (BAR_S, FAKE_S[1])):
        alarm, placed = found(judged, run, low, high)
        if not len(placed):
            continue
        name = f"{low:g} to {high:g}"
        lines += [f"{name:<12}{len(placed):>8}{alarm.mean():>10.3f}{placed.mean():>12.3f}"]
    return "\n".join(lines)


def found(
    judged: Iterable[Judged], run: Run, low: float, high: float
) -> tuple[np.ndarray, np.ndarray]:
    """Whether the recordings with a stretch of a length raise an alarm, and in the right place.

    Returns
    -------
    alarm, placed : np.ndarray, shape=(n,), dtype=bool
        A stretch is placed if a segment that stands out begins and ends within 2 s of it.
    """
    rows = []
    for one in judged:
        if one.splice.fake and low <= one.splice.fake[1] - one.splice.fake[0] < high + _JOINT_S:
            segments = _standing_out(one, run)
            rows.append((bool(segments), any(_near(part, one.splice.fake) for part in segments)))
    alarm, placed = np.array(rows, bool).reshape(-1, 2).T
    return alarm, placed


def _standing_out(one: Judged, run: Run) -> list[Segment]:
    return [part for part in one.detection.judged_by(run).segments if part.stands_out]


def _near(segment: Segment, fake: tuple[float, float]) -> bool:
    return max(abs(segment.start_s - fake[0]), abs(segment.end_s - fake[1])) <= NEAR_S
