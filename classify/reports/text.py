"""Figures as text for a terminal."""

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from classify.metrics.trials import METRICS
from classify.reports import deletion, heatmap
from classify.runs.run import Run

# More values than these are left to the report.
SHOWN = 10


def evaluation(report: Mapping[str, Any], classes: Sequence[str]) -> str:
    """Write the report of an evaluation as text.

    Parameters
    ----------
    report : mapping
        What ``metrics.json`` holds, see `classify.evaluation.evaluation`.
    classes : sequence of two str

    Returns
    -------
    text : str
    """
    levels = [level for level in ("picture", "recording") if level in report]
    lines = [f"{report['split']:<18}" + "".join(f"{level + 's':>24}" for level in levels)]
    for index, name in enumerate(classes):
        counts = [sum(report["confusion"][level][index]) for level in levels]
        lines.append(f"{name:<18}" + "".join(f"{count:>9}{'':15}" for count in counts))
    for name in METRICS:
        cells = [figure(report[level], report["interval"][level], name) for level in levels]
        lines.append(f"{name:<18}" + "".join(f"{cell:>24}" for cell in cells))
    for level in levels:
        lines += _confusion(level, report["confusion"][level], classes)
        lines += _asides(level, report, classes)
    for column, cells in report["by"].items():
        lines += ["", *_breakdown(column, cells, report["mean_over"].get(column))]
    if "robustness" in report:
        lines += ["", *_robustness(report["robustness"])]
    lines.append("")
    lines += _explanation(report, classes)
    if "explanation" in report:
        lines += deletion.sentences(report["explanation"]).values()
    return "\n".join(line.rstrip() for line in lines)


def figure(
    figures: Mapping[str, float], intervals: Mapping[str, Sequence[float]], name: str
) -> str:
    """Write one figure with its interval.

    Examples
    --------
    >>> figure({"eer": 0.25}, {"eer": (0.2, 0.31)}, "eer"), figure({}, {}, "eer").strip()
    ('0.250 [0.200, 0.310]', '-')
    """
    if name not in figures:
        return f"{'-':>5}{'':15}"
    between = "[{:.3f}, {:.3f}]".format(*intervals[name]) if name in intervals else ""
    return f"{figures[name]:.3f} {between:<14}"


def _confusion(level: str, table: Sequence[Sequence[int]], classes: Sequence[str]) -> list[str]:
    lines = ["", f"{level}s, verdict:".ljust(22) + "".join(f"{name:>12}" for name in classes)]
    for name, row in zip(classes, table, strict=True):
        lines.append(f"  {name:<20}" + "".join(f"{count:>12}" for count in row))
    return lines


def _asides(level: str, report: Mapping[str, Any], classes: Sequence[str]) -> list[str]:
    decided, oracle = report["decided"][level], report["oracle"][level]
    lines = [f"  uncertain: {decided['uncertain']:.1%}"]
    if "accuracy" in decided:
        lines[0] += f"; of the rest {decided['accuracy']:.1%} are right"
    if oracle:
        lines.append(
            f"  oracle: at the threshold that the truth chooses {oracle['accuracy_at_eer']:.1%} "
            "would be right"
        )
    if "seeds" in report and "eer" in report["seeds"].get(level, {}):
        average, deviation = report["seeds"][level]["eer"]
        lines.append(f"  its networks alone: EER {average:.3f} +- {deviation:.3f}")
    return lines


def _breakdown(
    column: str, cells: Mapping[str, Mapping[str, Any]], average: Mapping[str, float] | None
) -> list[str]:
    width = max(18, *(len(value) for value in list(cells)[:SHOWN])) + 2
    lines = [f"by {column}".ljust(width) + "   real   fake  EER                    FPR    FNR"]
    for value, cell in list(cells.items())[:SHOWN]:
        rates = "".join(
            f"{cell[name]:7.3f}" if name in cell else f"{'-':>7}" for name in ("fpr", "fnr")
        )
        lines.append(
            f"{value:<{width}}{cell['n_real']:>7}{cell['n_fake']:>7}  "
            f"{figure(cell, cell['interval'], 'eer'):<20}{rates}  {cell['against']}"
        )
    if len(cells) > SHOWN:
        lines.append(f"  and {len(cells) - SHOWN} more, in the report")
    if average and average["values"] > 1 and "eer" in average:
        lines.append(
            f"mean over {average['values']:.0f} with enough recordings: EER {average['eer']:.3f}, "
            f"HTER {average['hter']:.3f}"
        )
    return lines


