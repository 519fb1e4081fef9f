"""Leakage: the same sound, recording, speaker or generator in two splits.

Splits are in the order of learning: train, validation, test. Of two, the earlier is learned from
and the later is judged on it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from classify.audit.duplicates import exact, near
from classify.audit.scan import Listing, Scan
from classify.data.manifest import Manifest, recordings, values

NOBODY = {"", "-", "bonafide", "bona-fide", "none", "unknown"}  # values that name nothing
_EXAMPLES = 5


@dataclass(frozen=True)
class Duplicates:
    """Pictures that show the same.

    Attributes
    ----------
    kind : str
        ``"exact"`` or ``"near"``: between two splits; ``"labels"``: exact, under two classes.
    split, earlier_split : str
        Empty for ``"labels"``.
    pictures : int
        Pictures of `split` that have a copy in `earlier_split`; for ``"labels"``, all of them.
    examples : tuple of tuple of (str, str)
        Paths of a few pairs, the most alike first.
    """

    kind: str
    split: str
    earlier_split: str
    pictures: int
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Overlap:
    """Values of a manifest's column that two splits share.

    Attributes
    ----------
    column : str
    split, earlier_split : str
    values : tuple of str
        The shared values, sorted.
    distinct : int
        Number of different values in `split`.
    share : float
        Share of the recordings of `split` with a shared value, in (0, 1]; for generators, only
        recordings of the positive class count.
    """

    column: str
    split: str
    earlier_split: str
    values: tuple[str, ...]
    distinct: int
    share: float


def copies(scans: Mapping[str, Scan], nearly: bool) -> Iterator[Duplicates]:
    """Find exact and near copies across splits, and exact copies under two classes.

    Parameters
    ----------
    scans : mapping of str to Scan
        By split, in the order of learning.
    nearly : bool
        Whether to look for near copies as well, among pictures without an exact one.

    Yields
    ------
    duplicates : Duplicates
    """
    names = [name for scan in scans.values() for name in scan.names]
    splits = np.repeat(list(scans), [len(scan.names) for scan in scans.values()])
    labels = np.concatenate([scan.labels for scan in scans.values()])
    groups = exact([digest for scan in scans.values() for digest in scan.digests])
    for earlier, split in combinations(scans, 2):
        pairs = []
        for group in groups:
            first = next((index for index in group if splits[index] == earlier), None)
            if first is not None:
                pairs += [(names[i], names[first]) for i in group if splits[i] == split]
        if pairs:
            yield Duplicates("exact", split, earlier, len(pairs), tuple(pairs[:_EXAMPLES]))
        if nearly:
            yield from _near(scans, split, earlier, {name for name, _ in pairs})
    double = [group for group in groups if len(set(labels[group])) == 2]
    if double:
        examples = [
            (names[group[labels[group].argmin()]], names[group[labels[group].argmax()]])
            for group in double[:_EXAMPLES]
        ]
        yield Duplicates("labels", "", "", sum(map(len, double)), tuple(examples))


def _near(
    scans: Mapping[str, Scan], split: str, earlier: str, exact_copies: set[str]
) -> Iterator[Duplicates]:
    later, first = scans[split], scans[earlier]
    rest = np.array([i for i, name in enumerate(later.names) if name not in exact_copies], int)
    nearest = near(later.signatures[rest], first.signatures, f"compare {split} with {earlier}")
    if len(nearest.index):
        best = np.argsort(-nearest.similarity, kind="stable")[:_EXAMPLES]
        pairs = [
            (later.names[rest[i]], first.names[j])
            for i, j in zip(nearest.index[best], nearest.candidate[best], strict=True)
        ]
        yield Duplicates("near", split, earlier, len(nearest.index), tuple(pairs))


def shared(column: str, manifest: Manifest, listing: Listing) -> Iterator[Overlap]:
    """Find values of a column that two splits share.

    Parameters
    ----------
    column : str
        ``"recording"``, ``"speaker"`` or ``"generator"``; for generators, only pictures of the
        positive class count.
    manifest : dict
    listing : dict of str to tuple of (list of str, np.ndarray of int)
        Paths and labels of the pictures of each split, in the order of learning.

    Yields
    ------
    overlap : Overlap
    """
    by_split: dict[str, dict[str, set[str]]] = {}  # recordings by value
    for split, (names, labels) in listing.items():
        every = column != "generator"
        counted = [name for name, label in zip(names, labels, strict=True) if label or every]
        by_split[split] = defaultdict(set)
        cells = zip(values(manifest, counted, column), recordings(manifest, counted), strict=True)
        for value, recording in cells:
            by_split[split][str(value)].add(str(recording))
    for earlier, split in combinations(by_split, 2):
        by_value = by_split[split]
        distinct = {value for value in by_value if value.lower() not in NOBODY}
        both = distinct & by_split[earlier].keys()
        if both:
            total = len(set().union(*by_value.values()))
            touched = len(set().union(*(by_value[value] for value in both)))
            share = touched / total
            yield Overlap(column, split, earlier, tuple(sorted(both)), len(distinct), share)
