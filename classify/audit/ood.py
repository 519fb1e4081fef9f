"""What the training recordings were like, so that a recording unlike them is told.

A `TrainingRanges` holds, for each trivial fact, the 1st and the 99th percentile over the training
recordings. Facts are those of `classify.audit.confounders`: numbers of the manifest where there is
one, and what the pixels show, averaged over a recording's pictures.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classify.audit import confounders
from classify.audit.confounders import SLICES
from classify.data.manifest import Manifest

TrainingRanges = dict[str, list[float]]

PERCENTILES = (1, 99)
SAMPLE = 4_000  # pictures that are looked at, at most


@dataclass(frozen=True)
class RangeCheck:
    """How a fact is told.

    Attributes
    ----------
    title : str
    unit : str
    slack : float
        How far outside the training recordings' range a recording may be, in the unit of the fact.
    scale : float
        What the fact is multiplied by to be in `unit`.
    """

    title: str
    unit: str
    slack: float
    scale: float = 1.0


FACTS = {
    "sample_rate": RangeCheck("sample rate", "Hz", 0),
    "recording_s": RangeCheck("length", "s", 0.5),
    "level_db": RangeCheck("level", "dB", 1),
    "bandwidth": RangeCheck("empty rows at the top", "%", 0.03, 100),
    "silence": RangeCheck("silence at the edges of its clips", "%", 0.05, 100),
    "noise_floor": RangeCheck("brightness of its pauses", "of 255", 5),
    "brightness": RangeCheck("brightness", "of 255", 5),
}


def measure_ranges(
    dataset: Path, paths: Sequence[Path], labels: np.ndarray, known: Manifest
) -> TrainingRanges:
    """Look at the training pictures and sum up what their recordings were like.

    Parameters
    ----------
    dataset : Path
        The dataset.
    paths : sequence of Path
        Its readable training pictures; of very many, a sample evenly spaced over them is looked at.
    labels : np.ndarray of int, shape=(len(paths),)
    known : dict
        Manifest of the dataset.

    Returns
    -------
    material : dict of str to list of two float
        Facts that are known of at least one recording, in JSON's types.
    """
    # Here, as what compares needs none of what looks at whole datasets.
    from classify.audit.scan import scan

    names = [path.relative_to(dataset).as_posix() for path in paths]
    chosen = np.unique(np.linspace(0, len(names) - 1, min(SAMPLE, len(names))).round().astype(int))
    looked = scan(dataset, "train", [names[at] for at in chosen], labels[chosen], signed=False)
    found = confounders.gather(looked.measured, looked.names, looked.labels, known, names)
    ranges = {}
    for name in FACTS:
        if name in found.values:
            numbers = found.values[name].mean(axis=1)  # silence: of both edges
            low, high = np.nanpercentile(numbers, PERCENTILES)
            ranges[name] = [float(low), float(high)]
    return ranges


def describe(measured: np.ndarray, numbers: Mapping[str, float]) -> dict[str, float]:
    """Name the facts of one recording.

    Parameters
    ----------
    measured : np.ndarray, shape=(5 + BANDS,)
        Mean of `classify.audit.confounders.measure_confounders` over its pictures.
    numbers : mapping of str to float
        What else is known of it: ``sample_rate``, ``recording_s``, ``level_db``.

    Returns
    -------
    found : dict of str to float
    """
    shown = {name: float(measured[part].mean()) for name, part in SLICES.items() if name in FACTS}
    return {name: float(numbers[name]) for name in FACTS if name in numbers} | shown


def ood_warnings(material: Mapping[str, Sequence[float]], found: Mapping[str, float]) -> list[str]:
    """Say what about a recording the training has hardly met.

    Parameters
    ----------
    material : mapping of str to two float
        Without a fact, or with nothing at all, it is not compared.
    found : mapping of str to float
        Facts of the recording.

    Returns
    -------
    warnings : list of str
        One a fact that is outside what 98 of 100 training recordings had.

    Examples
    --------
    >>> ood_warnings({"sample_rate": [16000.0, 16000.0]}, {"sample_rate": 44100.0})
    ['unlike the training recordings: sample rate 44100 Hz, there 16000 Hz']
    >>> ood_warnings({"recording_s": [1.0, 4.0]}, {"recording_s": 3600.0})
    ['unlike the training recordings: length 3600 s, there 1 to 4 s']
    """
    warnings = []
    for name, fact in FACTS.items():
        value = found.get(name, math.nan)
        low, high = material.get(name, (-math.inf, math.inf))
        if value < low - fact.slack or value > high + fact.slack:
            ends = dict.fromkeys(_number(fact.scale * end) for end in (low, high))
            warnings.append(
                f"unlike the training recordings: {fact.title} {_number(fact.scale * value)} "
                f"{fact.unit}, there {' to '.join(ends)} {fact.unit}"
            )
    return warnings


def _number(value: float) -> str:
    """Three digits, or as many as stand before the point."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
