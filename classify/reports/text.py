"""Metrics as text for a terminal."""

from collections.abc import Mapping, Sequence
from statistics import mean, stdev

from classify.metrics.breakdown import Cell
from classify.metrics.comparison import Comparison
from classify.metrics.false_alarms import FalseAlarms
from classify.metrics.registry import METRICS
from classify.metrics.report import EvaluationReport, ScoreFileReport, UnitReport
from classify.metrics.robustness import ConditionReport, RobustnessReport
from classify.reports import deletion, heatmap
from classify.runs.run import Run

# More values than these are left to the report, or to JSON.
SHOWN, SHOWN_OF_SCORES = 10, 50


def evaluation(report: EvaluationReport) -> str:
    """Write the report of an evaluation as text."""
    units, classes = report.units, report.classes
    lines = [f"{report.split:<18}" + "".join(f"{unit + 's':>24}" for unit in units)]
    for index, name in enumerate(classes):
        counts = [sum(part.confusion[index]) for part in units.values()]
        lines.append(f"{name:<18}" + "".join(f"{count:>9}{'':15}" for count in counts))
    for name in METRICS:
        cells = [metric(part.metrics, part.interval, name) for part in units.values()]
        lines.append(f"{name:<18}" + "".join(f"{cell:>24}" for cell in cells))
    for unit, part in units.items():
        lines += _confusion(unit, part.confusion, classes)
        lines += _asides(part)
    for column, values in report.by.items():
        lines += ["", *_breakdown(column, values, report.mean_over.get(column), classes)]
    if report.false_alarms:
        lines += ["", *_false_alarms(report.false_alarms, classes)]
    if report.robustness:
        lines += ["", *_robustness(report.robustness)]
    lines.append("")
    lines += _explanation(report)
    if report.explanation:
        lines += deletion.sentences(report.explanation).values()
    return "\n".join(line.rstrip() for line in lines)


def metric(
    metrics: Mapping[str, float], intervals: Mapping[str, Sequence[float]], name: str
) -> str:
    """Write one metric with its interval.

    Examples
    --------
    >>> metric({"eer": 0.25}, {"eer": (0.2, 0.31)}, "eer"), metric({}, {}, "eer").strip()
    ('0.250 [0.200, 0.310]', '-')
    """
    if name not in metrics:
        return f"{'-':>5}{'':15}"
    between = "[{:.3f}, {:.3f}]".format(*intervals[name]) if name in intervals else ""
    return f"{metrics[name]:.3f} {between:<14}"


def _rates(metrics: Mapping[str, float], *names: str) -> str:
    return "".join(f"{metrics[name]:7.3f}" if name in metrics else f"{'-':>7}" for name in names)


def _confusion(unit: str, table: Sequence[Sequence[int]], classes: Sequence[str]) -> list[str]:
    lines = ["", f"{unit}s, verdict:".ljust(22) + "".join(f"{name:>12}" for name in classes)]
    for name, row in zip(classes, table, strict=True):
        lines.append(f"  {name:<20}" + "".join(f"{count:>12}" for count in row))
    return lines


def _asides(part: UnitReport) -> list[str]:
    lines = [f"  uncertain: {part.selective['uncertain']:.1%}"]
    if "accuracy" in part.selective:
        lines[0] += f"; of the rest {part.selective['accuracy']:.1%} are right"
    if part.oracle:
        lines.append(
            "  oracle: at the threshold that the truth chooses "
            f"{part.oracle['accuracy_at_eer']:.1%} would be right"
        )
    if "eer" in part.seeds:
        average, deviation = part.seeds["eer"]
        lines.append(f"  its networks alone: EER {average:.3f} +- {deviation:.3f}")
    return lines


def _breakdown(
    column: str,
    cells: Mapping[str, Cell],
    average: Mapping[str, float] | None,
    classes: Sequence[str],
    shown: int = SHOWN,
    rest: str = "in the report",
) -> list[str]:
    width = max([18, *(len(value) for value in list(cells)[:shown])]) + 2
    counts = [max(7, len(name) + 1) for name in classes]
    heads = "".join(name.rjust(size) for name, size in zip(classes, counts, strict=True))
    lines = [f"by {column}".ljust(width) + f"{heads}  EER                    FPR    FNR"]
    for value, cell in list(cells.items())[:shown]:
        lines.append(
            f"{value:<{width}}{cell.n_real:>{counts[0]}}{cell.n_fake:>{counts[1]}}  "
            f"{metric(cell.metrics, cell.interval, 'eer'):<20}"
            f"{_rates(cell.metrics, 'fpr', 'fnr')}  {cell.real_from}"
        )
    if len(cells) > shown:
        lines.append(f"  and {len(cells) - shown} more, {rest}")
    if average and average["values"] > 1 and "eer" in average:
        lines.append(
            f"mean over {average['values']:.0f} with enough recordings: EER {average['eer']:.3f}, "
            f"HTER {average['hter']:.3f}"
        )
    return lines


