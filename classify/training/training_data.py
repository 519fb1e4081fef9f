"""The pictures of a training: both splits, their rows of the manifest, and their batches."""

import hashlib
import sys
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from classify.audit.ood import TrainingRanges, measure_ranges
from classify.class_names import fake_name
from classify.data import manifest
from classify.data.batches import BatchSequence
from classify.data.cache import PictureCache
from classify.data.folds import deal
from classify.data.manifest import Manifest
from classify.data.pictures import size
from classify.data.render_settings import grey_per_db, load_axes, spectrogram_rows
from classify.data.sampling import common_pictures, sampling_weights, seed_subset
from classify.data.splits import Split, report_damaged, scan_split
from classify.settings import Folds, Settings
from classify.training.validation import ValidationSet


@dataclass(frozen=True)
class TrainingData:
    """The pictures that a run is trained and validated on.

    Attributes
    ----------
    dataset : Path
    train, validation : Split
    rows : Manifest
    """

    dataset: Path
    train: Split
    validation: Split
    rows: Manifest

    @cached_property
    def spectrogram_rows(self) -> int | None:
        """Number of rows from the top that are the spectrogram; None: all."""
        return spectrogram_rows(load_axes(self.dataset / "render.json"))

    @cached_property
    def cache(self) -> PictureCache:
        """The training pictures, which all networks of an ensemble share."""
        return PictureCache(self.train.paths, self.train.shape, "train")

    @cached_property
    def validation_set(self) -> ValidationSet:
        """The pictures that every epoch is validated on."""
        cache = PictureCache(self.validation.paths, self.validation.shape, "validation")
        return ValidationSet(cache, self.validation.names, self.validation.labels, self.rows)

    @cached_property
    def training_ranges(self) -> TrainingRanges:
        """Ranges of level, bandwidth and the like of the training recordings."""
        return measure_ranges(self.dataset, self.train.paths, self.train.labels, self.rows)

    @property
    def demonstration(self) -> bool:
        """Whether all training pictures are of the demonstration corpus."""
        sources = manifest.values(self.rows, self.train.names, "source")
        return bool((sources == manifest.DEMONSTRATION).all())

    @property
    def fingerprint(self) -> str:
        """Digest of the names and bytes of all pictures."""
        return _digest(self.train.fingerprint, self.validation.fingerprint)

    @property
    def names_fingerprint(self) -> str:
        """Digest of the names of all pictures."""
        return _digest(self.train.names_fingerprint, self.validation.names_fingerprint)

    def batches(self, settings: Settings) -> BatchSequence:
        """Batches for one network: the pictures that are for its seed, balanced as asked for."""
        names = self.train.names
        copies = manifest.values(self.rows, names, settings.copies_by_seed)
        indices = np.flatnonzero(seed_subset(copies, self.train.labels, settings.seed))
        labels = self.train.labels[indices]
        if left := len(names) - len(indices):
            print(
                f"train: seed {settings.seed}: {left} of {len(names)} training pictures are for "
                f"networks of other seeds ({settings.copies_by_seed})",
                file=sys.stderr,
            )
        options: dict = {"indices": indices, "spectrogram_rows": self.spectrogram_rows}
        if not settings.balance:
            options["class_weights"] = class_weights(labels)
        else:
            columns = [manifest.values(self.rows, names, column) for column in settings.balance]
            groups = [labels, *(column[indices] for column in columns)]
            options["shares"] = sampling_weights(groups, len(labels))
        grey = grey_per_db(load_axes(self.dataset / "render.json"))
        return BatchSequence(self.cache, labels, settings, grey, **options)

    def joined(self) -> "TrainingData":
        """Both splits together; the validation split holds all originals of them."""
        pictures = self.train + self.validation
        return replace(self, train=pictures, validation=pictures[self.originals(pictures)])

    def fold(self, fold: np.ndarray, number: int) -> "TrainingData":
        """The pictures of one network: it learns from all folds but one, and is validated on that.

        Parameters
        ----------
        fold : np.ndarray, shape=(n,), dtype=int
            Fold of each training picture, from `deal_folds`.
        number : int
        """
        held_out = (fold == number) & self.originals(self.train)
        validation = replace(self.train[held_out], damaged={})
        return replace(self, train=self.train[fold != number], validation=validation)

    def deal_folds(self, folds: Folds) -> np.ndarray:
        """Deal the training pictures into folds, see `classify.data.folds.deal`.

        Raises
        ------
        ValueError
            If a class has fewer groups than there are folds.
        """
        names = self.train.names
        groups = manifest.values(self.rows, names, folds.group)
        recordings = manifest.recordings(self.rows, names)
        try:
            return deal(self.train.labels, groups, recordings, folds.count)
        except ValueError as error:
            raise ValueError(
                f"{error}, by the column {folds.group}: --group takes another, such as speaker"
            ) from error

    def originals(self, pictures: Split) -> np.ndarray:
        """Mask of the pictures that are neither variants nor copies of `forge`, shape=(n,).

        Where a class has nothing but copies, they count as originals.
        """
        names = pictures.names
        variants = manifest.values(self.rows, names, "variant")
        copies = manifest.values(self.rows, names, manifest.VOCODER_TYPE)
        return np.isin(variants, ("", "0")) & common_pictures(copies, pictures.labels)


