"""Sampling: which training pictures a network sees in an epoch, and in what order."""

from collections.abc import Sequence

import numpy as np


def common_pictures(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Select the pictures without a value, or all if those are of one class.

    Parameters
    ----------
    values : np.ndarray of str, shape=(n,)
    labels : np.ndarray, shape=(n,), dtype=int

    Returns
    -------
    mask : np.ndarray of bool, shape=(n,)

    Examples
    --------
    >>> common_pictures(np.array(["", "neural", ""]), np.array([0, 1, 1])).tolist()
    [True, False, True]
    >>> common_pictures(np.array(["", "neural"]), np.array([0, 1])).tolist()
    [True, True]
    """
    common = values == ""
    return common if len(np.unique(labels[common])) == 2 else np.ones(len(values), bool)


def seed_subset(values: np.ndarray, labels: np.ndarray, seed: int) -> np.ndarray:
    """Select the pictures that one network of an ensemble sees.

    All networks see the pictures without a value. Seed 0 sees also those of the last value in
    alphabetical order, seed 1 those of the value before it, and so on; the seed after the first
    value sees none of them, and then it begins again.

    Parameters
    ----------
    values : np.ndarray of str, shape=(n,)
    labels : np.ndarray, shape=(n,), dtype=int
        If all pictures without a value are of one class, every network sees all pictures.
    seed : int
        Seed of the network.

    Returns
    -------
    mask : np.ndarray of bool, shape=(n,)

    Examples
    --------
    >>> values, labels = np.array(["", "", "neural", "classic"]), np.array([0, 1, 1, 1])
    >>> [np.flatnonzero(seed_subset(values, labels, seed)).tolist() for seed in range(4)]
    [[0, 1, 2], [0, 1, 3], [0, 1], [0, 1, 2]]
    """
    common = common_pictures(values, labels)
    if common.all():
        return common
    kinds = np.unique(values)[::-1]
    return common | (values == kinds[seed % len(kinds)])


def sampling_weights(groups: Sequence[np.ndarray], count: int) -> np.ndarray:
    """Compute the share of an epoch that each picture gets, equal for all groups of one division.

    Parameters
    ----------
    groups : sequence of np.ndarray, each of shape=(count,)
        Group of each picture, from the widest division to the narrowest: class, source.
    count : int
        Number of pictures.

    Returns
    -------
    shares : np.ndarray, shape=(count,)
        They add up to 1. The groups inside a wider group get equal parts of its share.

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
    """Draw the pictures of an epoch.

    Parameters
    ----------
    share : np.ndarray, shape=(count,), or None
        Share of each picture; None: all pictures once, as many as `draws`.
    count : int
        Number of pictures.
    draws : int
        Pictures in an epoch.
    rng : np.random.Generator

    Returns
    -------
    indices : np.ndarray, shape=(draws,), dtype=int
        In random order. With shares, a picture occurs as often as its share demands, to within
        one.
    """
    if share is None:
        return np.resize(rng.permutation(count), draws)
    # Systematic sampling: one position is random, the others follow at equal distances.
    shuffled = rng.permutation(count)
    edges = np.cumsum(share[shuffled])
    positions = (rng.random() + np.arange(draws)) / draws * edges[-1]
    chosen = shuffled[np.minimum(np.searchsorted(edges, positions, side="right"), count - 1)]
    return rng.permutation(chosen)
