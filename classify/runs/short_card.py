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


def _learned(corpus: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [row for row in corpus if row["split"] == "train"]
    recordings = sum(row["recordings"] for row in rows)
    hours = sum(row["minutes"] for row in rows) / 60
    generators = {name for row in rows if row["label"] == "fake" for name in row["generator"]}
    languages = {name for row in rows for name in row["language"]}
    sources = {row["source"] for row in rows}
    return [
        f"It learned from {recordings:,} recordings ({hours:.0f} hours) of {len(sources)} sources: "
        f"{len(generators)} generators, {len(languages)} languages."
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
    worst = [*_worst_alarm(metrics), *_worst_miss(metrics)]
    if worst:
        sentences.append(f"It erred most on {' and on '.join(worst)}.")
    return [*sentences, *_worst_condition(metrics)]


def _worst_alarm(metrics: Mapping[str, Any]) -> list[str]:
    rates = {
        source: its["rate"]
        for source, its in metrics.get("false_alarms", {}).items()
        if its["n_real"] >= ENOUGH
    }
    if not rates:
        return []
    source = max(rates, key=rates.__getitem__)
    return [f"real speech of {source} ({_percent(rates[source])} % called fake)"]


def _worst_miss(metrics: Mapping[str, Any]) -> list[str]:
    rates = {
        source: its["fnr"]
        for source, its in metrics.get("by", {}).get("source", {}).items()
        if its["n_fake"] >= ENOUGH and "fnr" in its
    }
    if not rates:
        return []
    source = max(rates, key=rates.__getitem__)
    return [f"fakes of {source} ({_percent(rates[source])} % called real)"]


def _worst_condition(metrics: Mapping[str, Any]) -> list[str]:
    conditions = metrics.get("robustness", {}).get("conditions", {})
    alarms = {its["title"]: its["fpr"] for name, its in conditions.items() if name != "clean"}
    if not alarms:
        return []
    title = max(alarms, key=alarms.__getitem__)
    return [f"Under {title} it called {_percent(alarms[title])} of 100 real recordings fake."]


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"
