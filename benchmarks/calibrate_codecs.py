"""How much a score is worth after a codec at a low bit rate, such as that of voice messages.

Encodes recordings of CORPUS, some of each source, and lets every network of RUN judge those of its
own validation.csv, which it has not met. Within a class every source weighs the same. A calibration
that helps, on sources that it was not fitted on, goes into RUN/run.json with an uncertain band of
its own. `detect` and `evaluate` take it for files in that codec, up to that bit rate.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import attrgetter
from pathlib import Path

import numpy as np

from benchmarks.support.command import argument_parser
from benchmarks.support.unmet import unmet_recordings
from classify.console import call
from classify.metrics.calibration import SourceFit, fit_sources
from classify.metrics.detection import cllr
from classify.metrics.trials import Trials, selective_accuracy
from classify.runs.run import CodecCalibration, Run, load
from detect import render_settings
from detect.robustness.conditions import CONDITIONS
from detect.robustness.sweep import SweepPlan, score_all, written_classes
from render.dataset import take_in
from render.index import Index
from render.parallel import Executor
from render.recording import Recording

# A codec, the highest bit rate in kbit/s that a calibration holds for, and the condition that it is
# measured under.
MEASURED = (
    ("opus", 24.0, "opus-16"),
    ("opus", 48.0, "opus-32"),
    ("aac", 40.0, "aac-32"),
    ("mp3", 40.0, "mp3-32"),
)
PER_SOURCE = 10  # recordings; sources weigh the same, so that more add little


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        0 all done, 2 the call was wrong.
    """
    options = _parser().parse_args(arguments)

    def work() -> int:
        run, codecs = load(options.run), []
        by_condition = measure(options.corpus, run, options.jobs)
        for codec, most, condition in MEASURED:
            fitted, line = judge(by_condition[condition], run)
            kept = "" if fitted else "  not kept"
            print(f"{CONDITIONS[condition].title}: {line}{kept}")
            if fitted:
                calibration, band = fitted.calibration, fitted.uncertain
                codecs.append(CodecCalibration(codec, most, calibration, band))
        replace(run, codecs=tuple(codecs)).save()
        return 0

    return call("calibrate_codecs", work, {"debug": False})


def _parser() -> argparse.ArgumentParser:
    parser = argument_parser("calibrate_codecs", __doc__)
    add = parser.add_argument
    add("corpus", type=Path, metavar="CORPUS", help="recordings, with sources")
    add("run", type=Path, metavar="RUN", help="its networks with validation.csv")
    add("--jobs", type=int, default=-1, metavar="N", help="processes (default: one a core)")
    return parser


def measure(corpus: Path, run: Run, jobs: int) -> dict[str, Trials]:
    """Score the recordings of a corpus under each condition of `MEASURED`.

    Returns
    -------
    scores : dict of str to Trials
        Raw scores by condition, with the column ``source``.

    Raises
    ------
    ValueError
        If a network does not say which recordings it has not met, or CORPUS holds none of them.
    """
    conditions = tuple(condition for *_, condition in MEASURED)
    with Index() as index:
        take_in(index, corpus)
        recordings = {recording.name: recording for recording in index.recordings()}
    parts: dict[str, list[tuple[Recording, float]]] = defaultdict(list)
    for network, unmet in unmet_recordings(run):
        judged = some_of_each_source([recordings[name] for name in unmet & recordings.keys()])
        plan = SweepPlan(network.folder, render_settings.stored(run), conditions)
        for result in score_all(judged, plan, Executor(jobs=jobs), "calibrate_codecs"):
            for condition, llr in zip(conditions, result.raw, strict=True):
                parts[condition].append((recordings[result.name], llr))
    if not parts:
        raise ValueError(f"expected recordings of {run.folder} in {corpus}, got none")
    return {condition: _stack(run, pairs) for condition, pairs in parts.items()}


def some_of_each_source(recordings: Iterable[Recording]) -> list[Recording]:
    """Take at most `PER_SOURCE` recordings of a source and class, spread over their names."""
    by_source: dict[tuple[str, str], list[Recording]] = defaultdict(list)
    for recording in sorted(recordings, key=attrgetter("name")):
        by_source[recording.label, _source(recording)].append(recording)
    return [
        group[position]
        for group in by_source.values()
        for position in np.unique(np.linspace(0, len(group) - 1, PER_SOURCE).round().astype(int))
    ]


def judge(scores: Trials, run: Run) -> tuple[SourceFit | None, str]:
    """Fit calibration and uncertain band, and say what they change on other sources.

    Parameters
    ----------
    scores : Trials
        Raw.
    run : Run
        With the usual calibration.

    Returns
    -------
    fitted : SourceFit or None
        None where Cllr is no lower, or there are too few recordings to tell.
    line : str
        Error rates at P(fake) 0.5, Cllr in bits, the share of verdicts given, and how many of them
        are right, without and with the calibration.
    """
    labels, llr = scores.labels, scores.llr
    fitted = fit_sources(scores, run.training["risk"])
    if fitted.fair_llr is None:
        return None, f"expected 2 recordings of each class, got {len(labels)} in all"
    before = _figures(labels, run.calibration(llr), run.uncertain)
    after = _figures(labels, fitted.fair_llr, fitted.uncertain)
    line = ", ".join(f"{name} {before[name]:.3f} -> {after[name]:.3f}" for name in before)
    count = f"{len(labels)} recordings of {len(np.unique(scores['source']))} sources"
    helps = after["Cllr"] < before["Cllr"]
    return (fitted if helps else None), f"{line} ({count})"


def _figures(labels: np.ndarray, llr: np.ndarray, band: tuple[float, float]) -> dict[str, float]:
    real, fake = llr[labels == 0], llr[labels == 1]
    selective = selective_accuracy(labels, llr, band)
    return {
        "real called fake": float((real <= 0).mean()),
        "fake called real": float((fake > 0).mean()),
        "Cllr": cllr(real, fake),
        "verdicts given": 1 - selective["uncertain"],
        "right": selective.get("accuracy", float("nan")),
    }


def _stack(run: Run, pairs: Sequence[tuple[Recording, float]]) -> Trials:
    recordings = [recording for recording, _ in pairs]
    classes = written_classes(run)
    return Trials(
        np.array([recording.name for recording in recordings]),
        np.array([classes.index(recording.label) for recording in recordings]),
        np.array([llr for _, llr in pairs]),
        {"source": np.array([_source(recording) for recording in recordings])},
    )


def _source(recording: Recording) -> str:
    return recording.metadata.get("source") or recording.name


if __name__ == "__main__":
    sys.exit(main())
