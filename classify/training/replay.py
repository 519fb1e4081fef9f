"""Making of the features that a network keeps for an adaptation, see `classify.runs.replay`."""

from collections.abc import Mapping

import numpy as np
from sklearn.decomposition import PCA

from classify.data import manifest
from classify.data.sampling import sampling_weights
from classify.runs.replay import ReplaySet
from classify.runs.run import VALIDATION_SCORES, Run
from classify.scorefiles.files import read_scores
from classify.training.last_layers import input_model, raw_scores
from classify.training.validation import ValidationSet

COMPONENTS = 32
MOST = 1_000  # recordings; with 32 components, a third of a megabyte


def unmet_scores(judge: Run) -> dict[str, float]:
    """Raw scores of recordings by name, each by a network that has not met it.

    Parameters
    ----------
    judge : Run
        Of folds.
    """
    trials = read_scores(judge.folder / VALIDATION_SCORES)
    raw = (trials.llr - judge.calibration.offset) / judge.calibration.slope
    return dict(zip(trials.names.tolist(), raw.tolist(), strict=True))


def make_replay_set(
    run: Run,
    validation_set: ValidationSet,
    batch_size: int,
    judged: Mapping[str, float] | None = None,
) -> ReplaySet:
    """Compute the features of recordings, and how they are judged by who has not met them.

    Parameters
    ----------
    run : Run
        One network.
    validation_set : ValidationSet
        Of more than `MOST` recordings, so many are drawn, the classes and their sources evenly.
    batch_size : int
        Pictures at a time.
    judged : mapping, optional
        Raw scores from `unmet_scores`, for a network that has met the recordings; default: those
        of the network itself.

    Returns
    -------
    replay : ReplaySet
    """
    names = validation_set.names
    recordings = manifest.recordings(validation_set.rows, names)
    keys = np.stack([recordings, validation_set.labels.astype(str)])
    _, first, recording = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    labels = validation_set.labels[first]
    sources = manifest.values(validation_set.rows, names, "source")[first]
    inputs = _means(validation_set.outputs(input_model(run.model), batch_size), recording)
    if judged is None:
        llr = raw_scores(run.model, inputs, run.prior)
    else:
        llr = np.array([judged[name] for name in recordings[first]])
    if len(labels) > MOST:
        shares = sampling_weights([labels, sources], len(labels))
        rows = np.random.default_rng(0).choice(len(labels), MOST, replace=False, p=shares)
        labels, sources, inputs, llr = labels[rows], sources[rows], inputs[rows], llr[rows]
    analysis = PCA(min(COMPONENTS, *inputs.shape), svd_solver="randomized", random_state=0)
    analysis.fit(inputs)
    variance = analysis.explained_variance_
    # A component of no variance would have no length.
    deviation = np.sqrt(np.maximum(variance, 1e-6 * variance[0] + 1e-12))
    components = analysis.components_ / deviation[:, np.newaxis]
    return ReplaySet(
        mean=analysis.mean_,
        components=components,
        values=(inputs - analysis.mean_) @ components.T,
        llr=llr,
        labels=labels,
        sources=sources,
    )


def _means(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Mean of the rows of each group, shape (groups, columns)."""
    group = group.reshape(-1)  # NumPy 2.0 gives it the shape of a column
    sums = np.zeros((group.max() + 1, values.shape[1]))
    np.add.at(sums, group, values)
    return sums / np.bincount(group)[:, np.newaxis]
