"""A run and one split of a dataset in, figures and pictures of how good it is out."""

import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix, roc_curve
from tqdm import tqdm

from classify import figures
from classify.metrics import summary, to_logit, to_probability
from classify.pictures import check_drawing, files, load_drawing
from classify.run import Run, replace
from classify.scores import scores

FIGURES = (
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "loss",
    "auc",
    "eer",
)


@dataclass(frozen=True)
class Scored:
    """Scores with the truth, one row a picture or one a recording.

    Attributes
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
        1 for the positive class.
    p_fake : np.ndarray, shape=(n,)
        P(positive class), in (0, 1).
    """

    labels: np.ndarray
    p_fake: np.ndarray


def evaluate(images: Path, run: Run, split: str) -> tuple[dict[str, Any], int]:
    """Score one split and write ``RUN/report``.

    Parameters
    ----------
    images : Path
        A picture dataset, drawn with the settings that the run was trained with.
    run : Run
    split : str
        ``"train"``, ``"validation"`` or ``"test"``.

    Returns
    -------
    report : dict
        What ``report/metrics.json`` holds: ``split``, ``threshold``, ``picture`` and, where
        ``IMAGES/manifest.csv`` names recordings, ``recording`` with the figures of
        `classify.metrics.summary`, and ``confusion`` with rows of the truth and columns of the
        verdict. A recording's score is the mean of its pictures' logits.
    refused : int
        Pictures that could not be scored; each is named on standard error.

    Raises
    ------
    ValueError
        If there is nothing to score, or the dataset was drawn with other settings.
    """
    levels, refused = score_split(images, run, split)
    report: dict[str, Any] = {"split": split, "threshold": run.threshold}
    tables, curves = {}, {}
    for level, scored in levels.items():
        report[level] = summary(scored.labels, scored.p_fake, run.threshold)
        verdict = scored.p_fake >= run.threshold
        tables[level] = confusion_matrix(scored.labels, verdict, labels=[0, 1])
        if "auc" in report[level]:
            legend = f"{level}s, AUC {report[level]['auc']:.3f}, EER {report[level]['eer']:.3f}"
            curves[legend] = roc_curve(scored.labels, scored.p_fake)[:2]
    report["confusion"] = {level: table.tolist() for level, table in tables.items()}
    folder = run.folder / "report"
    folder.mkdir(exist_ok=True)
    titles = {f"{level}s ({split})": table for level, table in tables.items()}
    figures.confusion(titles, run.classes, folder / "confusion.png")
    (folder / "roc.png").unlink(missing_ok=True)
    if curves:
        figures.roc(curves, run.classes[1], folder / "roc.png")
    replace(folder / "metrics.json", (json.dumps(report, indent=2) + "\n").encode())
    return report, refused


def score_split(images: Path, run: Run, split: str) -> tuple[dict[str, Scored], int]:
    """Score the pictures of a split, and the recordings where the manifest names them.

    Parameters
    ----------
    images : Path
    run : Run
    split : str

    Returns
    -------
    levels : dict of str to Scored
        ``"picture"`` and perhaps ``"recording"``.
    refused : int
        Pictures that could not be scored; each is named on standard error.

    Raises
    ------
    ValueError
        If there is nothing to score, or the dataset was drawn with other settings.
    """
    truth = _truth(images, run, split)
    drawing = load_drawing(images / "render.json")
    try:
        check_drawing(run.drawing, drawing)
    except ValueError as error:
        raise ValueError(f"{images}: {error}; render it with the settings of the run") from error
    bar = tqdm(scores(run, truth), f"score {split}", len(truth), unit="picture", disable=None)
    good = []
    for score in bar:
        if score.reason:
            tqdm.write(f"evaluate: {score.path}: {score.reason}", file=sys.stderr)
        else:
            good.append(score)
    if not good:
        raise ValueError(f"expected pictures in {images / split}, got none that can be scored")
    labels = np.array([truth[score.path] for score in good])
    p_fake = np.array([score.p_fake for score in good])
    levels = {"picture": Scored(labels, p_fake)}
    recordings = _recordings(images)
    if recordings:
        names = [recordings.get(s.path.relative_to(images).as_posix(), "") for s in good]
        # A picture that the manifest does not know stands for itself.
        names = [name or str(s.path) for name, s in zip(names, good, strict=True)]
        levels["recording"] = pool(np.array(names), levels["picture"])
    return levels, len(truth) - len(good)


def pool(names: np.ndarray, scored: Scored) -> Scored:
    """Pool pictures into recordings by the mean of their logits.

    Parameters
    ----------
    names : np.ndarray of str, shape=(n,)
        Recording of each picture.
    scored : Scored

    Returns
    -------
    pooled : Scored
        One row a recording and class, sorted by name.

    Examples
    --------
    >>> pool(np.array(["a", "b", "a"]), Scored(np.array([1, 0, 1]), np.array([0.2, 0.4, 0.8])))
    Scored(labels=array([1, 0]), p_fake=array([0.5, 0.4]))
    """
    keys, member = np.unique(
        np.stack([names, scored.labels.astype(str)]), axis=1, return_inverse=True
    )
    member = member.reshape(-1)  # NumPy 2.0 gives it the shape of a column
    total = np.bincount(member, weights=to_logit(scored.p_fake))
    return Scored(keys[1].astype(int), to_probability(total / np.bincount(member)))


def table(report: dict[str, Any], classes: tuple[str, str]) -> str:
    """Write a report as text.

    Parameters
    ----------
    report : dict
        What `evaluate` returned.
    classes : tuple of two str

    Returns
    -------
    text : str
    """
    levels = [level for level in ("picture", "recording") if level in report]
    lines = [f"{report['split']:<18}" + "".join(f"{level + 's':>12}" for level in levels)]
    for index, name in enumerate(classes):
        counts = [sum(report["confusion"][level][index]) for level in levels]
        lines.append(f"{name:<18}" + "".join(f"{count:>12}" for count in counts))
    for name in FIGURES:
        cells = [report[level].get(name) for level in levels]
        text = "".join(f"{'-':>12}" if cell is None else f"{cell:>12.3f}" for cell in cells)
        lines.append(f"{name:<18}{text}")
    for level in levels:
        lines.append(f"{level}s, verdict:".ljust(18) + "".join(f"{name:>12}" for name in classes))
        for name, row in zip(classes, report["confusion"][level], strict=True):
            lines.append(f"  {name:<16}" + "".join(f"{count:>12}" for count in row))
    lines.append(f"verdict {classes[1]} from P({classes[1]}) = {report['threshold']}")
    return "\n".join(lines)


def _truth(images: Path, run: Run, split: str) -> dict[Path, int]:
    """Pictures of a split with the index of their class, by the names that the run knows."""
    folder = images / split
    if not folder.is_dir():
        raise ValueError(f"expected a split of pictures, got {folder}, which does not exist")
    index = {name.lower(): number for number, name in enumerate(run.classes)}
    found = {path.name: path for path in sorted(folder.iterdir()) if path.is_dir()}
    unknown = [name for name in found if name.lower() not in index]
    if unknown or not found:
        raise ValueError(
            f"expected the class folders {' and '.join(run.classes)} in {folder}, "
            f"got {', '.join(unknown) or 'none'}"
        )
    return {path: index[name.lower()] for name in found for path in files(found[name])}


def _recordings(images: Path) -> dict[str, str]:
    """Recording by path of the picture; nothing where there is no manifest."""
    path = images / "manifest.csv"
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if not {"path", "recording"} <= set(reader.fieldnames or []):
            raise ValueError(f"expected columns path and recording in {path}")
        return {row["path"]: row["recording"] for row in reader}
