"""Layouts of keys and protocols: which columns hold the names, the keys and what else is known."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from classify import text_table
from classify.class_names import WORDS

LABELS = {word: int(label == "fake") for word, label in WORDS.items()}
NAMES = tuple("path filename file_name file name utt utterance trial trial_anon id".split())
TRUTH = ("truth", "cm_label", "key", "label")
# Protocols by their number of columns, between spaces.
_PROTOCOLS = {
    2: ("trial key", "name key"),
    4: ("asvspoof2019", "name attack key score"),  # scores of AASIST
    5: ("asvspoof2019", "speaker name environment attack key"),
    6: ("asvspoof5", "speaker name gender codec attack key"),
    8: ("asvspoof2021", "speaker name codec transmission attack key trim subset"),
    10: (
        "asvspoof5",
        "speaker name gender codec codec_quality codec_seed attack_tag attack key tmp",
    ),
    13: (
        "asvspoof2021",
        "speaker name codec source attack key trim subset vocoder task team gender_pair language",
    ),
}
# A suffix follows the last dot and has a letter: "a.wav", but not "take.2".
_SUFFIX = re.compile(r"\.(?=[0-9]*[a-z])[a-z0-9]{1,5}$", re.IGNORECASE)


@dataclass(frozen=True)
class KeyLayout:
    """Layout of a key file.

    Attributes
    ----------
    format : str
    delimiter : str or None
        None for any number of spaces.
    columns : tuple of str
        Names in lower case, with ``_`` for ``-`` and spaces; where the file names none, those of
        the protocol, or numbers from 1.
    names : tuple of int
        Columns of the names of the trials, from 0; the first is never blank.
    key : int
        Column of the keys.
    has_header : bool
    """

    format: str
    delimiter: str | None
    columns: tuple[str, ...]
    names: tuple[int, ...]
    key: int
    has_header: bool = False


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


def plain_name(name: str) -> str:
    """Name of a trial without blanks around it, its accents composed (Unicode normal form C).

    Examples
    --------
    >>> plain_name(" Zoe\u0308_0") == "Zo\u00eb_0"
    True
    """
    name = name.strip()
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def short_name(name: str, parts: int = 1) -> str:
    r"""Shorten the plain name of a trial to the last parts of its path, without suffix.

    Examples
    --------
    >>> short_name("flac\\LA_E_1.flac"), short_name("a/b/take.2", 2)
    ('LA_E_1', 'b/take.2')
    """
    return _SUFFIX.sub("", "/".join(plain_name(name).replace("\\", "/").split("/")[-parts:]))


def by_names(path: Path, text: str) -> KeyLayout | None:
    """Recognise a layout by its header, or as a protocol of ASVspoof; None where it is neither.

    Raises
    ------
    ValueError
        If the file holds verdicts.
    """
    if (header := text_table.header(path, text, NAMES, TRUTH)) is None:
        return _protocol(text_table.first_line(text)[1].split())
    if (key := truth(header)) is None:
        raise ValueError(f"expected keys in {path}, got verdicts: labels with their confidence")
    # AntiDeepfake's protocols have both a path and an ID, and its scores go by the ID.
    order = ("id", *NAMES) if "proportion" in header.columns else NAMES
    names = header.find(order)[0], *header.find(("recording",))
    return KeyLayout("csv", header.delimiter, header.columns, names, key, has_header=True)


def _protocol(cells: list[str]) -> KeyLayout | None:
    if len(cells) not in _PROTOCOLS:
        return None
    format, text = _PROTOCOLS[len(cells)]
    columns = tuple(text.split())
    name, key = columns.index("name"), columns.index("key")
    if cells[name].startswith("DF_"):  # its first version has the columns of LA
        columns = tuple(text.replace("transmission", "source").split())
    return KeyLayout(format, None, columns, (name,), key) if cells[key].lower() in LABELS else None


def by_content(path: Path, text: str, names: Collection[str]) -> KeyLayout | None:
    r"""Recognise the column that has the names of the scores, and the one of words for a class.

    Parameters
    ----------
    path : Path
        For messages.
    text : str
    names : collection of str
        Of the scores.

    Returns
    -------
    layout : KeyLayout or None
        None where there is no such column.

    Raises
    ------
    ValueError
        If a line has another number of columns than the first, or several columns hold only words
        for both classes.

    Examples
    --------
    >>> layout = by_content(Path("k.csv"), "spoof;A07;x/b.wav\ngenuine;-;x/a.wav\n", ["a", "b"])
    >>> layout.names, layout.key, layout.columns
    ((2,), 0, ('1', '2', '3'))
    """
    _, line = text_table.first_line(text)
    delimiter = next(mark for mark in text_table.DELIMITERS if mark is None or mark in line)
    _, first = next(text_table.rows(path, text, delimiter))
    rows = islice(
        text_table.rows(path, text, delimiter, len(first) if delimiter else None), 1, None
    )
    wanted = {short_name(name) for name in names}
    hits, labels = [0] * len(first), [set[int | None]() for _ in first]
    for number, cells in rows:
        if len(cells) != len(first):
            raise ValueError(
                f"expected {len(first)} columns in {path} line {number}, got {len(cells)}"
            )
        for column, cell in enumerate(cells):
            hits[column] += short_name(cell) in wanted
            labels[column].add(LABELS.get(cell.strip().lower()))
    keys = [column for column, seen in enumerate(labels) if seen in ({0}, {1}, {0, 1})]
    keys = [column for column in keys if labels[column] == {0, 1}] or keys
    if not keys or not any(hits):
        return None
    if len(keys) > 1:
        found = " and ".join(str(column + 1) for column in keys)
        raise ValueError(f"expected one column of only real and fake in {path}, got {found}")
    has_header = first[keys[0]].strip().lower() not in LABELS
    columns = [text_table.column_name(cell) for cell in first]
    if not has_header:
        columns = [str(number) for number in range(1, 1 + len(first))]
    name = hits.index(max(hits))
    return KeyLayout("csv", delimiter, tuple(columns), (name,), keys[0], has_header)
