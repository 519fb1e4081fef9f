"""Score files of the field: ours for the reference tools, anybody's for our figures.

Inside, a score is ln p(real) - ln p(fake) or stands for it: higher is more bona fide. A label is 1
for fake and 0 for real. Which way a file counts is said by its format or by whoever reads it, and
never told from its numbers.
"""

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from classify.files import atomic_write
from classify.metrics.detection import are_decisions
from classify.scorefiles import formats, text_table
from classify.scorefiles.formats import Layout

FORMATS = ("asvspoof5", "asvspoof2021", "asvspoof2019", "path", "csv")
_BY_SUFFIX = {".tsv": "asvspoof5", ".txt": "asvspoof2021", ".csv": "csv"}
# What a name cannot hold: no text file and no message half a character, no table its own marks.
_NEVER = "\0\ud800-\udfff"
_UNFIT = {
    "asvspoof5": re.compile(rf'[\t\r\n"{_NEVER}]'),
    "asvspoof2021": re.compile(rf"[\s{_NEVER}]"),
    "asvspoof2019": re.compile(rf"[\s{_NEVER}]"),
    "path": re.compile(rf"^\s|[\r\n{_NEVER}]|\s$"),
    "csv": re.compile(rf"[\r\n{_NEVER}]"),
}
# The llr of the last probability that single precision tells from 1, 1 - 2**-24.
_EDGE = 24 * math.log(2)


@dataclass(frozen=True)
class ScoreFile:
    """What a score file says.

    Attributes
    ----------
    names : np.ndarray of str, shape=(n,)
        Each there once.
    llr : np.ndarray, shape=(n,)
        Higher = more bona fide.
    labels : np.ndarray, shape=(n,), dtype=int, or None
        1 for fake, where the file carries the key.
    format : str
    direction : str
        Which way the numbers of the file count, and what was done about it.
    warnings : tuple of str
        One line each.
    """

    names: np.ndarray
    llr: np.ndarray
    labels: np.ndarray | None = None
    format: str = "csv"
    direction: str = "higher = more bona fide"
    warnings: tuple[str, ...] = ()


def read_scores(path: Path, higher: str | None = None) -> ScoreFile:
    """Read the scores of any system, in the format that the content shows.

    Understood are the TSV of ASVspoof 5 and WeDefense (of SASV the cm-score), ``trial score`` of
    ASVspoof 2021, ``utt attack key score`` of ASVspoof 2019 and AASIST, ``path score`` of DF Arena,
    the log of the LFCC-LCNN baseline, AntiDeepfake's CSV, what ``predict --format csv`` prints, and
    every table with a column of `keyfile.NAMES` and one with ``llr``, ``cm-score``, ``score`` or
    the probability of a class (``p_fake``, ``probability_real``, ...), whose logit is taken.

    Parameters
    ----------
    path : Path
    higher : str, optional
        Class for which a higher number in the file speaks, ``"real"`` or ``"fake"``, against what
        the format says.

    Returns
    -------
    scores : ScoreFile

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is in none of these formats, a score is no finite number or no probability where one
        is due, or a name is there twice.
    """
    if higher not in (None, "real", "fake"):
        raise ValueError(f"expected higher to be real or fake, got {higher}")
    text = text_table.read_text(path)
    layout = formats.recognise(path, text)
    scores, found, doubt = formats.collect(path, text, layout)
    raw, labels = np.array(list(scores.values())), None if found is None else np.array(found)
    llr, direction = _turned(raw, layout.measure, higher)
    names, format = np.array(list(scores), dtype=str), _format(layout, scores)
    warnings = (*_doubts(raw, layout.measure, higher), *doubt)
    return ScoreFile(names, llr, labels, format, direction, warnings)


def write_scores(
    path: Path,
    names: np.ndarray,
    labels: np.ndarray,
    llr: np.ndarray,
    format: str | None = None,
) -> tuple[Path, ...]:
    """Write scores so that other tools, and `read_scores`, get the very same numbers.

    In ``asvspoof5`` a second file goes beside the scores, the keys that the reference package
    wants, see `keys_path`. ``asvspoof2019`` knows no attacks: they are ``-``.

    Parameters
    ----------
    path : Path
    names : np.ndarray of str, shape=(n,)
    labels : np.ndarray, shape=(n,), dtype=int
        1 for fake.
    llr : np.ndarray, shape=(n,)
        Higher = more bona fide.
    format : str, optional
        One of `FORMATS`. Default: ``asvspoof5`` for a .tsv, ``asvspoof2021`` for a .txt,
        ``csv`` for a .csv.

    Returns
    -------
    written : tuple of Path

    Raises
    ------
    ValueError
        If the format is not clear, a name does not fit it or comes twice, or a score is no number.
    """
    format = format or _BY_SUFFIX.get(path.suffix.lower())
    if format not in FORMATS:
        raise ValueError(
            f"expected a score file ending in .tsv, .txt or .csv, or a format among "
            f"{', '.join(FORMATS)}, got {format or path}"
        )
    _check(names, llr, format)
    rows = zip(names.tolist(), np.asarray(labels, dtype=int).tolist(), llr.tolist(), strict=True)
    files = _texts(path, list(rows), format)
    seen = formats.recognise(path, files[path]).format
    if seen != format and (seen, format) != ("asvspoof2021", "path"):
        raise ValueError(f"expected names that {format} can take, got some that look like {seen}")
    for place, text in files.items():
        atomic_write(place, text.encode())
    return tuple(files)


