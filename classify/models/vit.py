"""Vision transformer: patches of time and frequency that attend to each other, from scratch.

To learn from few pictures in few steps, convolutions come first, and what the rounds of attention
find is normalised and begins at nothing, so that it starts as a small convolutional network.

References
----------
Dosovitskiy et al., "An image is worth 16x16 words: transformers for image recognition at scale",
ICLR 2021. Xiao et al., "Early convolutions help transformers see better", NeurIPS 2021. Liu et
al., "Swin transformer V2: scaling up capacity and resolution", CVPR 2022 (normalised last).
"""

from keras import KerasTensor, layers, ops

from classify.models.blocks import convolution
from classify.settings import Settings

STEM = (32, 64)  # filters of the convolutions, each with stride 2: 128 x 62, 64 x 31
PATCH = 4  # rows and columns of these that make one patch: 16 x 8 patches
WIDTH = 128  # numbers that describe a patch
DEPTH = 4  # rounds of attention
HEADS = 4
HIDDEN = 256  # units between the two dense layers of a round


def features(pictures: KerasTensor, settings: Settings) -> KerasTensor:
    """See `classify.models`; `WIDTH` features."""
    x = pictures
    for stage, filters in enumerate(STEM):
        x = layers.ReLU()(convolution(x, filters, stride=2, raw=stage == 0))
    # What is missing of the last row and column of patches is filled up with 0.
    x = layers.ReLU()(convolution(x, WIDTH, PATCH, PATCH))
    _, rows, columns, _ = x.shape
    x = _placed(layers.Reshape((rows * columns, WIDTH))(x))
    for _ in range(DEPTH):
        x = _round(x)
    # Back to a picture, so that it can be said where the features are.
    return layers.GlobalAveragePooling2D()(layers.Reshape((rows, columns, WIDTH))(x))


def _placed(x: KerasTensor) -> KerasTensor:
    """Tell patches what place they are from: a dense layer with a bias for each of them."""
    return layers.EinsumDense(
        "bpc,cd->bpd", x.shape[1:], bias_axes="pd", bias_initializer="random_normal"
    )(x)


def _round(x: KerasTensor) -> KerasTensor:
    """Attention, then two dense layers; what each finds is added to what came in."""
    x = _added(x, layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(x, x))
    return _added(x, layers.Dense(WIDTH)(ops.gelu(layers.Dense(HIDDEN)(x))))


def _added(x: KerasTensor, found: KerasTensor) -> KerasTensor:
    return layers.Add()([x, layers.LayerNormalization(gamma_initializer="zeros")(found)])
