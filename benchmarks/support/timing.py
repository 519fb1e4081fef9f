"""Timing: pinned cores, interleaved rounds, ratios, and the memory of a command.

Competitors take turns (A B C A B C ...) on the same input, and times are compared within a round,
so that a busy machine slows all of them alike. The median of the rounds' ratios counts. The first
round is not timed: it imports, compiles, starts processes and fills the disk cache.

Nothing here imports NumPy before `pin` could limit its threads.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.support.command import ROOT

_THREADS = "OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS NUMEXPR_NUM_THREADS".split()


def pin(cores: int) -> int:
    """Keep this process and its children to some cores, and each to one thread.

    Returns
    -------
    cores : int
        The number available, at most as many as asked for.
    """
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    if not hasattr(os, "sched_setaffinity"):
        return min(cores, os.cpu_count() or 1)
    used = sorted(os.sched_getaffinity(0))[-cores:]
    os.sched_setaffinity(0, used)
    return len(used)


def interleave(
    tasks: Mapping[str, Callable[[Path], None]],
    rounds: int,
    check: Callable[[str, Path], None] = lambda name, folder: None,
) -> dict[str, list[float]]:
    """Time tasks in turn.

    Parameters
    ----------
    tasks : dict of str to callable
        Each is given an empty folder to write to.
    rounds : int
        Number of timed rounds, after one that is not.
    check : callable
        Is given a task's name and its folder, outside the time; raises ValueError if the result is
        wrong.

    Returns
    -------
    seconds : dict of str to list of float
        One a round.
    """
    from tqdm import tqdm

    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    turns = [(number, name) for number in range(rounds + 1) for name in tasks]
    for number, name in tqdm(turns, "rounds", unit="turn", disable=None):
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            begin = time.perf_counter()
            tasks[name](Path(folder))
            end = time.perf_counter()
            check(name, Path(folder))
        if number:
            seconds[name].append(end - begin)
    return seconds


class Usage(NamedTuple):
    """Output of a command, its peak memory in MiB, and its time in s."""

    stdout: str
    memory: float
    seconds: float


def measure(command: Sequence[str]) -> Usage:
    """Run a command, and measure its peak memory and time.

    Parameters
    ----------
    command : sequence of str
        Runs at the top of the checkout.

    Raises
    ------
    ValueError
        If the exit status is not 0.
    """
    with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
        begin = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=stdout, stderr=stderr)
        _, status, resources = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        stdout.seek(0)
        stderr.seek(0)
        if process.returncode:
            raise ValueError(f"expected {' '.join(command)} to work, got: {stderr.read()}")
        unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
        return Usage(stdout.read(), resources.ru_maxrss * unit / 2**20, seconds)


def ratio(ours: list[float], theirs: list[float]) -> float:
    """How many times faster than the other we were, as the median over the rounds."""
    return statistics.median(b / a for a, b in zip(ours, theirs, strict=True))


def verdict(met: bool) -> str:
    """Say whether a bar was met."""
    return "met" if met else "MISSED"