def _robustness(found: Mapping[str, Any]) -> list[str]:
    width = max(20, *(len(one["title"]) for one in found["conditions"].values()))
    heads = "      n  EER                   change                   HTER   FPR    FNR"
    lines = ["robustness".ljust(width) + heads]
    for name, one in found["conditions"].items():
        change = ""
        if "change" in one and name != next(iter(found["conditions"])):
            ends = one["interval"].get("change")
            change = f"{one['change']:+.3f}" + (" [{:+.3f}, {:+.3f}]".format(*ends) if ends else "")
        rates = "".join(
            f"{one[key]:7.3f}" if key in one else f"{'-':>7}" for key in ("hter", "fpr", "fnr")
        )
        lines.append(
            f"{one['title']:<{width}}{one['n_real'] + one['n_fake']:>7}  "
            f"{figure(one, one['interval'], 'eer'):<21} {change:<23}{rates}"
        )
    return [*lines, *filter(None, [heatmap.sentence(found)])]


def _explanation(report: Mapping[str, Any], classes: Sequence[str]) -> list[str]:
    low, high = report["uncertain"]
    lines = [
        f"verdict {classes[1]} from P({classes[1]}) = {report['threshold']:g}; "
        f"uncertain between {low:.3f} and {high:.3f}",
    ]
    if report["resamples"]:
        lines.append(
            f"[ ]: 95 % of {report['resamples']:,} resamples, drawn by {report['resampled_by']}"
        )
    if report["split"] == "validation":
        lines.append(
            "the calibration, the threshold and, unless it is the last, the epoch were chosen on "
            "validation: these figures flatter; run.json holds the cross-fitted ones"
        )
    return lines


def comparison(report: Mapping[str, Any], a: str, b: str) -> str:
    """Write the report of a comparison as text.

    Parameters
    ----------
    report : mapping
        See `classify.evaluation.comparison.Comparison`.
    a, b : str
        What the systems are called.

    Returns
    -------
    text : str
    """
    lines = [
        f"A  {a}",
        f"B  {b}",
        f"{report['split']}: {report['n_real']} real and {report['n_fake']} fake "
        f"{report['level']}s, resampled by {report['resampled_by']}",
        "",
        f"{'':<18}{'A':>8}{'B':>8}   B - A",
    ]
    for name, change in report["difference"].items():
        between = report["interval"].get(name)
        text = f"[{between[0]:+.3f}, {between[1]:+.3f}]" if between else ""
        lines.append(
            f"{name:<18}{report['a'][name]:>8.3f}{report['b'][name]:>8.3f}  {change:+.3f} {text}"
        )
    test = report["mcnemar"]
    lines += [
        f"only A is right on {test['only_a']}, only B on {test['only_b']} (McNemar "
        f"p = {test['p']:.2g})",
        "",
        report["sentence"],
    ]
    return "\n".join(line.rstrip() for line in lines)


def scores(report: Mapping[str, Any]) -> str:
    """Write the figures of a score file as text.

    Parameters
    ----------
    report : mapping
        ``n_real``, ``n_fake``, ``format``, ``direction``, ``figures``, ``interval``, ``oracle``.

    Returns
    -------
    text : str
    """
    lines = [
        f"{report['format']}: {report['n_real']} bona fide, {report['n_fake']} spoof; "
        f"{report['direction']}"
    ]
    for name in METRICS:
        lines.append(f"{name:<18}{figure(report['figures'], report['interval'], name)}")
    if report["oracle"]:
        lines.append(f"{'EER threshold':<18}{report['oracle']['eer_threshold']:.6g}")
    return "\n".join(line.rstrip() for line in lines)


def training(run: Run) -> str:
    """Write the outcome of a training as text.

    Parameters
    ----------
    run : Run

    Returns
    -------
    text : str
    """
    found = run.validation
    if run.members:
        head = f"{run.folder}: {len(run.members)} networks"
        eers = [member.validation["eer"] for member in run.members if "eer" in member.validation]
        if len(eers) > 1:
            head += f", each alone validation EER {mean(eers):.3f} +- {stdev(eers):.3f}"
    else:
        head = (
            f"{run.folder}: kept epoch {int(run.scores['epoch']) + 1}, validation loss "
            f"{run.scores['val_loss']:.3f}, accuracy {run.scores['val_accuracy']:.3f}"
        )
    figures = [f"accuracy {found['accuracy']:.3f}"]
    if "eer" in found:
        figures = [f"EER {found['eer']:.3f}", *figures]
        figures[1] += f" ({found['accuracy_at_eer']:.3f} at the EER point)"
    if "ece" in found:
        figures.append(f"ECE {found['ece']:.3f}")
    return f"{head}\nvalidation, {found['recordings']:.0f} recordings: {', '.join(figures)}"
