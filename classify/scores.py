"""A run and pictures in, P(positive class) of each out, in order."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from classify.pictures import read
from classify.run import Run

BATCH = 64
# Single precision cannot tell a probability from 1 more finely than this.
_EDGE = 2.0**-24


@dataclass(frozen=True)
class Score:
    """What the network says of one picture.

    Attributes
    ----------
    path : Path
    p_fake : float in (0, 1)
        P(positive class); NaN where there is a reason.
    reason : str
        Why the picture cannot be scored; empty where it was.
    """

    path: Path
    p_fake: float
    reason: str = ""


def scores(run: Run, paths: Iterable[Path]) -> Iterator[Score]:
    """Score pictures, in batches, decoding in parallel.

    Parameters
    ----------
    run : Run
    paths : iterable of Path

    Yields
    ------
    score : Score
        In the order of `paths`.
    """
    remaining = iter(paths)
    with ThreadPoolExecutor() as pool:
        while batch := list(islice(remaining, BATCH)):
            images = list(pool.map(partial(_try_read, run), batch))
            good = [image for image in images if isinstance(image, np.ndarray)]
            p_fake = iter(probabilities(run, np.stack(good)) if good else ())
            for path, image in zip(batch, images, strict=True):
                if isinstance(image, str):
                    yield Score(path, float("nan"), image)
                else:
                    yield Score(path, float(next(p_fake)))


def probabilities(run: Run, images: np.ndarray) -> np.ndarray:
    """Score decoded pictures.

    Parameters
    ----------
    run : Run
    images : np.ndarray, shape=(n, *run.shape), dtype=uint8

    Returns
    -------
    p_fake : np.ndarray, shape=(n,)
        P(positive class), in (0, 1); the last output of either head.
    """
    output = np.asarray(run.model.predict_on_batch(images[..., np.newaxis]), dtype=float)
    return np.clip(output[:, -1], _EDGE, 1 - _EDGE)


def _try_read(run: Run, path: Path) -> np.ndarray | str:
    try:
        return read(path, run.shape, run.drawing)
    except (OSError, ValueError) as error:
        return (
            f"expected a picture, got {error.strerror}"
            if isinstance(error, OSError)
            else str(error)
        )
