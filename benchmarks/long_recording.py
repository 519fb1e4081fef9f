"""Memory of `render` for a long recording, beside that for a short one.

Makes a recording of one minute and one of three hours in each format. The command draws each in a
process of its own, and the peak memory of both is compared. Three hours are 350 MB of WAV in the
temporary folder (TMPDIR), and their 5,400 pictures as much again.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import soundfile
from tqdm import tqdm

from benchmarks.support import timing
from benchmarks.support.command import argument_parser

BAR = 1.3
FORMATS = ("wav", "flac", "mp3", "ogg", "m4a")
RATE = 16_000


def blocks(minutes: float, rate: int) -> Iterator[np.ndarray]:
    """Make noise whose loudness comes and goes, in blocks of ten seconds."""
    rng = np.random.default_rng(0)
    loudness = 0.1 + 0.1 * np.sin(2 * np.pi * np.arange(10 * rate) / rate)
    for _ in tqdm(range(round(6 * minutes)), f"make {minutes:g} min", leave=False, disable=None):
        yield (loudness * rng.standard_normal(10 * rate)).astype(np.float32)


def make(path: Path, minutes: float) -> None:
    """Write a recording; its suffix says in what format."""
    if path.suffix != ".m4a":
        with soundfile.SoundFile(path, "w", RATE, 1) as file:
            for block in blocks(minutes, RATE):
                file.write(block)
        return
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        for block in blocks(minutes, RATE):
            frame = av.AudioFrame.from_ndarray(block[np.newaxis], format="fltp", layout="mono")
            frame.rate = RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def render_command(audio: Path, dataset: Path) -> list[str]:
    """Write the command that draws a folder in one process."""
    command = [sys.executable, "-m", "render", str(audio), "--to", str(dataset)]
    return [*command, "--jobs", "1", "--variants", "0"]


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argument_parser("long_recording", __doc__)
    parser.add_argument(
        "--minutes",
        nargs=2,
        type=float,
        default=(1.0, 180.0),
        metavar=("SHORT", "LONG"),
        help="lengths of the recordings (default: 1 180)",
    )
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    options = parser.parse_args(arguments)
    missed = 0
    print(f"{'format':<8}{'minutes':>8}{'pictures':>10}{'MiB':>8}{'times':>8}")
    for suffix in options.formats:
        peaks = []
        for minutes in options.minutes:
            with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
                audio = Path(folder, "audio", "real", f"long.{suffix}")
                audio.parent.mkdir(parents=True)
                make(audio, minutes)
                dataset = Path(folder, "images")
                memory = timing.measure(render_command(audio.parent.parent, dataset)).memory
                pictures = sum(1 for _ in dataset.rglob("*.png"))
            peaks.append(memory)
            ratio = memory / peaks[0]
            print(f"{suffix:<8}{minutes:>8g}{pictures:>10}{memory:>8.1f}{ratio:>8.2f}", flush=True)
        missed += ratio > BAR
    print(f"bar: at most {BAR} times: {'missed' if missed else 'met'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
