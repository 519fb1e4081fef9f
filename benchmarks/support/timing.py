"""What every benchmark here shares: pinned cores, made recordings, interleaved rounds, ratios.

Ways of doing one thing take turns (A B C A B C ...) on the same recordings in one run, and what is
compared is a round's times with each other, so that a busy machine slows all of them alike. The
middle one of the rounds' ratios counts. A first round is not timed: imports, just-in-time
compilation, start of processes and the disk cache are over by then.

Nothing here imports NumPy before `pin` had a chance to say how many threads it may start.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SPLITS = {"testing": "test", "validation": "validation"}  # as collections name them, as we do
RATE = 16_000
SECONDS = (2, 4)  # of the made recordings, in turn
COPIES = 2  # that forge makes of each real training recording: a classic and a neural one

_THREADS = "OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS NUMEXPR_NUM_THREADS".split()


def parser(description: str, count: int) -> argparse.ArgumentParser:
    """Describe what every benchmark's command takes.

    Parameters
    ----------
    description : str
    count : int
        Default number of recordings.
    """
    command = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_argument(
        "audio",
        nargs="?",
        type=Path,
        metavar="AUDIO",
        help="a folder that ./run.sh render takes (default: recordings made from a seed)",
    )
    command.add_argument(
        "--count",
        type=int,
        default=count,
        metavar="N",
        help="recordings to make where no AUDIO is given (default: %(default)s)",
    )
    command.add_argument(
        "--rounds",
        type=int,
        default=5,
        metavar="N",
        help="timed rounds, after one that is not (default: %(default)s)",
    )
    return command


def pin(cores: int) -> int:
    """Keep this process and its children to some cores, and each to one thread.

    Parameters
    ----------
    cores : int

    Returns
    -------
    cores : int
        How many there are, at most as many as asked for.
    """
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    if not hasattr(os, "sched_setaffinity"):
        return min(cores, os.cpu_count() or 1)
    own = sorted(os.sched_getaffinity(0))[-cores:]
    os.sched_setaffinity(0, own)
    return len(own)


def make(folder: Path, count: int) -> Path:
    """Write recordings of 2 s and 4 s in turn, as 16-bit mono FLAC, two in three for training.

    Each is coloured noise that swells four times a second, as speech does, with its own seed.

    Parameters
    ----------
    folder : Path
    count : int

    Returns
    -------
    folder : Path
    """
    import numpy as np
    import soundfile
    from scipy import signal

    for number in range(count):
        time_ = np.arange(SECONDS[number // 2 % 2] * RATE) / RATE
        noise = np.random.default_rng(number).standard_normal(len(time_))
        swell = 0.02 + np.sin(2 * np.pi * 2 * time_ + number) ** 2
        split = ("train", "train", "test")[number // 2 % 3]
        path = folder / split / ("real", "fake")[number % 2] / f"{number:06d}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.02 * swell * signal.lfilter([1], [1, -0.9], noise), RATE)
    return folder


def draw(
    audio: Path,
    dataset: Path,
    feature: str = "linear",
    *,
    seconds: float = 2.0,
    jobs: int = 1,
    engine: str = "processes",
    scheduler: str = "",
) -> None:
    """Draw a folder as ``./run.sh render`` does."""
    from render.dataset import render
    from render.parallel import Executor
    from render.settings import Settings
    from render.worker import RenderPlan

    plan = RenderPlan(dataset=dataset, settings=Settings(feature=feature, seconds=seconds))
    render(audio, plan, Executor(name=engine, jobs=jobs, scheduler=scheduler))


def interleave(
    ways: Mapping[str, Callable[[Path], None]],
    rounds: int,
    check: Callable[[str, Path], None] = lambda name, folder: None,
) -> dict[str, list[float]]:
    """Time ways of doing one thing, in turn.

    Parameters
    ----------
    ways : dict of str to callable
        Each is given an empty folder to write to.
    rounds : int
        Timed ones, after one that is not.
    check : callable
        Is given a way's name and the folder it has written, outside the time; raises ValueError
        if something else came of it than should.

    Returns
    -------
    seconds : dict of str to list of float
        One a round.
    """
    from tqdm import tqdm

    seconds: dict[str, list[float]] = {name: [] for name in ways}
    turns = [(number, name) for number in range(rounds + 1) for name in ways]
    for number, name in tqdm(turns, "rounds", unit="turn", disable=None):
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            begin = time.perf_counter()
            ways[name](Path(folder))
            end = time.perf_counter()
            check(name, Path(folder))
        if number:
            seconds[name].append(end - begin)
    return seconds


def command(*arguments: object) -> dict[str, Any]:
    """Write a command of this project as `subprocess` takes it.

    Parameters
    ----------
    arguments : sequence of object
        The module that is run, and what it is told.

    Returns
    -------
    command : dict
        ``args`` and ``env``.
    """
    called = [sys.executable, "-m", *map(str, arguments)]
    return {"args": called, "env": {**os.environ, "PYTHONPATH": str(ROOT)}}


def name_prefix(audio: Path) -> str:
    """Say what names of recordings begin with where forge has put copies beside a link to them."""
    return f"{Path(os.path.abspath(audio)).name}/"


def ratio(ours: list[float], theirs: list[float]) -> float:
    """How many times faster than the other we were, in the middle one of the rounds."""
    return statistics.median(b / a for a, b in zip(ours, theirs, strict=True))


def row(cells: Iterable[str]) -> str:
    """Write a row of a table in Markdown."""
    return f"| {' | '.join(cells)} |"


def verdict(met: bool) -> str:
    """Say whether a bar was met."""
    return "met" if met else "MISSED"
