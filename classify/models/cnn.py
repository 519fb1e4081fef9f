"""Convolutions over the relief of a picture, each halved, then the mean and the most of all places.

The mean tells what is everywhere, as grain is; the most what is in one place alone, as a line is.
"""

from keras import KerasTensor, layers

from classify.models.blocks import convolution, halved, relief
from classify.settings import Settings

# One stage a row: filters and stride of its convolution. The first stride makes it fast on two
# cores.
STAGES = ((16, 2), (32, 1), (64, 1), (96, 1))


def features(pictures: KerasTensor, settings: Settings) -> KerasTensor:
    """See `classify.models`; twice as many features as the last stage has filters."""
    x = relief(pictures)
    for stage, (filters, stride) in enumerate(STAGES):
        x = convolution(x, filters, stride=stride, raw=stage == 0)
        x = halved(layers.ReLU()(x))
    return layers.Concatenate()(
        [layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)]
    )