def _digest(*digests: str) -> str:
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def scan_training_data(dataset: Path, positive: str | None = None) -> TrainingData:
    """Read all training and validation pictures once, and name what is unusual on standard error.

    Parameters
    ----------
    dataset : Path
    positive : str, optional
        See `classify.class_names.order_classes`.

    Raises
    ------
    ValueError
        If a split cannot be used, or the two have other classes or sizes.
    """
    train, validation = (scan_split(dataset, name, positive) for name in ("train", "validation"))
    for split in (train, validation):
        report_damaged("train", split.damaged)
    for name, expected, got in (
        ("classes", ", ".join(train.classes), ", ".join(validation.classes)),
        ("size", size(train.shape), size(validation.shape)),
    ):
        if expected.lower() != got.lower():
            raise ValueError(
                f"expected pictures of one {name} in train and validation, got {expected} and {got}"
            )
    if positive is None and fake_name(train.classes) is None:
        negative, last = train.classes
        print(
            f"train: the names {negative} and {last} do not say which is fake: {last} is the "
            f"positive class; --positive {negative} chooses the other",
            file=sys.stderr,
        )
    if (dataset / "render.json").is_file() and not (dataset / "manifest.csv").is_file():
        print(f"train: {dataset} has no manifest.csv: rendering was not finished", file=sys.stderr)
    return TrainingData(dataset, train, validation, manifest.read(dataset))


def warn_of_missing_columns(rows: Manifest, balance: tuple[str, ...]) -> None:
    """Name the columns that a training is to balance by but that the manifest lacks."""
    columns = manifest.columns(rows)
    present = [column for column in balance if manifest.spelling(rows, column) in columns]
    if missing := [column for column in balance if column not in present]:
        print(
            f"train: the manifest has no column {' and no column '.join(missing)}: balanced by "
            f"{' and '.join(['class', *present])} alone",
            file=sys.stderr,
        )


def class_weights(labels: np.ndarray) -> np.ndarray:
    """Weights with which both classes have the same part in the loss.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
        0 or 1, each there at least once.

    Returns
    -------
    weights : np.ndarray, shape=(2,)
        n / (2 n_c) for class c, as in scikit-learn's ``class_weight="balanced"``.

    Examples
    --------
    >>> class_weights(np.array([0, 1, 1, 1])).round(3).tolist()
    [2.0, 0.667]
    """
    return len(labels) / (2 * np.bincount(labels, minlength=2))
