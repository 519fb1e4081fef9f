"""Augmentation of training pictures: geometry, noise, low-pass and masks.

`SpectrogramDataGenerator` is Keras' `ImageDataGenerator` with the effects of
`classify.data.transforms`, which are made for pictures of sound.
"""

import math

import cv2
import numpy as np

# Keras keeps this class among its names for TensorFlow's users; it needs no TensorFlow.
from keras._tf_keras.keras.preprocessing.image import ImageDataGenerator

from classify.data import transforms
from classify.settings import Settings


class SpectrogramDataGenerator(ImageDataGenerator):
    """Keras' generator of augmented pictures, for pictures of sound.

    Parameters
    ----------
    settings : Settings
    grey_per_db : float
        Grey values of one decibel.
    spectrogram_rows : int, optional
        Number of rows from the top that are the spectrogram; the rows below are the comb. Default:
        all. When noise or a low-pass hides part of the spectrogram, the comb is faded toward that
        of a real picture by the same share.
    """

    def __init__(self, settings: Settings, grey_per_db: float, spectrogram_rows: int | None = None):
        super().__init__(
            shear_range=settings.shear,
            zoom_range=settings.zoom,
            horizontal_flip=settings.flip,
        )
        self.settings, self.grey_per_db = settings, grey_per_db
        self.spectrogram_rows = spectrogram_rows

    def apply_transform(self, x: np.ndarray, transform_parameters: dict) -> np.ndarray:
        """Shear, zoom and mirror a picture.

        OpenCV takes a twentieth of the time that Keras takes. Pixels are copied from the nearest
        one: interpolation would smooth every training picture, but no picture to predict.

        Parameters
        ----------
        x : np.ndarray, shape=(height, width), dtype=uint8
        transform_parameters : dict
            Of `ImageDataGenerator.get_random_transform`.

        Returns
        -------
        transformed : np.ndarray, same shape and dtype
        """
        shear = math.radians(transform_parameters["shear"])
        across, down = transform_parameters["zx"], transform_parameters["zy"]
        if (shear, down, across) != (0, 1, 1):
            # The matrix gives the source of each pixel, columns first, about the centre. Keras
            # takes half the height as the centre of both axes, which moves a picture that is not
            # square.
            matrix = np.array([[across, -math.sin(shear) * down], [0, math.cos(shear) * down]])
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

    def augment(
        self, picture: np.ndarray, negative: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Augment one picture.

        Parameters
        ----------
        picture : np.ndarray, shape=(height, width), dtype=uint8
        negative : np.ndarray, same shape and dtype
            A picture of the negative class; its comb replaces the share that noise hides.
        rng : np.random.Generator

        Returns
        -------
        augmented : np.ndarray, shape=(height, width), dtype=float32
            Values 0 to 255.
        """
        settings = self.settings
        x = picture.astype(np.float32)
        spectrogram, comb = np.split(x, [self.spectrogram_rows or len(x)])
        degraded = spectrogram
        if rng.random() < settings.noise:
            degraded = transforms.add_noise(degraded, rng, self.grey_per_db)
        if rng.random() < settings.low_pass:
            degraded = transforms.low_pass(degraded, rng, self.grey_per_db)
        if len(comb) and degraded is not spectrogram:
            chance = negative[len(spectrogram) :].astype(np.float32)
            comb[:] = transforms.fade(comb, chance, float((degraded == spectrogram).mean()))
        spectrogram[:] = degraded
        # Keras draws from NumPy's global state, and only after it was given a seed.
        x = self.random_transform(x, seed=int(rng.integers(2**32)))
        if settings.roll:
            x = transforms.roll(x, rng)
        if settings.masks:
            x = transforms.mask(x, rng, settings.masks)
        return np.clip(x, 0, 255)
