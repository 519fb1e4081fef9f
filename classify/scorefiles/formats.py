"""What a score file's content shows of its format: where its names, scores and keys stand."""

import io
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from classify.scorefiles import keys as key_files
from classify.scorefiles import text_table

# Columns by what they hold, the surest first; also names that other people's tools write.
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
_LOG = re.compile(r"^Output, .+, -?\d+, ", re.MULTILINE)
_NUMBER = re.compile(r"[-+]?(\.?\d[\d.,_e+-]*|nan|inf(inity)?)", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """Where a score file has what.

    Attributes
    ----------
    format : str
    columns : int
    name, score : int
        Columns, from 0.
    label : int or None
        Column that says what the trial is.
    measure : str
        ``"llr"``, ``"cm"``: higher is more bona fide by the format; ``"score"``: it does not say;
        ``"logits"``: of fake and of real; ``"P(fake)"``, ``"P(real)"``.
    header : Header or None
    repeats : bool
        Whether a trial may be there more than once, for several speakers.
    log : bool
        Whether the trials stand in a log, among other lines.
    meaning : mapping of str to int
        What labels there may be but words.
    """

    format: str
    columns: int
    name: int = 0
    score: int = 1
    label: int | None = None
    measure: str = "cm"
    header: text_table.Header | None = None
    repeats: bool = False
    log: bool = False
    meaning: Mapping[str, int] = field(default_factory=dict)


def recognise(path: Path, text: str) -> Layout:
    r"""Tell the format of a score file.

    Parameters
    ----------
    path : Path
        For messages.
    text : str

    Returns
    -------
    layout : Layout

    Raises
    ------
    ValueError
        If it is none that is known.

    Examples
    --------
    >>> recognise(Path("a.txt"), "LA_E_1 - bonafide 2.5\n").format
    'asvspoof2019'
    >>> recognise(Path("a.txt"), "filename cm-score\nE_1 2.5\n").format
    'asvspoof5'
    """
    if _LOG.search(text):
        return Layout("lfcc-lcnn", 3, score=2, label=1, log=True, meaning=key_files.REAL_IS_ONE)
    if header := text_table.header(text, key_files.NAMES, _COLUMNS):
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
        As they stand there, by name.
    labels : list of int or None
        1 for fake; in the order of the scores.
    warnings : tuple of str
        One line each.

    Raises
    ------
    ValueError
        If a line has another number of columns, a score is not what it should be, or a name is
        missing or there twice.
    """
    scores: dict[str, float] = {}
    keys = []
    for at, cells in _trials(path, text, layout):
        name, value = cells[layout.name], number(cells[layout.score], layout.measure)
        if not math.isfinite(value):
            wanted = "a probability" if layout.measure.startswith("P") else "a finite number"
            raise ValueError(f"expected {wanted} in {path} line {at}, got {cells[layout.score]!r}")
        if not name:
            raise ValueError(f"expected a name in {path} line {at}, got none")
        if name in scores:
            if layout.repeats and scores[name] == value:
                continue
            raise ValueError(f"expected one score for {name} in {path}, got two, in line {at}")
        scores[name] = value
        if layout.label is not None:
            keys.append((at, cells[layout.label]))
    return scores, *_labels(path, keys, layout)


def number(cell: str, measure: str) -> float:
    """The score in a cell, or NaN where there is none.

    Parameters
    ----------
    cell : str
    measure : str
        See `Layout`.

    Returns
    -------
    score : float
        Of logits, the one of real - the one of fake.

    Examples
    --------
    >>> number("[-1.5, 2.0]", "logits"), number("1.5", "P(fake)")
    (3.5, nan)
    """
    if "_" in cell:  # Python takes 1_0 for 10
        return math.nan
    try:
        if measure == "logits":
            fake, real = map(float, cell.strip().strip("[]").replace(",", " ").split())
            return real - fake
        value = float(cell)
    except ValueError:
        return math.nan
    return value if 0 <= value <= 1 or not measure.startswith("P") else math.nan


def _headed(path: Path, text: str, header: text_table.Header) -> Layout:
    measure, score = next(
        (measure, at) for measure, names in _MEASURES.items() for at in header.find(names)
    )
    layout = Layout(
        "asvspoof5" if measure == "cm" else "csv",
        len(header.columns),
        header.find(key_files.NAMES)[0],
        score,
        key_files.truth(header),
        measure,
        header,
        repeats="spk" in header.columns,
    )
    first = next(_trials(path, text, layout), None)
    if first is None:
        raise ValueError(f"expected scores in {path}, got a header alone")
    if measure == "score" and first[1][score].lstrip().startswith("["):
        return replace(
            layout, format="antideepfake", measure="logits", meaning=key_files.REAL_IS_ONE
        )
    return layout


def _trials(path: Path, text: str, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    if layout.log:
        yield from _logged(path, text)
        return
    header = layout.header
    rows = text_table.rows(path, text, header.delimiter if header else None, layout.columns)
    yield from islice(rows, 1 if header else 0, None)


def _logged(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    for at, line in enumerate(io.StringIO(text, newline=None), 1):
        if line.startswith("Output,"):
            cells = [cell.strip() for cell in line.removeprefix("Output,").rsplit(",", 2)]
            if len(cells) != 3:
                raise ValueError(
                    f"expected Output, name, label, score in {path} line {at}, got {line[:60]!r}"
                )
            yield at, cells


def _labels(
    path: Path, keys: list[tuple[int, str]], layout: Layout
) -> tuple[list[int] | None, tuple[str, ...]]:
    if layout.label is None:
        return None, ()
    try:
        found = [key_files.label(cell, path, at, layout.meaning) for at, cell in keys]
    except ValueError as error:
        return None, (f"the labels in the score file are not used: {error}",)
    if layout.format == "csv" and layout.header and layout.header.columns[layout.label] == "label":
        return found, ("the score file's column label is taken for the truth, not for a verdict",)
    return found, ()
