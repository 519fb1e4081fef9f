"""Recordings by the ten thousand, and a `detect --to` that is killed again and again.

Makes short recordings of voices and of bursts of noise, and some files that are none. The command
judges them undisturbed; then once more, killed with SIGKILL at random moments and called again;
then on a Dask cluster that loses one of its two workers by SIGKILL. All tables must be the same,
byte by byte. The memory of the command's own process, without its workers, must not grow with the
number of recordings that are done. Without --run the network is untrained, for its answers do not
matter.
"""

import contextlib
import multiprocessing
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.support import timing
from benchmarks.support.cluster import local_cluster
from benchmarks.support.command import argument_parser, module_command
from benchmarks.support.timing import verdict
from benchmarks.support.untrained_run import write_default_run

GROWTH_BAR = 1.10  # memory at the end over that at EARLY
EARLY = 1_000  # recordings
RATE = 16_000
WORKERS = 2
UNREADABLE = 200  # one in so many is no recording
LATEST = 1.0  # s after a number of recordings, in which the command is killed


class Usage(NamedTuple):
    """Recordings that were done, and memory of the command's process in bytes."""

    done: int
    memory: int


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    options = _parser().parse_args(arguments)
    cores = timing.pin(options.jobs)
    moments = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        scratch = Path(folder)
        run = options.run.resolve() if options.run else _untrained(scratch / "run")
        make(scratch / "audio", options.count)
        command = ["detect", scratch / "audio", "--run", run, "--to"]
        tables = {name: scratch / f"{name}.csv" for name in ("whole", "killed", "dask")}
        begin = time.perf_counter()
        samples = _undisturbed([*command, tables["whole"], "--jobs", cores], tables["whole"])
        seconds = time.perf_counter() - begin
        print(f"undisturbed, {cores} jobs: {seconds:.0f} s, {options.count / seconds:.1f} a second")
        killed = [*command, tables["killed"], "--jobs", cores]
        kills = _killed(killed, tables["killed"], options.kills, options.count, moments)
        with local_cluster(scratch, WORKERS) as cluster:
            dask = [*command, tables["dask"], "--engine", "dask", "--scheduler", cluster.address]
            _lose_worker(dask, tables["dask"], cluster.workers[0], options.count, moments)
        same = {name: path.read_bytes() for name, path in tables.items()}
    met = [same["killed"] == same["whole"] and kills == options.kills]
    print(f"same table after {kills} kills of {options.kills}: {verdict(met[0])}")
    met.append(same["dask"] == same["whole"])
    print(f"same table by Dask, a worker killed: {verdict(met[1])}")
    met.append(_print_memory(samples, options.count))
    return 0 if all(met) else 1


def _parser():
    parser = argument_parser("detect_many", __doc__)
    add = parser.add_argument
    add("--count", type=int, default=10_000, metavar="N", help="recordings (default: 10000)")
    add("--kills", type=int, default=20, metavar="K", help="SIGKILLs (default: 20)")
    add("--jobs", type=int, default=2, metavar="N", help="processes (default: 2)")
    add("--seed", type=int, default=0, metavar="N", help="of the moments (default: 0)")
    add("--run", type=Path, metavar="RUN", help="a trained run (default: an untrained network)")
    return parser


def _untrained(folder: Path) -> Path:
    writer = multiprocessing.get_context("spawn").Process(target=write_default_run, args=(folder,))
    writer.start()
    writer.join()
    return folder


def make(folder: Path, count: int) -> None:
    """Write recordings of a second, none like another, in folders of a thousand.

    One in four is a burst of noise, one in `UNREADABLE` a text, the others are voices.
    """
    import numpy as np
    import soundfile
    from tqdm import trange

    from render.demo.formant_synthesis import speaker, utterance

    rng = np.random.default_rng(0)
    voices = np.concatenate([utterance(speaker(seed), rng) for seed in range(12)])
    noise = 0.1 * rng.standard_normal(len(voices))
    for number in trange(count, desc="recordings", disable=None):
        path = folder / f"part{number // 1000:04d}/{number:06d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number % UNREADABLE == UNREADABLE - 1:
            path.write_text(f"{number} is no recording")
            continue
        sound = noise if number % 4 == 3 else voices
        begin = number * 977 % (len(sound) - RATE)
        soundfile.write(path, (0.3 + number % 997 / 1500) * sound[begin : begin + RATE], RATE)


def _undisturbed(words: list, table: Path) -> list[Usage]:
    """Run the command to its end, and sample its memory."""
    samples: list[Usage] = []
    with _started(words) as process, _watching(process, table, samples):
        process.wait()
    return samples


def _killed(words: list, table: Path, kills: int, count: int, moments: random.Random) -> int:
    """Run the command, killed at random moments, to its end; give the number of kills.

    The first is before any recording is done, the last when all are and the table is written.
    """
    numbers = [0, *sorted(moments.sample(range(count), max(kills - 2, 0))), count][:kills]
    done = 0
    for number in numbers:
        with _started(words) as process:
            _await(process, table, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                late = LATEST if number < count else LATEST / 100
                process.wait(moments.uniform(0, late))
            done += process.poll() is None
            process.kill()
    with _started(words) as process:
        process.wait()
    return done


def _lose_worker(
    words: list, table: Path, worker: subprocess.Popen, count: int, moments: random.Random
) -> None:
    """Run the command to its end, and kill a worker of its cluster on the way."""
    with _started(words) as process:
        _await(process, table, moments.randrange(1, count))
        worker.kill()
        process.wait()


@contextlib.contextmanager
def _started(words: list) -> Iterator[subprocess.Popen]:
    command = module_command(*words)
    with subprocess.Popen(**command, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def _done(table: Path) -> int:
    """Number of recordings in the journal beside a table, or all if the table is written."""
    try:
        return table.with_name(f"{table.name}.part").read_bytes().count(b"\n") - 1
    except FileNotFoundError:
        return sys.maxsize if table.exists() else 0


def _await(process: subprocess.Popen, table: Path, number: int) -> None:
    while process.poll() is None and _done(table) < number:
        time.sleep(0.01)


@contextlib.contextmanager
def _watching(process: subprocess.Popen, table: Path, samples: list[Usage]) -> Iterator[None]:
    """Sample what a process has done, and its memory, until it ends."""
    import psutil

    def sample() -> None:
        watched = psutil.Process(process.pid)
        with contextlib.suppress(psutil.NoSuchProcess):
            while watched.status() != psutil.STATUS_ZOMBIE:
                samples.append(Usage(_done(table), watched.memory_info().rss))
                time.sleep(0.2)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _print_memory(samples: list[Usage], count: int) -> bool:
    early = min(EARLY, count // 4)
    at_early = next(usage for usage in samples if usage.done >= early)
    at_end = max(usage.memory for usage in samples if usage.done >= early)
    growth = at_end / at_early.memory
    mebibytes = f"{at_early.memory / 2**20:.0f} MiB after {early}, then {at_end / 2**20:.0f} MiB"
    met = verdict(growth <= GROWTH_BAR)
    print(f"memory of the command: {mebibytes}: {growth:.2f} x   bar {GROWTH_BAR}: {met}")
    return growth <= GROWTH_BAR


if __name__ == "__main__":
    sys.exit(main())
