"""Splits of recordings, where their source has none.

A split is decided by a hash of a key (the recording's name, or its group's), so it is the same on
every machine, and a recording stays where it is when others come or go.
"""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from itertools import accumulate

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
HELD_OUT = {"train": 0.9, "validation": 0.1}  # for a source that lacks only a validation split


def digest(text: str) -> str:
    """Hash a text the same way on every machine and in every process.

    Examples
    --------
    >>> digest("speaker 1")
    '16367c205fb6dbd13b99cf7334bd87f3'
    """
    return hashlib.blake2b(text.encode(errors="surrogateescape"), digest_size=16).hexdigest()


def place(key: str, shares: Mapping[str, float]) -> str:
    """Choose the split of a key by its hash.

    Parameters
    ----------
    key : str
        Equal keys go to one split.
    shares : mapping of str to float
        Share of each split, in (0, 1], in sum 1.

    Examples
    --------
    >>> place("speaker 1", SHARES)
    'train'
    """
    borders = list(accumulate(shares.values()))[:-1]
    return list(shares)[bisect_right(borders, _number(key))]


def fill_empty(split: Mapping[str, str], shares: Mapping[str, float]) -> dict[str, str]:
    """Move keys so that no split of a class is empty.

    With few recordings, a split can lack a class by chance. If a class has as many keys as there
    are splits, the key next to the border of the fullest split moves to the empty one.

    Parameters
    ----------
    split : mapping of str to str
        Split of each key of one class.
    shares : mapping of str to float
        The splits, in their order.

    Returns
    -------
    moved : dict of str to str
        New split of each key that moves.

    Examples
    --------
    >>> fill_empty({"a": "train", "b": "train"}, {"train": 0.9, "validation": 0.1})
    {'b': 'validation'}
    """
    filled, names = dict(split), list(shares)
    if len(filled) < len(names):
        return {}
    keys = sorted(filled, key=_number)
    for name in names:
        counts = Counter(filled.values())
        if not counts[name]:
            fullest = counts.most_common(1)[0][0]
            members = [key for key in keys if filled[key] == fullest]
            filled[members[-1] if names.index(fullest) < names.index(name) else members[0]] = name
    return {key: name for key, name in filled.items() if name != split[key]}


def _number(key: str) -> float:
    """48 bits of the hash as a uniform number in [0, 1)."""
    return int(digest(key)[:12], 16) / 2**48
