"""Residual network: each block adds its output to its input.

References
----------
He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016.
"""

from keras import KerasTensor, layers

from classify.models.blocks import convolution
from classify.settings import Settings

STEM = 32  # filters of the first convolution, which has stride 2 and is max-pooled: 64 x 31
# One block a row: filters of its two convolutions and the stride of the first of them. A picture
# of 256 x 124 is 64 x 31, then 32 x 16, then 16 x 8.
BLOCKS = ((32, 1), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1))


def features(pictures: KerasTensor, settings: Settings) -> KerasTensor:
    """See `classify.models`; as many features as the last block has filters."""
    x = layers.ReLU()(convolution(pictures, STEM, stride=2, raw=True, pool=(2, 2)))
    for filters, stride in BLOCKS:
        x = _block(x, filters, stride)
    return layers.GlobalAveragePooling2D()(x)


def _block(x: KerasTensor, filters: int, stride: int) -> KerasTensor:
    """Two convolutions with a shortcut, which is a convolution if the shape changes."""
    shortcut = x
    if stride > 1 or x.shape[-1] != filters:
        shortcut = convolution(x, filters, 1, stride)
    x = layers.ReLU()(convolution(x, filters, stride=stride))
    return layers.ReLU()(layers.Add()([shortcut, convolution(x, filters)]))
