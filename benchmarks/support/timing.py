"""What every benchmark here shares: pinned cores, made recordings, interleaved rounds, ratios.

Ways of doing one thing take turns (A B C A B C ...) on the same recordings in one run, and what is
compared is a round's times with each other, so that a busy machine slows all of them alike. The
middle one of the rounds' ratios counts. A first round is not timed: imports, just-in-time
compilation, start of processes and the disk cache are over by then.

Nothing here imports NumPy before `pin` had a chance to say how many threads it may start.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

_THREADS = "OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS NUMEXPR_NUM_THREADS".split()


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


def ratio(ours: list[float], theirs: list[float]) -> float:
    """How many times faster than the other we were, in the middle one of the rounds."""
    return statistics.median(b / a for a, b in zip(ours, theirs, strict=True))


def verdict(met: bool) -> str:
    """Say whether a bar was met."""
    return "met" if met else "MISSED"
