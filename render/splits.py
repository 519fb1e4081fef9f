"""Which split a recording goes to, where its source has none.

A split is decided by a hash of a key (the recording's name, or its group's), so it is the same on
every machine, and a recording stays where it is when others come or go.
"""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
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
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def by_hash(
    keys: Sequence[str], labels: Sequence[str], shares: Mapping[str, float] = SHARES
) -> list[str]:
    """Split keys by their hash.

    With few recordings, chance would leave a class out of a split. So where a class has as many
    keys as there are splits, the key next to the border of the fullest split is moved to the
    empty one.

    Parameters
    ----------
    keys : sequence of str
        Equal keys go to one split.
    labels : sequence of str, same length
        Class of each.
    shares : mapping of str to float
        Share of each split, in (0, 1], in sum 1.

    Returns
    -------
    splits : list of str, same length

    Examples
    --------
    >>> sorted(by_hash(["a", "b", "c"], ["real"] * 3))
    ['test', 'train', 'validation']
    """
    # 48 bits of the hash make a uniform number in [0, 1).
    numbers = {key: int(digest(key)[:12], 16) / 2**48 for key in keys}
    split = {key: _at(number, shares) for key, number in numbers.items()}
    names = list(shares)
    for label in sorted(set(labels)):
        own = {key for key, its in zip(keys, labels, strict=True) if its == label}
        if len(own) >= len(names):
            _fill_empty(split, sorted(own, key=numbers.__getitem__), names)
    return [split[key] for key in keys]


def _at(number: float, shares: Mapping[str, float]) -> str:
    borders = list(accumulate(shares.values()))[:-1]
    return list(shares)[bisect_right(borders, number)]


def _fill_empty(split: dict[str, str], keys: list[str], names: list[str]) -> None:
    """Move keys, which are sorted by their number, until no split is empty."""
    for name in names:
        counts = Counter(split[key] for key in keys)
        if not counts[name]:
            fullest = counts.most_common(1)[0][0]
            own = [key for key in keys if split[key] == fullest]
            split[own[-1] if names.index(fullest) < names.index(name) else own[0]] = name
