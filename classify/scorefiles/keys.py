"""Keys and protocols of the field: which trials are real and which are fake.

A label is 1 for fake (spoof) and 0 for real (bona fide).
"""

import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from classify import text_table
from classify.scorefiles.key_layouts import LABELS, KeyLayout, by_content, by_names, short_name

_SUBSET = "subset"  # column of asvspoof2021: progress, eval or hidden
# A file with one of these columns holds more than one list of trials.
_PARTS = ("recording", "split", _SUBSET, "proportion")


@dataclass(frozen=True)
class KeyFile:
    """Keys of an evaluation.

    Attributes
    ----------
    labels : dict of str to int
        1 for fake, 0 for real, by the name of the trial.
    format : str
    superset : bool
        Whether it may hold more than the trials of one evaluation.
    warnings : tuple of str
        One line each.
    columns : tuple of str
        What else is known of the trials.
    cells : dict of str to tuple of str
        By the name of the trial, in the order of the columns.
    recordings : frozenset of str
        Names that are of recordings, where the keys name both these and their pictures.
    """

    labels: dict[str, int]
    format: str = "csv"
    superset: bool = False
    warnings: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    cells: dict[str, tuple[str, ...]] = field(default_factory=dict)
    recordings: frozenset[str] = frozenset()


def read_keys(path: Path, names: Collection[str] = (), by: Sequence[str] = ()) -> KeyFile:
    """Read the keys of an evaluation; the content shows the format.

    Formats are keys ``filename cm-label`` and protocols of ASVspoof 5 (10 and 6 columns), protocols
    of ASVspoof 2019, trial_metadata of 2021 (8 and 13 columns), the CSV of DF Arena, In-the-Wild
    and AntiDeepfake, ``trial key`` without header, and every table with a column of `NAMES` and one
    of `TRUTH`. In any other table, the names of the scores and the words for a class show which
    columns hold them. A manifest of this project gives keys for both its pictures and its
    recordings. A manifest, trial_metadata and any table with a column of splits are supersets.

    Parameters
    ----------
    path : Path
    names : collection of str
        Names of the scores, with or without folders and suffix.
    by : sequence of str
        Columns to read as well, in any case; of a file that does not name its columns, their names
        in the protocol, or numbers from 1.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is in none of these formats, a label is unknown (0 and 1 do not say which is fake),
        a name has two labels, or there is no such column.
    """
    text = text_table.read_text(path)
    layout, reason = by_names(path, text), None
    if layout:
        try:
            keys = _read(path, text, layout, by)
        except ValueError as error:
            reason = error
        else:
            if not names or _has_any(keys.labels, names):
                return _with_columns(path, keys, layout, by)
    if names and (other := by_content(path, text, names)) and other != layout:
        return _with_columns(path, _read(path, text, other, by), other, by)
    if reason:
        raise reason
    if layout:
        return keys
    number, line = text_table.first_line(text)
    raise ValueError(
        f"expected keys in {path}: a protocol of ASVspoof, or a column of the names of the scores "
        f"and one of words such as bonafide and spoof, got {line[:60]!r} in line {number}"
    )


def label(cell: str, path: Path, number: int) -> int:
    """Understand a label.

    Parameters
    ----------
    cell : str
        Case does not matter.
    path, number : Path, int
        File and line, for the message.

    Returns
    -------
    label : int
        1 for fake, 0 for real.

    Raises
    ------
    ValueError
        If the label is unknown.

    Examples
    --------
    >>> label("Bona-Fide", Path("keys.csv"), 2), label(" SPOOF", Path("keys.csv"), 3)
    (0, 1)
    """
    word = cell.strip().lower()
    if word not in LABELS:
        reason = ", which does not say which is fake" if word in ("0", "1") else ""
        raise ValueError(
            f"expected a label such as real, bonafide, fake or spoof in {path} line {number}, "
            f"got {cell.strip()!r}{reason}"
        )
    return LABELS[word]


def _has_any(labels: Iterable[str], names: Collection[str]) -> bool:
    short = {short_name(name) for name in names}
    return any(short_name(name) in short for name in labels)


def _read(path: Path, text: str, layout: KeyLayout, by: Sequence[str]) -> KeyFile:
    wanted = _wanted(layout, by)
    labels: dict[str, int] = {}
    more: dict[str, tuple[str, ...]] = {}
    subsets, recordings = set[str](), set[str]()
    is_csv = layout.delimiter or layout.has_header
    width = len(layout.columns)
    rows = text_table.rows(path, text, layout.delimiter, width if is_csv else None)
    for number, cells in islice(rows, 1 if layout.has_header else 0, None):
        if len(cells) != width:
            raise ValueError(
                f"expected the {width} columns of {layout.format} in {path} line {number}, got "
                f"{len(cells)}"
            )
        value = label(cells[layout.key], path, number)
        for column in layout.names:
            if (
                cells[column].strip() or column == layout.names[0]
            ):  # not every picture has a recording
                _add(labels, cells[column], value, path, number)
                if wanted:
                    known = tuple(sys.intern(cells[other].strip()) for other in wanted)
                    more.setdefault(cells[column], known)
        recordings.update(cells[column] for column in layout.names[1:])
        if layout.format == "asvspoof2021":
            subsets.add(cells[layout.columns.index(_SUBSET)])
    if not labels:
        raise ValueError(f"expected keys in {path}, got a header alone")
    superset = not set(_PARTS).isdisjoint(layout.columns) if layout.has_header else len(subsets) > 1
    columns = tuple(layout.columns[column] for column in wanted)
    return KeyFile(
        labels,
        layout.format,
        superset,
        _tell_subsets(subsets),
        columns,
        more,
        frozenset(recordings),
    )


def _wanted(layout: KeyLayout, by: Sequence[str]) -> list[int]:
    """Columns to break down by, and the source, whose real trials a table's fakes stand against."""
    names = dict.fromkeys(map(text_table.column_name, by))
    if names and layout.has_header:
        names["source"] = None
    return [layout.columns.index(name) for name in names if name in layout.columns]


def _with_columns(path: Path, keys: KeyFile, layout: KeyLayout, by: Sequence[str]) -> KeyFile:
    """The keys, if they have all columns that are asked for."""
    missing = [name for name in by if text_table.column_name(name) not in keys.columns]
    if missing:
        columns = ", ".join(layout.columns)
        raise ValueError(f"expected a column of {path} ({columns}), got {missing[0]}")
    return keys


def _tell_subsets(subsets: set[str]) -> tuple[str, ...]:
    if len(subsets) < 2:
        return ()
    return (f"the keys hold {', '.join(sorted(subsets))}: official figures are of one of them",)


def _add(labels: dict[str, int], name: str, value: int, path: Path, number: int) -> None:
    if not name.strip():
        raise ValueError(f"expected a name in {path} line {number}, got none")
    if labels.setdefault(name, value) != value:
        raise ValueError(f"expected one label for {name} in {path}, got two, in line {number}")
