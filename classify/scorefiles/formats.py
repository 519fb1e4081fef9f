"""Formats of score files: where the names, scores and keys stand, told from the content."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from classify import text_table
from classify.scorefiles import keys as key_files
from classify.scorefiles.key_layouts import NAMES, truth

# Names of columns by their measure, the surest first; also those that other tools write.
_MEASURES = {
    "llr": ("llr",),
    "cm": ("cm_score",),
    "P(fake)": tuple(
        "p_fake prob_fake fake_prob probability_fake fake_probability p(fake) "
        "p_spoof prob_spoof spoof_prob probability_spoof spoof_probability p(spoof)".split()
    ),
    "P(real)": tuple(
        "p_real prob_real real_prob probability_real real_probability p(real) "
        "p_bonafide prob_bonafide bonafide_prob probability_bonafide p(bonafide)".split()
    ),
    "score": ("score",),
}
_COLUMNS = tuple(name for names in _MEASURES.values() for name in names)
_SPELLINGS = {
    '="': "a formula of a spreadsheet",
    "%": "a percent sign",
    "\u2212": "a minus sign that is no hyphen",
    ",": "a comma where a point is read",
}
_NUMBER = re.compile(r"[-+]?(\.?\d[\d.,_e+-]*|nan|inf(inity)?)", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """Layout of a score file.

    Attributes
    ----------
    format : str
    columns : int
        Their number.
    name, score : int
        Columns, from 0.
    label : int or None
        Column with the truth about the trial.
    measure : str
        ``"llr"``, ``"cm"``: higher is more bona fide by the format; ``"score"``: the file does not
        say; ``"P(fake)"``, ``"P(real)"``.
    header : Header or None
    repeats : bool
        Whether a trial may stand in several lines, for several speakers.
    """

    format: str
    columns: int
    name: int = 0
    score: int = 1
    label: int | None = None
    measure: str = "cm"
    header: text_table.Header | None = None
    repeats: bool = False


def recognise(path: Path, text: str) -> Layout:
    r"""Recognise the format of a score file.

    Parameters
    ----------
    path : Path
        For messages.
    text : str

    Raises
    ------
    ValueError
        If the format is unknown.

    Examples
    --------
    >>> recognise(Path("a.txt"), "LA_E_1 - bonafide 2.5\n").format
    'asvspoof2019'
    >>> recognise(Path("a.txt"), "filename cm-score\nE_1 2.5\n").format
    'asvspoof5'
    """
    if header := text_table.header(path, text, NAMES, _COLUMNS):
        return _headed(path, text, header)
    number, line = text_table.first_line(text)
    cells = line.rsplit(None, 3)
    if len(cells) == 4 and cells[2].lower() in ("bonafide", "spoof"):
        return Layout("asvspoof2019", 4, score=3, label=2)
    if len(cells) > 1 and _NUMBER.fullmatch(cells[-1]):
        return Layout("asvspoof2021", 2)
    raise ValueError(
        f"expected scores in {path}: lines NAME SCORE, or a header with a name (path, filename, "
        f"...) and a score (cm-score, llr, p_fake, ...), got {line[:60]!r} in line {number}"
    )


def collect(
    path: Path, text: str, layout: Layout
) -> tuple[dict[str, float], list[int] | None, tuple[str, ...]]:
    """Read the trials of a score file.

    Parameters
    ----------
    path : Path
        For messages.
    text : str
    layout : Layout

    Returns
    -------
    scores : dict of str to float
        By name, as they stand in the file.
    labels : list of int or None
        1 for fake; in the order of the scores.
    warnings : tuple of str
        One line each.

    Raises
    ------
    ValueError
        If a line has another number of columns, a score is invalid, or a name is missing or comes
        twice.
    """
    scores: dict[str, float] = {}
    labels = []
    for line, cells in _trials(path, text, layout):
        name, score = cells[layout.name], number(cells[layout.score], layout.measure)
        if not math.isfinite(score):
            wanted = "a probability" if layout.measure.startswith("P") else "a finite number"
            raise ValueError(
                f"expected {wanted} in {path} line {line}, got {_quote(cells[layout.score])}"
            )
        if not name.strip():
            raise ValueError(f"expected a name in {path} line {line}, got none")
        if name in scores:
            if layout.repeats and scores[name] == score:
                continue
            raise ValueError(f"expected one score for {name} in {path}, got two, in line {line}")
        scores[name] = score
        if layout.label is not None:
            labels.append((line, cells[layout.label]))
    return scores, *_labels(path, labels, layout)


def number(cell: str, measure: str) -> float:
    """Read the score in a cell; NaN where there is none.

    Parameters
    ----------
    cell : str
    measure : str
        See `Layout`.

    Examples
    --------
    >>> number("-1.5", "llr"), number("1.5", "P(fake)")
    (-1.5, nan)
    """
    if "_" in cell:  # Python takes 1_0 for 10
        return math.nan
    try:
        score = float(cell)
    except ValueError:
        return math.nan
    return score if 0 <= score <= 1 or not measure.startswith("P") else math.nan


def _quote(cell: str) -> str:
    """A cell that is no number, and what a spreadsheet or a typesetter has done to it."""
    marks = [words for mark, words in _SPELLINGS.items() if mark in cell]
    return f"{cell!r}, which has {marks[0]}" if marks else repr(cell)


def _headed(path: Path, text: str, header: text_table.Header) -> Layout:
    measure, score = next(
        (measure, column) for measure, names in _MEASURES.items() for column in header.find(names)
    )
    if "p_positive" in header.columns:  # of a run whose classes do not say which is fake
        measure = "score"
    layout = Layout(
        "asvspoof5" if measure == "cm" else "csv",
        len(header.columns),
        header.find(NAMES)[0],
        score,
        truth(header),
        measure,
        header,
        repeats="spk" in header.columns,
    )
    if next(_trials(path, text, layout), None) is None:
        raise ValueError(f"expected scores in {path}, got a header alone")
    return layout


def _trials(path: Path, text: str, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    header = layout.header
    rows = text_table.rows(path, text, header.delimiter if header else None, layout.columns)
    return islice(rows, 1 if header else 0, None)


def _labels(
    path: Path, cells: list[tuple[int, str]], layout: Layout
) -> tuple[list[int] | None, tuple[str, ...]]:
    if layout.label is None:
        return None, ()
    try:
        labels = [key_files.label(cell, path, line) for line, cell in cells]
    except ValueError as error:
        return None, (f"the labels in the score file are not used: {error}",)
    if layout.format == "csv" and layout.header and layout.header.columns[layout.label] == "label":
        return labels, ("the score file's column label is taken for the truth, not for a verdict",)
    return labels, ()
