"""Metrics of a score file of any system."""

from pathlib import Path

import numpy as np

from classify.defaults import RESAMPLES
from classify.metrics.bootstrap import metric_intervals
from classify.metrics.calibration import THRESHOLD
from classify.metrics.registry import compute_metrics
from classify.metrics.report import ScoreFileReport
from classify.metrics.trials import Trials, oracle_metrics
from classify.scorefiles.files import read_scores
from classify.scorefiles.keys import read_keys
from classify.scorefiles.matching import match


def score(
    scores: Path, keys: Path | None = None, higher: str | None = None, resamples: int = RESAMPLES
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
    resamples : int

    Raises
    ------
    ValueError
        If a file is not of a known format, the truth is missing, or names do not match.
    """
    file = read_scores(scores, higher)
    if keys is not None:
        file = match(file, read_keys(keys))
    if file.labels is None:
        raise ValueError(
            f"expected --keys, got {scores} alone, which does not hold the truth"
            + "".join(f" ({warning})" for warning in file.warnings)
        )
    trials = Trials(file.names, file.labels, file.llr)
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
        interval=metric_intervals(trials, np.arange(len(trials)), THRESHOLD, resamples),
        oracle=oracle_metrics(trials.labels, trials.llr),
        resamples=resamples,
    )
