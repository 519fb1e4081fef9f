"""The recordings that each network of a run has not met, to calibrate it on."""

from collections.abc import Iterator

from classify.runs.run import VALIDATION_SCORES, Run
from classify.scorefiles.files import read_scores


def unmet_recordings(run: Run) -> Iterator[tuple[Run, set[str]]]:
    """List the networks of a run with the recordings of their ``validation.csv``.

    Parameters
    ----------
    run : Run
        With folds, or calibrated on a validation split.

    Yields
    ------
    network : Run
        A fold, or the run.
    names : set of str

    Raises
    ------
    ValueError
        If the networks have met all recordings, or one does not say which it has not met.
    """
    if run.is_refit:
        raise ValueError(
            f"expected a run whose networks have left recordings out, got {run.folder}, which "
            "learned from all: give the run with --folds that it was calibrated on"
        )
    for network in run.networks if run.has_folds else (run,):
        path = network.folder / VALIDATION_SCORES
        if not path.is_file():
            raise ValueError(f"expected the recordings that a network has not met, got no {path}")
        yield network, set(read_scores(path).names)
