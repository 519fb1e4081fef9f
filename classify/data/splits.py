"""One split of a picture dataset, checked before a training."""

import hashlib
import os
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from classify.data.advice import how_to_draw, require_dataset
from classify.data.pictures import SUFFIXES, class_folders, class_order, decode, files, size
from classify.data.render_settings import (
    RenderSettings,
    load_render_settings,
    require_same_rendering,
)

# The words that `render` understands.
SPLIT_NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval"),
}


@dataclass(frozen=True)
class Split:
    """The readable pictures of one split, or of a fold.

    Attributes
    ----------
    dataset : Path
    classes : tuple of two str
        Folder names, the positive class last.
    paths : list of Path
        Readable pictures, class by class, each sorted.
    labels : np.ndarray, shape=(len(paths),), dtype=int
        Index of each picture's class.
    shape : tuple of two int
        Height and width of every picture.
    damaged : dict of Path to str
        Unreadable pictures and locked folders, each with the reason.
    digests : np.ndarray of bytes, shape=(len(paths),)
        SHA-256 of each readable picture.
    """

    dataset: Path
    classes: tuple[str, str]
    paths: list[Path]
    labels: np.ndarray
    shape: tuple[int, int]
    damaged: dict[Path, str]
    digests: np.ndarray

    @property
    def names(self) -> list[str]:
        """Paths of the pictures, as the manifest has them."""
        return [path.relative_to(self.dataset).as_posix() for path in self.paths]

    @property
    def fingerprint(self) -> str:
        """Digest of the names and bytes of all readable pictures."""
        digest = hashlib.sha256()
        for name, picture in zip(self.names, self.digests, strict=True):
            digest.update(os.fsencode(name) + b"\0" + picture)
        return digest.hexdigest()

    @property
    def names_fingerprint(self) -> str:
        """Digest of the names alone; another kind of processor may draw other bytes."""
        return hashlib.sha256(b"\0".join(map(os.fsencode, self.names))).hexdigest()

    def __getitem__(self, mask: np.ndarray) -> "Split":
        """Select pictures by a mask; what is damaged stays."""
        paths = [path for path, chosen in zip(self.paths, mask, strict=True) if chosen]
        return replace(self, paths=paths, labels=self.labels[mask], digests=self.digests[mask])

    def __add__(self, other: "Split") -> "Split":
        """Join the pictures of two splits."""
        return replace(
            self,
            paths=self.paths + other.paths,
            labels=np.concatenate([self.labels, other.labels]),
            damaged=self.damaged | other.damaged,
            digests=np.concatenate([self.digests, other.digests]),
        )


@dataclass(frozen=True)
class _ScannedFile:
    """Shape, render settings and digest of a picture file, or the reason why it is unreadable."""

    shape: tuple[int, ...] | None
    render_settings: RenderSettings | None
    digest: bytes
    reason: str


def split_folder(dataset: Path, split: str) -> Path:
    """Find the folder of a split, by its name or a synonym in any case.

    Parameters
    ----------
    dataset : Path
    split : str
        ``"train"``, ``"validation"`` or ``"test"``.

    Returns
    -------
    folder : Path
        That of the very name where there is no other, or none at all.

    Raises
    ------
    ValueError
        If several folders have synonyms of the name, and none the very name.
    """
    folder = dataset / split
    if folder.is_dir() or not dataset.is_dir():
        return folder
    synonyms = sorted(
        path
        for path in dataset.iterdir()
        if path.name.lower() in SPLIT_NAMES[split] and path.is_dir()
    )
    if len(synonyms) > 1:
        names = " and ".join(path.name for path in synonyms)
        raise ValueError(f"expected one folder of {split} pictures in {dataset}, got {names}")
    return synonyms[0] if synonyms else folder


