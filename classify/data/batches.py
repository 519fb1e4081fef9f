"""Batches of augmented training pictures.

Everything random depends on the seed, the epoch and the number of the batch alone, so a resumed
training goes on as if it had not been interrupted. Batches are ``uint8``, shape (batch, height,
width, 1); the network scales them.
"""

import math
from concurrent.futures import Future, ThreadPoolExecutor

import keras
import numpy as np

from classify.data.augmentation import SpectrogramDataGenerator
from classify.data.cache import PictureCache
from classify.data.sampling import epoch_order
from classify.settings import Settings

_AHEAD = 3  # batches that are made during a training step


class BatchSequence(keras.utils.PyDataset):
    """Batches of a training, made by a thread of their own while the network learns.

    Parameters
    ----------
    cache : PictureCache
    labels : np.ndarray, shape=(n,), dtype=int
        1 for the positive class.
    settings : Settings
    grey_per_db : float
        Grey values of one decibel.
    indices : np.ndarray, shape=(n,), dtype=int, optional
        Indices in the cache of the pictures that the labels are for; default: all.
    shares : np.ndarray, shape=(n,), optional
        Share of an epoch that each picture gets; default: each is drawn once.
    class_weights : np.ndarray, shape=(2,), optional
        Weight of either class in the loss; default: 1.
    spectrogram_rows : int, optional
        See `SpectrogramDataGenerator`.
    """

    def __init__(
        self,
        cache: PictureCache,
        labels: np.ndarray,
        settings: Settings,
        grey_per_db: float,
        indices: np.ndarray | None = None,
        shares: np.ndarray | None = None,
        class_weights: np.ndarray | None = None,
        spectrogram_rows: int | None = None,
    ):
        super().__init__()
        self.cache, self.labels, self.settings = cache, labels, settings
        self.indices = np.arange(len(labels)) if indices is None else indices
        self.shares, self.class_weights = shares, class_weights
        self.generator = SpectrogramDataGenerator(settings, grey_per_db, spectrogram_rows)
        self._negatives = np.flatnonzero(labels == 0)
        self.epoch = 0
        self._order: tuple[int, np.ndarray] = (-1, labels)
        self._pool = ThreadPoolExecutor(1)
        self._coming: dict[tuple[int, int], Future] = {}

    def __len__(self) -> int:
        return math.ceil(len(self.labels) / self.settings.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        """Get a batch of the current epoch, and let the next ones be made.

        Returns
        -------
        pictures : np.ndarray, shape=(batch, height, width, 1), dtype=uint8
        targets : np.ndarray, shape=(batch, 1 or 2), dtype=float32
            P(positive class), or both probabilities for the softmax head.
        weights : np.ndarray, shape=(batch,), dtype=float32
            Weights in the loss; only with `class_weights`.
        """
        ahead = [(self.epoch, n) for n in range(index, min(index + 1 + _AHEAD, len(self)))]
        self._coming = {key: self._coming.get(key) or self._submit(*key) for key in ahead}
        return self._coming.pop((self.epoch, index)).result()

    def close(self) -> None:
        """End the thread and drop the batches that it made ahead."""
        self._pool.shutdown(cancel_futures=True)

    def _submit(self, epoch: int, index: int) -> Future:
        return self._pool.submit(self.make, epoch, index)

    def make(self, epoch: int, index: int) -> tuple[np.ndarray, ...]:
        """Make a batch of any epoch; see `__getitem__`."""
        settings = self.settings
        if self._order[0] != epoch:
            count, rng = len(self.labels), np.random.default_rng([settings.seed, epoch])
            self._order = (epoch, epoch_order(self.shares, count, count, rng))
        chosen = self._order[1][index * settings.batch_size : (index + 1) * settings.batch_size]
        rng = np.random.default_rng([settings.seed, epoch, index])
        pictures = negatives = self.cache[self.indices[chosen]]
        if self.generator.spectrogram_rows is not None:
            negatives = self.cache[self.indices[rng.choice(self._negatives, len(chosen))]]
        pairs = zip(pictures, negatives, strict=True)
        pictures = np.stack([self.generator.augment(*pair, rng) for pair in pairs])
        targets = self.labels[chosen].astype(np.float32)
        if settings.mixup:
            pictures, targets = mixup(pictures, targets, settings.mixup, rng)
        columns = [targets] if settings.head == "sigmoid" else [1 - targets, targets]
        batch = pictures.astype(np.uint8)[..., np.newaxis], np.stack(columns, axis=1)
        if self.class_weights is None:
            return batch
        return (*batch, self.class_weights[self.labels[chosen]].astype(np.float32))


def mixup(
    pictures: np.ndarray, targets: np.ndarray, alpha: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Blend each picture of a batch with another one, and the targets alike.

    Parameters
    ----------
    pictures : np.ndarray, shape=(batch, height, width), dtype=float32
    targets : np.ndarray, shape=(batch,), dtype=float32
    alpha : float, above 0
        Both parameters of the Beta distribution of the shares. The larger of the two shares is
        always that of the picture itself.
    rng : np.random.Generator

    Returns
    -------
    pictures, targets : np.ndarray
        Same shapes and dtypes.

    References
    ----------
    Zhang et al., "mixup: beyond empirical risk minimization", ICLR 2018.
    """
    drawn = rng.beta(alpha, alpha, len(targets)).astype(np.float32)
    share = np.maximum(drawn, 1 - drawn)
    other = rng.permutation(len(targets))
    column = share[:, np.newaxis, np.newaxis]
    return (
        column * pictures + (1 - column) * pictures[other],
        share * targets + (1 - share) * targets[other],
    )
