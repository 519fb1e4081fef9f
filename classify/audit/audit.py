"""How much of a dataset can be told apart without listening to the voice, and what leaks.

A picture dataset in, an `Audit` out: how well each trivial fact alone separates the classes, copies
across splits, what stands on two sides, and the balance of the classes. Nothing is learned that
is kept, and nothing is written.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from classify.audit import confounders
from classify.audit.advice import REMEDIES
from classify.audit.findings import Audit, SplitAudit, notes, suspect, warnings
from classify.audit.leakage import NOBODY, copies, shared
from classify.audit.scan import Scan, list_pictures, scan
from classify.audit.separability import FEWEST, cv_folds, separation
from classify.data import manifest
from classify.data.splits import report_damaged

SPLITS = ("train", "validation", "test")
_SAMPLE = 1_000  # pictures of a split that a quick audit looks at
_FEWEST_SPEAKERS = 10  # of a class, for speakers to be kept in one fold


def audit(dataset: Path, splits: Sequence[str] | None = None, *, quick: bool = False) -> Audit:
    """Look for shortcuts and leaks in a picture dataset.

    Parameters
    ----------
    dataset : Path
    splits : sequence of str, optional
        Default: all three, of a quick audit those of the training.
    quick : bool
        Look at a sample of each split, evenly spaced over its sorted pictures, and for no near
        copies.

    Returns
    -------
    found : Audit
        Pictures that cannot be read are left out and, unless it is quick, named on standard error.

    Raises
    ------
    ValueError
        If there are no pictures, or not of two classes.
    """
    splits = splits or (SPLITS[:2] if quick else SPLITS)
    classes, pictures = list_pictures(dataset, splits)
    rows = manifest.read(dataset)
    surveys = {
        split: scan(dataset, split, *(_sample(*own) if quick else own), signed=not quick)
        for split, own in pictures.items()
    }
    damaged = {path: why for found in surveys.values() for path, why in found.damaged.items()}
    if not quick:  # a training names them itself
        report_damaged("audit", damaged)
    if not any(found.names for found in surveys.values()):
        raise ValueError(f"expected pictures in {dataset}, got none that can be read")
    return Audit(
        dataset=str(dataset),
        classes=classes,
        splits={split: _part(surveys[split], *own, rows) for split, own in pictures.items()},
        missing=tuple(split for split in splits if split not in pictures),
        copies=tuple(copies(surveys, nearly=not quick)),
        shared=tuple(
            found
            for column in ("recording", "speaker", "generator")
            for found in shared(column, rows, pictures)
        ),
        left_out=len(damaged),
        quick=quick,
    )


def text(found: Audit) -> str:
    """Write an audit as a table and lines of plain words.

    Parameters
    ----------
    found : Audit

    Returns
    -------
    text : str
    """
    lines = [f"{'':<20}" + "".join(f"{split:>14} " for split in found.splits)]
    for what in ("pictures", "recordings"):
        for index, name in enumerate(found.classes):
            counts = [getattr(part, what)[index] for part in found.splits.values()]
            lines.append(f"{f'{name} {what}':<20}" + "".join(f"{n:>14} " for n in counts))
    kept = [part.grouped_by for part in found.splits.values()]
    lines.append(f"{'never in two folds':<20}" + "".join(f"{what:>14} " for what in kept))
    if _judged(found):
        lines.append("balanced accuracy of one fact alone, in %, with 95 % interval; 50 is chance:")
    for fact, remedy in REMEDIES.items():
        cells = [_cell(part, fact) for part in found.splits.values()]
        if any(cell != "-" for cell in cells):
            lines.append(f"{remedy.title:<20}" + "".join(f"{cell:>15}" for cell in cells))
    clean = "no fact alone tells the classes apart, and " if _judged(found) else ""
    lines += [f"warning: {warning.text}" for warning in warnings(found)] or [
        f"nothing found: {clean}nothing stands on two sides"
    ]
    lines += [f"note: {note}" for note in notes(found)]
    return "\n".join(lines)


def one_line(found: Audit) -> str:
    """Write an audit as the one line that a training begins with.

    Parameters
    ----------
    found : Audit

    Returns
    -------
    line : str
    """
    first, *others = [warning.short for warning in warnings(found)] or [""]
    if others:
        first += f" (and {len(others)} more warnings)" if others[1:] else " (and one more warning)"
    if not first:
        few, clean = "too few recordings to judge facts", "nothing a trivial fact tells apart"
        first = clean if _judged(found) else few
    return f"train: audit: {first}; see run.sh audit"


def to_json(found: Audit) -> dict[str, Any]:
    """Turn an audit into what JSON can hold, with its warnings and notes as text."""
    return {
        **asdict(found),
        "warnings": [warning.text for warning in warnings(found)],
        "notes": notes(found),
    }


def _judged(found: Audit) -> bool:
    return any(part.facts for part in found.splits.values())


def _cell(part: SplitAudit, fact: str) -> str:
    if fact not in part.facts:
        return "-"
    value = part.facts[fact]
    if value.low == value.high == 0.5:
        return "all alike "
    low, accuracy, high = (round(100 * share) for share in (value.low, value.accuracy, value.high))
    return f"{accuracy} ({low}-{high}){'!' if suspect(value) else ' '}"


def _sample(names: list[str], labels: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Pictures evenly spaced over a list that is sorted by class."""
    chosen = np.linspace(0, len(names) - 1, min(_SAMPLE, len(names))).round().astype(int)
    return [names[index] for index in chosen], labels[chosen]


def _part(own: Scan, names: list[str], labels: np.ndarray, rows: manifest.Manifest) -> SplitAudit:
    """Judge every fact of one split, of which `names` and `labels` list all pictures."""
    found = confounders.gather(own.measured, own.names, own.labels, rows, names)
    grouped_by, groups = _groups(found, own, rows)
    judged = {}
    if min(np.bincount(found.labels, minlength=2)) >= FEWEST:
        parts = cv_folds(found.labels, groups)
        judged = {
            fact: separation(value, found.labels, groups, parts)
            for fact, value in found.values.items()
        }
    keys = set(zip(manifest.recordings(rows, names), labels, strict=True))
    return SplitAudit(
        _by_class(labels), _by_class(np.array([label for _, label in keys])), grouped_by, judged
    )


def _by_class(labels: np.ndarray) -> tuple[int, int]:
    first, second = np.bincount(labels, minlength=2).tolist()
    return first, second


def _groups(
    found: confounders.Confounders, own: Scan, rows: manifest.Manifest
) -> tuple[str, np.ndarray]:
    """What must not stand in two folds: the speaker, where there are enough, else the recording."""
    recordings = manifest.recordings(rows, own.names)
    by_name = dict(zip(recordings, manifest.values(rows, own.names, "speaker"), strict=True))
    speakers = np.array([by_name[name] for name in found.names])
    known = np.array([speaker.lower() not in NOBODY for speaker in speakers])
    counts = [len(set(speakers[known & (found.labels == label)])) for label in (0, 1)]
    if min(counts) >= _FEWEST_SPEAKERS:
        # A speaker could be called like a recording.
        return "speaker", np.where(known, np.char.add(speakers, "\n"), found.names)
    return "picture" if set(recordings) == set(own.names) else "recording", found.names
