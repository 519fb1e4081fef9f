"""Keys and protocols of the field: which trials are real and which are fake.

A label is 1 for fake (spoof) and 0 for real (bona fide).
"""

from dataclasses import dataclass
from pathlib import Path

from classify import text_table
from classify.class_names import WORDS

LABELS = {word: int(label == "fake") for word, label in WORDS.items()}
NAMES = tuple("path filename file_name file name utt utterance trial trial_anon id".split())
TRUTH = ("truth", "cm_label", "key", "label")

# Protocols by their number of columns, between spaces: format, column of the name, of the key.
_PROTOCOLS = {
    2: ("trial key", 0, 1),
    5: ("asvspoof2019", 1, 4),
    6: ("asvspoof5", 1, 5),
    8: ("asvspoof2021", 1, 5),
    10: ("asvspoof5", 1, 8),
    13: ("asvspoof2021", 1, 5),
}
_SUBSET = 7  # column of asvspoof2021: progress, eval or hidden
# A file with one of these columns holds more than one list of trials.
_PARTS = ("recording", "split", "subset", "proportion")


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
    """

    labels: dict[str, int]
    format: str = "csv"
    superset: bool = False
    warnings: tuple[str, ...] = ()


def read_keys(path: Path) -> KeyFile:
    """Read the keys of an evaluation; the content shows the format.

    Formats are keys ``filename cm-label`` and protocols of ASVspoof 5 (10 and 6 columns), protocols
    of ASVspoof 2019, trial_metadata of 2021 (8 and 13 columns), the CSV of DF Arena, In-the-Wild
    and AntiDeepfake, ``trial key`` without header, and every table with a column of `NAMES` and one
    of `TRUTH`. A manifest of this project gives keys for both its pictures and its recordings. A
    manifest, trial_metadata and any table with a column of splits are supersets.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is in none of these formats, a label is unknown (0 and 1 do not say which is fake),
        or a name has two labels.
    """
    text = text_table.read_text(path)
    header = text_table.header(text, NAMES, TRUTH)
    return _protocol(path, text) if header is None else _table(path, text, header)


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


def truth(header: text_table.Header) -> int | None:
    """Number of the column with the truth about a trial, or None.

    A label beside a confidence is a verdict, not the truth.

    Examples
    --------
    >>> truth(text_table.Header(",", ("path", "label", "speaker")))
    1
    >>> truth(text_table.Header(",", ("path", "label", "confidence", "p_fake", "llr")))
    """
    verdict = "confidence" in header.columns
    return next(iter(header.find(TRUTH[:-1] if verdict else TRUTH)), None)


def _table(path: Path, text: str, header: text_table.Header) -> KeyFile:
    columns, key = set(header.columns), truth(header)
    if key is None:
        raise ValueError(f"expected keys in {path}, got verdicts: labels with their confidence")
    # AntiDeepfake's protocols have both a path and an ID, and its scores go by the ID.
    order = ("id", *NAMES) if "proportion" in columns else NAMES
    names = [header.find(order)[0], *header.find(("recording",))]
    labels: dict[str, int] = {}
    rows = text_table.rows(path, text, header.delimiter, len(header.columns))
    next(rows)
    for number, cells in rows:
        value = label(cells[key], path, number)
        for column in names:
            if cells[column] or column == names[0]:  # not every picture has a recording
                _add(labels, cells[column], value, path, number)
    if not labels:
        raise ValueError(f"expected keys in {path}, got a header alone")
    return KeyFile(labels, superset=not columns.isdisjoint(_PARTS))


def _protocol(path: Path, text: str) -> KeyFile:
    number, line = text_table.first_line(text)
    layout = _PROTOCOLS.get(len(line.split()))
    if layout is None or line.split()[layout[2]].lower() not in LABELS:
        raise ValueError(
            f"expected keys in {path}: a protocol of ASVspoof, or a header with a name (path, "
            f"filename, ...) and a label, got {line[:60]!r} in line {number}"
        )
    format, name, key = layout
    labels: dict[str, int] = {}
    subsets = set()
    for number, cells in text_table.rows(path, text, None):
        if _PROTOCOLS.get(len(cells)) != layout:
            raise ValueError(
                f"expected the columns of {format} in {path} line {number}, got {len(cells)}"
            )
        _add(labels, cells[name], label(cells[key], path, number), path, number)
        if format == "asvspoof2021":
            subsets.add(cells[_SUBSET])
    return KeyFile(labels, format, len(subsets) > 1, _tell_subsets(subsets))


def _tell_subsets(subsets: set[str]) -> tuple[str, ...]:
    if len(subsets) < 2:
        return ()
    return (f"the keys hold {', '.join(sorted(subsets))}: official figures are of one of them",)


def _add(labels: dict[str, int], name: str, value: int, path: Path, number: int) -> None:
    if not name:
        raise ValueError(f"expected a name in {path} line {number}, got none")
    if labels.setdefault(name, value) != value:
        raise ValueError(f"expected one label for {name} in {path}, got two, in line {number}")
