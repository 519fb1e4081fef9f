"""Audit of a dataset: confounders that give the class away, copies across splits, balance.

A picture dataset in, an `Audit` out. Models are fitted only to measure how well each confounder
alone separates the classes; nothing is kept or written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from classify.audit.confounders import CONFOUNDERS
from classify.audit.findings import Audit, SplitAudit, notes, suspect, warnings
from classify.audit.leakage import NOBODY, copies, shared
from classify.audit.scan import Scan, list_pictures, scan
from classify.audit.separability import FEWEST, cv_folds, separation
from classify.audit.table import ConfounderTable, gather
from classify.console import COMMAND
from classify.data.advice import how_to_draw
from classify.data.manifest import SPLITS, Manifest, recordings, values
from classify.data.manifest import read as read_manifest
from classify.data.splits import report_damaged

_SAMPLE = 1_000  # pictures of a split that a quick audit measures
_FEWEST_SPEAKERS = 10  # of a class; with fewer, folds separate recordings, not speakers


def audit(
    dataset: Path,
    splits: Sequence[str] | None = None,
    *,
    quick: bool = False,
    manifest: Manifest | None = None,
) -> Audit:
    """Look for shortcuts and leaks in a picture dataset.

    Parameters
    ----------
    dataset : Path
    splits : sequence of str, optional
        Default: all three, or train and validation in a quick audit.
    quick : bool
        Measure a sample of each split, evenly spaced over its sorted pictures, and skip the search
        for near copies.
    manifest : dict, optional
        Of the dataset; default: it is read.

    Returns
    -------
    audit : Audit
        Unreadable pictures and folders are left out and, unless the audit is quick, named on
        standard error.

    Raises
    ------
    ValueError
        If there are no pictures, or not of two classes.
    """
    splits = splits or (SPLITS[:2] if quick else SPLITS)
    damaged: dict[Path, str] = {}
    classes, listing = list_pictures(dataset, splits, damaged)
    manifest = read_manifest(dataset) if manifest is None else manifest
    scans = {
        split: scan(dataset, split, *(_sample(*listed) if quick else listed), signed=not quick)
        for split, listed in listing.items()
    }
    for pictures in scans.values():
        damaged |= pictures.damaged
    if not quick:  # a training names them itself
        report_damaged("audit", damaged)
    if not any(pictures.names for pictures in scans.values()):
        raise ValueError(
            f"expected pictures in {dataset}, got none that can be read{how_to_draw(dataset)}"
        )
    return Audit(
        dataset=str(dataset),
        classes=classes,
        splits={
            split: _audit_split(scans[split], *listed, manifest)
            for split, listed in listing.items()
        },
        missing=tuple(split for split in splits if split not in listing),
        copies=tuple(copies(scans, nearly=not quick)),
        shared=tuple(
            overlap
            for column in ("recording", "speaker", "generator")
            for overlap in shared(column, manifest, listing)
        ),
        left_out=len(damaged),
        quick=quick,
    )


def text(audit: Audit) -> str:
    """Write an audit as a table and lines of plain words."""
    splits = audit.splits.values()
    lines = [_row("", audit.splits)]
    for index, label in enumerate(audit.classes):
        lines.append(_row(f"{label} pictures", [split.pictures[index] for split in splits]))
    for index, label in enumerate(audit.classes):
        lines.append(_row(f"{label} recordings", [split.recordings[index] for split in splits]))
    lines.append(_row("never in two folds", [split.grouped_by for split in splits]))
    if _is_judged(audit):
        lines.append("balanced accuracy of one fact alone, in %, with 95 % interval; 50 is chance:")
    for confounder in CONFOUNDERS:
        cells = [_cell(split, confounder.name) for split in splits]
        if any(cell != "-" for cell in cells):
            lines.append(f"{confounder.title:<20}" + "".join(f"{cell:>15}" for cell in cells))
    sides = "nothing stands on two sides"
    clean = f"nothing found: no fact alone tells the classes apart, and {sides}"
    lines += [f"warning: {warning.text}" for warning in warnings(audit)] or [
        clean if _is_judged(audit) else f"{sides}, but facts were not judged"
    ]
    lines += [f"note: {note}" for note in notes(audit)]
    return "\n".join(lines)


def one_line(audit: Audit) -> str:
    """Write an audit as the one line that a training begins with."""
    first, *others = [warning.problem for warning in warnings(audit)] or [""]
    if others:
        first += f" (and {len(others)} more warnings)" if others[1:] else " (and one more warning)"
    if not first:
        few, clean = "too few recordings to judge facts", "nothing a trivial fact tells apart"
        first = clean if _is_judged(audit) else few
    return f"train: audit: {first}; see {COMMAND} audit"


def to_json(audit: Audit) -> dict[str, Any]:
    """Turn an audit into JSON's types, with its warnings and notes as text."""
    return {
        **asdict(audit),
        "warnings": [warning.text for warning in warnings(audit)],
        "notes": notes(audit),
    }


def _is_judged(audit: Audit) -> bool:
    return any(split.separability for split in audit.splits.values())


def _row(title: str, cells: Iterable[object]) -> str:
    return f"{title:<20}" + "".join(f"{cell:>14} " for cell in cells)


def _cell(split: SplitAudit, confounder: str) -> str:
    if confounder not in split.separability:
        return "-"
    value = split.separability[confounder]
    if value.low == value.high == 0.5:
        return "all alike "
    low, accuracy, high = (round(100 * share) for share in (value.low, value.accuracy, value.high))
    return f"{accuracy} ({low}-{high}){'!' if suspect(value) else ' '}"


def _sample(names: list[str], labels: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Pictures evenly spaced over a list that is sorted by class."""
    chosen = np.linspace(0, len(names) - 1, min(_SAMPLE, len(names))).round().astype(int)
    return [names[index] for index in chosen], labels[chosen]


def _audit_split(
    pictures: Scan, names: list[str], labels: np.ndarray, manifest: Manifest
) -> SplitAudit:
    """Judge every confounder of a split; `names` and `labels` list all its pictures."""
    table = gather(pictures.measured, pictures.names, pictures.labels, manifest, names)
    grouped_by, groups = _groups(table, pictures, manifest)
    separability = {}
    if min(np.bincount(table.labels, minlength=2)) >= FEWEST:
        folds = cv_folds(table.labels, groups)
        separability = {
            name: separation(column, table.labels, groups, folds)
            for name, column in table.values.items()
        }
    recorded = set(zip(recordings(manifest, names), labels, strict=True))
    return SplitAudit(
        _by_class(labels),
        _by_class(np.array([label for _, label in recorded])),
        grouped_by,
        separability,
    )


def _by_class(labels: np.ndarray) -> tuple[int, int]:
    first, second = np.bincount(labels, minlength=2).tolist()
    return first, second


def _groups(table: ConfounderTable, pictures: Scan, manifest: Manifest) -> tuple[str, np.ndarray]:
    """Groups that folds keep together: speakers, where there are enough, else recordings."""
    listed = recordings(manifest, pictures.names)
    by_recording = dict(zip(listed, values(manifest, pictures.names, "speaker"), strict=True))
    speakers = np.array([by_recording[name] for name in table.names])
    named = np.array([speaker.lower() not in NOBODY for speaker in speakers])
    counts = [len(set(speakers[named & (table.labels == label)])) for label in (0, 1)]
    if min(counts) >= _FEWEST_SPEAKERS:
        # A speaker could be called like a recording.
        return "speaker", np.where(named, np.char.add(speakers, "\n"), table.names)
    return "picture" if set(listed) == set(pictures.names) else "recording", table.names
