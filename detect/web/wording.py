"""Verdicts and error rates in plain words, for people who do not know what an llr is.

Sentences hold no name that came from outside but the names of the run's classes.
"""

from dataclasses import dataclass

from classify.case import rule_of_three
from classify.prediction.verdicts import UNCERTAIN, Refusal
from classify.runs.run import Run
from detect.detection import Detection
from detect.web import error_rates as rates_at
from detect.web.error_rates import Rates
from detect.web.threshold import Outcome

NBSP = "\u00a0"  # keeps a number and its unit in one line
_REFUSED = "This says nothing about whether it is real or not."
_NO_SPEECH = "Nothing in the recording looks like speech, so there is nothing to judge."
_NO_SPEECH_NOT = "It says nothing about whether the sound is real or generated."
_UNCERTAIN_NOT = (
    "It does not mean half and half: do not use it as a verdict; listen, and find the source."
)


@dataclass(frozen=True)
class Words:
    """A verdict as it is said.

    Attributes
    ----------
    headline : str
    means, means_not : str
        One sentence each.
    tone : str
        ``"positive"``, ``"negative"``, ``"uncertain"``, ``"nothing"`` or ``"refused"``.
    """

    headline: str
    means: str
    means_not: str
    tone: str


def words(outcome: Outcome, run: Run) -> Words:
    """Say an outcome.

    Parameters
    ----------
    outcome : Detection, Verdict or Refusal
    run : Run
        Whose threshold and uncertain band decided it.

    Returns
    -------
    words : Words

    Examples
    --------
    >>> words(Refusal("a.wav", "expected sound, got silence"), run=None).means
    'expected sound, got silence.'
    """
    if isinstance(outcome, Refusal):
        return Words("Not judged", f"{outcome.reason}.", _REFUSED, "refused")
    if outcome.p_fake is None:
        return Words("No speech found", _NO_SPEECH, _NO_SPEECH_NOT, "nothing")
    negative, positive = run.classes
    p = f"P({positive}) is {chance(outcome.p_fake)}"
    if outcome.label == UNCERTAIN:
        between = " and ".join(chance(end) for end in run.uncertain)
        often = "where this detector is wrong too often to give a verdict"
        return Words("Uncertain", f"{p}, between {between}, {often}.", _UNCERTAIN_NOT, "uncertain")
    sure = chance(max(outcome.p_fake, 1 - outcome.p_fake))
    tone = "positive" if outcome.label == positive else "negative"
    not_ = _not_positive(positive) if tone == "positive" else _not_negative(negative, positive)
    return Words(
        f"{outcome.label.capitalize()}, {sure}",
        f"It looks like the {outcome.label} examples that this detector learned from: {p}, were "
        f"{negative} and {positive} equally frequent.",
        not_,
        tone,
    )


def place(outcome: Outcome) -> str:
    """Say where a recording is most suspicious; nothing of what is none, or has no speech.

    Examples
    --------
    >>> place(Detection("a", "fake", 90.0, 0.9, -2.2, 99.0, (), (61.0, 63.0)))
    'Most suspicious: 1:01.0 to 1:03.0. '
    """
    if not isinstance(outcome, Detection) or outcome.suspicious is None:
        return ""
    return "Most suspicious: {} to {}. ".format(*map(clock, outcome.suspicious))


def _not_positive(positive: str) -> str:
    return (
        f"It does not prove that it is {positive}: on microphones, codecs and voices that it has "
        "never met, the detector is often wrong and just as confident."
    )


def _not_negative(negative: str, positive: str) -> str:
    what = "a new generator makes" if positive == "fake" else "the detector has never met"
    return f"It does not prove that it is {negative}: what {what} can look {negative} to it."


def of_threshold(run: Run, threshold: float) -> list[str]:
    """Say how often a threshold errs, as far as the run's evaluation knows.

    Parameters
    ----------
    run : Run
    threshold : float in (0, 1)

    Returns
    -------
    sentences : list of str

    Raises
    ------
    ValueError
        If the files of the evaluation are damaged.
    """
    scores = rates_at.read(run)
    rates = scores.rates(threshold) if scores else rates_at.at_its_own(run)
    if rates is None:
        return ["How often it errs is not known: ./run.sh evaluate measures it."]
    known = threshold if scores else run.threshold
    said = error_rates(rates, run.classes, known)
    if known != threshold:
        said.append(f"For {threshold:g} they are not known: ./run.sh evaluate measures them.")
    return [*said, "Measured on examples like those it learned from; expect more on others."]


def error_rates(rates: Rates, classes: tuple[str, str], threshold: float) -> list[str]:
    """Say how often a threshold errs.

    Parameters
    ----------
    rates : Rates
    classes : tuple of two str
        The positive one last.
    threshold : float in (0, 1)

    Returns
    -------
    sentences : list of str
        One for each kind of error that could be counted.

    Examples
    --------
    >>> said = error_rates(Rates(1, 80, 0, 80), ("real", "fake"), 0.5)
    >>> said[0].replace(NBSP, " ")
    'At 0.5, 1.2 % of the real are called fake (FPR): 1 of 80.'
    >>> said[1].replace(NBSP, " ")
    'At 0.5, 0.0 % of the fake are called real (FNR): 0 of 80; 3.7 % would be no surprise either.'
    """
    negative, positive = classes
    found = (
        ("FPR", rates.fpr, rates.false_alarms, rates.negatives, negative, positive),
        ("FNR", rates.fnr, rates.misses, rates.positives, positive, negative),
    )
    return [
        f"At {threshold:g}, {100 * rate:.1f}{NBSP}% of the {truth} are called {called} ({name}): "
        f"{wrong} of {count}{_surprise(wrong, count)}."
        for name, rate, wrong, count, truth, called in found
        if rate is not None
    ]


def _surprise(wrong: int, count: int) -> str:
    if wrong:
        return ""
    return f"; {100 * rule_of_three(count):.1f}{NBSP}% would be no surprise either"


def chance(p: float) -> str:
    """Write a probability in percent, never as 0 or 100.

    Examples
    --------
    >>> [chance(p).replace(NBSP, " ") for p in (0.0, 0.5, 0.973, 1.0)]
    ['under 0.1 %', '50.0 %', '97.3 %', 'over 99.9 %']
    """
    side = "under " if p < 0.001 else "over " if p > 0.999 else ""
    return f"{side}{100 * min(max(p, 0.001), 0.999):.1f}{NBSP}%"


def clock(seconds: float) -> str:
    """Write a time in a recording.

    Examples
    --------
    >>> clock(7.25), clock(75), clock(3675.5)
    ('7.2 s', '1:15.0', '1:01:15.5')
    """
    tenths = round(10 * seconds)
    minutes, rest = divmod(tenths, 600)
    if not minutes:
        return f"{rest / 10:.1f} s"
    hours, minutes = divmod(minutes, 60)
    start = f"{hours}:{minutes:02d}" if hours else str(minutes)
    return f"{start}:{rest / 10:04.1f}"
