"""Metrics of a score file of any system."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from classify.defaults import RESAMPLES
from classify.metrics.bootstrap import metric_intervals
from classify.metrics.breakdown import breakdown, means_over
from classify.metrics.calibration import THRESHOLD
from classify.metrics.registry import compute_metrics
from classify.metrics.report import ScoreFileReport
from classify.metrics.trials import Trials, oracle_metrics
from classify.scorefiles.files import read_scores
from classify.scorefiles.key_layouts import LABELS
from classify.scorefiles.keys import read_keys
from classify.scorefiles.matching import match
from classify.text_table import column_name


def score(
    scores: Path,
    keys: Path | None = None,
    higher: str | None = None,
    by: Sequence[str] = (),
    resamples: int = RESAMPLES,
) -> ScoreFileReport:
    """Judge the scores of any system.

    Scores are taken for natural-log likelihood ratios: those under 0 are verdicts "fake".

    Parameters
    ----------
    scores : Path
        See `classify.scorefiles.files.read_scores`.
    keys : Path, optional
        Where the truth stands; default: in `scores`.
    higher : str, optional
        ``"real"`` or ``"fake"``: what a higher score speaks for; default: as the format says.
    by : sequence of str
        Columns of the keys to break down by, see `classify.scorefiles.keys.read_keys`.
    resamples : int

    Raises
    ------
    ValueError
        If a file is not of a known format, the truth is missing, names do not match, or the keys
        lack a column.
    """
    file = read_scores(scores, higher)
    opponents: tuple[str, ...] = ()
    if keys is not None or (by and file.labels is not None):
        known = read_keys(keys or scores, file.names.tolist(), by)
        file = match(file, known)
        # A protocol's attacks stand against all real trials, as in the field's own figures.
        opponents = ("source",) if known.format == "csv" else ()
    if file.labels is None:
        raise ValueError(
            f"expected --keys, got {scores} alone, which does not hold the truth"
            + "".join(f" ({warning})" for warning in file.warnings)
        )
    trials = Trials(file.names, file.labels, file.llr)
    groups = np.arange(len(trials))
    cells = {}
    for column in map(column_name, by):
        columns = {
            name: _without_marks(file.columns[name], file.labels)
            for name in (column, *opponents)
            if name in file.columns
        }
        described = replace(trials, columns=columns)
        cells[column] = breakdown(described, column, groups, THRESHOLD, resamples)
    metrics = compute_metrics(trials.labels, trials.llr, THRESHOLD)
    warnings = list(file.warnings)
    if metrics.get("eer", 0) > 0.5:
        warnings.append(
            f"the EER is {metrics['eer']:.3f}, above one half: are the scores the other way "
            "round? --higher says which way they are"
        )
    return ScoreFileReport(
        format=file.format,
        direction=file.direction,
        warnings=warnings,
        n_real=int((trials.labels == 0).sum()),
        n_fake=int((trials.labels == 1).sum()),
        metrics=metrics,
        interval=metric_intervals(trials, groups, THRESHOLD, resamples),
        oracle=oracle_metrics(trials.labels, trials.llr),
        resamples=resamples,
        by=cells,
        mean_over=means_over(cells),
    )


def _without_marks(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Blank what only stands for real trials, such as their attack ``-`` or ``bonafide``."""
    of_real = {*values[labels == 0]} - {*values[labels == 1]}
    marks = [value for value in of_real if value == "-" or LABELS.get(value.lower()) == 0]
    return np.where(np.isin(values, marks), "", values)