def scan_split(dataset: Path, split: str, positive: str | None = None) -> Split:
    """Read every picture of a split once, so that no error comes half-way through a training.

    Parameters
    ----------
    dataset : Path
        A picture dataset.
    split : str
        ``"train"``, ``"validation"`` or ``"test"``.
    positive : str, optional
        See `classify.class_names.order_classes`.

    Raises
    ------
    ValueError
        If the split does not have two class folders with readable pictures of one size, or if
        pictures were drawn with other settings than those of ``IMAGES/render.json``.
    """
    require_dataset(dataset)
    folder = split_folder(dataset, split)
    if not folder.is_dir():
        raise ValueError(_missing(dataset, split))
    classes, folders = class_order(folder, positive), class_folders(folder)
    damaged: dict[Path, str] = {}
    listed = [
        (path, index)
        for index, name in enumerate(classes)
        for path in files(folders[name], damaged)
    ]
    scanned = list(_scan_files([path for path, _ in listed], split))
    damaged |= {
        path: file.reason for (path, _), file in zip(listed, scanned, strict=True) if file.reason
    }
    good = [
        (path, index, file)
        for (path, index), file in zip(listed, scanned, strict=True)
        if not file.reason
    ]
    for index, name in enumerate(classes):
        if not any(index == label for _, label, _ in good):
            raise ValueError(
                f"expected pictures in {folder / name}, got none that can be read"
                f"{how_to_draw(dataset) or _reason(folders[name], damaged)}"
            )
    expected = load_render_settings(dataset / "render.json")
    for path, _, file in good:
        try:
            require_same_rendering(expected, file.render_settings)
        except ValueError as error:
            raise ValueError(f"{path}: {error}; render the dataset again") from error
    return Split(
        dataset,
        classes,
        [path for path, _, _ in good],
        np.array([label for _, label, _ in good]),
        _one_shape([(path, file.shape) for path, _, file in good if file.shape]),
        damaged,
        np.array([file.digest for _, _, file in good], object),
    )


def _missing(dataset: Path, split: str) -> str:
    """Error about a split that is not there."""
    advice = how_to_draw(dataset)
    if split == "validation" and not advice:
        advice = (
            ": calibration and threshold come from its pictures; move a tenth of those of each "
            "class there"
        )
    return f"expected two class folders of pictures in {dataset / split}, got no folder{advice}"


def _reason(folder: Path, damaged: dict[Path, str]) -> str:
    """Why a folder has no readable picture: the first damaged one, or the suffixes in it."""
    for path, reason in damaged.items():
        if path.is_relative_to(folder):
            return f": {path}: {reason}"
    names = (name for _, _, names in os.walk(folder) for name in names)
    suffixes = sorted({os.path.splitext(name)[1].lower() or "no suffix" for name in names})
    return (
        f", but files of {', '.join(suffixes)}; taken are {', '.join(SUFFIXES)}" if suffixes else ""
    )


def report_damaged(verb: str, damaged: dict[Path, str]) -> None:
    """Name every unreadable picture and folder on standard error, one line each."""
    for path, reason in damaged.items():
        print(f"{verb}: {path}: {reason}", file=sys.stderr)


def _scan_files(paths: list[Path], split: str) -> Iterator[_ScannedFile]:
    with ThreadPoolExecutor() as pool:
        scanned = pool.map(_scan_file, paths)
        yield from tqdm(scanned, f"read {split}", len(paths), unit="picture", disable=None)


def _scan_file(path: Path) -> _ScannedFile:
    try:
        data = path.read_bytes()
        picture = decode(data)
    except (OSError, ValueError) as error:
        return _ScannedFile(None, None, b"", str(error))
    return _ScannedFile(
        picture.image.shape, picture.render_settings, hashlib.sha256(data).digest(), ""
    )


def _one_shape(shapes: list[tuple[Path, tuple[int, ...]]]) -> tuple[int, int]:
    """Return the common shape of all pictures; the error names a picture of another shape."""
    counts = Counter(shape for _, shape in shapes)
    (common, count), *others = counts.most_common()
    if others:
        odd = next(path for path, shape in shapes if shape == others[0][0])
        raise ValueError(
            f"expected pictures of one size, got {count} of {size(common)} and "
            f"{others[0][1]} of {size(others[0][0])}, one is {odd}"
        )
    return common[0], common[1]
