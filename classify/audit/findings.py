"""Findings of an audit in plain words: warnings and notes, one line each.

Shares and accuracies are in [0, 1]; lines say them in per cent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from classify.audit.confounders import CONFOUNDERS, Confounder
from classify.audit.leakage import Duplicates, Overlap
from classify.audit.separability import FEWEST, Separability

SUSPECT = 0.70  # balanced accuracy of one confounder, above which a warning may follow
# The low end of the 95 % interval must exceed this, too. In sets of 20 to 40 recordings a class
# without any shortcut, 1 confounder in 8,000 does; 0.60 would let 1 in 400 pass, of dozens.
SURELY = 0.65
LOPSIDED = 4  # pictures of one class for each of the other
_BY_HEART = "what was learned by heart counts as recognised"


@dataclass(frozen=True)
class SplitAudit:
    """Audit of one split.

    Attributes
    ----------
    pictures, recordings : tuple of two int
        By class, the positive class last.
    grouped_by : str
        Unit that no two folds share: ``"speaker"``, ``"recording"`` or ``"picture"``.
    separability : dict of str to Separability
        By confounder; empty where a class has too few recordings.
    """

    pictures: tuple[int, int]
    recordings: tuple[int, int]
    grouped_by: str
    separability: dict[str, Separability]


@dataclass(frozen=True)
class Audit:
    """Audit of a dataset.

    Attributes
    ----------
    dataset : str
        Its folder.
    classes : tuple of two str
        The positive class last.
    splits : dict of str to SplitAudit
    missing : tuple of str
        Splits asked for that have no pictures.
    copies : tuple of Duplicates
    shared : tuple of Overlap
    left_out : int
        Number of unreadable pictures.
    quick : bool
        Whether only a sample was measured, without a search for near copies.
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
    problem : str
    meaning : str
        What follows from the problem.
    advice : str
        What to do.
    details : str
        The problem with intervals or examples.
    """

    problem: str
    meaning: str
    advice: str
    details: str = ""

    @property
    def text(self) -> str:
        """All of it in one line."""
        return f"{self.details or self.problem}: {self.meaning}; {self.advice}"


def warnings(audit: Audit) -> list[Finding]:
    """Say what is wrong with a dataset, the strongest confounder first.

    Returns
    -------
    warnings : list of Finding
        Empty for a clean dataset.
    """
    leaks = [overlap for overlap in audit.shared if overlap.column == "recording"]
    return [
        *_shortcuts(audit),
        *map(_copies, audit.copies),
        *map(_recordings, leaks),
        *_balance(audit),
    ]


def notes(audit: Audit) -> list[str]:
    """Say what is common practice and yet limits the meaning of metrics, one line each."""
    few = [name for name, split in audit.splits.items() if not split.separability]
    lines = [
        f"{name}: facts are not judged, for a class has fewer than {FEWEST} recordings"
        for name in few
    ]
    for overlap in audit.shared:
        column, split, earlier = overlap.column, overlap.split, overlap.earlier_split
        if column == "recording" or earlier != "train":
            continue
        of = f" of {audit.classes[1]}" if column == "generator" else ""
        meaning = "unseen voices" if column == "speaker" else "generators not met before"
        lines.append(
            f"{split}: {len(overlap.values)} of {overlap.distinct} {column}s stand in {earlier} "
            f"too, with {_percent(overlap.share)} of its recordings{of}; a figure on {split} is "
            f"not one for {meaning}: evaluate --by {column}, or split by {column}"
        )
    return lines


def suspect(separability: Separability) -> bool:
    """Whether a confounder alone does too well, and surely not by chance."""
    return separability.accuracy > SUSPECT and separability.low > SURELY


def _shortcuts(audit: Audit) -> list[Finding]:
    """One warning a confounder, over all splits where it is suspect, the strongest first."""
    suspects: dict[str, dict[str, Separability]] = {}
    for split, part in audit.splits.items():
        for name, value in part.separability.items():
            if suspect(value):
                suspects.setdefault(name, {})[split] = value
    by_name = {confounder.name: confounder for confounder in CONFOUNDERS}
    strongest = sorted(suspects, key=lambda name: -max(v.accuracy for v in suspects[name].values()))
    return [_shortcut(audit, by_name[name], suspects[name]) for name in strongest]


def _shortcut(
    audit: Audit, confounder: Confounder, suspects: Mapping[str, Separability]
) -> Finding:
    claim = f"{confounder.phrase} alone tells {' from '.join(audit.classes)} in "
    shares = [f"{_percent(value.accuracy)} of {split}" for split, value in suspects.items()]
    intervals = [
        f"{share} (95 % interval {_percent(value.low)} to {_percent(value.high)})"
        for share, value in zip(shares, suspects.values(), strict=True)
    ]
    return Finding(
        claim + " and ".join(shares),
        confounder.meaning,
        confounder.advice,
        claim + " and ".join(intervals),
    )


def _copies(duplicates: Duplicates) -> Finding:
    count, (first, second) = duplicates.pictures, duplicates.examples[0]
    if duplicates.kind == "labels":
        problem = f"{count} pictures are the same but for their class"
        meaning, advice = "one of the labels is wrong", "keep one, or neither"
    else:
        words = {
            ("exact", True): "picture of {} is an exact copy of a picture of {}",
            ("exact", False): "pictures of {} are exact copies of pictures of {}",
            ("near", True): "picture of {} shows nearly the same sound as a picture of {}",
            ("near", False): "pictures of {} show nearly the same sound as pictures of {}",
        }[duplicates.kind, count == 1]
        problem = f"{count} {words.format(duplicates.split, duplicates.earlier_split)}"
        meaning, advice = _BY_HEART, "keep such recordings in one split"
    return Finding(problem, meaning, advice, f"{problem}, such as {first} and {second}")


def _recordings(overlap: Overlap) -> Finding:
    stand = "recording stands" if len(overlap.values) == 1 else "recordings stand"
    problem = f"{len(overlap.values)} {stand} in {overlap.earlier_split} and in {overlap.split}"
    advice = "keep all clips of a recording in one split"
    return Finding(problem, _BY_HEART, advice, f"{problem}, such as {overlap.values[0]}")


def _balance(audit: Audit) -> Iterator[Finding]:
    for split in audit.missing:
        yield Finding(f"there is no {split} split", "it is needed to train or to judge", "make one")
    for split, part in audit.splits.items():
        (few, rarer), (many, commoner) = sorted(zip(part.pictures, audit.classes, strict=True))
        if not few:
            problem = f"{split} has no pictures of {rarer}"
            yield Finding(problem, "nothing can be told apart in it", "add some")
        elif many > LOPSIDED * few:
            yield Finding(
                f"{split} has {many} pictures of {commoner} and {few} of {rarer}",
                f"always saying {commoner} would be right in {_percent(many / (many + few))}",
                f"look at balanced accuracy, or add {rarer}",
            )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