def _false_alarms(alarms: Mapping[str, FalseAlarms], classes: Sequence[str]) -> list[str]:
    real, fake = classes
    width = max([18, *(len(source) for source in list(alarms)[:SHOWN])]) + 2
    lines = [f"{real} called {fake}".ljust(width) + "  called     of"]
    for source, its in list(alarms.items())[:SHOWN]:
        ends = "[{:.3f}, {:.3f}]".format(*its.interval)
        lines.append(f"{source:<{width}}{its.called_fake:>8}{its.n_real:>7}  {its.rate:.3f} {ends}")
    if len(alarms) > SHOWN:
        lines.append(f"  and {len(alarms) - SHOWN} more, in the report")
    return lines


def _robustness(report: RobustnessReport) -> list[str]:
    conditions = list(report.conditions.values())
    width = max(20, *(len(condition.title) for condition in conditions))
    heads = "      n  EER                   change                   HTER   FPR    FNR"
    lines = ["robustness".ljust(width) + heads]
    for number, condition in enumerate(conditions):
        pooled = condition.pooled
        change = _change(condition) if number else ""
        lines.append(
            f"{condition.title:<{width}}{pooled.n_real + pooled.n_fake:>7}  "
            f"{metric(pooled.metrics, pooled.interval, 'eer'):<21} {change:<23}"
            f"{_rates(pooled.metrics, 'hter', 'fpr', 'fnr')}"
        )
    return [*lines, *filter(None, [heatmap.sentence(report)])]


def _change(condition: ConditionReport) -> str:
    pooled = condition.pooled
    if "change" not in pooled.metrics:
        return ""
    ends = pooled.interval.get("change")
    return f"{pooled.metrics['change']:+.3f}" + (
        " [{:+.3f}, {:+.3f}]".format(*ends) if ends else ""
    )


def _explanation(report: EvaluationReport) -> list[str]:
    (low, high), fake = report.uncertain, report.classes[1]
    lines = [
        f"verdict {fake} from P({fake}) = {report.threshold:g}; "
        f"uncertain between {low:.3f} and {high:.3f}",
    ]
    if report.resamples:
        lines.append(
            f"[ ]: 95 % of {report.resamples:,} resamples, drawn by {report.bootstrap_unit}"
        )
    if report.split == "validation":
        lines.append(
            "the calibration, the threshold and, unless it is the last, the epoch were chosen on "
            "validation: these metrics flatter; run.json holds the cross-fitted ones"
        )
    return lines


def comparison(report: Comparison, a: str, b: str, classes: Sequence[str]) -> str:
    """Write a comparison as text.

    Parameters
    ----------
    report : Comparison
    a, b : str
        What the systems are called.
    classes : sequence of two str
        The positive one last.
    """
    values, test = report.differences, report.mcnemar
    lines = [
        f"A  {a}",
        f"B  {b}",
        f"{report.split}: {report.n_real} {classes[0]} and {report.n_fake} {classes[1]} "
        f"{report.unit}s, resampled by {report.bootstrap_unit}",
        "",
        f"{'':<18}{'A':>8}{'B':>8}   B - A",
    ]
    for name, change in values.difference.items():
        between = values.interval.get(name)
        text = f"[{between[0]:+.3f}, {between[1]:+.3f}]" if between else ""
        lines.append(
            f"{name:<18}{values.a[name]:>8.3f}{values.b[name]:>8.3f}  {change:+.3f} {text}"
        )
    lines += [
        f"only A is right on {test.only_a}, only B on {test.only_b} (McNemar p = {test.p:.2g})",
        "",
        report.sentence,
    ]
    return "\n".join(line.rstrip() for line in lines)


def scores(report: ScoreFileReport) -> str:
    """Write the metrics of a score file as text."""
    lines = [
        f"{report.format}: {report.n_real} bona fide, {report.n_fake} spoof; {report.direction}"
    ]
    lines += [f"{name:<18}{metric(report.metrics, report.interval, name)}" for name in METRICS]
    if report.oracle:
        lines.append(f"{'EER threshold':<18}{report.oracle['eer_threshold']:.6g}")
    for column, cells in report.by.items():
        average = report.mean_over.get(column)
        how = ("real", "fake"), SHOWN_OF_SCORES, "with --format json"
        lines += ["", *_breakdown(column, cells, average, *how)]
    return "\n".join(line.rstrip() for line in lines)


def training(run: Run) -> str:
    """Write the outcome of a training as text."""
    validation = run.validation
    if run.members:
        head = f"{run.folder}: {len(run.members)} networks"
        eers = [member.validation["eer"] for member in run.members if "eer" in member.validation]
        if len(eers) > 1 and not run.is_refit:  # whose networks have that of the folds
            head += f", each alone validation EER {mean(eers):.3f} +- {stdev(eers):.3f}"
    else:
        head = (
            f"{run.folder}: kept epoch {int(run.scores['epoch']) + 1}, validation loss "
            f"{run.scores['val_loss']:.3f}, accuracy {run.scores['val_accuracy']:.3f}"
        )
    metrics = [f"accuracy {validation['accuracy']:.3f}"]
    if "eer" in validation:
        metrics = [f"EER {validation['eer']:.3f}", *metrics]
        metrics[1] += f" ({validation['accuracy_at_eer']:.3f} at the EER point)"
    if "ece" in validation:
        metrics.append(f"ECE {validation['ece']:.3f}")
    return f"{head}\nvalidation, {validation['recordings']:.0f} recordings: {', '.join(metrics)}"
