"""The words of a verdict: labels, lines of text, and sentences for readers without statistics.

Command lines, tables and the page take their words from here. Sentences hold no names from outside
but the class names of the run. Probabilities are of the positive class, were both equally frequent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from classify.class_names import fake_name, is_fake_known
from classify.probability import NBSP, chance
from classify.runs.run import DEMONSTRATION_CAVEAT

UNCERTAIN = "uncertain"
NO_SPEECH = "no speech"
NOT_JUDGED = "not judged"


class Tone(Enum):
    """How a verdict is to be shown, whatever its words are."""

    FAKE = "fake"
    REAL = "real"
    NEUTRAL = "neutral"
    UNCERTAIN = "uncertain"
    NO_SPEECH = "no speech"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True)
class VerdictText:
    """A verdict in sentences.

    Attributes
    ----------
    headline : str
    meaning, limitation : str
        One sentence each: what the verdict means, and what it does not mean.
    tone : Tone
    """

    headline: str
    meaning: str
    limitation: str
    tone: Tone


def explain_refusal(reason: str) -> VerdictText:
    """Say that a file was not judged.

    Examples
    --------
    >>> explain_refusal("expected sound, got silence").meaning
    'expected sound, got silence.'
    """
    limitation = "This says nothing about whether it is real or not."
    return VerdictText("Not judged", f"{reason}.", limitation, Tone.NOT_JUDGED)


def explain_verdict(
    label: str, p: float | None, classes: tuple[str, str], uncertain: tuple[float, float]
) -> VerdictText:
    """Say what a verdict means, and what it does not mean.

    Parameters
    ----------
    label : str
    p : float in (0, 1), or None
        P(positive class); None where no speech was found.
    classes : tuple of two str
        The positive one last.
    uncertain : tuple of two float
        Between these P, there is no verdict.
    """
    if p is None:
        return VerdictText(
            "No speech found",
            "Nothing in the recording looks like speech, so there is nothing to judge.",
            "It says nothing about whether the sound is real or generated.",
            Tone.NO_SPEECH,
        )
    negative, positive = classes
    probability = f"{p_of(positive)} is {percent(p)}"
    if label == UNCERTAIN:
        return VerdictText(
            "Uncertain",
            f"{probability}, between {' and '.join(map(percent, uncertain))}, where this detector "
            "is wrong too often to give a verdict.",
            "It does not mean half and half: do not use it as a verdict; listen, and find the "
            "source.",
            Tone.UNCERTAIN,
        )
    is_positive, fake = label == positive, fake_name(classes)
    if label == in_part(positive):
        return VerdictText(
            label.capitalize(),
            f"A part of it looks like the {positive} examples that this detector learned from, and "
            f"stands out from the rest, which does not. Of the whole, {probability}.",
            f"It does not prove that the part is {positive}: listen to it. 1 in 20 recordings that "
            "are real throughout are told so as well.",
            Tone.FAKE if positive == fake else Tone.NEUTRAL,
        )
    return VerdictText(
        f"{label.capitalize()}, {percent(max(p, 1 - p))}",
        f"It looks like the {label} examples that this detector learned from: {probability}, were "
        f"{negative} and {positive} equally frequent.",
        _not_proven(positive) if is_positive else _not_excluded(negative, positive == fake),
        Tone.NEUTRAL if fake is None else Tone.FAKE if label == fake else Tone.REAL,
    )


def _not_proven(positive: str) -> str:
    return (
        f"It does not prove that it is {positive}: on microphones, codecs and voices that it has "
        "never met, the detector is often wrong and just as confident."
    )


def _not_excluded(negative: str, is_real: bool) -> str:
    unknown = "a new generator makes" if is_real else "the detector has never met"
    return f"It does not prove that it is {negative}: what {unknown} can look {negative} to it."


def verdict_columns(label: str, confidence: float | None, p: float | None, positive: str) -> str:
    """Write a verdict in columns of fixed width, as the command lines print it.

    A verdict that is uncertain or on a part has no confidence: a number would be taken for one.

    Examples
    --------
    >>> verdict_columns("fake", 97.3, 0.973, "fake")
    'fake       97.3 %  P(fake) 0.973'
    >>> verdict_columns("uncertain", 65.3, 0.653, "fake")
    'uncertain          P(fake) 0.653'
    >>> verdict_columns("fake in part", 65.3, 0.347, "fake")
    'fake in part       P(fake) 0.347'
    """
    unsure = confidence is None or label in (UNCERTAIN, in_part(positive))
    verdict = f"{label:<17}" if unsure else f"{label:<9} {confidence:5.1f} %"
    probability = " " * len(f"{p_of(positive)} 0.000") if p is None else f"{p_of(positive)} {p:.3f}"
    return f"{verdict}  {probability}"


def in_part(positive: str) -> str:
    """Label of a recording that is not positive but for a part: "fake in part"."""
    return f"{positive} in part"


def p_of(positive: str) -> str:
    """Name the probability: P(fake)."""
    return f"P({positive})"


def output_fields(names: Iterable[str], classes: tuple[str, str]) -> list[str]:
    """Names of the fields in JSON and CSV, which speak of fakes only where those are known.

    Examples
    --------
    >>> output_fields(("p_fake", "llr"), ("real", "deepfake"))
    ['p_fake', 'llr']
    >>> output_fields(("p_fake", "llr"), ("cats", "dogs"))
    ['p_positive', 'llr']
    """
    positive = "fake" if is_fake_known(classes) else "positive"
    return [name.replace("p_fake", f"p_{positive}") for name in names]


def output_values(values: Mapping[str, Any], classes: tuple[str, str]) -> dict[str, Any]:
    """Values under the names of `output_fields`, also in lists of further values.

    Examples
    --------
    >>> output_values({"path": "a.png", "p_fake": 0.5}, ("cats", "dogs"))
    {'path': 'a.png', 'p_positive': 0.5}
    >>> output_values({"segments": [{"p_fake": 0.5}]}, ("cats", "dogs"))
    {'segments': [{'p_positive': 0.5}]}
    """

    def renamed(value: Any) -> Any:
        if isinstance(value, list):
            return [renamed(item) for item in value]
        return output_values(value, classes) if isinstance(value, Mapping) else value

    return dict(zip(output_fields(values, classes), map(renamed, values.values()), strict=True))


def percent(p: float) -> str:
    """Write a probability in percent, never as 0 or 100.

    Examples
    --------
    >>> [percent(p).replace(NBSP, " ") for p in (0.0, 0.5, 0.973, 1.0)]
    ['under 0.1 %', '50.0 %', '97.3 %', 'over 99.9 %']
    """
    return chance(p, NBSP, "under ", "over ")


def most_suspicious(interval: tuple[float, float] | None) -> str:
    """Say in which seconds a recording is most suspicious; empty without such seconds.

    Examples
    --------
    >>> most_suspicious((61.0, 63.0))
    'Most suspicious: 1:01.0 to 1:03.0. '
    """
    return f"Most suspicious: {clock_range(interval)}. " if interval else ""


def clock_range(interval: tuple[float, float]) -> str:
    """Write start and end of a part of a recording, given in s."""
    return " to ".join(map(clock, interval))


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


def about_recording(warnings: Iterable[str]) -> list[str]:
    """Warnings about a recording, without the one about the run, which is said once for all."""
    return [warning for warning in warnings if warning != DEMONSTRATION_CAVEAT]
