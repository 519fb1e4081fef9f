"""Score files: ours for the reference tools, any system's for our metrics.

Inside, a score is ln p(real) - ln p(fake) or stands for it: higher is more bona fide. A label is 1
for fake and 0 for real. The format or the reader says which way a file counts; its numbers never
do.
"""

import csv
import io
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from classify import text_table
from classify.class_names import is_fake_known
from classify.files import atomic_write
from classify.metrics.detection import are_decisions
from classify.probability import RESOLUTION
from classify.scorefiles import formats
from classify.scorefiles.formats import Layout

_BY_SUFFIX = {".tsv": "asvspoof5", ".txt": "asvspoof2021", ".csv": "csv"}
_KEYS_HEADER = "filename\tcm-label\n"
# A name cannot hold NUL or half a character, nor what the format separates names by.
_NEVER = "\0\ud800-\udfff"
_UNFIT = {
    "asvspoof5": re.compile(rf'[\t\r\n"{_NEVER}]'),
    "asvspoof2021": re.compile(rf"[\s{_NEVER}]"),
    "csv": re.compile(rf"[\r\n{_NEVER}]"),
}


@dataclass(frozen=True)
class ScoreFile:
    """Content of a score file.

    Attributes
    ----------
    names : np.ndarray of str, shape=(n,)
        Unique.
    llr : np.ndarray, shape=(n,)
        Higher = more bona fide.
    labels : np.ndarray, shape=(n,), dtype=int, or None
        1 for fake, where the file holds the truth.
    format : str
    direction : str
        Which way the numbers of the file count, and how they became `llr`.
    warnings : tuple of str
        One line each.
    columns : mapping of str to np.ndarray of object, shape=(n,)
        What the keys hold of each.
    """

    names: np.ndarray
    llr: np.ndarray
    labels: np.ndarray | None = None
    format: str = "csv"
    direction: str = "higher = more bona fide"
    warnings: tuple[str, ...] = ()
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)


def read_scores(path: Path, higher: str | None = None) -> ScoreFile:
    """Read the scores of any system; the content shows the format.

    Formats are the TSV of ASVspoof 5 and WeDefense (of SASV the cm-score), ``trial score`` of
    ASVspoof 2021, ``utt attack key score`` of ASVspoof 2019 and AASIST, ``path score`` of DF Arena,
    the CSV that ``predict`` prints, and every table with a column of
    `classify.scorefiles.key_layouts.NAMES` and one with ``llr``, ``cm-score``, ``score`` or the
    probability of a class (``p_fake``, ``probability_real``, ...), whose logit is taken.

    Parameters
    ----------
    path : Path
    higher : str, optional
        Class of higher numbers, ``"real"`` or ``"fake"``; overrides the format.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is in none of these formats, a score is not finite or no probability where one is
        due, or a name comes twice.
    """
    if higher not in (None, "real", "fake"):
        raise ValueError(f"expected higher to be real or fake, got {higher}")
    text = text_table.read_text(path)
    layout = formats.recognise(path, text)
    scores, labels, warnings = formats.collect(path, text, layout)
    numbers = np.array(list(scores.values()))
    llr, direction = _to_llr(numbers, layout.measure, higher)
    return ScoreFile(
        names=np.array(list(scores), dtype=str),
        llr=llr,
        labels=None if labels is None else np.array(labels),
        format=_format(layout, scores),
        direction=direction,
        warnings=(*_warnings(numbers, layout.measure, higher), *warnings),
    )


def write_scores(
    path: Path,
    names: np.ndarray,
    labels: np.ndarray,
    llr: np.ndarray,
    classes: Sequence[str] = ("real", "fake"),
) -> tuple[Path, ...]:
    """Write scores so that other tools, and `read_scores`, get the very same numbers.

    The suffix chooses the format. A .tsv is for ASVspoof 5: a second file beside it holds the keys
    that the reference package wants, see `keys_path`. A .txt is for ASVspoof 2021, and without
    spaces in names for DF Arena. A .csv holds the truth, P(fake) and llr. Where the class names do
    not say which is fake, only a .csv is written, with those names and P of the positive class.

    Parameters
    ----------
    path : Path
    names : np.ndarray of str, shape=(n,)
    labels : np.ndarray, shape=(n,), dtype=int
        1 for fake.
    llr : np.ndarray, shape=(n,)
        Higher = more bona fide.
    classes : sequence of two str
        Names of the classes, the positive one last.

    Raises
    ------
    ValueError
        If the suffix is another or not for these classes, a name does not fit the format or comes
        twice, or a score is not finite.
    """
    format = written_format(path, classes)
    _check(names, llr, format)
    rows = zip(names.tolist(), np.asarray(labels, dtype=int).tolist(), llr.tolist(), strict=True)
    contents = _contents(path, list(rows), format, classes)
    seen = formats.recognise(path, contents[path]).format
    if seen != format:
        raise ValueError(f"expected names that {format} can take, got some that look like {seen}")
    for file, text in contents.items():
        atomic_write(file, text.encode())
    return tuple(contents)


def refuse_target(path: Path) -> None:
    """Refuse a path that cannot be written, or where another file is.

    Such a file holds no scores, or is one of keys beside it that are not ours.

    Parameters
    ----------
    path : Path
        Where scores are to be written.

    Raises
    ------
    ValueError
    """
    if path.is_dir():
        raise ValueError(f"expected a score file, got {path}, which is a folder")
    if not path.parent.is_dir():
        raise ValueError(f"expected {path} in a folder, got {path.parent}, which is none")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ValueError(f"expected a folder to write in, got {path.parent}, which is read-only")
    reason = f"expected a new file or earlier scores to replace, got {path}: give another --scores"
    if path.exists():
        try:
            formats.recognise(path, path.read_text("utf-8", errors="replace"))
        except (ValueError, StopIteration) as error:
            raise ValueError(reason) from error
    keys = keys_path(path)
    if path.suffix.lower() == ".tsv" and keys.exists():
        with keys.open(encoding="utf-8", errors="replace") as file:
            if file.readline() != _KEYS_HEADER:
                raise ValueError(f"{reason}, as {keys} beside it holds other keys")


