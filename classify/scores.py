"""A run and pictures in, what its networks say of each out, in order.

Scores are raw: ln p(real) - ln p(fake), freed of the share of the classes in training and not yet
calibrated; one a network, for an ensemble has several.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from scipy.special import logit

from classify.pictures import read
from classify.run import Run

BATCH = 64
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
            llr = iter(raw(run, np.stack(good)) if good else ())
            for path, image in zip(batch, images, strict=True):
                if isinstance(image, str):
                    yield Score(path, None, image)
                else:
                    yield Score(path, next(llr))


def raw(run: Run, images: np.ndarray) -> np.ndarray:
    """Score decoded pictures.

    Parameters
    ----------
    run : Run
    images : np.ndarray, shape=(n, *run.shape), dtype=uint8

    Returns
    -------
    llr : np.ndarray, shape=(n, networks)
        Of the last output of either head, P(positive class); within ln 2^24 = 16.6 of the prior's.
    """
    batch = images[..., np.newaxis]
    outputs = [np.asarray(one.model.predict_on_batch(batch), float)[:, -1] for one in run.networks]
    priors = logit([one.prior for one in run.networks])
    return priors - logit(np.clip(np.stack(outputs, axis=1), _EDGE, 1 - _EDGE))


def _try_read(run: Run, path: Path) -> np.ndarray | str:
    try:
        return read(path, run.shape, run.drawing)
    except (OSError, ValueError) as error:
        return (
            f"expected a picture, got {error.strerror}"
            if isinstance(error, OSError)
            else str(error)
        )
