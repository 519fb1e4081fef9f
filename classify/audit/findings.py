"""What an audit found, and what it means, in plain words: one line a finding.

Shares and accuracies are in [0, 1]; lines say them in per cent.
"""

from dataclasses import dataclass

from classify.audit.advice import REMEDIES
from classify.audit.leakage import Duplicates, Overlap
from classify.audit.separability import FEWEST, Separability

SUSPECT = 0.70  # balanced accuracy from which a single fact is too good
# What the low end of its 95 % interval has to exceed. In sets of 20 to 40 recordings a class where
# nothing is to be found, 1 fact in 8,000 does; with 0.60, 1 in 400 would, and there are dozens.
SURELY = 0.65
LOPSIDED = 4  # pictures of one class for each of the other


@dataclass(frozen=True)
class SplitAudit:
    """What was found in one split.

    Attributes
    ----------
    pictures, recordings : tuple of two int
        By class, the positive class last.
    grouped_by : str
        What never stood in two folds: ``"speaker"``, ``"recording"`` or ``"picture"``.
    facts : dict of str to Separability
        By fact; empty where a class has too few recordings.
    """

    pictures: tuple[int, int]
    recordings: tuple[int, int]
    grouped_by: str
    facts: dict[str, Separability]


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes
    ----------
    dataset : str
        The dataset.
    classes : tuple of two str
        The positive class last.
    splits : dict of str to SplitAudit
    missing : tuple of str
        Splits that were asked for and have no pictures.
    copies : tuple of Duplicates
    shared : tuple of Overlap
    left_out : int
        Pictures that cannot be read.
    quick : bool
        Whether only a sample was looked at, without a search for near copies.
    """

    dataset: str
    classes: tuple[str, str]
    splits: dict[str, SplitAudit]
    missing: tuple[str, ...]
    copies: tuple[Duplicates, ...]
    shared: tuple[Overlap, ...]
    left_out: int
    quick: bool


@dataclass(frozen=True)
class Finding:
    """One warning.

    Attributes
    ----------
    short : str
        What is wrong.
    text : str
        The same with what it means and what to do, one line.
    """

    short: str
    text: str


def warnings(audit: Audit) -> list[Finding]:
    """Say what is wrong with a dataset, the strongest fact first.

    Parameters
    ----------
    audit : Audit

    Returns
    -------
    warnings : list of Finding
        Empty for a clean dataset.
    """
    leaks = [item for item in audit.shared if item.column == "recording"]
    return [
        *_facts(audit),
        *map(_copies, audit.copies),
        *map(_recordings, leaks),
        *_balance(audit),
    ]


def notes(audit: Audit) -> list[str]:
    """Say what is common practice and yet limits what the figures mean, one line each."""
    few = [split for split, part in audit.splits.items() if not part.facts]
    lines = [
        f"{split}: facts are not judged, for a class has fewer than {FEWEST} recordings"
        for split in few
    ]
    for item in audit.shared:
        if item.column == "recording" or item.there != "train":
            continue
        of = f" of {audit.classes[1]}" if item.column == "generator" else ""
        meaning = "unseen voices" if item.column == "speaker" else "generators not met before"
        lines.append(
            f"{item.here}: {len(item.values)} of {item.known} {item.column}s stand in {item.there} "
            f"too, with {_percent(item.share)} of its recordings{of}; a figure on {item.here} is "
            f"not one for {meaning}: evaluate --by {item.column}, or split by {item.column}"
        )
    return lines


def suspect(found: Separability) -> bool:
    """Whether a fact alone does better than it may, and surely not by chance."""
    return found.accuracy > SUSPECT and found.low > SURELY


def _facts(audit: Audit) -> list[Finding]:
    """One warning a fact, over all splits where it is suspect, the strongest first."""
    found: dict[str, list[tuple[float, str, str]]] = {}
    for split, part in audit.splits.items():
        for fact, value in part.facts.items():
            if suspect(value):
                right = f"{_percent(value.accuracy)} of {split}"
                span = f"{right} (95 % interval {_percent(value.low)} to {_percent(value.high)})"
                found.setdefault(fact, []).append((value.accuracy, right, span))
    lines = []
    for fact, places in sorted(found.items(), key=lambda item: -max(item[1])[0]):
        remedy = REMEDIES[fact]
        claim = f"{remedy.phrase} alone tells {' from '.join(audit.classes)} in "
        spans = " and ".join(span for _, _, span in places)
        lines.append(
            Finding(
                short=claim + " and ".join(right for _, right, _ in places),
                text=f"{claim}{spans}: {remedy.meaning}; {remedy.advice}",
            )
        )
    return lines


def _copies(found: Duplicates) -> Finding:
    one, other = found.examples[0]
    such = f"such as {one} and {other}"
    if found.kind == "labels":
        short = f"{found.pictures} pictures are the same but for their class"
        return Finding(short, f"{short}, {such}: one of the labels is wrong; keep one, or neither")
    words = {
        ("exact", True): "picture of {} is an exact copy of a picture of {}",
        ("exact", False): "pictures of {} are exact copies of pictures of {}",
        ("near", True): "picture of {} shows nearly the same sound as a picture of {}",
        ("near", False): "pictures of {} show nearly the same sound as pictures of {}",
    }[found.kind, found.pictures == 1]
    short = f"{found.pictures} {words.format(found.here, found.there)}"
    return Finding(
        short,
        f"{short}, {such}: what was learned by heart counts as recognised; keep such recordings "
        "in one split",
    )


def _recordings(found: Overlap) -> Finding:
    stand = "recording stands" if len(found.values) == 1 else "recordings stand"
    short = f"{len(found.values)} {stand} in {found.there} and in {found.here}"
    return Finding(
        short,
        f"{short}, such as {found.values[0]}: what was learned by heart counts as recognised; keep "
        "all clips of a recording in one split",
    )


def _balance(audit: Audit) -> list[Finding]:
    lines = []
    for split in audit.missing:
        short = f"there is no {split} split"
        lines.append(Finding(short, f"{short}: it is needed to train or to judge; make one"))
    for split, part in audit.splits.items():
        few, many = sorted(zip(part.pictures, audit.classes, strict=True))
        if not few[0]:
            short = f"{split} has no pictures of {few[1]}"
            lines.append(Finding(short, f"{short}: nothing can be told apart in it; add some"))
        elif many[0] > LOPSIDED * few[0]:
            short = f"{split} has {many[0]} pictures of {many[1]} and {few[0]} of {few[1]}"
            lines.append(
                Finding(
                    short,
                    f"{short}: always saying {many[1]} would be right in "
                    f"{_percent(many[0] / (many[0] + few[0]))}; look at balanced accuracy, or add "
                    f"{few[1]}",
                )
            )
    return lines


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
