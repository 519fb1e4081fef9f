"""The model card of the run in the box, written from what its evaluation and its making left.

Every figure comes from RUN/report/metrics.json, every source and licence from RUN/provenance.json.
Run it after ./run.sh bench pretrained; a test holds the card against these files.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.support.command import ROOT, argument_parser
from classify.console import call
from classify.metrics import report as metrics_report
from classify.runs.short_card import ENOUGH, generators

SHOWN = 15  # rows of a table
OFTEN = 0.2  # share of errors from which a row is named among the weaknesses

_HEAD = """\
# Model card: the pretrained run

Made by `./run.sh bench model_card`; do not edit it. The run is `checkpoints/pretrained`. It was
made by `{command}` at commit `{commit}` on {date}.

## What it is for

- A first opinion on a recording of speech: real, generated, or uncertain, with the most suspicious
  seconds.
- Research: a detector with known data and figures that can be made again; a start for one's own.

It is not for music, singing or other sounds. Nor is it for decisions about a person: a job, a
crime, an election.

**An answer proves nothing.** It says what a recording looks like to networks that learned from the
sources below. On other generators, microphones and codecs it is wrong more often, and just as
confident. Find the source of a recording before you believe a verdict. Never publish the number
alone.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        0 written, 2 if a file of the run is missing or is none.
    """
    options = _parser().parse_args(arguments)

    def work() -> int:
        options.to.write_text(card(options.run), encoding="utf-8")
        print(options.to)
        return 0

    return call("model_card", work, {"debug": False})


def _parser() -> argparse.ArgumentParser:
    parser = argument_parser("model_card", __doc__)
    add = parser.add_argument
    pretrained, page = ROOT / "checkpoints/pretrained", ROOT / "docs/model-card.md"
    add("run", nargs="?", type=Path, metavar="RUN", default=pretrained, help="the run in the box")
    add("--to", type=Path, metavar="FILE", default=page, help="default: docs/model-card.md")
    return parser


def card(run: Path) -> str:
    """Write the model card of a run.

    Parameters
    ----------
    run : Path
        Folder with ``provenance.json`` and ``report/metrics.json``.

    Returns
    -------
    card : str
        Markdown.

    Raises
    ------
    OSError, ValueError
        If a file is missing, or is none.
    """
    metrics = metrics_report.read(run / "report/metrics.json")
    provenance = json.loads((run / "provenance.json").read_text(encoding="utf-8"))
    sections = (
        _HEAD.format(**provenance),
        _learned(provenance["corpus"], provenance["copies"]),
        _figures(metrics),
        _false_alarms(metrics["false_alarms"]),
        *_misses(metrics["by"]),
        *_degraded(metrics.get("robustness")),
        _weaknesses(metrics),
        _sources(provenance["corpus"]),
    )
    return "\n".join(sections)


def _learned(corpus: Sequence[Mapping[str, Any]], copies: int) -> str:
    lines = ["## What it learned from", ""]
    for label in ("real", "fake"):
        rows = [row for row in corpus if row["split"] == "train" and row["label"] == label]
        counts = f"{sum(row['recordings'] for row in rows):,} recordings"
        hours = f"{sum(row['minutes'] for row in rows) / 60:.1f} hours"
        named = sorted({name for row in rows for name in row["language"]})
        lines.append(f"- {label}: {counts}, {hours}, {len(rows)} sources, {_counted(named)}")
    copied = f", and {copies} copies of each real recording by vocoders" if copies else ""
    lines += [
        f"- {len(generators(corpus))} generators{copied}",
        "",
        "[All sources](#sources) are listed at the end, with their licences as far as stated. No",
        "recording is distributed with the run.",
        "",
    ]
    return "\n".join(lines)


def _counted(languages: Sequence[str]) -> str:
    return f"{len(languages)} languages stated ({', '.join(languages)})"


def _figures(metrics: Mapping[str, Any]) -> str:
    unit = "recording" if "recording" in metrics else "picture"
    values, ends = metrics[unit], metrics["interval"][unit]
    selective = metrics["selective"][unit]
    rows = [
        (title, _share(values[name]), _between(ends.get(name)))
        for name, title in (
            ("eer", "EER, all recordings"),
            ("accuracy", "right at the threshold"),
            ("fpr", "real called fake"),
            ("fnr", "fake called real"),
            ("ece", "P(fake) is off by (ECE)"),
        )
        if name in values
    ]
    average = metrics["mean_over"].get("source")
    if average:
        title = f"EER, mean over {average['values']} sources"
        rows.insert(1, (title, _share(average["eer"]), ""))
    rows.append(("uncertain", _share(selective["uncertain"]), ""))
    rows.append(("right, of the verdicts given", _share(selective.get("accuracy")), ""))
    (real, fake) = (sum(row) for row in metrics["confusion"][unit])
    lines = [
        "## How good it is",
        "",
        f"On the test split, of sources that training has not met: {real:,} real and {fake:,} fake",
        f"{unit}s. Intervals are of 95 %, by a bootstrap over each {metrics['bootstrap_unit']}.",
        "",
    ]
    return "\n".join([*lines, *_table(("", "", "95 %"), rows), ""])


def _false_alarms(alarms: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        (source, its["n_real"], _share(its["rate"]), _between(its["interval"]))
        for source, its in alarms.items()
        if its["n_real"] >= ENOUGH
    ]
    head = ("real speech of", "recordings", "called fake", "95 %")
    text = f"Sources with at least {ENOUGH} real recordings, the worst first."
    return "\n".join(["### False alarms", "", text, "", *_table(head, rows[:SHOWN]), ""])


def _misses(by: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[str]:
    for column, title in (("kind", "kind"), ("generator", "generator"), ("language", "language")):
        rows = sorted(_missed(by.get(column, {})), key=lambda row: -row[2])
        if rows:
            shown = [(value, count, _share(rate)) for value, count, rate in rows[:SHOWN]]
            head = (title, "fakes", "called real")
            text = f"With at least {ENOUGH} fakes, the worst first."
            yield "\n".join([f"### Misses by {title}", "", text, "", *_table(head, shown), ""])


def _missed(cells: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, int, float]]:
    for value, its in cells.items():
        if its["n_fake"] >= ENOUGH and "fnr" in its:
            yield value, its["n_fake"], its["fnr"]


def _degraded(robustness: Mapping[str, Any] | None) -> Iterator[str]:
    if robustness:
        rows = [
            (its["title"], *(_share(its[name]) for name in ("eer", "fpr", "fnr")))
            for its in robustness["conditions"].values()
        ]
        head = ("all recordings under", "EER", "real called fake", "fake called real")
        yield "\n".join(["### Under codecs and noise", "", *_table(head, rows), ""])


def _weaknesses(metrics: Mapping[str, Any]) -> str:
    """What is wrong often, in one list."""
    lines = ["## What it is known to get wrong", ""]
    for source, its in metrics["false_alarms"].items():
        if its["n_real"] >= ENOUGH and its["rate"] >= OFTEN:
            lines.append(f"- It calls {_share(its['rate'])} of the real speech of `{source}` fake.")
    for value, _, rate in _missed(metrics["by"].get("source", {})):
        if rate >= OFTEN:
            lines.append(f"- It calls {_share(rate)} of the fakes of `{value}` real.")
    for name, its in metrics.get("robustness", {}).get("conditions", {}).items():
        if name != "clean" and its["fpr"] >= OFTEN:
            lines.append(
                f"- Under {its['title']} it calls {_share(its['fpr'])} of real speech fake."
            )
    lines += [
        "- Loud noise and telephone lines hide the traces of vocoders.",
        "- It hears no meaning: a real recording cut together anew is real to it.",
        "",
    ]
    return "\n".join(lines)


def _sources(corpus: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            row["source"],
            row["split"],
            row["label"],
            row["recordings"],
            _few(row["generator"]),
            _few(row["language"]),
            _few(row["licence"]) or "not stated",
        )
        for row in corpus
    ]
    head = ("source", "split", "class", "recordings", "generators", "languages", "licence")
    return "\n".join(["## Sources", "", *_table(head, rows), ""])


def _few(values: Sequence[str], most: int = 3) -> str:
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(values[:most]) + more


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"


def _between(ends: Sequence[float] | None) -> str:
    return f"{100 * ends[0]:.1f} to {100 * ends[1]:.1f} %" if ends else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |"


if __name__ == "__main__":
    import sys

    sys.exit(main())
