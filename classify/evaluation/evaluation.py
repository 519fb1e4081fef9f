"""Evaluation of a run on one split of a dataset, and the files of its report."""

import dataclasses
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from classify.console import COMMAND
from classify.data import manifest
from classify.data.manifest import Manifest
from classify.defaults import EXPLAINED_PICTURES, RESAMPLES
from classify.evaluation import robustness
from classify.evaluation.robustness import ConditionScores
from classify.explanations import faithfulness
from classify.files import atomic_write
from classify.metrics import report as metrics_report
from classify.metrics.bootstrap import cluster_column, cluster_groups
from classify.metrics.breakdown import breakdown, means_over
from classify.metrics.false_alarms import false_alarms
from classify.metrics.registry import compute_metrics
from classify.metrics.report import EvaluationReport, UnitReport, judge_unit
from classify.metrics.robustness import RobustnessReport
from classify.metrics.trials import Trials, main_unit
from classify.prediction.pooling import RawScores, calibrated_trials, score_split, uncertain_bands
from classify.reports import html
from classify.runs.run import Run

# Broken down by these, where the manifest has them and nothing else was asked for.
BY = ("source", "generator")


def evaluate(
    dataset: Path,
    run: Run,
    split: str,
    by: Sequence[str] | None = None,
    resamples: int = RESAMPLES,
    explain_pictures: int = EXPLAINED_PICTURES,
    degrade: Callable[[], ConditionScores] | None = None,
) -> EvaluationReport:
    """Score one split and write ``RUN/report``: ``metrics.json``, ``scores.csv``, ``index.html``.

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
        Gives the scores of a robustness sweep, which is then part of the report. It comes from
        `detect`, because this package decodes no sound.

    Returns
    -------
    report : EvaluationReport
        Says itself if its files could not be written.

    Raises
    ------
    ValueError
        If there is nothing to score, the dataset was drawn with other settings, or a column is
        not in the manifest.
    """
    rows = manifest.read(dataset)
    columns = _columns(rows, by, dataset)
    scores = score_split("evaluate", dataset, run, split)
    trials = calibrated_trials(run, scores, rows)
    cluster = cluster_column(trials["picture"])
    groups = {unit: cluster_groups(part, cluster) for unit, part in trials.items()}
    main = main_unit(trials)
    cells = {
        column: breakdown(trials[main], column, groups[main], run.threshold, resamples)
        for column in _without_blank(columns, trials[main], split)
    }
    explanation = None
    if explain_pictures:
        pictures = trials["picture"]
        explanation = faithfulness.measure(
            run, dataset, pictures, pictures.recordings, groups["picture"], explain_pictures
        )
    degraded = degrade() if degrade else None
    report = EvaluationReport(
        split=split,
        classes=run.classes,
        threshold=run.threshold,
        uncertain=run.uncertain,
        units=_judge_units(run, trials, groups, resamples, _over_seeds(run, scores, rows)),
        bootstrap_unit=cluster,
        resamples=resamples,
        by=cells,
        false_alarms=false_alarms(trials[main], run.threshold),
        mean_over=means_over(cells),
        explanation=explanation,
        robustness=_robustness(degraded, columns if by else BY, run.threshold, resamples)
        if degraded
        else None,
        refused=scores.refused + (degraded.refused if degraded else 0),
    )
    options = [f"--by={column}" for column in by or ()]
    if explain_pictures != EXPLAINED_PICTURES:
        options.append(f"--explain-pictures={explain_pictures}")
    try:
        _write(run, dataset, report, [*options, *(degraded.asked if degraded else ())])
    except OSError as error:  # as of a run that others share: the figures are there all the same
        return dataclasses.replace(report, unwritten=str(error))
    return report


def _columns(rows: Manifest, by: Sequence[str] | None, dataset: Path) -> list[str]:
    existing = manifest.columns(rows)
    if by is None:
        return [column for column in BY if column in existing]
    columns = [manifest.spelling(rows, column) for column in by]
    missing = [column for column in columns if column not in existing]
    if missing:
        raise ValueError(
            f"expected a column of {dataset / 'manifest.csv'} ({', '.join(existing) or 'none'}), "
            f"got {missing[0]}"
        )
    return columns


def _without_blank(columns: Sequence[str], trials: Trials, split: str) -> list[str]:
    """Leave out the columns without any value in a split, and name them."""
    filled = [column for column in columns if (trials[column] != "").any()]
    for column in columns:
        if column not in filled:
            print(
                f"evaluate: no {column} in the manifest for {split}: no breakdown by it",
                file=sys.stderr,
            )
    return filled


def _judge_units(
    run: Run,
    trials: Mapping[str, Trials],
    groups: Mapping[str, np.ndarray],
    resamples: int,
    seeds: Mapping[str, Mapping[str, tuple[float, float]]],
) -> dict[str, UnitReport]:
    return {
        unit: judge_unit(
            part,
            groups[unit],
            run.threshold,
            uncertain_bands(run, part),
            resamples,
            seeds.get(unit),
        )
        for unit, part in trials.items()
    }


def _over_seeds(
    run: Run, scores: RawScores, rows: Manifest
) -> dict[str, dict[str, tuple[float, float]]]:
    """Mean and standard deviation of the metrics of the members, each by itself, by unit."""
    metrics: dict[str, list[dict[str, float]]] = {}
    for number, member in enumerate(run.members):
        alone = RawScores(scores.names, scores.labels, scores.llr[:, [number]], 0)
        for unit, trials in calibrated_trials(member, alone, rows).items():
            values = compute_metrics(trials.labels, trials.llr, member.threshold)
            metrics.setdefault(unit, []).append(values)
    return {
        unit: {
            name: (
                float(np.mean([values[name] for values in members])),
                float(np.std([values[name] for values in members], ddof=1)),
            )
            for name in members[0]
            if all(name in values for values in members)
        }
        for unit, members in metrics.items()
    }


def _robustness(
    degraded: ConditionScores, columns: Sequence[str], threshold: float, resamples: int
) -> RobustnessReport:
    cluster = cluster_column(degraded.trials(0))
    return robustness.judge_conditions(degraded, cluster, columns, threshold, resamples)


def _write(run: Run, dataset: Path, report: EvaluationReport, options: Sequence[str]) -> None:
    folder = run.folder / "report"
    folder.mkdir(exist_ok=True)
    command = [COMMAND, "evaluate", str(dataset), "--run", str(run.folder)]
    command += ["--split", report.split, *options]
    metrics_report.write(report, folder / "metrics.json")
    atomic_write(folder / "scores.csv", report.main.trials.to_csv(report.classes))
    html.write(run, dataset, report, shlex.join(command))
