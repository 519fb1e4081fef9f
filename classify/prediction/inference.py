"""A run and pictures in, what its networks say of each out, in order.

Scores are raw: ln p(real) - ln p(fake), freed of the share of the classes in training and not yet
calibrated; one a network, for an ensemble has several.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from classify.data.pictures import read
from classify.runs.run import Run

BATCH = 16  # more at once take no less time each, and more memory
# Single precision cannot tell a probability from 1 more finely than this.
_EDGE = 2.0**-24


@dataclass(frozen=True)
class Score:
    """What the networks say of one picture.

    Attributes
    ----------
    path : Path
    llr : np.ndarray, shape=(networks,), or None
        None where there is a reason.
    reason : str
        Why the picture cannot be scored; empty where it was.
    """

    path: Path
    llr: np.ndarray | None
    reason: str = ""


def score_pictures(run: Run, paths: Iterable[Path | Score]) -> Iterator[Score]:
    """Score pictures in batches, one a core at a time, and read those to come meanwhile.

    They are read one after another: two that read at a time hand the interpreter to and fro, at
    thrice the cost.

    Parameters
    ----------
    run : Run
    paths : iterable of Path or Score
        A score stands for a picture of which it is known that there is none; it is passed on.

    Yields
    ------
    score : Score
        In the order of `paths`.
    """
    for member in run.networks:
        member.network  # noqa: B018 - read here, once, and not by several threads at a time
    remaining, cores = iter(paths), os.cpu_count() or 1
    scoring: deque[Future[list[Score]]] = deque()
    with ThreadPoolExecutor(cores) as pool:
        while batch := [_look(run, path) for path in islice(remaining, BATCH)]:
            scoring.append(pool.submit(_score, run, batch))
            if len(scoring) > cores:  # one waits, so that no core does
                yield from scoring.popleft().result()
        for one in scoring:
            yield from one.result()


def score_arrays(run: Run, images: np.ndarray) -> np.ndarray:
    """Score decoded pictures.

    Parameters
    ----------
    run : Run
    images : np.ndarray, shape=(n, *run.shape), dtype=uint8

    Returns
    -------
    llr : np.ndarray, shape=(n, networks)
        Of P(positive class), within ln 2^24 = 16.6 of the prior's.
    """
    return np.stack([_llr(one, images) for one in run.networks], axis=1)


def _llr(run: Run, images: np.ndarray) -> np.ndarray:
    """Scores by one network, shape (n,)."""
    return _logit(run.prior) - _logit(np.clip(run.network(images), _EDGE, 1 - _EDGE))


def _look(run: Run, path: Path | Score) -> tuple[Path, np.ndarray] | Score:
    if isinstance(path, Score):
        return path
    try:
        return path, read(path, run.shape, run.drawing, run.redraw_advice)
    except OSError as error:
        return Score(path, None, f"expected a picture, got {error.strerror}")
    except ValueError as error:
        return Score(path, None, str(error))


def _score(run: Run, batch: list[tuple[Path, np.ndarray] | Score]) -> list[Score]:
    images = [one[1] for one in batch if not isinstance(one, Score)]
    llr = iter(score_arrays(run, np.stack(images)) if images else ())
    return [one if isinstance(one, Score) else Score(one[0], next(llr)) for one in batch]


def _logit(p: np.ndarray | float) -> np.ndarray:
    return np.log(p) - np.log1p(-p)  # SciPy's takes longer to import than this to be read
