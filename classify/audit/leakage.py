"""What stands on two sides: the same sound, recording, speaker or generator in two splits.

Of two splits, ``there`` is the one that is learned from and ``here`` the one that is judged on it:
train comes before validation, and both before test.
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
    here, there : str
        Splits; empty for ``"labels"``.
    pictures : int
        Of ``here`` that have a copy in ``there``; under two classes, all of them.
    examples : tuple of tuple of (str, str)
        Paths of a few pairs, the most alike first.
    """

    kind: str
    here: str
    there: str
    pictures: int
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Overlap:
    """Values of a manifest's column that stand in two splits.

    Attributes
    ----------
    column : str
    here, there : str
        Splits.
    values : tuple of str
        The shared ones, sorted.
    known : int
        Different values that ``here`` has.
    share : float
        Share of the recordings of ``here`` with a shared value, in (0, 1]; of generators, share
        of those of the positive class.
    """

    column: str
    here: str
    there: str
    values: tuple[str, ...]
    known: int
    share: float


def copies(surveys: Mapping[str, Scan], nearly: bool) -> Iterator[Duplicates]:
    """Find exact and near copies across splits, and exact ones under two classes.

    Parameters
    ----------
    surveys : mapping of str to Scan
        By split, in the order of learning.
    nearly : bool
        Whether to look for near ones as well, among pictures without an exact one.

    Yields
    ------
    copies : Duplicates
    """
    names = [name for survey in surveys.values() for name in survey.names]
    splits = np.repeat(list(surveys), [len(survey.names) for survey in surveys.values()])
    labels = np.concatenate([survey.labels for survey in surveys.values()])
    groups = exact([digest for survey in surveys.values() for digest in survey.digests])
    for there, here in combinations(surveys, 2):
        pairs = []
        for group in groups:
            first = next((index for index in group if splits[index] == there), None)
            if first is not None:
                pairs += [(names[i], names[first]) for i in group if splits[i] == here]
        if pairs:
            yield Duplicates("exact", here, there, len(pairs), tuple(pairs[:_EXAMPLES]))
        if nearly:
            yield from _near(surveys, here, there, {name for name, _ in pairs})
    double = [group for group in groups if len(set(labels[group])) == 2]
    if double:
        examples = [
            (names[group[labels[group].argmin()]], names[group[labels[group].argmax()]])
            for group in double[:_EXAMPLES]
        ]
        yield Duplicates("labels", "", "", sum(map(len, double)), tuple(examples))


def _near(
    surveys: Mapping[str, Scan], here: str, there: str, known: set[str]
) -> Iterator[Duplicates]:
    ours, theirs = surveys[here], surveys[there]
    rest = np.array([i for i, name in enumerate(ours.names) if name not in known], dtype=int)
    twins = near(ours.signatures[rest], theirs.signatures, f"compare {here} with {there}")
    if len(twins.here):
        best = np.argsort(-twins.similarity, kind="stable")[:_EXAMPLES]
        pairs = [
            (ours.names[rest[i]], theirs.names[j])
            for i, j in zip(twins.here[best], twins.there[best], strict=True)
        ]
        yield Duplicates("near", here, there, len(twins.here), tuple(pairs))


def shared(column: str, manifest: Manifest, listed: Listing) -> Iterator[Overlap]:
    """Find values of a column that stand in two splits.

    Parameters
    ----------
    column : str
        ``"recording"``, ``"speaker"`` or ``"generator"``; of the last, only pictures of the
        positive class count.
    manifest : dict
    listed : dict of str to tuple of (list of str, np.ndarray of int)
        Paths and labels of the pictures of each split, in the order of learning.

    Yields
    ------
    shared : Overlap
    """
    found: dict[str, dict[str, set[str]]] = {}
    for split, (names, labels) in listed.items():
        own = [n for n, label in zip(names, labels, strict=True) if label or column != "generator"]
        found[split] = defaultdict(set)
        cells = zip(values(manifest, own, column), recordings(manifest, own), strict=True)
        for value, recording in cells:
            found[split][str(value)].add(str(recording))
    for there, here in combinations(found, 2):
        known = {value for value in found[here] if value.lower() not in NOBODY}
        both = known & found[there].keys()
        if both:
            total = len(set().union(*found[here].values()))
            touched = len(set().union(*(found[here][value] for value in both)))
            yield Overlap(column, here, there, tuple(sorted(both)), len(known), touched / total)
