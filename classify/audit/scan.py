"""Scan of a dataset: every picture is decoded once, and its measures are kept in memory.

Pictures are named by their path in the dataset, with forward slashes; labels are 0 or 1, and the
second class is the positive one.
"""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from classify.audit.confounders import measure_confounders
from classify.audit.duplicates import COLUMNS, ROWS, signature
from classify.class_names import order_classes
from classify.data.advice import how_to_draw, require_dataset
from classify.data.pictures import class_folders, decode, files
from classify.data.render_settings import load_axes, spectrogram_rows
from classify.data.splits import split_folder

Listing = dict[str, tuple[list[str], np.ndarray]]


@dataclass(frozen=True)
class Scan:
    """Measures of the readable pictures of one split.

    Attributes
    ----------
    names : list of str
    labels : np.ndarray of int, shape=(n,)
    measured : np.ndarray, shape=(n, MEASURED)
        Rows of `classify.audit.confounders.measure_confounders`.
    digests : list of bytes
        Digests of the decoded pixels.
    signatures : np.ndarray, shape=(n, ROWS - 1, COLUMNS)
        See `classify.audit.duplicates.signature`; without rows where not asked for.
    damaged : dict of Path to str
        Pictures that cannot be read, with the reason.
    """

    names: list[str]
    labels: np.ndarray
    measured: np.ndarray
    digests: list[bytes]
    signatures: np.ndarray
    damaged: dict[Path, str]


def list_pictures(
    dataset: Path, splits: Sequence[str], locked: dict[Path, str]
) -> tuple[tuple[str, str], Listing]:
    """List the pictures of a dataset, which may lack a split, or a class in a split.

    Parameters
    ----------
    dataset : Path
    splits : sequence of str
    locked : dict of Path to str
        Gets the folders that cannot be read, each with the reason.

    Returns
    -------
    classes : tuple of two str
        The positive one last, see `classify.class_names.order_classes`.
    listing : dict of str to tuple of (list of str, np.ndarray of int)
        Names and labels of each split that has pictures.

    Raises
    ------
    ValueError
        If there are not two class folders over all splits.
    """
    require_dataset(dataset)
    folders = {split: class_folders(split_folder(dataset, split)) for split in splits}
    spelling = {name.lower(): name for by_name in folders.values() for name in by_name}
    if len(spelling) != 2:
        got = ", ".join(sorted(spelling.values())) or "none"
        raise ValueError(
            f"expected two class folders in {', '.join(splits)} of {dataset}, got {got}"
            f"{how_to_draw(dataset)}"
        )
    classes = order_classes(spelling.values())
    order = [name.lower() for name in classes]
    listing = {}
    for split, by_name in folders.items():
        parts = sorted(
            (order.index(name.lower()), files(path, locked)) for name, path in by_name.items()
        )
        names = [path.relative_to(dataset).as_posix() for _, part in parts for path in part]
        if names:
            labels = np.repeat([label for label, _ in parts], [len(part) for _, part in parts])
            listing[split] = names, labels
    return classes, listing


def scan(
    dataset: Path, split: str, names: Sequence[str], labels: np.ndarray, *, signed: bool
) -> Scan:
    """Measure every picture, in parallel.

    Parameters
    ----------
    dataset : Path
    split : str
        Name in the progress bar.
    names : sequence of str
    labels : np.ndarray of int, shape=(len(names),)
    signed : bool
        Whether to compute signatures.
    """
    rows = spectrogram_rows(load_axes(dataset / "render.json"))
    with ThreadPoolExecutor() as pool:
        measures = pool.map(partial(_measure, dataset, signed=signed, rows=rows), names)
        bar = tqdm(measures, f"look at {split}", len(names), unit="picture", disable=None)
        results = dict(enumerate(bar))
    good = {index: measure for index, measure in results.items() if not isinstance(measure, str)}
    signatures = [coarse for _, _, coarse in good.values() if signed]
    return Scan(
        [names[index] for index in good],
        labels[list(good)],
        np.array([measured for measured, _, _ in good.values()]),
        [digest for _, digest, _ in good.values()],
        np.array(signatures).reshape(-1, ROWS - 1, COLUMNS),
        {dataset / names[index]: why for index, why in results.items() if isinstance(why, str)},
    )


def _measure(
    dataset: Path, name: str, signed: bool, rows: int | None
) -> tuple[np.ndarray, bytes, np.ndarray | None] | str:
    """Measure one picture; or the reason why it cannot be read."""
    try:
        image = decode((dataset / name).read_bytes()).image
    except (OSError, ValueError) as error:
        return str(error)
    # Pictures of other shapes can have the same bytes.
    digest = hashlib.sha256(b"%d " % image.shape[0] + image.tobytes()).digest()
    return measure_confounders(image[:rows]), digest, signature(image) if signed else None
