"""Which training pictures are seen in an epoch, and in what order."""

from collections.abc import Sequence

import numpy as np


def seed_subset(values: np.ndarray, labels: np.ndarray, seed: int) -> np.ndarray:
    """Say which pictures a network of an ensemble sees.

    Those without a value are for all. The others are seen in turn: by the first network those of
    the last value by alphabet, and so on upwards, by the last network none of them.

    Parameters
    ----------
    values : np.ndarray of str, shape=(n,)
    labels : np.ndarray, shape=(n,), dtype=int
        Where those without a value are of one class, there are no turns: all pictures are seen.
    seed : int
        Of the network.

    Returns
    -------
    seen : np.ndarray of bool, shape=(n,)

    Examples
    --------
    >>> values, labels = np.array(["", "", "neural", "classic"]), np.array([0, 1, 1, 1])
    >>> [np.flatnonzero(seed_subset(values, labels, seed)).tolist() for seed in range(4)]
    [[0, 1, 2], [0, 1, 3], [0, 1], [0, 1, 2]]
    """
    common = values == ""
    if len(np.unique(labels[common])) < 2:
        return np.ones(len(values), bool)
    kinds = np.unique(values)[::-1]
    return common | (values == kinds[seed % len(kinds)])


def sampling_weights(groups: Sequence[np.ndarray], count: int) -> np.ndarray:
    """Give each picture its share of an epoch, the same for all groups of one level.

    Parameters
    ----------
    groups : sequence of np.ndarray, each of shape=(count,)
        What each picture belongs to, from the widest division to the narrowest: class, source.
    count : int
        Number of pictures.

    Returns
    -------
    shares : np.ndarray, shape=(count,)
        They add up to 1: every group gets the same of what the group around it has.

    Examples
    --------
    >>> labels, sources = np.array([0, 1, 1, 1]), np.array(["a", "a", "a", "b"])
    >>> sampling_weights([labels], 4).round(3).tolist()
    [0.5, 0.167, 0.167, 0.167]
    >>> sampling_weights([labels, sources], 4).tolist()
    [0.5, 0.125, 0.125, 0.25]
    """
    share = np.ones(count)
    within = np.zeros(count, int)
    for group in groups:
        _, values = np.unique(group, return_inverse=True)
        _, finer = np.unique(np.stack([within, values.reshape(-1)]), axis=1, return_inverse=True)
        finer = finer.reshape(-1)
        first = np.unique(finer, return_index=True)[1]
        share = share / np.bincount(within[first])[within]
        within = finer
    return share / np.bincount(within)[within]


def epoch_order(
    share: np.ndarray | None, count: int, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Choose the pictures of an epoch.

    Parameters
    ----------
    share : np.ndarray, shape=(count,), or None
        Of each picture; None to see all of them once, as far as `draws` goes.
    count : int
        Number of pictures.
    draws : int
        Pictures in an epoch.
    rng : np.random.Generator

    Returns
    -------
    indices : np.ndarray, shape=(draws,), dtype=int
        In random order. With shares, the number of times that a picture is there differs by less
        than one from what its share asks for.
    """
    if share is None:
        return np.resize(rng.permutation(count), draws)
    # Systematic sampling: one place is drawn, the others follow at the same distance.
    shuffled = rng.permutation(count)
    edges = np.cumsum(share[shuffled])
    places = (rng.random() + np.arange(draws)) / draws * edges[-1]
    chosen = shuffled[np.minimum(np.searchsorted(edges, places, side="right"), count - 1)]
    return rng.permutation(chosen)
