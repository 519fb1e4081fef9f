"""Batches of pictures for training, through Keras' `ImageDataGenerator`.

Batches are ``float32``, shape (batch, height, width, 1), values 0 to 255; scaling is the
network's own. Everything random depends on the seed, the epoch and the number of the batch alone,
so that a training that was interrupted goes on as if it had not been.
"""

import contextlib
import io

import keras
import numpy as np
from tensorflow.keras.preprocessing.image import ImageDataGenerator

from classify.dataset import Split
from classify.settings import Settings


def augmented(split: Split, settings: Settings):
    """Batches of a training split, sheared, zoomed and mirrored at random, shuffled.

    Parameters
    ----------
    split : Split
    settings : Settings

    Returns
    -------
    flow : keras.utils.PyDataset
        A `DirectoryIterator`. Give `Reseed` to the same training.
    """
    generator = ImageDataGenerator(
        shear_range=settings.shear,
        zoom_range=settings.zoom,
        horizontal_flip=settings.flip,
        # Moved pixels are copied. Interpolating them, Keras' default, would smooth the grain of
        # every training picture, and the pictures to judge, unsmoothed, would look like neither.
        interpolation_order=0,
    )
    return _flow(generator, split, settings, shuffle=True)


def plain(split: Split, settings: Settings):
    """Batches of a split as it is, in order.

    Parameters
    ----------
    split : Split
    settings : Settings

    Returns
    -------
    flow : keras.utils.PyDataset
        A `DirectoryIterator`.
    """
    return _flow(ImageDataGenerator(), split, settings, shuffle=False)


class Reseed(keras.callbacks.Callback):
    """Before every epoch, put the random state where the number of the epoch says.

    Parameters
    ----------
    flow : keras.utils.PyDataset
        What `augmented` returned.
    """

    def __init__(self, flow):
        super().__init__()
        self.flow = flow

    def on_epoch_begin(self, epoch: int, logs=None) -> None:
        """Shuffle anew; each batch then seeds itself by its number since the first epoch."""
        np.random.seed((self.flow.seed + epoch) % 2**32)  # noqa: NPY002 - what Keras draws from
        self.flow.on_epoch_end()
        self.flow.total_batches_seen = epoch * len(self.flow)
        # What dropout draws from next is not saved with a network.
        states = [v for v in self.model.variables if v.name == "seed_generator_state"]
        for number, state in enumerate(states):
            state.assign([self.flow.seed + number, epoch])


def _flow(generator: ImageDataGenerator, split: Split, settings: Settings, *, shuffle: bool):
    with contextlib.redirect_stdout(io.StringIO()):  # Keras prints "Found N images ..."
        flow = generator.flow_from_directory(
            split.folder,
            target_size=split.shape,
            color_mode="grayscale",
            classes=list(split.classes),
            class_mode="binary" if settings.head == "sigmoid" else "categorical",
            batch_size=settings.batch,
            shuffle=shuffle,
            seed=settings.seed,
            follow_links=True,
        )
    readable = {str(path) for path in split.paths}
    keep = [number for number, path in enumerate(flow.filepaths) if path in readable]
    # Keras has no way to leave out a damaged file, and would fail on it in mid-epoch.
    flow._filepaths = [flow.filepaths[number] for number in keep]
    flow.filenames = [flow.filenames[number] for number in keep]
    flow.classes = flow.classes[keep]
    flow.n = flow.samples = len(keep)
    return flow
