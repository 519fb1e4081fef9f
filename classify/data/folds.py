"""Folds by source: cross-validation over what training has not met.

The pictures of training and validation are dealt into folds; the network of a fold learns from all
other folds. So every recording has a score from a network that met neither it nor its source.
"""

import numpy as np

_UNKNOWN = "\0"  # before the name of a recording without a group; no cell of a table begins so


def deal(labels: np.ndarray, groups: np.ndarray, recordings: np.ndarray, count: int) -> np.ndarray:
    """Deal groups of recordings into folds, both classes evenly.

    The groups are dealt one after another, the largest first, each to the fold that has the fewest
    recordings of the group's classes so far.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
        1 for the positive class.
    groups : np.ndarray of str, shape=(n,)
        Such as the source; a recording without one is a group by itself.
    recordings : np.ndarray of str, shape=(n,)
        Name of the recording of each picture.
    count : int
        Number of folds.

    Returns
    -------
    fold : np.ndarray, shape=(n,), dtype=int
        From 0 to `count` - 1.

    Raises
    ------
    ValueError
        If a class has fewer groups than there are folds.

    Examples
    --------
    >>> groups = np.array(["a", "a", "a", "b", "b", "c", "d", "d"])
    >>> deal(np.array([0, 0, 0, 0, 0, 1, 1, 1]), groups, np.arange(8).astype(str), 2).tolist()
    [0, 0, 0, 1, 1, 1, 0, 0]
    """
    keys = np.where(groups == "", np.char.add(_UNKNOWN, recordings), groups)
    names, group = np.unique(keys, return_inverse=True)
    group = group.reshape(-1)
    _, first = np.unique(np.stack([recordings, labels.astype(str)]), axis=1, return_index=True)
    sizes = np.zeros((len(names), 2))
    np.add.at(sizes, (group[first], labels[first]), 1)
    fewest = int((sizes > 0).sum(axis=0).min())
    if fewest < count:
        raise ValueError(
            f"expected {count} groups of recordings of each class or more for {count} folds, got "
            f"{fewest} of one class"
        )
    shares = sizes / sizes.sum(axis=0)
    loads = np.zeros((count, 2))
    fold = np.empty(len(names), int)
    for number in np.argsort(-shares.sum(axis=1), kind="stable"):  # equal ones by name
        fold[number] = np.argmin(loads @ shares[number])
        loads[fold[number]] += shares[number]
    return fold[group]
