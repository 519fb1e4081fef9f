"""A run and one split of a dataset in, figures of how good it is out, and the report of them."""

import csv
import io
import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from classify.case import main_level
from classify.data import manifest
from classify.data.manifest import Manifest
from classify.evaluation import robustness
from classify.evaluation.robustness import ConditionScores
from classify.explanations import faithfulness
from classify.files import atomic_write
from classify.metrics import detection
from classify.metrics.bootstrap import RESAMPLES, cluster_column, cluster_groups, of_summary
from classify.metrics.breakdown import breakdown, mean_over
from classify.metrics.trials import (
    PRIOR,
    Trials,
    compute_metrics,
    oracle_metrics,
    selective_accuracy,
)
from classify.prediction.pooling import RawScores, calibrated_trials, score_split
from classify.reports import html
from classify.runs.run import Run

# Broken down by these, where the manifest has them and nothing else was asked for.
BY = ("source", "generator")


@dataclass(frozen=True)
class Evaluation:
    """What came of an evaluation.

    Attributes
    ----------
    report : dict
        What ``report/metrics.json`` holds.
    levels : dict of str to Trials
        ``"picture"`` and perhaps ``"recording"``.
    refused : int
        Pictures and, of a robustness sweep, recordings that could not be scored.
    """

    report: dict[str, Any]
    levels: dict[str, Trials]
    refused: int

    @property
    def trials(self) -> Trials:
        """The recordings, or the pictures where no recordings are known."""
        return self.levels.get("recording", self.levels["picture"])


def evaluate(
    dataset: Path,
    run: Run,
    split: str,
    by: Sequence[str] | None = None,
    resamples: int = RESAMPLES,
    explain_pictures: int = faithfulness.PICTURES,
    degrade: Callable[[], ConditionScores] | None = None,
) -> Evaluation:
    """Score one split and write ``RUN/report``: ``metrics.json`` and ``index.html``.

    Parameters
    ----------
    dataset : Path
        A picture dataset, drawn with the settings that the run was trained with.
    run : Run
    split : str
        ``"train"``, ``"validation"`` or ``"test"``.
    by : sequence of str, optional
        Columns of the manifest to break down by; default: source and generator, if there.
    resamples : int
        For the intervals.
    explain_pictures : int
        Pictures that the faithfulness of explanations is measured on; 0 leaves it out.
    degrade : function, optional
        Gives the scores of a robustness sweep, which is then part of the report; `detect` has one,
        for this package hears nothing.

    Returns
    -------
    evaluation : Evaluation

    Raises
    ------
    ValueError
        If there is nothing to score, the dataset was drawn with other settings, or a column is
        not in the manifest.
    """
    known = manifest.read(dataset)
    columns = _columns(known, by, dataset)
    pictures = score_split("evaluate", dataset, run, split)
    found = calibrated_trials(run, pictures, known)
    cluster = cluster_column(found["picture"])
    together = {level: cluster_groups(scored, cluster) for level, scored in found.items()}
    figures: dict[str, Any] = {
        "split": split,
        "threshold": run.threshold,
        "uncertain": list(run.uncertain),
        "prior": PRIOR,
        **_by_level(run, found, together, resamples),
        "resampled_by": cluster,
        "resamples": resamples,
    }
    if run.members:
        figures["seeds"] = _over_seeds(run, pictures, known)
    level = "recording" if "recording" in found else "picture"
    figures["by"] = {
        column: breakdown(found[level], column, together[level], run.threshold, resamples)
        for column in columns
    }
    means = {column: mean_over(cells) for column, cells in figures["by"].items()}
    figures["mean_over"] = {column: mean for column, mean in means.items() if mean}
    if explain_pictures:
        trials = found["picture"]
        figures["explanation"] = faithfulness.measure(
            run, dataset, trials, trials.recordings, together["picture"], explain_pictures
        )
    asked = [f"--by={column}" for column in by or ()]
    if explain_pictures != faithfulness.PICTURES:
        asked.append(f"--explain-pictures={explain_pictures}")
    refused = pictures.refused
    if degrade:
        degraded = degrade()
        figures["robustness"] = _robustness(degraded, by or BY, run.threshold, resamples)
        asked += degraded.asked
        refused += degraded.refused
    _write(run, dataset, figures, found, asked)
    return Evaluation(figures, found, refused)


