"""How much memory and time `detect` takes for a long recording, beside a short one.

Makes speech-like recordings of one minute and of one hour, judges each with the command itself in a
process of its own on two cores, and compares the most memory that both ever held, and how many
times faster than real time they were, with everything from the start of Python on. Without RUN the
network is an untrained one of the project's own kind: what it says does not matter here.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from tqdm import tqdm

from benchmarks.support.command import ROOT, argument_parser
from benchmarks.support.timing import verdict

MEMORY_BAR = 1.5
SPEED_BAR = 100.0
FORMATS = ("wav", "flac", "mp3", "ogg")
RATE = 16_000
CORES = 2


class Cost(NamedTuple):
    """What judging one recording took."""

    windows: int
    memory: float  # MiB
    seconds: float


def make_speech(path: Path, minutes: float) -> None:
    """Write a recording of utterances, each with its own speaker, over and over."""
    from render.demo.formant_synthesis import speaker, utterance

    said = [utterance(speaker(seed), np.random.default_rng(seed)) for seed in range(12)]
    left = round(60 * minutes * RATE)
    with (
        soundfile.SoundFile(path, "w", RATE, 1) as file,
        tqdm(total=left, desc=f"make {minutes:g} min", leave=False, disable=None) as bar,
    ):
        while left > 0:
            for sound in said:
                file.write(sound[:left])
                bar.update(min(left, len(sound)))
                left -= min(left, len(sound))


def make_run(folder: Path) -> None:
    """Write a run with an untrained network; in a process of its own, for Keras is large."""
    from classify import backend

    backend.load()
    from classify.data.render_settings import spectrogram_rows
    from classify.models.build import build
    from classify.runs.run import Run
    from classify.settings import RECIPES, recipe
    from classify.settings import Settings as Training
    from classify.training.export import convert
    from render.axes import axes
    from render.settings import Settings

    folder.mkdir()
    drawing = Settings()
    how = Training(**recipe(RECIPES[0]))
    convert(build(how, drawing.shape, 1, spectrogram_rows(axes(drawing))), folder)
    (folder / "render.json").write_text(drawing.to_json())
    Run(
        folder=folder,
        training={},
        classes=("real", "fake"),
        shape=drawing.shape,
        prior=0.5,
        fingerprint="",
    ).save()


def judge(recording: Path, run: Path) -> Cost:
    """Judge a recording with the command."""
    command = [sys.executable, "-m", "detect", str(recording), "--run", str(run)]
    with tempfile.TemporaryFile("w+") as told, tempfile.TemporaryFile("w+") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--format", "json"], cwd=ROOT, stdout=said, stderr=told
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        said.seek(0)
        if process.returncode:
            raise ValueError(f"expected {' '.join(command)} to work, got: {told.read()}")
        windows = json.loads(said.read())["clips"]
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return Cost(windows, used.ru_maxrss * unit / 2**20, seconds)


def compare(suffix: str, lengths: tuple[float, float], run: Path) -> tuple[float, float]:
    """Judge a short and a long recording; give the ratio of memory, and the long one's speed."""
    found = []
    for minutes in lengths:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            recording = Path(folder, f"speech.{suffix}")
            make_speech(recording, minutes)
            cost = judge(recording, run)
        found.append(cost)
        ratio, speed = cost.memory / found[0].memory, 60 * minutes / cost.seconds
        print(
            f"{suffix:<8}{minutes:>8g}{cost.windows:>9}{cost.memory:>8.1f}{ratio:>7.2f} x"
            f"{cost.seconds:>9.2f}{speed:>9.1f} x",
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
            maker = multiprocessing.get_context("spawn").Process(target=make_run, args=(run,))
            maker.start()
            maker.join()
        columns = f"{'MiB':>8}{'times':>9}{'s':>9}{'real time':>11}"
        print(f"{'format':<8}{'minutes':>8}{'windows':>9}{columns}")
        found = [compare(suffix, tuple(options.minutes), run) for suffix in options.formats]
    memory, speed = max(ratio for ratio, _ in found), min(speed for _, speed in found)
    met = memory <= MEMORY_BAR, speed >= SPEED_BAR
    print(f"memory: {memory:.2f} x   bar {MEMORY_BAR}: {verdict(met[0])}")
    print(f"speed: {speed:.1f} x real time   bar {SPEED_BAR:g}: {verdict(met[1])}")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
