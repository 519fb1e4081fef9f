"""Whether explanations say what a network looks at, measured by taking it away.

A picture is cut into tiles of one size, and more and more of them are hidden: in the order in which
the explanation says that they spoke for the verdict, and in random order. P of the class that
was the likelier one falls in both; if the explanation is right, sooner in its own order.

References
----------
Petsiuk, Das and Saenko, "RISE: randomized input sampling for explanation of black-box models",
BMVC 2018 (the deletion curve and the area under it); Samek et al., "Evaluating the visualization of
what a deep neural network has learned", IEEE TNNLS 28, 2017 (against random order).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit
from tqdm import tqdm

from classify.data.pictures import read
from classify.explanations import gradcam
from classify.explanations.explanation import METHODS
from classify.explanations.occlusion import HIDDEN, TILES, ask, grid
from classify.metrics.bootstrap import RESAMPLES, intervals
from classify.metrics.trials import Trials
from classify.runs.run import Run

PICTURES = 60
SHARES = np.linspace(0, 1, 11)
ORDERS = 2  # random ones a picture; their mean is what chance gives
FEWEST = 5  # groups that an interval can be drawn from


def measure(
    run: Run,
    dataset: Path,
    pictures: Trials,
    recordings: np.ndarray,
    groups: np.ndarray,
    most: int = PICTURES,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure the deletion curves of every method that the run allows, against random.

    Parameters
    ----------
    run : Run
    dataset : Path
        The dataset.
    pictures : Trials
        Named relative to `dataset`; of them a `sample` is taken.
    recordings : np.ndarray of str, shape=(len(pictures),)
    groups : np.ndarray, shape=(len(pictures),)
        What belongs together, and is resampled together, has the same value.
    most : int
        Pictures in the sample.
    seed : int
        Of the sample, of the random orders and of the bootstrap.

    Returns
    -------
    found : dict
        ``pictures`` and ``groups`` (how many), ``hidden`` (what stands in the place of what is
        hidden), ``tiles`` (rows, columns), ``share`` (of the tiles); ``random``: ``curve``,
        ``area``; ``methods``: by name ``curve``, ``area``, ``gain`` (the area under the random
        curve minus that under the own), ``interval`` (95 %, of the gain, by a paired bootstrap)
        and ``beats_random``: whether all of the interval is above 0. With fewer than 5 groups
        there is no interval, and ``beats_random`` is None.

    Raises
    ------
    OSError, ValueError
        If a picture cannot be read any more.
    """
    at = sample(pictures.labels, recordings, most, seed)
    rng = np.random.default_rng(seed)
    methods = ("occlusion", "gradcam") if gradcam.available(run) else ("occlusion",)
    drawn = (
        read(dataset / name, run.shape, run.drawing)
        for name in tqdm(pictures.names[at], "evaluate: explain", unit="picture", disable=None)
    )
    curves = np.stack([_curves(run, image, methods, rng) for image in drawn], axis=1)
    random = curves[len(methods) :].mean(axis=0)  # (pictures, shares)
    own = dict(zip(methods, curves, strict=False))
    gains = {method: area(random) - area(its) for method, its in own.items()}
    between = _between(pictures.labels[at], groups[at], gains, seed)
    return {
        "pictures": len(at),
        "groups": len(np.unique(groups[at])),
        "hidden": HIDDEN,
        "tiles": list(TILES),
        "share": SHARES.round(3).tolist(),
        "random": _summary(random),
        "methods": {
            method: {**_summary(its), "gain": float(gains[method].mean()), **between[method]}
            for method, its in own.items()
        },
    }


