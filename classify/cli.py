"""The command line of `classify`: calls and prints; `classify.arguments` parses."""

import csv
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classify.arguments import parser
from classify.console import COMMAND, call
from classify.settings import Folds, Settings
from classify.settings import recipe as settings_of

if TYPE_CHECKING:
    from classify.evaluation.robustness import ConditionScores
    from classify.runs.run import Run


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        0 all done, 1 some pictures failed, 2 nothing could be done.
    """
    return carry_out(vars(parser().parse_args(arguments)), VERBS)


def carry_out(options: dict[str, Any], verbs: Mapping[str, Callable[..., int]]) -> int:
    """Call a verb as `classify.console.call` does.

    Parameters
    ----------
    options : dict
        Options of the verb, and ``verb`` and ``debug``.
    verbs : mapping of str to function
        Functions that take the options and return the exit status.

    Returns
    -------
    status : int
        That of the verb, or after an error that of `classify.console.call`.
    """
    verb = options.pop("verb")
    interrupted = "interrupted; run it again with --resume to go on"
    return call(verb, verbs[verb], options, interrupted if verb == "train" else "interrupted")


def _train(
    dataset: Path,
    folder: Path,
    seeds: int,
    folds: int | None,
    fold: tuple[int, int] | None,
    refit: Path | None,
    group: str,
    positive: str | None,
    resume: bool,
    overwrite: bool,
    tensorboard: Path | None,
    recipe: str,
    **training,
) -> int:
    settings = Settings(**{**settings_of(recipe), **training})
    number, count = fold or (None, folds)
    if folds not in (None, count):
        raise ValueError(f"expected a fold of {folds}, got one of {count}")
    from classify import backend
    from classify.reports import text as text_tables

    backend.load()
    from classify.training.training import train

    run = train(
        dataset,
        folder,
        settings,
        seeds=seeds,
        folds=None if count is None else Folds(count, group),
        fold=number,
        refit=refit,
        positive=positive,
        resume=resume,
        overwrite=overwrite,
        tensorboard=tensorboard,
    )
    print(text_tables.training(run))
    _warn("train", run)
    print(f"train: next: {COMMAND} evaluate {dataset} --run {folder}", file=sys.stderr)
    return 1 if run.left_out else 0


def _evaluate(
    dataset: Path,
    folder: Path,
    split: str,
    by: list[str] | None,
    scores: Path | None,
    explain_pictures: int,
    resamples: int,
    format: str,
    degrade: "Callable[[], ConditionScores] | None" = None,
) -> int:
    from classify.evaluation.evaluation import evaluate
    from classify.reports import text as text_tables
    from classify.runs.run import load
    from classify.scorefiles import files

    if scores:
        files.written_format(scores)  # a wrong suffix is refused before all the work
        files.refuse_target(scores)
    run = load(folder)
    if scores:
        files.written_format(scores, run.classes)
    _warn("evaluate", run)
    report = evaluate(dataset, run, split, by, resamples, explain_pictures, degrade)
    _print(report.to_json(), format, text_tables.evaluation(report))
    if report.unwritten:
        print(f"evaluate: the report is not written: {report.unwritten}", file=sys.stderr)
    else:
        print(f"report in {folder / 'report' / 'index.html'}", file=sys.stderr)
    if scores:
        trials = report.main.trials
        files.write_scores(scores, trials.names, trials.labels, trials.llr, run.classes)
    return 1 if report.refused or report.unwritten else 0


def _score(
    scores: Path,
    keys: Path | None,
    higher: str | None,
    by: list[str] | None,
    resamples: int,
    format: str,
) -> int:
    from classify.evaluation.score_file import score
    from classify.reports import text as text_tables

    report = score(scores, keys, higher, by or (), resamples)
    for warning in report.warnings:
        print(f"score: warning: {warning}", file=sys.stderr)
    _print(report.to_json(), format, text_tables.scores(report))
    return 0


def _compare(a: Path, b: Path, dataset: Path, split: str, resamples: int, format: str) -> int:
    from classify.evaluation.comparison import compare
    from classify.reports import text as text_tables
    from classify.runs.run import load

    first = load(a)
    report = compare(dataset, first, load(b), split, resamples)
    text = text_tables.comparison(report, str(a), str(b), first.classes)
    _print(report.to_json(), format, text)
    return 1 if report.refused else 0


def _audit(dataset: Path, format: str) -> int:
    from classify.audit.audit import audit, text, to_json

    report = audit(dataset)
    _print(to_json(report), format, text(report))
    return 1 if report.left_out else 0


def _predict(names: list[str], folder: Path | None, format: str) -> int:
    from tqdm import tqdm

    from classify.prediction.refusals import RefusalLog
    from classify.prediction.verdicts import Refusal, Verdict, predict
    from classify.prediction.wording import output_fields, output_values, verdict_columns
    from classify.runs.lookup import default_run
    from classify.runs.run import load

    run = load(folder or default_run("predict"))
    _warn("predict", run)
    rows = csv.writer(sys.stdout, lineterminator="\n")
    if format == "csv":
        rows.writerow(output_fields((field.name for field in fields(Verdict)), run.classes))
    done = refused = 0
    log = RefusalLog("predict")
    # On a terminal the verdicts themselves show the progress.
    hidden = True if sys.stdout.isatty() else None
    for result in tqdm(predict(run, names), "predict", unit="picture", disable=hidden):
        if isinstance(result, Refusal):
            refused += 1
            log.note(result.path, result.reason)
            continue
        done += 1
        values = asdict(result)
        if format == "json":
            print(json.dumps(output_values(values, run.classes)))
        elif format == "csv":
            rows.writerow(values.values())
        else:
            verdict = result.label, result.confidence, result.p_fake
            print(f"{verdict_columns(*verdict, run.classes[1])}  {result.path}")
    log.close()
    return 2 if not done else 1 if refused else 0


def _warn(verb: str, run: "Run") -> None:
    if run.caveat:
        print(f"{verb}: warning: {run.caveat}", file=sys.stderr)


def _print(report: dict, format: str, text: str) -> None:
    print(json.dumps(report) if format == "json" else text)


VERBS: dict[str, Callable[..., int]] = {
    "train": _train,
    "evaluate": _evaluate,
    "predict": _predict,
    "score": _score,
    "compare": _compare,
    "audit": _audit,
}
