"""Calibrated scores of pictures and of recordings, from the raw scores of pictures."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from classify.data import manifest
from classify.data.advice import how_to_draw, require_dataset
from classify.data.manifest import Manifest
from classify.data.pictures import class_folders, files
from classify.data.render_settings import load_render_settings, require_same_rendering
from classify.data.splits import report_damaged, split_folder
from classify.metrics.trials import Trials
from classify.prediction.inference import score_pictures
from classify.prediction.refusals import RefusalLog
from classify.runs.run import VALIDATION_SCORES, Run


@dataclass(frozen=True)
class RawScores:
    """Raw scores of pictures, with the truth.

    Attributes
    ----------
    names : np.ndarray of str, shape=(n,)
        Paths, relative to the dataset.
    labels : np.ndarray, shape=(n,), dtype=int
        1 for the positive class.
    llr : np.ndarray, shape=(n, networks)
        See `classify.prediction.inference`.
    refused : int
        Pictures that could not be scored, and folders that could not be read.
    """

    names: np.ndarray
    labels: np.ndarray
    llr: np.ndarray
    refused: int


def score(verb: str, run: Run, dataset: Path, truth: dict[Path, int]) -> RawScores:
    """Score pictures of a dataset.

    Parameters
    ----------
    verb : str
        Stands before each line on standard error.
    run : Run
    dataset : Path
        The dataset.
    truth : dict of Path to int
        Index of the class by picture.

    Returns
    -------
    pictures : RawScores
        Without those that cannot be scored; each of them is named on standard error.

    Raises
    ------
    ValueError
        If no picture can be scored.
    """
    scores = []
    log = RefusalLog(verb)
    bar = tqdm(
        score_pictures(run, truth), f"{verb}: score", len(truth), unit="picture", disable=None
    )
    for result in bar:
        if result.llr is None:
            log.note(result.path, result.reason)
        else:
            scores.append((result.path, result.llr))
    log.close()
    if not scores:
        raise ValueError(f"expected pictures in {dataset}, got none that can be scored")
    return RawScores(
        np.array([path.relative_to(dataset).as_posix() for path, _ in scores]),
        np.array([truth[path] for path, _ in scores]),
        np.stack([llr for _, llr in scores]),
        len(truth) - len(scores),
    )


def score_split(verb: str, dataset: Path, run: Run, split: str) -> RawScores:
    """Score the pictures of a split.

    Parameters
    ----------
    verb : str
        Stands before each line on standard error.
    dataset : Path
    run : Run
    split : str

    Raises
    ------
    ValueError
        If there is nothing to score, or the dataset was drawn with other settings.
    """
    if run.group and split == "validation":
        print(
            f"{verb}: warning: {run.folder} learned from validation too: its figures flatter; "
            f"{run.folder / VALIDATION_SCORES} holds scores by networks that have not met the "
            "recordings",
            file=sys.stderr,
        )
    locked: dict[Path, str] = {}
    truth = _truth(dataset, run, split, locked)
    report_damaged(verb, locked)
    drawing = load_render_settings(dataset / "render.json")
    try:
        require_same_rendering(run.render_settings, drawing, run.redraw_advice)
    except ValueError as error:
        raise ValueError(f"{dataset}: {error}") from error
    scores = score(verb, run, dataset, truth)
    return replace(scores, refused=scores.refused + len(locked))


def _truth(dataset: Path, run: Run, split: str, locked: dict[Path, str]) -> dict[Path, int]:
    """Pictures of a split with the index of their class, by the names that the run knows."""
    require_dataset(dataset)
    folder = split_folder(dataset, split)
    if not folder.is_dir():
        raise ValueError(
            f"expected a split of pictures, got {folder}, which does not exist"
            f"{how_to_draw(dataset)}"
        )
    index = {name.lower(): number for number, name in enumerate(run.classes)}
    folders = class_folders(folder)
    unknown = [name for name in folders if name.lower() not in index]
    if unknown or not folders:
        raise ValueError(
            f"expected the class folders {' and '.join(run.classes)} in {folder}, "
            f"got {', '.join(unknown) or 'none'}"
        )
    return {path: index[name.lower()] for name in folders for path in files(folders[name], locked)}


def calibrated_trials(run: Run, pictures: RawScores, rows: Manifest) -> dict[str, Trials]:
    """Average the networks, pool the recordings and calibrate.

    Parameters
    ----------
    run : Run
    pictures : RawScores
        Of all networks of the run.
    rows : Manifest
        It says which pictures are clips of one recording.

    Returns
    -------
    trials : dict of str to Trials
        ``"picture"`` and, where the manifest names recordings, ``"recording"``.
    """
    columns = manifest.table(rows, pictures.names.tolist())
    raw = Trials(pictures.names, pictures.labels, pictures.llr.mean(axis=1), columns)
    units = {"picture": raw}
    if "recording" in manifest.columns(rows):
        units["recording"] = pool_recordings(raw)
    return {unit: replace(part, llr=_calibrated(run, part)) for unit, part in units.items()}


def _calibrated(run: Run, trials: Trials) -> np.ndarray:
    """Calibrate scores, those of a codec that the run knows by its own calibration."""
    llr = run.calibration(trials.llr)
    for mask, judge in _codec_judges(run, trials):
        llr[mask] = judge.calibration(trials.llr[mask])
    return llr


def uncertain_bands(run: Run, trials: Trials) -> tuple[np.ndarray, np.ndarray]:
    """Give each trial the band in which there is no verdict: that of its codec, or the usual one.

    Returns
    -------
    low, high : np.ndarray, shape=(n,)
        P(fake).
    """
    bands = np.tile(run.uncertain, (len(trials), 1))
    for mask, judge in _codec_judges(run, trials):
        bands[mask] = judge.uncertain
    return bands[:, 0], bands[:, 1]


def _codec_judges(run: Run, trials: Trials) -> Iterator[tuple[np.ndarray, Run]]:
    """List the files that have a calibration of their own, with the run that judges them."""
    if run.codecs:
        files = np.stack([trials["codec"], trials["bit_rate_kbps"]], axis=1)
        for codec, rate in np.unique(files, axis=0):
            if rate.replace(".", "", 1).isdecimal():
                judge = run.for_codec(codec, float(rate))
                if judge is not run:
                    yield (files == (codec, rate)).all(axis=1), judge


def pool_recordings(pictures: Trials) -> Trials:
    """Pool pictures into recordings by the mean of their scores.

    The mean is of log odds, not of probabilities: a clip with a P near 0 or 1 counts for more.

    Returns
    -------
    pooled : Trials
        One row a recording and class, sorted by name, with the columns of its first picture.

    Examples
    --------
    >>> names, columns = np.array(list("123")), {"recording": np.array(["a", "b", "a"])}
    >>> pictures = Trials(names, np.array([1, 0, 1]), np.array([-2.0, 1.0, 0.0]), columns)
    >>> pooled = pool_recordings(pictures)
    >>> pooled.names.tolist(), pooled.labels.tolist(), pooled.llr.tolist()
    (['a', 'b'], [1, 0], [-1.0, 1.0])
    """
    (names, labels), first, member = np.unique(
        np.stack([pictures.recordings, pictures.labels.astype(str)]),
        axis=1,
        return_index=True,
        return_inverse=True,
    )
    member = member.reshape(-1)  # NumPy 2.0 gives it the shape of a column
    means = np.bincount(member, weights=pictures.llr) / np.bincount(member)
    return Trials(names, labels.astype(int), means, pictures[first].columns)
