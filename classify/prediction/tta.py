"""A picture as a training shows it, more than once: what a network says of each is averaged."""

import math
from collections.abc import Iterator

import numpy as np


def views(
    images: np.ndarray, count: int = 1, *, flip: bool = False, roll: bool = False
) -> Iterator[np.ndarray]:
    """Show pictures as they are, mirrored in time, and beginning at other moments.

    Parameters
    ----------
    images : np.ndarray, shape=(n, height, width)
    count : int
        How often; without `roll` there are no more than two different ones, without both one.
    flip : bool
        Whether every second view is mirrored.
    roll : bool
        Whether views begin later than the picture, all equally far apart, and go on with what
        stood before.

    Yields
    ------
    view : np.ndarray, same shape and dtype
        The first one is `images`.

    Examples
    --------
    >>> image = np.array([[[1, 2, 3, 4]]])
    >>> [view.tolist() for view in views(image, 4, flip=True, roll=True)]
    [[[[1, 2, 3, 4]]], [[[4, 3, 2, 1]]], [[[3, 4, 1, 2]]], [[[2, 1, 4, 3]]]]
    """
    each = 2 if flip else 1
    beginnings = math.ceil(count / each)
    for number in range(count):
        start = number // each * images.shape[2] // beginnings if roll else 0
        view = np.roll(images, -start, axis=2) if start else images
        yield view[:, :, ::-1] if number % each else view