def written_format(path: Path, classes: Sequence[str] = ("real", "fake")) -> str:
    """Name the format that a suffix chooses.

    Parameters
    ----------
    path : Path
    classes : sequence of two str
        Names of the classes, the positive one last.

    Raises
    ------
    ValueError
        If the suffix is another, or the format speaks of bona fide and spoof and the classes do
        not.

    Examples
    --------
    >>> written_format(Path("mine.TXT"))
    'asvspoof2021'
    """
    format = _BY_SUFFIX.get(path.suffix.lower())
    if format is None:
        raise ValueError(f"expected a score file ending in .tsv, .txt or .csv, got {path}")
    if format != "csv" and not is_fake_known(classes):
        raise ValueError(
            f"expected a score file ending in .csv, since the classes {' and '.join(classes)} do "
            f"not say which is fake, got {path}"
        )
    return format


def keys_path(path: Path) -> Path:
    """Path of the keys of an ASVspoof 5 score file.

    Examples
    --------
    >>> keys_path(Path("out/mine.scores.tsv")).name, keys_path(Path("out/mine.tsv")).name
    ('mine.keys.tsv', 'mine.keys.tsv')
    """
    return path.with_name(f"{path.stem.removesuffix('.scores')}.keys.tsv")


def _format(layout: Layout, names: Iterable[str]) -> str:
    """A name that is a path, or has spaces, tells DF Arena from ASVspoof 2021."""
    if layout.format == "asvspoof2021" and any(map(re.compile(r"[/\\\s]").search, names)):
        return "path"
    return layout.format


def _to_llr(numbers: np.ndarray, measure: str, higher: str | None) -> tuple[np.ndarray, str]:
    """Scores of which higher is more bona fide, and their direction in words."""
    if measure.startswith("P"):
        label = higher or measure[2:-1]
        real = _bounded(logit(numbers))
        return (
            0 - real if label == "fake" else real,
            f"P({label}), turned into ln p(real) - ln p(fake)",
        )
    if higher == "fake":
        return 0 - numbers, "higher = more fake (as told), so negated"
    if higher == "real":
        return numbers, "higher = more bona fide (as told)"
    reason = "assumed: the file does not say" if measure == "score" else "as the format says"
    return numbers, f"higher = more bona fide ({reason})"


def _bounded(logits: np.ndarray) -> np.ndarray:
    """Infinite logits, made finite and still the farthest out."""
    finite = np.isfinite(logits)
    bound = max(-math.log(RESOLUTION), np.abs(logits[finite]).max(initial=0) + 1)
    return np.where(finite, logits, np.sign(logits) * bound)


def _warnings(numbers: np.ndarray, measure: str, higher: str | None) -> Iterator[str]:
    if measure.startswith("P"):
        if edge := np.isin(numbers, (0, 1)).sum():
            yield f"{edge} probabilities are 0 or 1, which is no finite llr: bounded"
    elif numbers.min() >= 0 and numbers.max() <= 1:
        yield (
            "all scores lie in [0, 1] and look like probabilities: act_dcf, cllr and accuracy take "
            "them for natural-log likelihood ratios and mean nothing"
        )
    if measure == "score" and higher is None:
        yield "the file does not say which way its scores count: higher taken as bona fide"
    if are_decisions(numbers):
        yield "fewer than 3 different scores: they look like decisions, not scores"


def _check(names: np.ndarray, llr: np.ndarray, format: str) -> None:
    if not len(names) or not np.isfinite(llr).all():
        raise ValueError("expected finite scores, got " + ("others" if len(names) else "none"))
    if len(set(names.tolist())) < len(names):
        twice = Counter(names.tolist()).most_common(1)[0][0]
        raise ValueError(f"expected one score for every name, got several for {twice}")
    unfit = next((name for name in names.tolist() if not name or _UNFIT[format].search(name)), None)
    if unfit is not None:
        able = [other for other in _UNFIT if unfit and not _UNFIT[other].search(unfit)]
        raise ValueError(
            f"expected names that {format} can take, got {unfit!r}: "
            f"{', '.join(able) or 'no format'} can take it"
        )


def _contents(
    path: Path, rows: list[tuple[str, int, float]], format: str, classes: Sequence[str]
) -> dict[Path, str]:
    """Content of the files that a format consists of."""
    if format == "csv":
        table = io.StringIO(newline="")
        writer = csv.writer(table, lineterminator="\n")
        is_known = is_fake_known(classes)
        writer.writerow(("path", "truth", "p_fake" if is_known else "p_positive", "llr"))
        truth = ("real", "fake") if is_known else classes
        for name, label, llr in rows:
            writer.writerow((name, truth[label], float(expit(-llr)), llr))
        return {path: table.getvalue()}
    if format == "asvspoof5":
        scores = [f"{name}\t{llr!r}\n" for name, _, llr in rows]
        keys = [f"{name}\t{('bonafide', 'spoof')[label]}\n" for name, label, _ in rows]
        return {
            path: "".join(["filename\tcm-score\n", *scores]),
            keys_path(path): "".join([_KEYS_HEADER, *keys]),
        }
    return {path: "".join(f"{name} {llr!r}\n" for name, _, llr in rows)}
