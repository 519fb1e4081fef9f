"""The metrics of an evaluation in one paragraph of plain words.

Rates are in [0, 1] and are told as so many of 100. The sentences are about recordings, or about
pictures where no recordings are known, and call the classes by their names.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from classify.metrics.bootstrap import Interval, rule_of_three
from classify.metrics.breakdown import Cell
from classify.metrics.report import EvaluationReport
from classify.metrics.trials import overconfidence
from classify.probability import percent

# How well an EER up to this separates the classes.
GRADES = (
    (0.01, "almost without error"),
    (0.05, "well"),
    (0.15, "fairly well"),
    (0.3, "only roughly"),
    (1.0, "poorly"),
)
FEW = 30  # of a class; below, a metric is an anecdote
FEW_TO_CALIBRATE = 100  # of a class; below, the ECE of a calibrated system may well be above 0.05
CALIBRATED = 0.05  # ECE up to which P(fake) may be read as a probability
WASTE = 0.1  # of actDCF over minDCF, from which calibration is said to fail where fakes are rare
MISFIT = 0.02  # by which the HTER may be above the EER before the threshold is said not to fit


@dataclass(frozen=True)
class Case:
    """The main unit of a report, as the sentences ask for it."""

    report: EvaluationReport

    @property
    def classes(self) -> tuple[str, str]:
        """The positive one last."""
        return self.report.classes

    @property
    def metrics(self) -> Mapping[str, float]:
        """Metrics of the unit."""
        return self.report.main.metrics

    @property
    def counts(self) -> list[int]:
        """Number of recordings, or pictures, of each class."""
        return self.report.main.counts

    @property
    def units(self) -> str:
        """``"recordings"`` or ``"pictures"``."""
        return f"{self.report.main_unit}s"

    @property
    def useless(self) -> bool:
        """Whether the EER cannot be told from guessing."""
        eer = self.metrics["eer"]
        low, high = self.interval("eer") or (eer - 0.02, eer + 0.02)
        return low <= 0.5 <= high

    @property
    def reversed(self) -> bool:
        """Whether the first class has the scores of the second."""
        return self.metrics["eer"] > 0.5 and not self.useless

    def interval(self, metric: str) -> Interval | None:
        """95 % interval of a metric, where there is one."""
        return self.report.main.interval.get(metric)


def assess(report: EvaluationReport) -> str:
    """Say how good a detector is and what that does not mean.

    Returns
    -------
    text : str
        One paragraph.
    """
    case = Case(report)
    sentences = (_separation, _few, _errors, _calibration, _undecided, _weakest, _limits)
    return " ".join(text for sentence in sentences if (text := sentence(case)))


def _separation(case: Case) -> str:
    counts = zip(case.counts, case.classes, strict=True)
    whole = " and ".join(f"{count:,} {name}" for count, name in counts if count)
    where = f"On the {whole} {case.units} of the {case.report.split} split, this detector"
    if 0 in case.counts:
        only = case.classes[case.counts.index(0) - 1]
        return (
            f"All {sum(case.counts):,} {case.units} of the {case.report.split} split are "
            f"{only}, so nothing can be said of how well this detector tells {case.classes[1]} "
            f"from {case.classes[0]}: one that calls everything {only} would look perfect here."
        )
    if "eer" not in case.metrics:
        return f"{where} gives too few different scores to say how well it ranks what it sees."
    eer = percent(case.metrics["eer"]) + _between(case, "eer")
    if case.useless:
        return f"{where} cannot be told from guessing: its EER is {eer}, and guessing has 50 %."
    if case.reversed:
        return (
            f"{where} has it the wrong way round: {case.classes[0]} {case.units} look more "
            f"{case.classes[1]} to it than {case.classes[1]} ones. Its EER is {eer}, and guessing "
            "has 50 %; swapped labels are the likeliest cause, and until that is cleared up none "
            "of its verdicts should be believed."
        )
    grade = next(words for limit, words in GRADES if case.metrics["eer"] <= limit)
    return (
        f"{where}’s scores separate {case.classes[1]} from {case.classes[0]} {grade}: its "
        f"equal error rate (EER) is {eer}, where 0 is perfect and 50 % is guessing."
    )


def _few(case: Case) -> str:
    if min(count for count in case.counts if count) >= FEW:
        return ""
    return f"With so few {case.units} every metric here is an anecdote rather than a measurement."


def _errors(case: Case) -> str:
    rates = [_rate(case, label) for label in (0, 1) if case.counts[label]]
    text = f"At the threshold stored with it, it calls {' and '.join(rates)}."
    if min(case.counts) >= FEW:
        text += _lopsided(case) + _misfit(case)
    return text


def _rate(case: Case, label: int) -> str:
    """How often a class is called the other."""
    metric, n = ("fpr", "fnr")[label], case.counts[label]
    rate = case.metrics[metric]
    sure = _between(case, metric) if rate else f" (which fits up to {percent(rule_of_three(n))})"
    its, other = case.classes[label], case.classes[1 - label]
    return f"{_share(rate, n)} {its} {case.units} {other}{sure}"


def _share(rate: float, n: int) -> str:
    """A share of n in words, as a count where there are fewer than 100."""
    if rate in (0, 1):
        return f"{'all' if rate else 'none'} of the {n:,}"
    if n < 100:
        return f"{round(rate * n)} of the {n}"
    words = {0: "fewer than 1", 100: "more than 99"}
    return f"{words.get(round(100 * rate), round(100 * rate))} of 100"


def _lopsided(case: Case) -> str:
    fpr, fnr = case.metrics["fpr"], case.metrics["fnr"]
    small, large = sorted((fpr, fnr))
    verdict = case.classes[1 if fpr > fnr else 0]
    if large >= 0.95 and small <= 0.05:
        return f" So it calls nearly everything {verdict}, and its verdicts are worth nothing here."
    if large - small > 0.1 and large > 3 * small:
        return f" So its errors are lopsided: it says {verdict} far too readily."
    return ""


def _misfit(case: Case) -> str:
    eer = case.metrics.get("eer", 1.0)
    if case.metrics["hter"] - eer <= MISFIT:
        return ""
    return (
        f" That threshold does not fit these {case.units}: another, which only the answers "
        f"tell, would be wrong for {percent(eer)} of each kind."
    )


def _calibration(case: Case) -> str:
    p_fake = f"P({case.classes[1]})"
    if "ece" not in case.metrics:
        return ""
    ece, cllr = case.metrics["ece"], case.metrics["cllr"]
    if min(case.counts) < FEW_TO_CALIBRATE:
        return f"There are too few {case.units} to say whether its {p_fake} is calibrated."
    off = f"off by {100 * ece:.1f} points on average (ECE)"
    if ece > CALIBRATED:
        text = f"Its {p_fake} should not be read as a probability: it is {off}{_confidence(case)}"
    elif cllr > 0.9:
        text = f"Its {p_fake} is honest, {off}, but says next to nothing (Cllr {cllr:.2f} of 1)"
    else:
        text = f"Its {p_fake} may be read as a probability on data like this: it is {off}"
    if cllr > 1:
        text += f"; taken at its word it is worse than no answer (Cllr {cllr:.2f}, above 1)"
    act_dcf, min_dcf = case.metrics["act_dcf"], case.metrics.get("min_dcf", np.inf)
    if ece <= CALIBRATED and act_dcf - min_dcf > WASTE:
        text += (
            f", though not where {case.classes[1]} is rare and costly to miss, which has a cost of "
            f"{act_dcf:.2f} (actDCF) where {min_dcf:.2f} is possible (minDCF)"
        )
    return f"{text}."


def _confidence(case: Case) -> str:
    claimed, right = overconfidence(case.report.main.trials)
    if abs(claimed - right) <= 0.03:
        return ""
    return (
        f" and {'over' if claimed > right else 'under'}-confident, for it claims to be right "
        f"{100 * claimed:.0f} times of 100 and is so {100 * right:.0f} times"
    )


def _undecided(case: Case) -> str:
    selective = case.report.main.selective
    n, share = sum(case.counts), selective["uncertain"]
    text = f"It answers “uncertain” for {_share(share, n)} {case.units}"
    if 0 < share < 1:
        rest = round((1 - share) * n)
        text += f", and of the rest it gets {_share(selective['accuracy'], rest)} right"
    return f"{text}."


def _weakest(case: Case) -> str:
    if not case.report.by:
        return "How it fares with a single generator, speaker or source was not looked at."
    texts = (_weakest_of(case, column, cells) for column, cells in case.report.by.items())
    return " ".join(filter(None, texts))


def _weakest_of(case: Case, column: str, cells: Mapping[str, Cell]) -> str:
    eers = {
        value: cell.metrics["eer"]
        for value, cell in cells.items()
        if cell.enough and "eer" in cell.metrics
    }
    if len(eers) < 2 or "eer" not in case.metrics:
        return ""
    value, eer = next(iter(eers.items()))
    return (
        f"By {column} it does worst on {value} (EER {percent(eer)} with {cells[value].n_real:,} "
        f"{case.classes[0]} and {cells[value].n_fake:,} {case.classes[1]}), partly by chance, for "
        f"one of {len(eers)} must; their mean is {percent(float(np.mean([*eers.values()])))}, "
        f"pooled {percent(case.metrics['eer'])}."
    )


def _limits(case: Case) -> str:
    seen = {
        "train": "It was trained on this very split, so nothing here says how it does on new data.",
        "validation": "Its calibration, its threshold and, unless it is the last, its epoch "
        "were chosen on this very split, so expect worse on new data.",
    }
    return " ".join(
        (
            seen.get(case.report.split, ""),
            "All metrics hold for data like this split only: with other generators, codecs, "
            "microphones or languages it may be wrong far more often, and just as confident.",
            "An EER is an oracle metric, found with the answers known: it says how well the scores "
            "rank, not how often a verdict is right.",
        )
    ).strip()


def _between(case: Case, metric: str) -> str:
    ends = case.interval(metric)
    if ends is None or ends[0] == ends[1]:
        return ""
    return f" (95 % interval {100 * ends[0]:.1f} to {percent(ends[1])})"
