"""Paths of pictures in, verdicts out."""

import glob
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scipy.special import expit

from classify.pictures import files
from classify.run import Run
from classify.scores import Score, scores

UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Verdict:
    """What is said of one picture.

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
    """A path of which nothing can be said, and why."""

    path: str
    reason: str


def expand(names: Iterable[str]) -> Iterator[Path | Refusal]:
    """List the pictures that the names stand for, in their order.

    Parameters
    ----------
    names : iterable of str
        Files, folders (all pictures below, sorted) and patterns with ``*``, ``?`` or ``[``.

    Yields
    ------
    path : Path or Refusal
        A refusal for a name that stands for nothing.
    """
    for name in names:
        path = Path(name)
        if path.is_dir():
            yield from _or_refusal(files(path), name, "a folder")
        elif path.exists() or not glob.has_magic(name):
            yield path
        else:
            matches = sorted(glob.glob(name, recursive=True))
            yield from _or_refusal([Path(match) for match in matches], name, "a pattern")


def predict(run: Run, names: Iterable[str]) -> Iterator[Verdict | Refusal]:
    """Say what every picture is.

    Parameters
    ----------
    run : Run
    names : iterable of str
        See `expand`.

    Yields
    ------
    result : Verdict or Refusal
        In the order of the names.
    """
    found = list(expand(names))
    scored = scores(run, (path for path in found if isinstance(path, Path)))
    for path in found:
        yield path if isinstance(path, Refusal) else judge(run, next(scored))


def judge(run: Run, score: Score) -> Verdict | Refusal:
    """Turn a score into a verdict.

    Parameters
    ----------
    run : Run
    score : Score

    Returns
    -------
    result : Verdict or Refusal
    """
    if score.llr is None:
        return Refusal(str(score.path), score.reason)
    llr = float(run.calibration(score.llr).mean())  # a line: as good as of the mean
    p_fake = float(expit(-llr))
    low, high = run.uncertain
    label = UNCERTAIN if low < p_fake < high else run.classes[p_fake >= run.threshold]
    return Verdict(
        path=str(score.path),
        label=label,
        confidence=100 * max(p_fake, 1 - p_fake),
        p_fake=p_fake,
        llr=llr,
    )


def _or_refusal(paths: list[Path], name: str, what: str) -> Iterator[Path | Refusal]:
    yield from paths
    if not paths:
        yield Refusal(name, f"expected pictures, got {what} without any")
