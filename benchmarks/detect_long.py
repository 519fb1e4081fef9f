"""Memory and time of `detect` for a long recording, beside those for a short one.

Makes speech-like recordings of one minute and of one hour. The command analyses each on two cores,
in a process of its own. Compared are the peak memory and the speed relative to real time, with the
start of Python included. Without --run the network is untrained, for its answers do not matter.
"""

import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from benchmarks.support import timing
from benchmarks.support.command import argument_parser
from benchmarks.support.timing import verdict
from benchmarks.support.untrained_run import write_default_run

MEMORY_BAR = 1.5
SPEED_BAR = 100.0
FORMATS = ("wav", "flac", "mp3", "ogg")
RATE = 16_000
CORES = 2


def make_speech(path: Path, minutes: float) -> None:
    """Write a recording of utterances, each with its own speaker, over and over."""
    from render.demo.formant_synthesis import speaker, utterance

    utterances = [utterance(speaker(seed), np.random.default_rng(seed)) for seed in range(12)]
    left = round(60 * minutes * RATE)
    with (
        soundfile.SoundFile(path, "w", RATE, 1) as file,
        tqdm(total=left, desc=f"make {minutes:g} min", leave=False, disable=None) as bar,
    ):
        while left > 0:
            for sound in utterances:
                file.write(sound[:left])
                bar.update(min(left, len(sound)))
                left -= min(left, len(sound))


def compare(suffix: str, lengths: Sequence[float], run: Path) -> tuple[float, float]:
    """Analyse a short and a long recording; give the ratio of memory, and the long one's speed."""
    memory = []
    for minutes in lengths:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            recording = Path(folder, f"speech.{suffix}")
            make_speech(recording, minutes)
            command = [sys.executable, "-m", "detect", str(recording), "--run", str(run)]
            usage = timing.measure([*command, "--format", "json"])
        memory.append(usage.memory)
        windows = json.loads(usage.stdout)["clips"]
        ratio, speed = usage.memory / memory[0], 60 * minutes / usage.seconds
        print(
            f"{suffix:<8}{minutes:>8g}{windows:>9}{usage.memory:>8.1f}{ratio:>7.2f} x"
            f"{usage.seconds:>9.2f}{speed:>9.1f} x",
            flush=True,
        )
    return ratio, speed


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argument_parser("detect_long", __doc__)
    parser.add_argument(
        "--minutes",
        nargs=2,
        type=float,
        default=(1.0, 60.0),
        metavar=("SHORT", "LONG"),
        help="lengths of the recordings (default: 1 60)",
    )
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=("wav", "mp3"))
    parser.add_argument("--run", type=Path, help="a trained run (default: an untrained network)")
    options = parser.parse_args(arguments)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-CORES:])
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        run = options.run.resolve() if options.run else Path(folder, "run")
        if not options.run:
            writer = multiprocessing.get_context("spawn").Process(
                target=write_default_run, args=(run,)
            )
            writer.start()
            writer.join()
        columns = f"{'MiB':>8}{'times':>9}{'s':>9}{'real time':>11}"
        print(f"{'format':<8}{'minutes':>8}{'windows':>9}{columns}")
        pairs = [compare(suffix, options.minutes, run) for suffix in options.formats]
    memory, speed = max(ratio for ratio, _ in pairs), min(speed for _, speed in pairs)
    met = memory <= MEMORY_BAR, speed >= SPEED_BAR
    print(f"memory: {memory:.2f} x   bar {MEMORY_BAR}: {verdict(met[0])}")
    print(f"speed: {speed:.1f} x real time   bar {SPEED_BAR:g}: {verdict(met[1])}")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
