"""Training pictures as they are seen: moved, heard through other channels, hidden in part, mixed.

`SpectrogramDataGenerator` is Keras' `ImageDataGenerator` with what spectrograms need besides.
`BatchSequence` feeds a training with it: everything random depends on the seed, the epoch and the
number of the batch alone, so a training that was interrupted goes on as if it had not been. Batches
are ``uint8``, shape (batch, height, width, 1); scaling is the network's own.
"""

import math
from concurrent.futures import Future, ThreadPoolExecutor

import cv2
import keras
import numpy as np

# Of the names that Keras has for TensorFlow's users, but it needs no TensorFlow.
from keras._tf_keras.keras.preprocessing.image import ImageDataGenerator

from classify.data import transforms
from classify.data.cache import PictureCache
from classify.data.sampling import epoch_order
from classify.settings import Settings

_AHEAD = 3  # batches that are made while a step is taken


class SpectrogramDataGenerator(ImageDataGenerator):
    """Keras' generator for pictures of sound.

    Parameters
    ----------
    settings : Settings
    decibel : float
        Grey values of one decibel.
    levels : int, optional
        How many rows from the top show levels; default: all. As far as noise or a limited band
        hides levels, what the others show gives way to chance.
    """

    def __init__(self, settings: Settings, decibel: float, levels: int | None = None):
        super().__init__(
            shear_range=settings.shear,
            zoom_range=settings.zoom,
            horizontal_flip=settings.flip,
        )
        self.settings, self.decibel, self.levels = settings, decibel, levels

    def apply_transform(self, x: np.ndarray, transform_parameters: dict) -> np.ndarray:
        """Shear, zoom and mirror a picture.

        OpenCV does it in a twentieth of the time that Keras takes. Moved pixels are copied:
        interpolating them would smooth the grain of every training picture, and the pictures to
        judge, unsmoothed, would look like neither.

        Parameters
        ----------
        x : np.ndarray, shape=(height, width), dtype=uint8
        transform_parameters : dict
            Of `ImageDataGenerator.get_random_transform`.

        Returns
        -------
        moved : np.ndarray, same shape and dtype
        """
        shear = math.radians(transform_parameters["shear"])
        right, down = transform_parameters["zx"], transform_parameters["zy"]
        if (shear, down, right) != (0, 1, 1):
            # Where each pixel comes from, columns first, about the centre; Keras takes that for
            # half the height in both directions, which moves a picture that is not square.
            matrix = np.array([[right, -math.sin(shear) * down], [0, math.cos(shear) * down]])
            centre = (np.array(x.shape[::-1]) - 1) / 2
            offset = centre - matrix @ centre
            x = cv2.warpAffine(
                x,
                np.column_stack([matrix, offset]),
                x.shape[::-1],
                flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
        return x[:, ::-1] if transform_parameters["flip_horizontal"] else x

    def seen(self, picture: np.ndarray, plain: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Make one picture look as it is seen in a training.

        Parameters
        ----------
        picture : np.ndarray, shape=(height, width), dtype=uint8
        plain : np.ndarray, same shape and dtype
            Whose rows below the levels, if there are such, show what chance leaves there: of the
            negative class.
        rng : np.random.SpectrogramDataGenerator

        Returns
        -------
        seen : np.ndarray, shape=(height, width), dtype=float32
            Values 0 to 255.
        """
        how = self.settings
        x = picture.astype(np.float32)
        levels, rest = np.split(x, [self.levels or len(x)])
        left = levels
        if rng.random() < how.noise:
            left = transforms.add_noise(left, rng, self.decibel)
        if rng.random() < how.low_pass:
            left = transforms.band_limited(left, rng, self.decibel)
        if len(rest) and left is not levels:
            chance = plain[len(left) :].astype(np.float32)
            rest[:] = transforms.fade(rest, chance, float((left == levels).mean()))
        levels[:] = left
        # Keras draws from NumPy's global state, and only after it was given a seed.
        x = self.random_transform(x, seed=int(rng.integers(2**32)))
        if how.roll:
            x = transforms.rolled(x, rng)
        if how.masks:
            x = transforms.masked(x, rng, how.masks)
        return np.clip(x, 0, 255)


class BatchSequence(keras.utils.PyDataset):
    """The batches of a training, made in a thread of their own while the network learns.

    Parameters
    ----------
    store : PictureCache
        The pictures.
    labels : np.ndarray, shape=(n,), dtype=int
        1 for the positive class.
    settings : Settings
    decibel : float
        Grey values of one decibel.
    part : np.ndarray, shape=(n,), dtype=int, optional
        Which pictures of the store are seen; default: all.
    share : np.ndarray, shape=(n,), optional
        Of each picture in an epoch; default: each is there once.
    weights : np.ndarray, shape=(2,), optional
        Of either class in the loss; default: 1.
    levels : int, optional
        See `SpectrogramDataGenerator`.
    """

    def __init__(
        self,
        store: PictureCache,
        labels: np.ndarray,
        settings: Settings,
        decibel: float,
        part: np.ndarray | None = None,
        share: np.ndarray | None = None,
        weights: np.ndarray | None = None,
        levels: int | None = None,
    ):
        super().__init__()
        self.store, self.labels, self.settings = store, labels, settings
        self.part = np.arange(len(labels)) if part is None else part
        self.share, self.weights = share, weights
        self.generator = SpectrogramDataGenerator(settings, decibel, levels)
        self._negative = np.flatnonzero(labels == 0)
        self.epoch = 0
        self._order: tuple[int, np.ndarray] = (-1, labels)
        self._pool = ThreadPoolExecutor(1)
        self._coming: dict[tuple[int, int], Future] = {}

    def __len__(self) -> int:
        return math.ceil(len(self.labels) / self.settings.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        """Make a batch of the epoch at hand, or get it if it is made already.

        Parameters
        ----------
        index : int

        Returns
        -------
        pictures : np.ndarray, shape=(batch, height, width, 1), dtype=uint8
        targets : np.ndarray, shape=(batch, 1 or 2), dtype=float32
            P(positive class), or of both for the softmax head.
        weights : np.ndarray, shape=(batch,), dtype=float32
            Only where classes weigh differently.
        """
        wanted = (self.epoch, index)
        ahead = [(self.epoch, n) for n in range(index, min(index + 1 + _AHEAD, len(self)))]
        self._coming = {key: self._coming.get(key) or self._submit(*key) for key in ahead}
        return self._coming.pop(wanted).result()

    def close(self) -> None:
        """End the thread; what it makes ahead is thrown away."""
        self._pool.shutdown(cancel_futures=True)

    def _submit(self, epoch: int, index: int) -> Future:
        return self._pool.submit(self.make, epoch, index)

    def make(self, epoch: int, index: int) -> tuple[np.ndarray, ...]:
        """Make a batch of any epoch; see `__getitem__`."""
        how = self.settings
        if self._order[0] != epoch:
            count, rng = len(self.labels), np.random.default_rng([how.seed, epoch])
            self._order = (epoch, epoch_order(self.share, count, count, rng))
        chosen = self._order[1][index * how.batch_size : (index + 1) * how.batch_size]
        rng = np.random.default_rng([how.seed, epoch, index])
        pictures = plain = self.store[self.part[chosen]]
        if self.generator.levels is not None:
            plain = self.store[self.part[rng.choice(self._negative, len(chosen))]]
        pairs = zip(pictures, plain, strict=True)
        pictures = np.stack([self.generator.seen(*pair, rng) for pair in pairs])
        targets = self.labels[chosen].astype(np.float32)
        weights = None if self.weights is None else self.weights[self.labels[chosen]]
        if how.mixup:
            pictures, targets = mixed(pictures, targets, how.mixup, rng)
        columns = [targets] if how.head == "sigmoid" else [1 - targets, targets]
        batch = pictures.astype(np.uint8)[..., np.newaxis], np.stack(columns, axis=1)
        return batch if weights is None else (*batch, weights.astype(np.float32))


def mixed(
    pictures: np.ndarray, targets: np.ndarray, alpha: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Blend each picture of a batch with another of it, and what is expected of them as well.

    Parameters
    ----------
    pictures : np.ndarray, shape=(batch, height, width), dtype=float32
    targets : np.ndarray, shape=(batch,), dtype=float32
    alpha : float, above 0
        Both parameters of the Beta distribution of the share of the other; of the two, the larger
        share is always the picture's own.
    rng : np.random.SpectrogramDataGenerator

    Returns
    -------
    pictures, targets : np.ndarray
        Same shapes and dtypes.

    References
    ----------
    Zhang et al., "mixup: beyond empirical risk minimization", ICLR 2018.
    """
    share = rng.beta(alpha, alpha, len(targets)).astype(np.float32)
    own = np.maximum(share, 1 - share)
    other = rng.permutation(len(targets))
    column = own[:, np.newaxis, np.newaxis]
    return (
        column * pictures + (1 - column) * pictures[other],
        own * targets + (1 - own) * targets[other],
    )
