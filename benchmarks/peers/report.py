"""What peers came to on the same recordings: a table for people, one for programs, and a plot."""

import csv
import datetime
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure as Drawing

from benchmarks.support import timing
from benchmarks.support.system_scores import FIGURES, Figure, SystemScores, difference, level
from classify.data import manifest
from classify.data.manifest import Manifest
from classify.metrics.bootstrap import cluster_column, cluster_groups
from classify.metrics.calibration import THRESHOLD
from classify.metrics.trials import Trials, compute_metrics
from classify.reports.plots import CLASSES, png
from classify.scorefiles.files import read_scores

OURS = "robust"  # all others are held against it
HEAD = """\
# Peers on {split}

`./run.sh bench peers {command}`, seeds {seeds}, {date}

{real} real and {fake} fake recordings. Equal error rates, means over the seeds, and their
differences from robust (above 0: robust is better), each with its 95 % interval over seeds and over
recordings, of which those of a speaker are drawn together. By source: the mean over the sources
with at least 5 recordings of each class, here {sources}. Accuracy: at the threshold chosen on
validation. Training: of one seed, without drawing pictures or finding features.
"""


@dataclass(frozen=True)
class Row:
    """What one peer came to.

    Attributes
    ----------
    peer : str
    seeds : int
        How many the figures are means over.
    level : Figure
    difference : Figure or None
        From `OURS`; None for itself and without it.
    accuracy : float
        Mean over the seeds, at the threshold chosen on validation.
    seconds : float or None
        That one seed was trained, where it is known.
    """

    peer: str
    seeds: int
    level: Figure
    difference: Figure | None
    accuracy: float
    seconds: float | None

    @property
    def ours(self) -> bool:
        """Whether it is `OURS` or an ensemble of it."""
        return self.peer.startswith(OURS)


def read(path: Path, known: Manifest, above: str = "") -> SystemScores:
    """Read a score file.

    Parameters
    ----------
    path : Path
    known : Manifest
        What is known of each recording, by its name.
    above : str
        What names that are unknown are told without, at their beginning.

    Returns
    -------
    judged : SystemScores

    Raises
    ------
    ValueError
        If the file is none, or does not hold the truth.
    """
    file = read_scores(path)
    if file.labels is None:
        raise ValueError(f"expected scores with the truth in {path}, got scores alone")
    names = np.array([name if name in known else name.removeprefix(above) for name in file.names])
    trials = Trials(names, file.labels, file.llr, manifest.table(known, names))
    groups = cluster_groups(trials, cluster_column(trials))
    return SystemScores(names, file.labels, file.llr, trials["source"], groups)


def align(judged: Mapping[str, Sequence[SystemScores]]) -> dict[str, list[SystemScores]]:
    """Keep the recordings that all peers could score, in order of their names.

    Parameters
    ----------
    judged : mapping of str to sequence of SystemScores
        By peer, one a seed.

    Returns
    -------
    aligned : dict of str to list of SystemScores

    Raises
    ------
    ValueError
        If no real or no fake recording is left.
    """
    shared = set.intersection(*({*one.names.tolist()} for own in judged.values() for one in own))
    found = {}
    for name, own in judged.items():
        kept = [one[np.isin(one.names, [*shared])] for one in own]
        found[name] = [one[np.argsort(one.names)] for one in kept]
    real, fake = np.bincount(next(iter(found.values()))[0].labels, minlength=2)
    if not real or not fake:
        raise ValueError(
            "expected real and fake recordings that all peers could score, got "
            f"{real} real and {fake} fake"
        )
    return found


def rows(judged: Mapping[str, Sequence[SystemScores]], seconds: Mapping[str, float]) -> list[Row]:
    """Sum up every peer.

    Parameters
    ----------
    judged : mapping of str to sequence of SystemScores
        By peer, one a seed; all of the same recordings.
    seconds : mapping of str to float
        That one seed was trained, by peer, where it is known.

    Returns
    -------
    rows : list of Row
    """
    found = []
    for name, own in judged.items():
        less = difference(own, judged[OURS]) if OURS in judged and name != OURS else None
        right = [compute_metrics(one.labels, one.llr, THRESHOLD)["accuracy"] for one in own]
        row = Row(name, len(own), level(own), less, float(np.mean(right)), seconds.get(name))
        found.append(row)
    return found


