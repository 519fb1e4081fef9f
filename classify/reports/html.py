"""The report of an evaluation: one self-contained HTML file for people.

It holds its pictures and its style and refers to nothing else. The same input gives the same
bytes. Scores are ``llr``, ln p(first class) - ln p(second class); rates are in [0, 1], in the file
in per cent.
"""

import base64
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from matplotlib import rc_context, rcParamsDefault
from matplotlib.figure import Figure
from scipy.special import expit, logit

from classify.data.pictures import decode
from classify.files import atomic_write
from classify.metrics import detection
from classify.metrics.bootstrap import rule_of_three
from classify.metrics.breakdown import ENOUGH
from classify.metrics.registry import METRICS
from classify.metrics.report import EvaluationReport, UnitReport
from classify.metrics.trials import Trials
from classify.prediction.verdicts import label_of
from classify.prediction.wording import UNCERTAIN
from classify.probability import NBSP, chance, percent
from classify.reports import curves, deletion, heatmap, plots
from classify.reports.summary import assess
from classify.runs.history import read_history
from classify.runs.run import Run

MISTAKES = 12
ROWS = 100  # of a breakdown table


@rc_context(rcParamsDefault)
def write(run: Run, dataset: Path, report: EvaluationReport, command: str) -> Path:
    """Write ``RUN/report/index.html``.

    Parameters
    ----------
    run : Run
    dataset : Path
        The mistakes are drawn from its pictures.
    report : EvaluationReport
        The names of its pictures are paths relative to `dataset`.
    command : str
        What was called, for whoever wants to call it again.

    Raises
    ------
    OSError, ValueError
        If a picture that is to be shown cannot be read any more.
    """
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"percent": _percent, "chance": partial(chance, space=NBSP)}
    template = environment.from_string(
        files("classify.reports").joinpath("report.html").read_text("utf-8")
    )
    page = template.render(
        run=run,
        dataset=dataset,
        report=report,
        command=command,
        registry=METRICS,
        keep_epoch=run.training["keep_epoch"],
        verdict=assess(report).replace(" %", f"{NBSP}%"),
        show=_show,
        between=_between,
        signed=_signed,
        cut=float(-logit(run.threshold)),
        rule_of_three=rule_of_three,
        most=ROWS,
        enough=ENOUGH,
        plots=dict(_plots(run, report)),
        explained=_explained(report),
        heatmap=heatmap,
        mistakes=list(_mistakes(run, dataset, report.units["picture"].trials)),
    )
    path = run.folder / "report" / "index.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    # A file name need not be Unicode.
    atomic_write(path, page.strip().encode(errors="backslashreplace"))
    return path


def mistakes(trials: Trials, threshold: float, most: int = MISTAKES) -> np.ndarray:
    """Find the most confident mistakes, at most one a recording.

    Both kinds have the same room; what one does not need is the other's.

    Parameters
    ----------
    trials : Trials
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
    >>> trials = Trials(np.array(["a", "b", "c"]), np.array([0, 1, 1]), np.array([-1.0, 2.0, -3.0]))
    >>> mistakes(trials, 0.5).tolist()
    [1, 0]
    """
    called = expit(-trials.llr) >= threshold
    confidence = np.where(called, -trials.llr, trials.llr)
    wrong = np.flatnonzero(called != (trials.labels == 1))
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
    wrong = wrong[np.sort(np.unique(trials.recordings[wrong], return_index=True)[1])]
    real, fake = (wrong[trials.labels[wrong] == label] for label in (0, 1))
    half = most // 2
    chosen = np.concatenate(
        [real[: max(half, most - len(fake))], fake[: max(half, most - len(real))]]
    )
    return chosen[np.argsort(-confidence[chosen], kind="stable")]


def _mistakes(run: Run, dataset: Path, trials: Trials) -> Iterator[dict[str, Any]]:
    for at in mistakes(trials, run.threshold):
        name, p_fake = str(trials.names[at]), float(expit(-trials.llr[at]))
        image = decode((dataset / name).read_bytes()).image
        yield {
            "name": name,
            "p_fake": p_fake,
            "truth": run.classes[trials.labels[at]],
            "verdict": run.classes[int(p_fake >= run.threshold)],
            "uncertain": label_of(p_fake, run) == UNCERTAIN,
            "picture": _inline(plots.spectrogram(image, run.axes), dpi=110, grey=True),
        }


def _plots(run: Run, report: EvaluationReport) -> Iterator[tuple[str, str]]:
    """Plots by name, those that have a meaning."""
    histories = dict(_histories(run))
    if histories:
        yield "learning", _inline(plots.learning(histories, run.training["keep_epoch"]))
    error_curves = {
        unit: _curve(part) for unit, part in report.units.items() if "eer" in part.metrics
    }
    if error_curves:
        yield "roc", _inline(curves.roc(error_curves, run.classes))
        yield "det", _inline(curves.det(error_curves, run.classes))
    yield "risk-coverage", _inline(_risk_coverage(report))
    for unit, part in report.units.items():
        scores = (part.trials.labels, part.trials.llr, run.classes)
        yield f"histogram-{unit}", _inline(plots.histogram(*scores, run.threshold, run.uncertain))
        if "ece" in part.metrics:
            yield f"reliability-{unit}", _inline(plots.reliability(*scores))
    if report.explanation:
        yield "deletion", _inline(deletion.curves(report.explanation))


def _explained(report: EvaluationReport) -> dict[str, str]:
    """Whether explanations mean anything, by method; empty where it was not measured."""
    sentences = deletion.sentences(report.explanation) if report.explanation else {}
    return {method: sentence.replace(" %", f"{NBSP}%") for method, sentence in sentences.items()}


def _curve(part: UnitReport) -> curves.Curve:
    trials, metrics = part.trials, part.metrics
    fpr, fnr, _ = detection.det_curve(
        trials.llr[trials.labels == 0], trials.llr[trials.labels == 1]
    )
    return curves.Curve(fpr, fnr, metrics["eer"], (metrics["fpr"], metrics["fnr"]))


def _risk_coverage(report: EvaluationReport) -> Figure:
    units = report.units.items()
    return curves.risk_coverage(
        {unit: part.risk_coverage for unit, part in units},
        {unit: 1 - part.selective["uncertain"] for unit, part in units},
    )


def _histories(run: Run) -> Iterator[tuple[str, list[dict[str, float]]]]:
    for member in run.members or (run,):
        rows = read_history(member.folder / "history.csv")
        if rows:
            yield member.folder.name if run.members else "", rows


def _inline(figure: Figure, dpi: int = 150, grey: bool = False) -> str:
    data = base64.b64encode(plots.png(figure, dpi, grey)).decode()
    return f"data:image/png;base64,{data}"


def _show(name: str, value: float) -> str:
    return _percent(value) if METRICS[name].percent else f"{value:.3f}"


def _between(name: str, ends: Sequence[float]) -> str:
    return f"{_show(name, ends[0]).removesuffix(f'{NBSP}%')} to {_show(name, ends[1])}"


def _signed(value: float) -> str:
    return f"{value + 0.0:.3f}".replace("-", "−")  # adding 0 makes 0 of -0


def _percent(value: float) -> str:
    return percent(value, NBSP)