def sample(
    labels: np.ndarray, recordings: np.ndarray, most: int = PICTURES, seed: int = 0
) -> np.ndarray:
    """Choose pictures at random, one a recording, as many of either class where there are enough.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
    recordings : np.ndarray of str, shape=(n,)
    most : int
        What one class does not have is the other's.
    seed : int

    Returns
    -------
    index : np.ndarray, shape=(m,), dtype=int
        Ascending.

    Examples
    --------
    >>> chosen = sample(np.array([0, 0, 0, 1]), np.array(["a", "a", "b", "c"]), 4).tolist()
    >>> len(chosen), chosen[1:]
    (3, [2, 3])
    """
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    shuffled = shuffled[np.sort(np.unique(recordings[shuffled], return_index=True)[1])]
    real, fake = (shuffled[labels[shuffled] == label] for label in (0, 1))
    half = most // 2
    chosen = (real[: max(half, most - len(fake))], fake[: max(most - half, most - len(real))])
    return np.sort(np.concatenate(chosen))


def ranks(explained: np.ndarray, tiles: np.ndarray) -> np.ndarray:
    """Order tiles by what a map says of them.

    Parameters
    ----------
    explained : np.ndarray, shape=(height, width)
    tiles : np.ndarray of int, shape=(height, width)
        See `classify.explanations.occlusion.grid`.

    Returns
    -------
    ranks : np.ndarray of int, shape=(tiles,)
        0 for the tile with the highest mean.

    Examples
    --------
    >>> tiles = np.array([[0, 1, 1], [0, 1, 2]])
    >>> ranks(np.array([[1.0, 2.0, 9.0], [0.0, 2.0, -5.0]]), tiles).tolist()
    [1, 0, 2]
    """
    means = np.bincount(tiles.ravel(), explained.ravel()) / np.bincount(tiles.ravel())
    return np.argsort(np.argsort(-means, kind="stable"), kind="stable")


def area(curves: np.ndarray) -> np.ndarray:
    """Area under deletion curves, by the trapezoidal rule.

    Parameters
    ----------
    curves : np.ndarray, shape=(..., len(SHARES))

    Returns
    -------
    area : np.ndarray, shape=(...), in [0, 1]

    Examples
    --------
    >>> float(area(np.linspace(1, 0, 11)).round(6))
    0.5
    """
    return np.trapezoid(curves, SHARES, axis=-1)


def _curves(
    run: Run, image: np.ndarray, methods: Sequence[str], rng: np.random.Generator
) -> np.ndarray:
    """P of the likelier class, shape (methods and random orders, shares)."""
    tiles = grid(image.shape)
    count = int(tiles.max()) + 1
    none, whole = np.zeros(image.shape, bool), np.ones(image.shape, bool)
    (evidence,) = ask(run, image, [none])
    side = 1 if evidence >= 0 else -1
    orders = [ranks(side * METHODS[method](run, image), tiles) for method in methods]
    orders += [rng.permutation(count) for _ in range(ORDERS)]
    said = ask(run, image, chain([whole], _masks(orders, tiles, count)))
    inner = said[1:].reshape(len(orders), -1)
    ends = np.full((len(orders), 1), evidence), np.full((len(orders), 1), said[0])
    return expit(side * np.concatenate([ends[0], inner, ends[1]], axis=1))


def _masks(orders: list[np.ndarray], tiles: np.ndarray, count: int) -> Iterator[np.ndarray]:
    """Masks of the shares between nothing and all, order by order."""
    for order in orders:
        for share in SHARES[1:-1]:
            yield order[tiles] < round(share * count)


def _summary(curves: np.ndarray) -> dict[str, Any]:
    mean = curves.mean(axis=0)
    return {"curve": mean.tolist(), "area": float(area(mean))}


def _between(
    labels: np.ndarray, groups: np.ndarray, gains: Mapping[str, np.ndarray], seed: int
) -> dict[str, dict[str, Any]]:
    """Interval of each mean gain, and what follows."""
    if len(np.unique(groups)) < FEWEST:
        return {method: {"beats_random": None} for method in gains}
    found = intervals(
        labels,
        groups,
        lambda index: {method: float(gain[index].mean()) for method, gain in gains.items()},
        RESAMPLES,
        seed,
    )
    return {
        method: {"interval": list(ends), "beats_random": ends[0] > 0}
        for method, ends in found.items()
    }