def markdown(
    found: Sequence[Row], recordings: SystemScores, split: str, command: str, seeds: int
) -> str:
    """Write the table for people, and whether `OURS` is ahead.

    Parameters
    ----------
    found : sequence of Row
    recordings : SystemScores
        What all peers were judged on.
    split : str
    command : str
        Arguments of the command.
    seeds : int
        How many, from 0.

    Returns
    -------
    text : str
    """
    head = HEAD.format(
        split=split,
        command=command,
        seeds=", ".join(map(str, range(seeds))),
        date=datetime.date.today(),
        real=int((recordings.labels == 0).sum()),
        fake=int((recordings.labels == 1).sum()),
        sources=len(recordings.parts),
    )
    figures = [title for name in FIGURES for title in (name, f"minus {OURS}")]
    titles = ["peer", *figures, "accuracy", "training"]
    lines = [head, timing.row(titles), "|---" * len(titles) + "|"]
    for row in found:
        cells = [row.peer]
        for at in range(len(FIGURES)):
            cells += [row.level.told(at), row.difference.told(at, "+") if row.difference else ""]
        took = "" if row.seconds is None else f"{row.seconds:,.0f} s"
        lines.append(timing.row([*cells, f"{row.accuracy:.3f}", took]))
    if others := behind(found):
        missed = [f"{peer} ({' and '.join(own)})" for peer, own in others.items() if own]
        lines += ["", f"{OURS} ahead of every peer in both figures, no interval with 0: "]
        lines[-1] += timing.verdict(not missed)
        lines += [f"- not of {one}" for one in missed]
    return "\n".join([*lines, ""])


def behind(found: Sequence[Row]) -> dict[str, list[str]]:
    """Name the figures in which a peer is not surely behind `OURS`.

    Parameters
    ----------
    found : sequence of Row

    Returns
    -------
    figures : dict of str to list of str
        Of `FIGURES`, by every peer that was held against it; of one that is behind in both, none.
    """
    return {
        row.peer: [name for name, low in zip(FIGURES, row.difference.low, strict=True) if low <= 0]
        for row in found
        if row.difference is not None and not row.ours
    }


def table(found: Sequence[Row]) -> str:
    """Write the table for programs: CSV, a line a peer and figure.

    Parameters
    ----------
    found : sequence of Row

    Returns
    -------
    text : str
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    ends = ("value", "low", "high")
    less = [f"difference_{end}".removesuffix("_value") for end in ends]
    writer.writerow(["peer", "seeds", "figure", *ends, *less, "accuracy", "training_s"])
    for row in found:
        for at, name in enumerate(FIGURES):
            cells = [
                f"{getattr(figure, end)[at]:.6f}" if figure else ""
                for figure in (row.level, row.difference)
                for end in ends
            ]
            took = "" if row.seconds is None else f"{row.seconds:.1f}"
            writer.writerow([row.peer, row.seeds, name, *cells, f"{row.accuracy:.6f}", took])
    return text.getvalue()


def plot(found: Sequence[Row]) -> bytes:
    """Draw both figures side by side, one row a peer.

    Parameters
    ----------
    found : sequence of Row

    Returns
    -------
    data : bytes
        PNG.
    """
    figure = Drawing(figsize=(7.2, 1.1 + 0.36 * len(found)), layout="constrained")
    panels = figure.subplots(1, len(FIGURES), sharex=True, sharey=True)
    titles = ("EER of all recordings, %", "EER, mean over sources, %")
    for at, (panel, title) in enumerate(zip(panels, titles, strict=True)):
        for place, row in enumerate(found):
            colour, ends = CLASSES[not row.ours], (row.level.low[at], row.level.high[at])
            panel.plot(100 * np.array(ends), [place, place], "-", color=colour, lw=2, alpha=0.5)
            panel.plot(100 * row.level.value[at], place, "o", color=colour)
        panel.set_xlabel(title)
        panel.grid(axis="x", alpha=0.3)
        panel.tick_params(axis="y", length=0)
    panels[0].set_ylim(len(found) - 0.4, -0.6)
    panels[0].set_yticks(range(len(found)), [row.peer for row in found])
    return png(figure)
