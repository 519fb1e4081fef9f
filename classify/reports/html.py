"""The report of an evaluation: one self-contained HTML file for people.

It holds its pictures and its style and refers to nothing else. The same input gives the same
bytes. Scores are ``llr``, ln p(first class) - ln p(second class); rates are in [0, 1], in the file
in per cent.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from matplotlib.figure import Figure
from scipy.special import expit, logit

from classify.case import main_level, rule_of_three
from classify.data.pictures import decode
from classify.files import atomic_write
from classify.metrics import detection
from classify.metrics.breakdown import ENOUGH
from classify.metrics.trials import Trials
from classify.reports import curves, deletion, heatmap, plots
from classify.reports.summary import assess
from classify.runs.history import read_history
from classify.runs.run import Run

MISTAKES = 12
ROWS = 100  # of a breakdown table

NBSP = "\u00a0"  # keeps a number and its unit in one line
# Figures shown in per cent.
PERCENT = {
    *("accuracy", "balanced_accuracy", "precision", "recall"),
    *("fpr", "fnr", "hter", "eer", "ece"),
}


def write(
    run: Run, dataset: Path, report: Mapping[str, Any], levels: Mapping[str, Trials], command: str
) -> Path:
    """Write ``RUN/report/index.html``.

    Parameters
    ----------
    run : Run
    dataset : Path
        The dataset; the mistakes are drawn from its pictures.
    report : mapping
        What ``metrics.json`` holds.
    levels : mapping of str to Trials
        ``"picture"``, whose names are paths relative to `dataset`, and perhaps ``"recording"``.
    command : str
        What was called, for whoever wants to call it again.

    Returns
    -------
    path : Path

    Raises
    ------
    OSError, ValueError
        If a picture that is to be shown cannot be read any more.
    """
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"percent": _percent, "chance": _chance}
    template = environment.from_string(
        files("classify.reports").joinpath("report.html").read_text("utf-8")
    )
    page = template.render(
        run=run,
        dataset=dataset,
        report=report,
        levels=levels,
        command=command,
        main=main_level(levels),
        classes=run.classes,
        counts={level: np.bincount(its.labels, minlength=2) for level, its in levels.items()},
        verdict=assess(report, levels, run.classes).replace(" %", f"{NBSP}%"),
        show=_show,
        between=_between,
        signed=_signed,
        cut=float(-logit(run.threshold)),
        rule_of_three=rule_of_three,
        most=ROWS,
        enough=ENOUGH,
        drawn=dict(_drawn(run, report, levels)),
        explained=_explained(report),
        heatmap=heatmap,
        mistakes=list(_mistakes(run, dataset, levels["picture"])),
    )
    path = run.folder / "report" / "index.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    # A file name need not be Unicode.
    atomic_write(path, page.strip().encode(errors="backslashreplace"))
    return path


def mistakes(scored: Trials, threshold: float, most: int = MISTAKES) -> np.ndarray:
    """Find the most confident mistakes, at most one a recording.

    Both kinds have the same room; what one does not need is the other's.

    Parameters
    ----------
    scored : Trials
    threshold : float in (0, 1)
        P(second class) from which the verdict is the second class.
    most : int
        Even.

    Returns
    -------
    index : np.ndarray, shape=(m,), dtype=int
        The most confident first.

    Examples
    --------
    >>> scored = Trials(np.array(["a", "b", "c"]), np.array([0, 1, 1]), np.array([-1.0, 2.0, -3.0]))
    >>> mistakes(scored, 0.5).tolist()
    [1, 0]
    """
    called = expit(-scored.llr) >= threshold
    confidence = np.where(called, -scored.llr, scored.llr)
    wrong = np.flatnonzero(called != (scored.labels == 1))
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
    wrong = wrong[np.sort(np.unique(scored.recordings[wrong], return_index=True)[1])]
    real, fake = (wrong[scored.labels[wrong] == label] for label in (0, 1))
    half = most // 2
    chosen = np.concatenate(
        [real[: max(half, most - len(fake))], fake[: max(half, most - len(real))]]
    )
    return chosen[np.argsort(-confidence[chosen], kind="stable")]


def _mistakes(run: Run, dataset: Path, scored: Trials) -> Iterator[dict[str, Any]]:
    for at in mistakes(scored, run.threshold):
        name, p_fake = str(scored.names[at]), float(expit(-scored.llr[at]))
        image = decode((dataset / name).read_bytes()).image
        yield {
            "name": name,
            "p_fake": p_fake,
            "truth": run.classes[scored.labels[at]],
            "verdict": run.classes[int(p_fake >= run.threshold)],
            "uncertain": run.uncertain[0] < p_fake < run.uncertain[1],
            "picture": _inline(plots.spectrogram(image, run.axes), dpi=110, grey=True),
        }


def _drawn(
    run: Run, report: Mapping[str, Any], levels: Mapping[str, Trials]
) -> Iterator[tuple[str, str]]:
    """Figures by name, those that have a meaning."""
    histories = dict(_histories(run))
    if histories:
        yield "learning", _inline(plots.learning(histories, run.training.get("keep_epoch", "last")))
    found = {
        level: _curve(its, report[level]) for level, its in levels.items() if "eer" in report[level]
    }
    if found:
        yield "roc", _inline(curves.roc(found, run.classes))
        yield "det", _inline(curves.det(found, run.classes))
    for level, its in levels.items():
        how = (its.labels, its.llr, run.classes)
        yield f"histogram-{level}", _inline(plots.histogram(*how, run.threshold, run.uncertain))
        if "ece" in report[level]:
            yield f"reliability-{level}", _inline(plots.reliability(*how))
    if "explanation" in report:
        yield "deletion", _inline(deletion.curves(report["explanation"]))


def _explained(report: Mapping[str, Any]) -> dict[str, str]:
    """Whether explanations mean anything, by method; empty where it was not measured."""
    found = deletion.sentences(report["explanation"]) if "explanation" in report else {}
    return {method: sentence.replace(" %", f"{NBSP}%") for method, sentence in found.items()}


def _curve(scored: Trials, found: Mapping[str, float]) -> curves.Curve:
    fpr, fnr, _ = detection.det_curve(
        scored.llr[scored.labels == 0], scored.llr[scored.labels == 1]
    )
    return curves.Curve(fpr, fnr, found["eer"], (found["fpr"], found["fnr"]))


def _histories(run: Run) -> Iterator[tuple[str, list[dict[str, float]]]]:
    for member in run.members or (run,):
        rows = read_history(member.folder / "history.csv")
        if rows:
            yield member.folder.name if run.members else "", rows


def _inline(figure: Figure, dpi: int = 150, grey: bool = False) -> str:
    data = base64.b64encode(plots.png(figure, dpi, grey)).decode()
    return f"data:image/png;base64,{data}"


def _show(name: str, value: float) -> str:
    return _percent(value) if name in PERCENT else f"{value:.3f}"


def _between(name: str, ends: Sequence[float]) -> str:
    return f"{_show(name, ends[0]).removesuffix(f'{NBSP}%')} to {_show(name, ends[1])}"


def _signed(value: float) -> str:
    return f"{value + 0.0:.3f}".replace("-", "−")  # adding 0 makes 0 of -0


def _percent(value: float) -> str:
    return f"{100 * value:.1f}{NBSP}%"


def _chance(p: float) -> str:
    """A probability, never as 0 or 100 %."""
    side = "< " if p < 0.001 else "> " if p > 0.999 else ""
    return side + _percent(min(max(p, 0.001), 0.999))
