"""Class and split of a recording, parsed from folder names and table cells."""

import re
from collections.abc import Iterable, Mapping, Sequence

from render.recording import LABELS, MORE_LABELS, SPLITS

_NUMERIC = ("0", "1")
_GENERATED_NAME = re.compile(r"(^gen_\d+|_gen|_generated)(\.\w+)*$", re.IGNORECASE)


def _by_word(names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {synonym: name for name, synonyms in names.items() for synonym in synonyms}


_SURE_WORDS, _SPLIT_WORDS = _by_word(LABELS), _by_word(SPLITS)
_LABEL_WORDS = _SURE_WORDS | _by_word(MORE_LABELS)


def parse_label(folders: Iterable[str] = (), cell: str = "", table: str = "manifest.csv") -> str:
    """Parse the class from folder names and a cell of a table.

    Parameters
    ----------
    folders : iterable of str
    cell : str
        Empty where the table gives no class.
    table : str
        Name of the table, for messages.

    Returns
    -------
    label : str
        ``"real"`` or ``"fake"``.

    Raises
    ------
    ValueError
        If they give no class, or both. Numbers are refused: 1 is real in some datasets, fake in
        others.

    Examples
    --------
    >>> parse_label(("train", "Bona-Fide")), parse_label(("original", "fake"))
    ('real', 'fake')
    """
    folders = [folder.lower() for folder in folders]
    if cell.strip() or not _SURE_WORDS.keys().isdisjoint(folders):
        folders = [folder for folder in folders if folder in _SURE_WORDS or folder in _NUMERIC]
    is_numeric = cell.strip() in _NUMERIC
    if not is_numeric and (label := _parse(folders, cell, _LABEL_WORDS, "class", table)):
        return label
    if numbers := [word for word in (cell.strip(), *folders) if word in _NUMERIC]:
        raise ValueError(
            f"expected a class in words (real, fake or a synonym), got {numbers[0]}, which is real "
            "in some datasets and fake in others"
        )
    raise ValueError("expected a class folder (real, fake or a synonym) above it, got none")


def parse_split(folders: Iterable[str] = (), cell: str = "", table: str = "manifest.csv") -> str:
    """Parse the split from folder names and a cell of a table.

    Returns
    -------
    split : str
        ``"train"``, ``"validation"``, ``"test"``, or empty where none is given.

    Raises
    ------
    ValueError
        If they give two splits, or the cell is no split.

    Examples
    --------
    >>> parse_split(("for-norm", "testing")), parse_split(cell="dev"), parse_split(("fake",))
    ('test', 'validation', '')
    """
    return _parse([folder.lower() for folder in folders], cell, _SPLIT_WORDS, "split", table)


def _parse(
    folders: Iterable[str], cell: str, words: Mapping[str, str], noun: str, table: str
) -> str:
    """The value of the words in folder names and a cell; empty where there is none."""
    sources = {words[folder]: folder for folder in folders if folder in words}
    word = cell.strip().lower()
    if word:
        if word not in words:
            raise ValueError(f"expected a {noun} among {', '.join(words)}, got {cell.strip()}")
        sources.setdefault(words[word], f"{cell.strip()} in {table}")
    if len(sources) > 1:
        raise ValueError(f"expected one {noun}, got {' and '.join(sorted(sources.values()))}")
    return next(iter(sources), "")


def reject_contradiction(label: str, name: str, generator: str = "") -> None:
    """Refuse a real recording with a generator or a generated file's name, and a fake called real.

    Parameters
    ----------
    label : str
    name : str
        File name. The scripts of vocoders end it in ``_gen`` or ``_generated``.
    generator : str
        The dataset's cell for it: a system, a synonym of real, or nothing.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> reject_contradiction("real", "LA_T_1", "A07")
    Traceback (most recent call last):
    ValueError: expected no generator of a real recording, got A07
    """
    generator_label = _LABEL_WORDS.get(generator.lower(), "fake" if generator else label)
    if label == "real" and generator_label == "fake":
        raise ValueError(f"expected no generator of a real recording, got {generator}")
    if label == "fake" and generator_label == "real":
        raise ValueError(f"expected the generator of a fake, got {generator}")
    file = name.rpartition("/")[2]
    if label == "real" and _GENERATED_NAME.search(file):
        raise ValueError(f"expected a real recording, got the name of a generated one: {file}")
