"""Out-of-distribution check of a recording against those that a run was trained on.

`TrainingRanges` hold, for each confounder with a `range_check`, the 1st and the 99th percentile
over the training recordings. Confounders are numbers of the manifest, and means of what the pixels
of a recording's pictures show.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from classify.audit.confounders import CONFOUNDERS, SLICES, RangeCheck
from classify.audit.table import gather
from classify.data.manifest import Manifest

TrainingRanges = dict[str, list[float]]

PERCENTILES = (1, 99)
SAMPLE = 4_000  # largest number of pictures that are measured


def _checks() -> dict[str, RangeCheck]:
    """Range checks in the order of the warnings.

    Properties of the file come first, then those of its pictures. Brightness is last, since it
    follows from the others.
    """
    rows = sorted(CONFOUNDERS, key=lambda row: (row.name in SLICES, row.name == "brightness"))
    return {row.name: row.range_check for row in rows if row.range_check}


CHECKS = _checks()


def measure_ranges(
    dataset: Path, paths: Sequence[Path], labels: np.ndarray, manifest: Manifest
) -> TrainingRanges:
    """Measure the ranges of the training recordings.

    Parameters
    ----------
    dataset : Path
    paths : sequence of Path
        Its readable training pictures; of more than `SAMPLE`, an evenly spaced sample is measured.
    labels : np.ndarray of int, shape=(len(paths),)
    manifest : dict
        Manifest of the dataset.

    Returns
    -------
    ranges : dict of str to list of two float
        Of the confounders that are known of at least one recording.
    """
    # Here, since detection checks ranges but measures none, and starts faster without.
    from classify.audit.scan import scan

    names = [path.relative_to(dataset).as_posix() for path in paths]
    chosen = np.unique(np.linspace(0, len(names) - 1, min(SAMPLE, len(names))).round().astype(int))
    pictures = scan(dataset, "train", [names[at] for at in chosen], labels[chosen], signed=False)
    table = gather(pictures.measured, pictures.names, pictures.labels, manifest, names)
    ranges = {}
    for name in CHECKS:
        if name in table.values:
            numbers = table.values[name].mean(axis=1)  # silence: of both edges
            low, high = np.nanpercentile(numbers, PERCENTILES)
            ranges[name] = [float(low), float(high)]
    return ranges


def describe(measured: np.ndarray, properties: Mapping[str, float]) -> dict[str, float]:
    """Name the checked confounders of one recording.

    Parameters
    ----------
    measured : np.ndarray, shape=(MEASURED,)
        Mean of `classify.audit.confounders.measure_confounders` over its pictures.
    properties : mapping of str to float
        Properties of its file: ``sample_rate``, ``recording_s``, ``level_db``.

    Returns
    -------
    confounders : dict of str to float
    """
    pixels = {name: measured[part].mean() for name, part in SLICES.items()}
    known = {**properties, **pixels}
    return {name: float(known[name]) for name in CHECKS if name in known}


def ood_warnings(
    ranges: Mapping[str, Sequence[float]], recording: Mapping[str, float]
) -> list[str]:
    """Say in what a recording lies outside the training ranges.

    Parameters
    ----------
    ranges : mapping of str to two float
        A confounder without a range is not compared.
    recording : mapping of str to float
        Confounders of the recording.

    Returns
    -------
    warnings : list of str
        One that names every confounder outside its range by more than its slack, or none.

    Examples
    --------
    >>> ood_warnings({"sample_rate": [16000.0, 16000.0]}, {"sample_rate": 8000.0})
    ['unlike the training recordings: sample rate 8000 Hz, theirs 16000 Hz']
    """
    unlike = []
    for name, check in CHECKS.items():
        value = recording.get(name, math.nan)
        low, high = ranges.get(name, (-math.inf, math.inf))
        above = check.upwards and value > high + check.slack
        if value < low - check.slack or above:
            ends = dict.fromkeys(_number(check.scale * end) for end in (low, high))
            unlike.append(
                f"{check.title} {_number(check.scale * value)} "
                f"{check.unit}, theirs {' to '.join(ends)} {check.unit}"
            )
    return [f"unlike the training recordings: {'; '.join(unlike)}"] if unlike else []


def _number(value: float) -> str:
    """Three digits, or as many as stand before the point."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
