"""The short card of a run: what it learned from, how often it errs, and what that proves.

It reads two files of the run, so that help can show it at once.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from classify.files import read_json

PURPOSE = (
    "For a first opinion on a recording of speech. Not for music or singing, and not for "
    "decisions about a person. An answer proves nothing."
)
ENOUGH = 10  # recordings of which a share is told


def short_card(folder: Path) -> list[str]:
    """Describe a run in a few sentences.

    Parameters
    ----------
    folder : Path
        Of a run.

    Returns
    -------
    sentences : list of str
        From ``provenance.json`` and ``report/metrics.json``, as far as the run has them; purpose
        and limits first.

    Raises
    ------
    ValueError
        If a file is damaged.
    """
    provenance = read_json(folder / "provenance.json")
    metrics = read_json(folder / "report/metrics.json")
    return [
        PURPOSE,
        *(_learned(provenance["corpus"]) if provenance else ()),
        *(_figures(metrics) if metrics else ()),
    ]


def generators(corpus: Sequence[Mapping[str, Any]]) -> set[str]:
    """Generators of the fakes that a run learned from, of the ``corpus`` of its provenance."""
    rows = (row for row in corpus if row["split"] == "train" and row["label"] == "fake")
    return {name for row in rows for name in row["generator"]}


def _learned(corpus: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [row for row in corpus if row["split"] == "train"]
    recordings = sum(row["recordings"] for row in rows)
    hours = sum(row["minutes"] for row in rows) / 60
    languages = {name for row in rows for name in row["language"]}
    sources = {row["source"] for row in rows}
    return [
        f"It learned from {recordings:,} recordings ({hours:.0f} hours) of {len(sources)} sources: "
        f"{len(generators(corpus))} generators, {len(languages)} languages."
    ]


def _figures(metrics: Mapping[str, Any]) -> list[str]:
    unit = "recording" if "recording" in metrics else "picture"
    values, selective = metrics[unit], metrics["selective"][unit]
    real, fake = (sum(row) for row in metrics["confusion"][unit])
    low, high = metrics["interval"][unit]["accuracy"]
    right = selective.get("accuracy")
    others = "" if right is None else f"; {_percent(right)} % of its other verdicts were right"
    sentences = [
        f"Of {real + fake:,} {unit}s kept back for testing it was right about "
        f"{_percent(values['accuracy'])} % ({_percent(low)} to {_percent(high)} %).",
        f"Forced to choose, it called {_percent(values['fpr'])} of 100 real {unit}s fake, and "
        f"{_percent(values['fnr'])} of 100 fakes real.",
        f"Allowed to doubt, it left {_percent(selective['uncertain'])} of 100 uncertain{others}.",
    ]
    alarms = {
        source: its["rate"]
        for source, its in metrics.get("false_alarms", {}).items()
        if its["n_real"] >= ENOUGH
    }
    misses = {
        source: its["fnr"]
        for source, its in metrics.get("by", {}).get("source", {}).items()
        if its["n_fake"] >= ENOUGH and "fnr" in its
    }
    worst = [
        *_worst(alarms, "real speech of {} ({} % called fake)"),
        *_worst(misses, "fakes of {} ({} % called real)"),
    ]
    if worst:
        sentences.append(f"It erred most on {' and on '.join(worst)}.")
    conditions = metrics.get("robustness", {}).get("conditions", {})
    degraded = {its["title"]: its["fpr"] for name, its in conditions.items() if name != "clean"}
    return [*sentences, *_worst(degraded, "Under {} it called {} of 100 real recordings fake.")]


def _worst(rates: Mapping[str, float], sentence: str) -> list[str]:
    """A sentence on the name with the highest rate; none where there is no rate."""
    if not rates:
        return []
    name = max(rates, key=rates.__getitem__)
    return [sentence.format(name, _percent(rates[name]))]


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"
