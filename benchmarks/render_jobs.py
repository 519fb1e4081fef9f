"""Gain of a second process, and the time of `render` when everything is drawn already.

Two jobs and one job take turns on the same recordings, through render.dataset.render, each from
nothing to pictures and manifest. Later rounds reuse the processes, as one long run would; the first
round, which starts them, is printed by itself. Then ./run.sh render is called again and again on
the same folder, as a process of its own.
"""

import functools
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.support import recordings, timing
from benchmarks.support.command import ROOT, timing_parser

JOBS = (1, 2)
GAIN = 1.7
LATEST = 3.0  # s, for a re-run


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark."""
    parser = timing_parser("render_jobs", __doc__, count=2_521)
    parser.add_argument(
        "--command",
        type=shlex.split,
        default=[str(ROOT / "run.sh"), "render"],
        metavar="WORDS",
        help="command of the re-run (default: ./run.sh render)",
    )
    options = parser.parse_args(arguments)
    cores = timing.pin(max(JOBS))
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        audio = options.audio or recordings.make(Path(folder, "audio"), options.count)
        _compare_jobs(audio, options.rounds, cores)
        _time_again([*options.command, str(audio)], Path(folder, "images"), options.rounds)


def _compare_jobs(audio: Path, count: int, cores: int) -> None:
    first: dict[int, float] = {}
    clips = 0

    def draw(jobs: int, dataset: Path) -> None:
        begin = time.perf_counter()
        recordings.draw(audio, dataset, jobs=jobs)
        first.setdefault(jobs, time.perf_counter() - begin)

    def note(_: str, dataset: Path) -> None:
        nonlocal clips
        clips = sum(1 for _ in dataset.rglob("*.png"))

    turns = {f"{jobs}": functools.partial(draw, jobs) for jobs in JOBS}
    seconds = timing.interleave(turns, count, note)
    print(f"{clips} clips, {count} rounds, {cores} cores")
    print(f"{'jobs':<6}{'clips/s':>10}{'with the start of the processes':>34}")
    for jobs in JOBS:
        rate = clips / statistics.median(seconds[f"{jobs}"])
        print(f"{jobs:<6}{rate:>10.1f}{clips / first[jobs]:>34.1f}")
    gain = timing.ratio(seconds["2"], seconds["1"])
    print(f"two jobs: {gain:.2f} x one job   bar {GAIN}: {timing.verdict(gain >= GAIN)}")
    print(flush=True)


def _time_again(command: list[str], dataset: Path, count: int) -> None:
    command = [*command, "--to", str(dataset)]
    seconds = []
    for _ in range(count + 1):
        begin = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        seconds.append(time.perf_counter() - begin)
        if done.returncode > 1:
            sys.exit(f"expected {' '.join(command)} to draw, got exit status {done.returncode}")
    print(done.stdout, end="")
    again = statistics.median(seconds[1:])
    print(f"first run {seconds[0]:.2f} s, re-run with nothing to do {again:.2f} s, ", end="")
    print(f"{seconds[0] / again:.1f} x   bar {LATEST} s: {timing.verdict(again < LATEST)}")


if __name__ == "__main__":
    main()
