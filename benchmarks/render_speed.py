"""Speed of `render` on one core, beside other renderers of the same clips.

``ours``: `render.dataset.render` with one job, from the folder to the manifest: read any format and
check it, hash, trim, level, draw, PNG with what it was drawn from, atomic write.
``plain``: what tutorials do, a clip at a time: librosa.load, librosa.stft or melspectrogram,
specshow, savefig, with a matplotlib figure made and closed for each.
``sox``, ``ffmpeg``: ``sox FILE -n spectrogram`` and ``ffmpeg -lavfi showspectrumpic``, a process a
clip.
``floor``: decode (libsndfile), FFT of Hann frames (SciPy; and the mel filters), logarithm to grey,
PNG (OpenCV), a plain write, and nothing else.
"""

import functools
import shutil
import statistics
import tempfile
from pathlib import Path

from benchmarks.support import recordings, timing
from benchmarks.support.command import timing_parser

FEATURES = ("linear", "mel")
PROGRAMS = ("sox", "ffmpeg")
AGAINST = ("plain", *PROGRAMS, "floor")
BARS = {"plain": 8.0, "floor": 0.6}


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark."""
    parser = timing_parser("render_speed", __doc__, count=100)
    for option, choices in (("--features", FEATURES), ("--against", AGAINST)):
        parser.add_argument(
            option, nargs="+", choices=choices, default=choices, help="default: all of them"
        )
    options = parser.parse_args(arguments)
    timing.pin(1)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        audio = options.audio or recordings.make(Path(folder, "audio"), options.count)
        for feature in options.features:
            against = [name for name in options.against if _can_draw(name, feature)]
            _compare(audio, feature, against, options.rounds, Path(folder, feature))


def _can_draw(name: str, feature: str) -> bool:
    """Whether a renderer can draw a representation; the other programs draw no mel scale."""
    if name not in PROGRAMS:
        return True
    if feature == "linear" and not shutil.which(name):
        print(f"{name}: not installed (apt-get install {name})")
    return feature == "linear" and shutil.which(name) is not None


def _compare(audio: Path, feature: str, against: list[str], rounds: int, scratch: Path) -> None:
    """Time the renderers with one representation, and print the table."""
    from benchmarks.support import renderers

    corpus = renderers.corpus(audio, feature, scratch)

    def check(name: str, folder: Path) -> None:
        count = sum(1 for _ in folder.rglob("*.png"))
        if count != corpus.size:
            raise ValueError(f"expected {corpus.size} pictures of {name}, got {count}")

    names = ("ours", *against)
    tasks = {name: functools.partial(getattr(renderers, name), corpus) for name in names}
    seconds = timing.interleave(tasks, rounds, check)
    print(
        f"{feature}: {len(corpus.clips)} recordings, {corpus.size} clips, {rounds} rounds, 1 core"
    )
    print(f"{'way':<8}{'clips/s':>10}{'ours is':>12}")
    for name in names:
        rate = corpus.size / statistics.median(seconds[name])
        times = timing.ratio(seconds["ours"], seconds[name])
        bar = BARS.get(name)
        suffix = f"   bar {bar}: {timing.verdict(times >= bar)}" if bar else ""
        print(f"{name:<8}{rate:>10.1f}{times:>10.2f} x{suffix}")
    print(flush=True)


if __name__ == "__main__":
    main()