def keys_path(path: Path) -> Path:
    """Where the keys of an ASVspoof 5 score file go.

    Examples
    --------
    >>> keys_path(Path("out/mine.scores.tsv")).name, keys_path(Path("out/mine.tsv")).name
    ('mine.keys.tsv', 'mine.keys.tsv')
    """
    return path.with_name(f"{path.stem.removesuffix('.scores')}.keys.tsv")


def _format(layout: Layout, names: Iterable[str]) -> str:
    """A name that is a path, or has spaces, tells DF Arena from ASVspoof 2021."""
    spaced = layout.format == "asvspoof2021" and any(map(re.compile(r"[/\\\s]").search, names))
    return "path" if spaced else layout.format


def _turned(raw: np.ndarray, measure: str, higher: str | None) -> tuple[np.ndarray, str]:
    """Scores of which higher is more bona fide, and in words how they came about."""
    if measure.startswith("P"):
        kind = higher or measure[2:-1]
        real = _bounded(logit(raw))
        return (
            0 - real if kind == "fake" else real,
            f"P({kind}), turned into ln p(real) - ln p(fake)",
        )
    if higher == "fake":
        return 0 - raw, "higher = more fake (as told), so negated"
    if measure == "logits":
        return raw, "[fake logit, real logit], of which real - fake is taken"
    said = {"score": "assumed: the file does not say"}.get(measure, "as the format says")
    return raw, f"higher = more bona fide ({'as told' if higher else said})"


def _bounded(logits: np.ndarray) -> np.ndarray:
    """Infinite ones brought to where they are still the farthest out."""
    finite = np.isfinite(logits)
    bound = max(_EDGE, np.abs(logits[finite]).max(initial=0) + 1)
    return np.where(finite, logits, np.sign(logits) * bound)


def _doubts(raw: np.ndarray, measure: str, higher: str | None) -> tuple[str, ...]:
    found = []
    if measure.startswith("P"):
        if edge := np.isin(raw, (0, 1)).sum():
            found.append(f"{edge} probabilities are 0 or 1, which is no finite llr: bounded")
    elif raw.min() >= 0 and raw.max() <= 1:
        found.append(
            "all scores lie in [0, 1] and look like probabilities: act_dcf, cllr and accuracy take "
            "them for natural-log likelihood ratios and mean nothing"
        )
    if measure == "score" and higher is None:
        found.append("the file does not say which way its scores count: higher taken as bona fide")
    if are_decisions(raw):
        found.append("fewer than 3 different scores: they look like decisions, not scores")
    return tuple(found)


def _check(names: np.ndarray, llr: np.ndarray, format: str) -> None:
    if not len(names) or not np.isfinite(llr).all():
        raise ValueError("expected finite scores, got " + ("others" if len(names) else "none"))
    if len(set(names.tolist())) < len(names):
        twice = Counter(names.tolist()).most_common(1)[0][0]
        raise ValueError(f"expected one score for every name, got several for {twice}")
    unfit = next((name for name in names.tolist() if not name or _UNFIT[format].search(name)), None)
    if unfit is not None:
        able = [other for other in FORMATS if unfit and not _UNFIT[other].search(unfit)]
        raise ValueError(
            f"expected names that {format} can take, got {unfit!r}: "
            f"{', '.join(able) or 'no format'} can take it"
        )


def _texts(path: Path, rows: list[tuple[str, int, float]], format: str) -> dict[Path, str]:
    """Content of the files that a format consists of."""
    keys = ("bonafide", "spoof")
    if format == "csv":
        table = io.StringIO(newline="")
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("path", "truth", "p_fake", "llr"))
        for name, label, llr in rows:
            writer.writerow((name, ("real", "fake")[label], float(expit(-llr)), llr))
        return {path: table.getvalue()}
    if format == "asvspoof5":
        scores = [f"{name}\t{llr!r}\n" for name, _, llr in rows]
        truth = [f"{name}\t{keys[label]}\n" for name, label, _ in rows]
        return {
            path: "".join(["filename\tcm-score\n", *scores]),
            keys_path(path): "".join(["filename\tcm-label\n", *truth]),
        }
    if format == "asvspoof2019":
        return {path: "".join(f"{name} - {keys[label]} {llr!r}\n" for name, label, llr in rows)}
    return {path: "".join(f"{name} {llr!r}\n" for name, _, llr in rows)}
