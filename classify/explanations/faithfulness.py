"""Faithfulness of explanations: deletion curves against random order.

A picture is cut into tiles of one size, and more and more tiles are hidden: in the order in which
the explanation ranks them, and in random order. P of the likelier class falls in both cases. It
falls sooner in the order of the explanation if that is faithful.

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
from classify.defaults import EXPLAINED_PICTURES, RESAMPLES
from classify.explanations import gradcam
from classify.explanations.explanation import METHODS
from classify.explanations.occlusion import HIDDEN, TILES, ask, grid
from classify.metrics.bootstrap import intervals
from classify.metrics.trials import Trials
from classify.runs.run import Run

SHARES = np.linspace(0, 1, 11)
ORDERS = 2  # random orders a picture
FEWEST = 5  # groups; with fewer there is no interval


def measure(
    run: Run,
    dataset: Path,
    pictures: Trials,
    recordings: np.ndarray,
    groups: np.ndarray,
    most: int = EXPLAINED_PICTURES,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure the deletion curves of every method that the run allows, against random order.

    Parameters
    ----------
    run : Run
    dataset : Path
    pictures : Trials
        Named relative to `dataset`; a `sample` of them is measured.
    recordings : np.ndarray of str, shape=(len(pictures),)
    groups : np.ndarray, shape=(len(pictures),)
        Pictures of one group are resampled together.
    most : int
        Largest number of pictures in the sample.
    seed : int
        Of the sample, of the random orders and of the bootstrap.

    Returns
    -------
    measured : dict
        ``pictures`` and ``groups`` (numbers), ``hidden`` (value of a hidden point), ``tiles``
        (rows, columns), ``share`` (of the tiles); ``random``: ``curve``, ``area``; ``methods``: by
        name ``curve``, ``area``, ``gain`` (area under the random curve minus area under this one),
        ``interval`` (95 %, of the gain, by a paired bootstrap) and ``beats_random``: whether the
        whole interval is above 0. With fewer than 5 groups there is no interval, and
        ``beats_random`` is None.

    Raises
    ------
    OSError, ValueError
        If a picture cannot be read any more.
    """
    at = sample(pictures.labels, recordings, most, seed)
    rng = np.random.default_rng(seed)
    methods = ("occlusion", "gradcam") if gradcam.available(run) else ("occlusion",)
    images = (
        read(dataset / name, run.shape, run.render_settings)
        for name in tqdm(pictures.names[at], "evaluate: explain", unit="picture", disable=None)
    )
    curves = np.stack([_curves(run, image, methods, rng) for image in images], axis=1)
    random = curves[len(methods) :].mean(axis=0)  # (pictures, shares)
    by_method = dict(zip(methods, curves, strict=False))
    gains = {method: area(random) - area(curve) for method, curve in by_method.items()}
    tests = _tests(pictures.labels[at], groups[at], gains, seed)
    return {
        "pictures": len(at),
        "groups": len(np.unique(groups[at])),
        "hidden": HIDDEN,
        "tiles": list(TILES),
        "share": SHARES.round(3).tolist(),
        "random": _summary(random),
        "methods": {
            method: {**_summary(curve), "gain": float(gains[method].mean()), **tests[method]}
            for method, curve in by_method.items()
        },
    }


def sample(
    labels: np.ndarray, recordings: np.ndarray, most: int = EXPLAINED_PICTURES, seed: int = 0
) -> np.ndarray:
    """Choose pictures at random, one a recording, and half of each class if there are enough.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
    recordings : np.ndarray of str, shape=(n,)
    most : int
        Places that one class cannot fill go to the other.
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
    """Rank tiles by their mean in a map.

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
    hidden, *partly = ask(run, image, chain([whole], _masks(orders, tiles, count)))
    inner = np.reshape(partly, (len(orders), -1))
    start, end = (np.full((len(orders), 1), value) for value in (evidence, hidden))
    return expit(side * np.concatenate([start, inner, end], axis=1))


def _masks(orders: list[np.ndarray], tiles: np.ndarray, count: int) -> Iterator[np.ndarray]:
    """Masks of the shares between 0 and 1, order by order."""
    for order in orders:
        for share in SHARES[1:-1]:
            yield order[tiles] < round(share * count)


def _summary(curves: np.ndarray) -> dict[str, Any]:
    mean = curves.mean(axis=0)
    return {"curve": mean.tolist(), "area": float(area(mean))}


def _tests(
    labels: np.ndarray, groups: np.ndarray, gains: Mapping[str, np.ndarray], seed: int
) -> dict[str, dict[str, Any]]:
    """Interval of each mean gain, and whether it is above 0."""
    if len(np.unique(groups)) < FEWEST:
        return {method: {"beats_random": None} for method in gains}
    by_method = intervals(
        labels,
        groups,
        lambda index: {method: float(gain[index].mean()) for method, gain in gains.items()},
        RESAMPLES,
        seed,
    )
    return {
        method: {"interval": list(ends), "beats_random": ends[0] > 0}
        for method, ends in by_method.items()
    }
