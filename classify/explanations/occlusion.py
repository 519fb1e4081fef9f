"""Occlusion: the score of a picture when a part of it is hidden.

Pictures are ``uint8``, shape (height, width); a mask of the same shape is true where the picture
is hidden. Evidence is ln p(fake) - ln p(real) in nats, calibrated: above 0 for the positive class.

A hidden point gets the median of its row. Black, grey, row means, the picture's pauses, blur and
shuffled rows were tried as well, on two corpora. The median hides best, and the network's features
stay near those of whole pictures. With a tile in eight hidden, they are 1.1 times as far from the
nearest training pictures, with black 1.9 to 3.2 times. Still, hidden parts are smoother than any
recording, and a network may take smoothness itself for evidence.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from classify.prediction.inference import BATCH, score_arrays
from classify.prediction.verdicts import probability
from classify.runs.run import Run

HIDDEN = "the median of its row"  # value of a hidden point
TILES = (8, 8)  # rows and columns of tiles
CELLS = 16  # steps of a band along the height or the width
WIDEST = 4  # cells of the widest band
# A narrower band is preferred to a wider one while it changes at least this share as much.
NARROW = 0.9
SMALLEST = 0.02  # smallest change of P(fake) worth a sentence


@dataclass(frozen=True)
class Band:
    """Adjacent rows or columns, and P(fake) without them.

    Attributes
    ----------
    first, last : int
        Both inclusive, counted from the top or from the left.
    p_fake_without : float in [0, 1]
    """

    first: int
    last: int
    p_fake_without: float


def hide(image: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Hide parts of a picture.

    Parameters
    ----------
    image : np.ndarray, shape=(height, width), dtype=uint8
    masks : np.ndarray of bool, shape=(n, height, width)

    Returns
    -------
    images : np.ndarray, shape=(n, height, width), dtype=uint8

    Examples
    --------
    >>> image = np.array([[10, 20, 90], [5, 5, 7]], np.uint8)
    >>> hide(image, image[np.newaxis] > 6).tolist()
    [[[20, 20, 20], [5, 5, 5]]]
    """
    usual = np.median(image, axis=1, keepdims=True).astype(np.uint8)
    return np.where(masks, usual, image)


def ask(run: Run, image: np.ndarray, masks: Iterable[np.ndarray]) -> np.ndarray:
    """Score a picture with parts of it hidden, in batches.

    Parameters
    ----------
    run : Run
        Scores of an ensemble are averaged.
    image : np.ndarray, shape=run.shape, dtype=uint8
    masks : iterable of np.ndarray of bool, shape=run.shape

    Returns
    -------
    evidence : np.ndarray, shape=(masks,)
        ln p(fake) - ln p(real), calibrated, in nats.
    """
    remaining, evidence = iter(masks), []
    while batch := list(islice(remaining, BATCH)):
        llr = score_arrays(run, hide(image, np.stack(batch))).mean(axis=1)
        evidence.append(-run.calibration(llr))
    return np.concatenate(evidence)


def grid(shape: tuple[int, int], tiles: tuple[int, int] = TILES) -> np.ndarray:
    """Number the tile of each point, row by row; tiles are of one size, up to a pixel.

    Parameters
    ----------
    shape : tuple of two int
        Height and width of the picture.
    tiles : tuple of two int
        Rows and columns of tiles; fewer where the picture has fewer pixels.

    Returns
    -------
    grid : np.ndarray of int, shape=shape

    Examples
    --------
    >>> grid((2, 5), (2, 2)).tolist()
    [[0, 0, 0, 1, 1], [2, 2, 2, 3, 3]]
    """
    rows, columns = (
        np.arange(size) * min(count, size) // size for size, count in zip(shape, tiles, strict=True)
    )
    return rows[:, np.newaxis] * (columns[-1] + 1) + columns


def occlude(run: Run, image: np.ndarray) -> np.ndarray:
    """Hide window by window and measure the change of the score.

    A window is two by two tiles and moves by one tile, also over the edges, so that each tile is in
    four windows. On hard corpora that finds more than single tiles, which are too small to matter.

    Parameters
    ----------
    run : Run
    image : np.ndarray, shape=run.shape, dtype=uint8

    Returns
    -------
    map : np.ndarray, shape=run.shape
        How many nats of ln p(fake) - ln p(real) hiding a window around a tile takes away, on
        average.
    """
    tiles = grid(image.shape)
    columns = tiles[0, -1] + 1
    row, column = np.divmod(tiles, columns)
    windows = (
        ((row == i) | (row == i - 1)) & ((column == j) | (column == j - 1))
        for i in range(row[-1, 0] + 2)
        for j in range(columns + 1)
    )
    evidence = ask(run, image, chain([np.zeros(image.shape, bool)], windows))
    lost = (evidence[0] - evidence[1:]).reshape(-1, columns + 1)
    mean = (lost[:-1, :-1] + lost[:-1, 1:] + lost[1:, :-1] + lost[1:, 1:]) / 4
    return mean.ravel()[tiles]


def strongest(run: Run, image: np.ndarray, axis: int) -> Band | None:
    """Find the band of rows or of columns whose hiding changes P(fake) most.

    Bands of up to a quarter of the picture are tried, in steps of a sixteenth. The narrowest band
    wins that changes P(fake) nearly as much as the strongest.

    Parameters
    ----------
    run : Run
    image : np.ndarray, shape=run.shape, dtype=uint8
    axis : int
        0 for rows, 1 for columns.

    Returns
    -------
    band : Band or None
        None if no band changes P(fake) by 0.02.
    """
    spans = _spans(image.shape[axis])
    evidence = ask(run, image, map(_masker(image.shape, axis), [(0, 0), *spans]))
    p_fake = np.array([probability(-value) for value in evidence])
    change = np.abs(p_fake[1:] - p_fake[0])
    if change.max() < SMALLEST:
        return None
    near = np.flatnonzero(change >= NARROW * change.max())
    width = np.array([spans[at][1] - spans[at][0] for at in near])
    best = near[np.lexsort((-change[near], width))[0]]
    return Band(spans[best][0], spans[best][1] - 1, float(p_fake[1 + best]))


def _spans(size: int) -> list[tuple[int, int]]:
    """Start and end, exclusive, of every band, the narrow ones first."""
    cells = min(CELLS, size)
    edges = np.linspace(0, size, cells + 1).round().astype(int).tolist()
    return [
        (edges[start], edges[start + width])
        for width in range(1, min(WIDEST, cells) + 1)
        for start in range(cells + 1 - width)
    ]


def _masker(shape: tuple[int, ...], axis: int) -> Callable[[tuple[int, int]], np.ndarray]:
    """Function from a span to the mask that hides it."""
    index = np.indices(shape)[axis]
    return lambda span: (index >= span[0]) & (index < span[1])
