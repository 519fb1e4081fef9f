"""What the words of datasets mean: classes, splits, and what speaks against them."""

import re
from collections.abc import Iterable, Mapping, Sequence

from render.recording import LABELS, SPLITS

_NUMBERS = ("0", "1")
_GENERATED = re.compile(r"(^gen_\d+|_gen|_generated)(\.\w+)*$", re.IGNORECASE)


def _by_word(names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {synonym: name for name, synonyms in names.items() for synonym in synonyms}


_LABEL, _SPLIT = _by_word(LABELS), _by_word(SPLITS)


def parse_label(folders: Iterable[str] = (), cell: str = "", table: str = "manifest.csv") -> str:
    """The class that folder names and a cell of a table give.

    Parameters
    ----------
    folders : iterable of str
    cell : str
        Empty where there is none.
    table : str
        Where the cell is from, for messages.

    Returns
    -------
    label : str
        ``"real"`` or ``"fake"``.

    Raises
    ------
    ValueError
        If they give none, or both. Numbers are no class: in some datasets 1 is real, in others 0.

    Examples
    --------
    >>> parse_label(("train", "Bona-Fide"))
    'real'
    """
    folders = [folder.lower() for folder in folders]
    found = "" if cell.strip() in _NUMBERS else _one(folders, cell, _LABEL, "class", table)
    if found:
        return found
    if numbers := [word for word in (cell.strip(), *folders) if word in _NUMBERS]:
        raise ValueError(
            f"expected a class in words (real, fake or a synonym), got {numbers[0]}, which is real "
            "in some datasets and fake in others"
        )
    raise ValueError("expected a class folder (real, fake or a synonym) above it, got none")


def parse_split(folders: Iterable[str] = (), cell: str = "", table: str = "manifest.csv") -> str:
    """The split that folder names and a cell of a table give, or an empty string.

    Parameters
    ----------
    folders : iterable of str
    cell : str
    table : str

    Returns
    -------
    split : str

    Raises
    ------
    ValueError
        If they give two.

    Examples
    --------
    >>> parse_split(("for-norm", "testing")), parse_split(cell="dev"), parse_split(("fake",))
    ('test', 'validation', '')
    """
    return _one([folder.lower() for folder in folders], cell, _SPLIT, "split", table)


def _one(
    folders: Iterable[str], cell: str, meaning: Mapping[str, str], what: str, table: str
) -> str:
    """The one meaning that folder names and a cell give, or an empty string."""
    given = {meaning[folder]: folder for folder in folders if folder in meaning}
    word = cell.strip().lower()
    if word:
        if word not in meaning:
            raise ValueError(f"expected a {what} among {', '.join(meaning)}, got {cell.strip()}")
        given.setdefault(meaning[word], f"{cell.strip()} in {table}")
    if len(given) > 1:
        raise ValueError(f"expected one {what}, got {' and '.join(sorted(given.values()))}")
    return next(iter(given), "")


def reject_contradiction(label: str, name: str, generator: str = "") -> None:
    """Refuse a recording that is called real and generated at once, or fake and real.

    Parameters
    ----------
    label : str
    name : str
        Of the file: vocoders' own scripts end it in ``_gen`` or ``_generated``.
    generator : str
        What the dataset says made it: a system, or a word for a real recording, or nothing.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> reject_contradiction("real", "LA_T_1", "A07")
    Traceback (most recent call last):
    ValueError: expected no generator of a real recording, got A07
    """
    of_generator = _LABEL.get(generator.lower(), "fake" if generator else label)
    if label == "real" and of_generator == "fake":
        raise ValueError(f"expected no generator of a real recording, got {generator}")
    if label == "fake" and of_generator == "real":
        raise ValueError(f"expected the generator of a fake, got {generator}")
    file = name.rpartition("/")[2]
    if label == "real" and _GENERATED.search(file):
        raise ValueError(f"expected a real recording, got the name of a generated one: {file}")
