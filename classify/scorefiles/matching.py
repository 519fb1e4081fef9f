"""Match of scores and keys by the names of the trials."""

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import replace

import numpy as np

from classify.scorefiles.files import ScoreFile
from classify.scorefiles.key_layouts import plain_name, short_name
from classify.scorefiles.keys import KeyFile


def match(scores: ScoreFile, keys: KeyFile, allow_missing: bool | None = None) -> ScoreFile:
    """Give scores the labels of a key file.

    Names that are not among the keys are compared by their plain names. If not one is among them,
    names are compared without suffix, and by as many of their
    last parts as agree for every score; a warning says so. Both files must hold the same trials, as
    for the reference tools. Only if the keys are a superset (a manifest, the metadata of a whole
    corpus) are keys without a score a warning.

    Parameters
    ----------
    scores : ScoreFile
    keys : KeyFile
        They override labels in the score file.
    allow_missing : bool, optional
        Whether keys without a score are allowed. Default: if `keys` is a superset.

    Returns
    -------
    scores : ScoreFile
        With labels, and the warnings of `scores`, `keys` and their match.

    Raises
    ------
    ValueError
        If a score has no key or several, or a key no score where that is not allowed.

    Examples
    --------
    >>> scores = ScoreFile(np.array(["flac/b.flac", "flac/a.flac"]), np.array([-1, 2]), None)
    >>> matched = match(scores, KeyFile({"a": 0, "b": 1}))
    >>> matched.labels.tolist(), matched.warnings
    ([1, 0], ('names were compared without suffix and by their last part',))
    """
    names, warnings = scores.names.tolist(), []
    trials: Mapping[str, str] = {name: name for name in keys.labels}
    if not trials.keys() >= set(names):
        names, trials = _plain(names, trials)
    if trials.keys().isdisjoint(names):
        names, trials, parts = _shortened(names, trials)
        by = "part" if parts == 1 else f"{parts} parts"
        warnings.append(f"names were compared without suffix and by their last {by}")
    _require_keys(scores.names.tolist(), names, trials, next(iter(keys.labels)))
    allowed = keys.superset if allow_missing is None else allow_missing
    warnings += _missing({trials[name] for name in names}, keys, allowed)
    truth = np.array([keys.labels[trials[name]] for name in names], dtype=int)
    warnings += _contradictions(scores, truth)
    cells = [keys.cells[trials[name]] for name in names] if keys.columns else []
    return replace(
        scores,
        labels=truth,
        warnings=(*scores.warnings, *keys.warnings, *warnings),
        columns={
            column: np.array([row[number] for row in cells], object)
            for number, column in enumerate(keys.columns)
        },
    )


def _missing(scored: set[str], keys: KeyFile, allowed: bool) -> list[str]:
    """Tell of keys without a score; pictures count alone, and so do recordings."""
    trials = set(keys.labels)
    if scored.isdisjoint(keys.recordings):
        trials -= keys.recordings
    elif scored <= keys.recordings:
        trials &= keys.recordings
    missing = trials - scored
    if not missing:
        return []
    got = f"none for {len(missing)} of {len(trials)}, for example {min(missing)}"
    if not allowed:
        raise ValueError(f"expected a score for every key, got {got}")
    return [f"not every key has a score: {got}"]


def _contradictions(scores: ScoreFile, labels: np.ndarray) -> list[str]:
    if scores.labels is None or not (differ := scores.names[labels != scores.labels]).size:
        return []
    return [
        f"the keys contradict {differ.size} of {len(labels)} labels in the score file, for example "
        f"of {differ[0]}: the keys count"
    ]


def _require_keys(names: list[str], short: list[str], keys: Container[str], example: str) -> None:
    pairs = zip(names, short, strict=True)
    if without := [name for name, shortened in pairs if shortened not in keys]:
        raise ValueError(
            f"expected a key for every score, got none for {len(without)} of {len(names)}, for "
            f"example {without[0]}; the keys have names such as {example}"
        )


def _plain(names: list[str], trials: Mapping[str, str]) -> tuple[list[str], Mapping[str, str]]:
    """Names, and keys by their names, in plain spelling where that keeps all of them apart."""
    plain, keys = ([plain_name(name) for name in group] for group in (names, trials))
    if any(len(set(group)) < len(group) for group in (plain, keys)):
        return names, trials
    return plain, dict(zip(keys, trials, strict=True))


def _shortened(
    names: list[str], trials: Mapping[str, str]
) -> tuple[list[str], dict[str, str], int]:
    """Names, and keys by their names, by as many of their last parts as agree for every score."""
    depths = [
        max(name.replace("\\", "/").count("/") for name in group) for group in (names, trials)
    ]
    for count in range(min(depths) + 1, 0, -1):
        short, keys = ([short_name(name, count) for name in group] for group in (names, trials))
        if set(short) <= set(keys):
            break
    times = Counter(keys)
    _require_keys(names, short, times, next(iter(trials)))
    if several := [name for name, n in Counter(short).items() if n > 1 or times[name] > 1]:
        raise ValueError(
            f"expected scores and keys of the same names, got none in common, and without their "
            f"first folders and suffix {several[0]} is several"
        )
    return short, dict(zip(keys, trials.values(), strict=True)), count
