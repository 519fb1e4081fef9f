"""The confounders of recordings in one table, from the measured pictures and the manifest.

One row a recording and class: the pictures of a recording are averaged, and a picture of no known
recording stands for itself.
"""

from dataclasses import dataclass

import numpy as np

from classify.audit.confounders import CONFOUNDERS, SLICES, ManifestRows
from classify.data.manifest import Manifest, recordings


@dataclass(frozen=True)
class ConfounderTable:
    """Confounders of recordings.

    Attributes
    ----------
    names : np.ndarray of str, shape=(n,)
        Recordings, sorted; a recording with pictures in both classes is there twice.
    labels : np.ndarray of int, shape=(n,)
    values : dict of str to np.ndarray
        By confounder: numbers, shape (n, k), or categories, str of shape (n,).
    """

    names: np.ndarray
    labels: np.ndarray
    values: dict[str, np.ndarray]


def gather(
    measured: np.ndarray,
    names: list[str],
    labels: np.ndarray,
    manifest: Manifest,
    all_names: list[str],
) -> ConfounderTable:
    """Gather the confounders of recordings.

    Parameters
    ----------
    measured : np.ndarray, shape=(n, MEASURED)
        Rows of `classify.audit.confounders.measure_confounders`.
    names : list of str
        Path of each picture in the dataset.
    labels : np.ndarray of int, shape=(n,)
    manifest : dict
    all_names : list of str
        Paths of all pictures of the split, should `names` be a sample: they count as clips.

    Returns
    -------
    table : ConfounderTable
        Without the confounders that are known of no recording.
    """
    keys = np.stack([recordings(manifest, names), labels.astype(str)])
    keys, first, member = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    member = member.reshape(-1)  # NumPy 2.0 gives it the shape of a column
    totals = np.zeros((keys.shape[1], measured.shape[1]))
    np.add.at(totals, member, measured)
    means = totals / np.bincount(member)[:, np.newaxis]
    rows = ManifestRows(manifest, keys[0], [names[index] for index in first], all_names)
    columns = {
        row.name: row.from_manifest(rows) if row.from_manifest else means[:, SLICES[row.name]]
        for row in CONFOUNDERS
    }
    return ConfounderTable(
        keys[0],
        keys[1].astype(int),
        {name: column for name, column in columns.items() if _is_known(column)},
    )


def _is_known(column: np.ndarray) -> bool:
    """Whether anything is known."""
    return bool((column != "").any() if column.dtype.kind == "U" else np.isfinite(column).any())
