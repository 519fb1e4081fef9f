"""Verdicts on pictures."""

import glob
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classify.console import COMMAND
from classify.data.advice import holds_sounds
from classify.data.pictures import walk
from classify.prediction.inference import (
    Score,
    require_picture,
    score_arrays,
    score_pictures,
)
from classify.prediction.wording import UNCERTAIN
from classify.runs.run import Run


@dataclass(frozen=True)
class Verdict:
    """Verdict on one picture.

    Attributes
    ----------
    path : str
    label : str
        Name of the class, or ``"uncertain"``.
    confidence : float
        Probability of the likelier class, in percent, 50 to 100.
    p_fake : float in (0, 1)
        Calibrated probability of the positive class, were both equally frequent.
    llr : float
        Calibrated ln p(real) - ln p(fake), in nats: above 0 the picture is more likely under the
        first class. The field's tools take it as score.
    """

    path: str
    label: str
    confidence: float
    p_fake: float
    llr: float


@dataclass(frozen=True)
class Refusal:
    """A path that cannot be judged, and why."""

    path: str
    reason: str


def expand(names: Iterable[str | Path]) -> Iterator[Path | Score]:
    """List the pictures that names stand for, in the order of the names.

    Parameters
    ----------
    names : iterable of str or Path
        Files, folders (all pictures below, sorted) and patterns with ``*``, ``?`` or ``[``. Paths
        are files, whatever their names, and are passed on.

    Yields
    ------
    path : Path or Score
        A score with a reason for a name that stands for nothing.
    """
    for name in names:
        if isinstance(name, Path):
            yield name
        elif (path := Path(name)).is_dir():
            yield from _or_reason(_below(path), path, "a folder")
        elif path.exists() or not glob.has_magic(name):
            yield path
        else:
            matches = sorted(glob.glob(name, recursive=True))
            yield from _or_reason(map(Path, matches), path, "a pattern")


def _below(folder: Path) -> Iterator[Path | Score]:
    """Pictures below a folder, then a score with a reason for each folder that is locked."""
    locked: dict[Path, str] = {}
    yield from walk(folder, locked)
    yield from (Score(path, None, reason) for path, reason in locked.items())


def predict(run: Run, names: Iterable[str | Path]) -> Iterator[Verdict | Refusal]:
    """Judge pictures.

    Parameters
    ----------
    run : Run
    names : iterable of str or Path
        See `expand`.

    Yields
    ------
    result : Verdict or Refusal
        In the order of the names.
    """
    for score in score_pictures(run, expand(names)):
        if score.llr is None:
            yield Refusal(str(score.path), score.reason)
        else:
            yield verdict(run, str(score.path), score.llr)


def judge_picture(run: Run, image: np.ndarray, name: str) -> Verdict:
    """Judge a decoded picture.

    Parameters
    ----------
    run : Run
    image : np.ndarray, shape=run.shape, dtype=uint8
    name : str
        Path in the verdict.

    Raises
    ------
    ValueError
        If the picture has another size or type.
    """
    require_picture(run, image)
    return verdict(run, name, score_arrays(run, image[np.newaxis]))


def verdict(run: Run, path: str, raw: np.ndarray) -> Verdict:
    """Turn raw scores into a verdict.

    Parameters
    ----------
    run : Run
    path : str
    raw : np.ndarray, at least one number
        Of the networks of the run, and of the clips if it is of a recording; their mean counts.
    """
    llr = float(run.calibration(np.mean(raw)))
    p_fake = probability(llr)
    return Verdict(
        path=path,
        label=label_of(p_fake, run),
        confidence=100 * max(p_fake, 1 - p_fake),
        p_fake=p_fake,
        llr=llr,
    )


def label_of(p_fake: float, run: Run) -> str:
    """Label that the threshold and the uncertain band of a run give to P(positive class)."""
    low, high = run.uncertain
    return UNCERTAIN if low < p_fake < high else run.classes[p_fake >= run.threshold]


def probability(llr: float) -> float:
    """Turn a calibrated score into P(positive class), 1 / (1 + exp(llr)).

    Examples
    --------
    >>> probability(0.0), probability(1000.0)
    (0.5, 0.0)
    """
    return float(np.exp(-np.logaddexp(0.0, llr)))


def _or_reason(paths: Iterator[Path | Score], path: Path, what: str) -> Iterator[Path | Score]:
    first = next(paths, None)
    if first is None:
        advice = f": {COMMAND} detect judges its recordings" if holds_sounds(path) else ""
        yield Score(path, None, f"expected pictures, got {what} without any{advice}")
    else:
        yield first
        yield from paths
