"""The report of peers on the same recordings: a table for people, one for programs, and a plot."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.support import report, timing
from benchmarks.support.report import csv_table, draw_interval, markdown_table, row_panels
from benchmarks.support.system_scores import (
    METRICS,
    SystemScores,
    difference,
    mean_over_seeds,
)
from classify.data import manifest
from classify.data.manifest import Manifest
from classify.metrics.bootstrap import cluster_column, cluster_groups
from classify.metrics.calibration import THRESHOLD
from classify.metrics.registry import compute_metrics
from classify.metrics.trials import Trials
from classify.reports.plots import CLASSES, png
from classify.scorefiles.files import read_scores

OURS = "robust"  # the reference of all others
HEAD = """\
# Peers on {split}

`./run.sh bench peers {command}`, seeds {seeds}, {date}

{real} real and {fake} fake recordings. Equal error rates, means over the seeds, and their
differences from robust (above 0: robust is better), each with its 95 % interval over seeds and over
recordings, of which those of a speaker are drawn together. By source: the mean over {sources}
sources, the fakes of each against its own real recordings, or against all where it has none.
Accuracy: at the threshold chosen on validation. Training: of one seed, without drawing pictures or
finding features.
"""


@dataclass(frozen=True)
class Row(report.Row):
    """Error rates of a peer, and their difference from `OURS`.

    Attributes
    ----------
    peer : str
    accuracy : float
        Mean over the seeds, at the threshold chosen on validation.
    seconds : float or None
        Training time of one seed, if known.
    """

    peer: str
    accuracy: float
    seconds: float | None

    @property
    def ours(self) -> bool:
        """Whether it is `OURS` or an ensemble of it."""
        return self.peer.startswith(OURS)


def read(path: Path, rows: Manifest) -> SystemScores:
    """Read a score file.

    Parameters
    ----------
    path : Path
    rows : Manifest
        Columns of each recording, by its name.

    Raises
    ------
    ValueError
        If the file is no score file, or lacks the labels.
    """
    file = read_scores(path)
    if file.labels is None:
        raise ValueError(f"expected scores with the truth in {path}, got scores alone")
    columns = manifest.table(rows, file.names)
    trials = Trials(file.names, file.labels, file.llr, columns)
    return SystemScores.of(trials, cluster_groups(trials, cluster_column(trials)))


def align(scores: Mapping[str, Sequence[SystemScores]]) -> dict[str, list[SystemScores]]:
    """Keep the recordings that all peers could score, in order of their names.

    Parameters
    ----------
    scores : mapping of str to sequence of SystemScores
        By peer, one a seed.

    Returns
    -------
    aligned : dict of str to list of SystemScores

    Raises
    ------
    ValueError
        If no real or no fake recording is left.
    """
    names = [{*seed.trials.names.tolist()} for seeds in scores.values() for seed in seeds]
    common = [*set.intersection(*names)]
    aligned = {
        peer: [seed.among(common).by_name() for seed in seeds] for peer, seeds in scores.items()
    }
    real, fake = np.bincount(next(iter(aligned.values()))[0].trials.labels, minlength=2)
    if not real or not fake:
        raise ValueError(
            "expected real and fake recordings that all peers could score, got "
            f"{real} real and {fake} fake"
        )
    return aligned


def rows(scores: Mapping[str, Sequence[SystemScores]], seconds: Mapping[str, float]) -> list[Row]:
    """Sum up every peer.

    Parameters
    ----------
    scores : mapping of str to sequence of SystemScores
        By peer, one a seed; all of the same recordings.
    seconds : mapping of str to float
        Training time of one seed, by peer, where it is known.
    """
    summary = []
    for peer, seeds in scores.items():
        change = difference(seeds, scores[OURS]) if OURS in scores and peer != OURS else None
        metrics = [
            compute_metrics(seed.trials.labels, seed.trials.llr, THRESHOLD) for seed in seeds
        ]
        accuracy = float(np.mean([seed["accuracy"] for seed in metrics]))
        estimate = mean_over_seeds(seeds)
        summary.append(Row(len(seeds), estimate, change, peer, accuracy, seconds.get(peer)))
    return summary


def markdown(
    summary: Sequence[Row], recordings: SystemScores, split: str, command: str, seeds: int
) -> str:
    """Write the table for people, and whether `OURS` is ahead.

    Parameters
    ----------
    summary : sequence of Row
    recordings : SystemScores
        The recordings that all peers were evaluated on.
    split : str
    command : str
        Arguments of the command.
    seeds : int
        How many, from 0.
    """
    head = HEAD.format(
        split=split,
        command=command,
        seeds=", ".join(map(str, range(seeds))),
        date=datetime.date.today(),
        real=int((recordings.trials.labels == 0).sum()),
        fake=int((recordings.trials.labels == 1).sum()),
        sources=len(recordings.source_masks),
    )
    titles = [title for name in METRICS for title in (name, f"minus {OURS}")]
    cells = [
        [
            row.peer,
            *(cell for metric in range(len(METRICS)) for cell in row.cells(metric)),
            f"{row.accuracy:.3f}",
            "" if row.seconds is None else f"{row.seconds:,.0f} s",
        ]
        for row in summary
    ]
    lines = [head, *markdown_table(["peer", *titles, "accuracy", "training"], cells)]
    if others := not_behind(summary):
        missed = [f"{peer} ({' and '.join(names)})" for peer, names in others.items() if names]
        lines += ["", f"{OURS} ahead of every peer in both figures, no interval with 0: "]
        lines[-1] += timing.verdict(not missed)
        lines += [f"- not of {peer}" for peer in missed]
    return "\n".join([*lines, ""])


def not_behind(summary: Sequence[Row]) -> dict[str, list[str]]:
    """Name the metrics in which a peer is not surely behind `OURS`.

    Returns
    -------
    metrics : dict of str to list of str
        Of `METRICS`, by every peer that was compared; empty for a peer behind in both.
    """
    return {
        row.peer: [name for name, low in zip(METRICS, row.difference.low, strict=True) if low <= 0]
        for row in summary
        if row.difference is not None and not row.ours
    }


def table(summary: Sequence[Row]) -> str:
    """Write the table for programs: CSV, a line a peer and metric."""
    return csv_table(
        ("peer", "seeds", *report.ESTIMATES, "accuracy", "training_s"),
        (
            [
                *(row.peer, row.seeds, *row.numbers(metric), f"{row.accuracy:.6f}"),
                "" if row.seconds is None else f"{row.seconds:.1f}",
            ]
            for row in summary
            for metric in range(len(METRICS))
        ),
    )


def plot(summary: Sequence[Row]) -> bytes:
    """Draw both metrics side by side, one row a peer.

    Returns
    -------
    data : bytes
        PNG.
    """
    titles = ("EER of all recordings, %", "EER, mean over sources, %")
    labels = [row.peer for row in summary]
    figure, panels = row_panels(labels, titles, 7.2, 1.1 + 0.36 * len(labels), sharex=True)
    for metric, panel in enumerate(panels):
        for place, row in enumerate(summary):
            draw_interval(panel, place, row.estimate, metric, CLASSES[not row.ours])
    return png(figure)
