"""Scores and keys brought together by the names of the trials."""

import re
from collections import Counter
from collections.abc import Container
from dataclasses import replace

import numpy as np

from classify.scorefiles.files import ScoreFile
from classify.scorefiles.keys import KeyFile

# What follows the last dot of a name is a suffix if it has a letter: "a.wav", but not "take.2".
_SUFFIX = re.compile(r"\.(?=[0-9]*[a-z])[a-z0-9]{1,5}$", re.IGNORECASE)


def match(scores: ScoreFile, keys: KeyFile, allow_missing: bool | None = None) -> ScoreFile:
    """Give scores the labels of a key file.

    Where not one name is among the keys, names are compared without suffix and by as many of their
    last folders as agree for all of them, with none in the end; a warning says so. The reference
    tools want the same trials in both files. So do we, but where the keys are made to hold more
    (a manifest, the metadata of a whole corpus): there, keys without a score are a warning.

    Parameters
    ----------
    scores : ScoreFile
    keys : KeyFile
        They count where the score file has labels of its own.
    allow_missing : bool, optional
        Whether there may be keys without a score. Default: if `keys` is a superset.

    Returns
    -------
    scores : ScoreFile
        The same with labels and the warnings of `scores`, `keys` and their match.

    Raises
    ------
    ValueError
        If a score has no key or, so compared, several, or a key no score and that is not allowed.

    Examples
    --------
    >>> scores = ScoreFile(np.array(["flac/b.flac", "flac/a.flac"]), np.array([-1, 2]), None)
    >>> matched = match(scores, KeyFile({"a": 0, "b": 1}))
    >>> matched.labels.tolist(), matched.warnings
    ([1, 0], ('names were compared without suffix and by their last part',))
    """
    names, known, warnings = scores.names.tolist(), keys.labels, []
    if known.keys().isdisjoint(names):
        names, known, parts = _shortened(names, known)
        by = "part" if parts == 1 else f"{parts} parts"
        warnings.append(f"names were compared without suffix and by their last {by}")
    _check_known(scores.names.tolist(), names, known, next(iter(keys.labels)))
    warnings += _missing(names, known, keys.superset if allow_missing is None else allow_missing)
    labels = np.array([known[name] for name in names], dtype=int)
    warnings += _contradictions(scores, labels)
    return replace(scores, labels=labels, warnings=(*scores.warnings, *keys.warnings, *warnings))


def _missing(names: list[str], known: dict[str, int], allowed: bool) -> list[str]:
    missing = known.keys() - set(names)
    if not missing:
        return []
    found = f"none for {len(missing)} of {len(known)}, for example {min(missing)}"
    if not allowed:
        raise ValueError(f"expected a score for every key, got {found}")
    return [f"not every key has a score: {found}"]


def _contradictions(scores: ScoreFile, labels: np.ndarray) -> list[str]:
    if scores.labels is None or not (differ := scores.names[labels != scores.labels]).size:
        return []
    return [
        f"the keys contradict {differ.size} of {len(labels)} labels in the score file, for example "
        f"of {differ[0]}: the keys count"
    ]


def _check_known(names: list[str], short: list[str], known: Container[str], example: str) -> None:
    pairs = zip(names, short, strict=True)
    if strangers := [name for name, shortened in pairs if shortened not in known]:
        raise ValueError(
            f"expected a key for every score, got none for {len(strangers)} of {len(names)}, for "
            f"example {strangers[0]}; the keys have names such as {example}"
        )


def _shortened(scored: list[str], known: dict[str, int]) -> tuple[list[str], dict[str, int], int]:
    """Names of scores and keys by as many of their last parts as agree for every score."""
    split = [[name.replace("\\", "/").split("/") for name in names] for names in (scored, known)]
    for count in range(min(max(map(len, names)) for names in split), 0, -1):
        short, keys = ([_last(parts, count) for parts in names] for names in split)
        if set(short) <= set(keys):
            break
    times = Counter(keys)
    _check_known(scored, short, times, next(iter(known)))
    if several := [name for name, n in Counter(short).items() if n > 1 or times[name] > 1]:
        raise ValueError(
            f"expected scores and keys of the same names, got none in common, and without their "
            f"first folders and suffix {several[0]} is several"
        )
    return short, dict(zip(keys, known.values(), strict=True)), count


def _last(parts: list[str], count: int) -> str:
    """The last parts of a path, without suffix."""
    return _SUFFIX.sub("", "/".join(parts[-count:]))