def _by_level(
    run: Run, found: dict[str, Trials], together: dict[str, np.ndarray], resamples: int
) -> dict[str, Any]:
    """The figures that there are for pictures and for recordings."""
    figures: dict[str, Any] = {"interval": {}, "oracle": {}, "decided": {}, "confusion": {}}
    for level, scored in found.items():
        labels, llr = scored.labels, scored.llr
        verdicts = (expit(-llr) >= run.threshold).astype(int)
        figures[level] = compute_metrics(labels, llr, run.threshold)
        figures["interval"][level] = of_summary(scored, together[level], run.threshold, resamples)
        figures["oracle"][level] = oracle_metrics(labels, llr)
        figures["decided"][level] = selective_accuracy(labels, llr, run.uncertain)
        figures["confusion"][level] = detection.confusion(labels, verdicts).tolist()
    return figures


def _columns(known: Manifest, by: Sequence[str] | None, dataset: Path) -> list[str]:
    there = manifest.columns(known)
    if by is None:
        return [column for column in BY if column in there]
    missing = [column for column in by if column not in there]
    if missing:
        raise ValueError(
            f"expected a column of {dataset / 'manifest.csv'} ({', '.join(there) or 'none'}), "
            f"got {missing[0]}"
        )
    return list(by)


def _over_seeds(
    run: Run, pictures: RawScores, known: Manifest
) -> dict[str, dict[str, tuple[float, float]]]:
    """Mean and standard deviation of the members' figures, each for itself."""
    figures: dict[str, list[dict[str, float]]] = {}
    for number, member in enumerate(run.members):
        alone = RawScores(pictures.names, pictures.labels, pictures.llr[:, [number]], 0)
        for level, scored in calibrated_trials(member, alone, known).items():
            one = compute_metrics(scored.labels, scored.llr, member.threshold)
            figures.setdefault(level, []).append(one)
    return {
        level: {
            name: (
                float(np.mean([one[name] for one in members])),
                float(np.std([one[name] for one in members], ddof=1)),
            )
            for name in members[0]
            if all(name in one for one in members)
        }
        for level, members in figures.items()
    }


def _robustness(
    degraded: ConditionScores, columns: Sequence[str], threshold: float, resamples: int
) -> dict[str, Any]:
    cluster = cluster_column(degraded.trials(0))
    together = cluster_groups(degraded.trials(0), cluster)
    found = robustness.figures(degraded, together, columns, threshold, resamples)
    return {**found, "resampled_by": cluster}


def _write(
    run: Run,
    dataset: Path,
    figures: dict[str, Any],
    found: dict[str, Trials],
    asked: Sequence[str],
) -> None:
    folder = run.folder / "report"
    folder.mkdir(exist_ok=True)
    command = ["./run.sh", "evaluate", str(dataset), "--run", str(run.folder)]
    command += ["--split", figures["split"], *asked]
    atomic_write(folder / "metrics.json", (json.dumps(figures, indent=2) + "\n").encode())
    atomic_write(folder / "scores.csv", _table(run, found[main_level(found)]))
    html.write(run, dataset, figures, found, shlex.join(command))


def _table(run: Run, scored: Trials) -> bytes:
    """Calibrated scores with the truth, for whoever wants another threshold."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("name", "label", "llr"))
    for name, label, llr in zip(scored.names, scored.labels, scored.llr, strict=True):
        writer.writerow((name, run.classes[label], float(llr)))
    return text.getvalue().encode(errors="surrogateescape")
