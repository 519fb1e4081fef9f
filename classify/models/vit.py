"""Vision transformer: patches of time and frequency that attend to each other, from scratch.

Two convolutions come before the patches: without them it takes far more pictures and steps.

References
----------
Dosovitskiy et al., "An image is worth 16x16 words: transformers for image recognition at scale",
ICLR 2021. Xiao et al., "Early convolutions help transformers see better", NeurIPS 2021.
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
    x = layers.Conv2D(WIDTH, PATCH, PATCH, padding="same")(x)
    _, rows, columns, _ = x.shape
    x = _placed(layers.Reshape((rows * columns, WIDTH))(x))
    for _ in range(DEPTH):
        x = _round(x)
    # Back to a picture, so that it can be said where the features are.
    x = layers.Reshape((rows, columns, WIDTH))(layers.LayerNormalization()(x))
    return layers.GlobalAveragePooling2D()(x)


def _placed(x: KerasTensor) -> KerasTensor:
    """Tell patches what place they are from: a dense layer with a bias for each of them."""
    places = x.shape[1:]
    return layers.EinsumDense(
        "bpc,cd->bpd", places, bias_axes="pd", bias_initializer="random_normal"
    )(x)


def _round(x: KerasTensor) -> KerasTensor:
    """Attention, then two dense layers; what each finds is added to what came in."""
    near = layers.LayerNormalization()(x)
    x = layers.Add()([x, layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(near, near)])
    hidden = ops.gelu(layers.Dense(HIDDEN)(layers.LayerNormalization()(x)))
    return layers.Add()([x, layers.Dense(WIDTH)(hidden)])
