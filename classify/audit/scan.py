"""The pictures of a split, looked at once each: what is kept of them fits into memory.

Pictures are named by their path in the dataset, with forward slashes; labels are 0 or 1, the second
class being the positive one.
"""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from classify.audit import confounders
from classify.audit.duplicates import COLUMNS, ROWS, signature
from classify.data.pictures import decode, files
from classify.data.render_settings import load_axes, spectrogram_rows

Listing = dict[str, tuple[list[str], np.ndarray]]


@dataclass(frozen=True)
class Scan:
    """What is kept of the readable pictures of one split.

    Attributes
    ----------
    names : list of str
    labels : np.ndarray of int, shape=(n,)
    measured : np.ndarray, shape=(n, 5 + BANDS)
        Rows of `classify.audit.confounders.measure_confounders`.
    digests : list of bytes
        Digests of the decoded pixels.
    signatures : np.ndarray, shape=(n, ROWS - 1, COLUMNS)
        See `classify.audit.duplicates.signature`; without rows where they are not wanted.
    damaged : dict of Path to str
        Pictures that cannot be read, and why.
    """

    names: list[str]
    labels: np.ndarray
    measured: np.ndarray
    digests: list[bytes]
    signatures: np.ndarray
    damaged: dict[Path, str]


def list_pictures(dataset: Path, splits: Sequence[str]) -> tuple[tuple[str, str], Listing]:
    """List the pictures of a dataset, which may lack a split, or a class in a split.

    Parameters
    ----------
    dataset : Path
    splits : sequence of str

    Returns
    -------
    classes : tuple of two str
        ``("real", "fake")`` in whatever case, else in alphabetical order.
    listed : dict of str to tuple of (list of str, np.ndarray of int)
        Names and labels, of each split that has pictures.

    Raises
    ------
    ValueError
        If there are not two class folders over all splits.
    """
    folders = {split: _folders(dataset / split) for split in splits}
    spelt = {name.lower(): name for found in folders.values() for name in found}
    if len(spelt) != 2:
        got = ", ".join(sorted(spelt.values())) or "none"
        raise ValueError(f"expected two class folders in the splits of {dataset}, got {got}")
    order = ["real", "fake"] if spelt.keys() == {"real", "fake"} else sorted(spelt)
    found = {}
    for split, own in folders.items():
        parts = sorted((order.index(name.lower()), files(path)) for name, path in own.items())
        names = [path.relative_to(dataset).as_posix() for _, part in parts for path in part]
        if names:
            labels = np.repeat([label for label, _ in parts], [len(part) for _, part in parts])
            found[split] = names, labels
    return (spelt[order[0]], spelt[order[1]]), found


def scan(
    dataset: Path, split: str, names: Sequence[str], labels: np.ndarray, *, signed: bool
) -> Scan:
    """Look at every picture once, in parallel.

    Parameters
    ----------
    dataset : Path
    split : str
        What the progress bar says.
    names : sequence of str
    labels : np.ndarray of int, shape=(len(names),)
    signed : bool
        Whether signatures are wanted.

    Returns
    -------
    survey : Scan
    """
    rows = spectrogram_rows(load_axes(dataset / "render.json"))
    with ThreadPoolExecutor() as pool:
        looks = pool.map(partial(_look, dataset, signed=signed, rows=rows), names)
        bar = tqdm(looks, f"look at {split}", len(names), unit="picture", disable=None)
        found = dict(enumerate(bar))
    good = {index: look for index, look in found.items() if not isinstance(look, str)}
    return Scan(
        [names[index] for index in good],
        labels[list(good)],
        np.array([measured for measured, _, _ in good.values()]),
        [digest for _, digest, _ in good.values()],
        np.array([own for _, _, own in good.values() if signed]).reshape(-1, ROWS - 1, COLUMNS),
        {dataset / names[index]: look for index, look in found.items() if isinstance(look, str)},
    )


def _look(
    dataset: Path, name: str, signed: bool, rows: int | None
) -> tuple[np.ndarray, bytes, np.ndarray | None] | str:
    """Measure one picture; or the reason why it cannot be read."""
    try:
        image = decode((dataset / name).read_bytes()).image
    except (OSError, ValueError) as error:
        return str(error)
    # Pictures of other shapes can have the same bytes.
    digest = hashlib.sha256(b"%d " % image.shape[0] + image.tobytes()).digest()
    return (
        confounders.measure_confounders(image[:rows]),
        digest,
        signature(image) if signed else None,
    )


def _folders(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        return {}
    return {p.name: p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")}
