"""The network of most tutorials: three convolutions, then a dense layer over all positions."""

from keras import KerasTensor, layers

from classify.models.blocks import max_pool
from classify.settings import Settings

FILTERS = (32, 64, 128)
UNITS = 128


def features(pictures: KerasTensor, settings: Settings) -> KerasTensor:
    """See `classify.models`; `UNITS` features."""
    x = layers.Rescaling(1 / 255)(pictures)
    for filters in FILTERS:
        x = max_pool(layers.Conv2D(filters, 3, padding="same", activation="relu")(x))
    return layers.Dense(UNITS, "relu")(layers.Flatten()(x))
