"""Raw scores of pictures by the networks of a run.

Raw scores are ln p(real) - ln p(fake), without the class prior of the training and not calibrated.
There is one for each network of an ensemble.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from classify.console import COMMAND
from classify.data.advice import is_sound
from classify.data.pictures import read, size
from classify.probability import RESOLUTION, logit
from classify.runs.run import Run

BATCH = 16  # more at once take no less time each, and more memory


@dataclass(frozen=True)
class Score:
    """Raw scores of one picture.

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
    """Score pictures in batches, one batch a core, and read the next ones meanwhile.

    One thread reads all pictures: two would pass the interpreter lock to and fro, at thrice the
    cost.

    Parameters
    ----------
    run : Run
    paths : iterable of Path or Score
        A score with a reason stands for a picture that does not exist; it is passed on.

    Yields
    ------
    score : Score
        In the order of `paths`.
    """
    load_networks(run)  # once, and not by several threads at a time
    remaining, cores = iter(paths), os.cpu_count() or 1
    scoring: deque[Future[list[Score]]] = deque()
    with ThreadPoolExecutor(cores) as pool:
        while batch := [_read(run, path) for path in islice(remaining, BATCH)]:
            scoring.append(pool.submit(_score, run, batch))
            if len(scoring) > cores:  # one batch waits, so that no core does
                yield from scoring.popleft().result()
        for future in scoring:
            yield from future.result()


def require_picture(run: Run, image: np.ndarray) -> None:
    """Refuse an array that is no picture of the run's size.

    Raises
    ------
    ValueError
    """
    if image.shape != tuple(run.shape) or image.dtype != np.uint8:
        raise ValueError(
            f"expected a picture of {size(run.shape)}, uint8, got shape {image.shape}, "
            f"{image.dtype}"
        )


def load_networks(run: Run) -> None:
    """Load what is otherwise loaded when the first pictures are scored."""
    for member in run.networks:
        member.network  # noqa: B018


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
    return np.stack([_llr(member, images) for member in run.networks], axis=1)


def _llr(run: Run, images: np.ndarray) -> np.ndarray:
    """Scores by one network, shape (n,)."""
    p = np.clip(run.network(images), RESOLUTION, 1 - RESOLUTION)
    return logit(run.prior) - logit(p)


def _read(run: Run, path: Path | Score) -> tuple[Path, np.ndarray] | Score:
    if isinstance(path, Score):
        return path
    try:
        return path, read(path, run.shape, run.render_settings, run.redraw_advice)
    except OSError as error:
        return Score(path, None, f"expected a picture, got {error.strerror}")
    except ValueError as error:
        advice = f": {COMMAND} detect judges recordings" if is_sound(path) else ""
        return Score(path, None, f"{error}{advice}")


def _score(run: Run, batch: list[tuple[Path, np.ndarray] | Score]) -> list[Score]:
    images = [item[1] for item in batch if not isinstance(item, Score)]
    llr = iter(score_arrays(run, np.stack(images)) if images else ())
    return [item if isinstance(item, Score) else Score(item[0], next(llr)) for item in batch]
