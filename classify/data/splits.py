"""One split of a picture dataset, looked through before anything is learned from it."""

import hashlib
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from classify.data.pictures import class_order, decode, files, size
from classify.data.render_settings import RenderSettings, load_drawing, require_same_rendering


@dataclass(frozen=True)
class Split:
    """The readable pictures of one split.

    Attributes
    ----------
    folder : Path
        ``IMAGES/train``, for example.
    classes : tuple of two str
        Folder names, the positive class last.
    paths : list of Path
        Readable pictures, class by class, each sorted.
    labels : np.ndarray, shape=(len(paths),), dtype=int
        Index of each picture's class.
    shape : tuple of two int
        Height and width of every picture.
    damaged : dict of Path to str
        Pictures that cannot be read, and why.
    fingerprint : str
        Digest of the names and bytes of all readable pictures.
    """

    folder: Path
    classes: tuple[str, str]
    paths: list[Path]
    labels: np.ndarray
    shape: tuple[int, int]
    damaged: dict[Path, str]
    fingerprint: str


@dataclass(frozen=True)
class _Look:
    """What one file was found to be."""

    shape: tuple[int, ...] | None
    drawing: RenderSettings | None
    digest: bytes
    reason: str


def scan_split(dataset: Path, split: str) -> Split:
    """Read every picture of a split once, so that nothing is met half-way through a training.

    Parameters
    ----------
    dataset : Path
        A picture dataset.
    split : str
        ``"train"``, ``"validation"`` or ``"test"``.

    Returns
    -------
    found : Split

    Raises
    ------
    ValueError
        If the split has not two class folders with readable pictures of one size, or pictures
        drawn with other settings than ``IMAGES/render.json`` says.
    """
    if not dataset.is_dir():
        raise ValueError(f"expected a picture dataset, got {dataset}, which does not exist")
    folder = dataset / split
    classes = class_order(folder)
    listed = [(path, index) for index, name in enumerate(classes) for path in files(folder / name)]
    looks = list(_look_at_all([path for path, _ in listed], split))
    damaged = {
        path: look.reason for (path, _), look in zip(listed, looks, strict=True) if look.reason
    }
    good = [
        (path, index, look)
        for (path, index), look in zip(listed, looks, strict=True)
        if not look.reason
    ]
    for index, name in enumerate(classes):
        if not any(index == label for _, label, _ in good):
            raise ValueError(f"expected pictures in {folder / name}, got none that can be read")
    drawing = load_drawing(dataset / "render.json")
    for path, _, look in good:
        try:
            require_same_rendering(drawing, look.drawing)
        except ValueError as error:
            raise ValueError(f"{path}: {error}; render the dataset again") from error
    digest = hashlib.sha256()
    for path, _, look in good:
        digest.update(path.relative_to(dataset).as_posix().encode() + b"\0" + look.digest)
    return Split(
        folder,
        classes,
        [path for path, _, _ in good],
        np.array([label for _, label, _ in good]),
        _one_shape([(path, look.shape) for path, _, look in good if look.shape]),
        damaged,
        digest.hexdigest(),
    )


def report_damaged(verb: str, damaged: dict[Path, str]) -> None:
    """Name every picture that is left out, one line each, on standard error."""
    for path, reason in damaged.items():
        print(f"{verb}: {path}: {reason}", file=sys.stderr)


def _look_at_all(paths: list[Path], split: str) -> Iterator[_Look]:
    with ThreadPoolExecutor() as pool:
        looks = pool.map(_look_at, paths)
        yield from tqdm(looks, f"look through {split}", len(paths), unit="picture", disable=None)


def _look_at(path: Path) -> _Look:
    try:
        data = path.read_bytes()
        picture = decode(data)
    except (OSError, ValueError) as error:
        return _Look(None, None, b"", str(error))
    return _Look(picture.image.shape, picture.drawing, hashlib.sha256(data).digest(), "")


def _one_shape(shapes: list[tuple[Path, tuple[int, ...]]]) -> tuple[int, int]:
    """The shape of all pictures; an error names one picture of each of two shapes."""
    counts = Counter(shape for _, shape in shapes)
    (common, number), *others = counts.most_common()
    if others:
        odd = next(path for path, shape in shapes if shape == others[0][0])
        raise ValueError(
            f"expected pictures of one size, got {number} of {size(common)} and "
            f"{others[0][1]} of {size(others[0][0])}, one is {odd}"
        )
    return common[0], common[1]
