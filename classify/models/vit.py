"""Vision transformer over patches of time and frequency, trained from scratch.

Two choices let it learn from few pictures: convolutions come first, and the output of each block is
normalised with a scale that begins at 0, so that it starts as a small convolutional network.

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
PATCH = 4  # rows and columns of a patch after them: 16 x 8 patches
WIDTH = 128  # features of a patch
DEPTH = 4  # transformer blocks
HEADS = 4
HIDDEN = 256  # units between the two dense layers of a block


def features(pictures: KerasTensor, settings: Settings) -> KerasTensor:
    """See `classify.models`; `WIDTH` features."""
    x = pictures
    for stage, filters in enumerate(STEM):
        x = layers.ReLU()(convolution(x, filters, stride=2, raw=stage == 0))
    # The last row and column of patches are padded with 0.
    x = layers.ReLU()(convolution(x, WIDTH, PATCH, PATCH))
    _, rows, columns, _ = x.shape
    x = _embed_positions(layers.Reshape((rows * columns, WIDTH))(x))
    for _ in range(DEPTH):
        x = _block(x)
    # Back to rows and columns, for Grad-CAM.
    return layers.GlobalAveragePooling2D()(layers.Reshape((rows, columns, WIDTH))(x))


def _embed_positions(x: KerasTensor) -> KerasTensor:
    """Add an embedding of the position: a dense layer with one bias for each patch."""
    return layers.EinsumDense(
        "bpc,cd->bpd", x.shape[1:], bias_axes="pd", bias_initializer="random_normal"
    )(x)


def _block(x: KerasTensor) -> KerasTensor:
    """Self-attention, then two dense layers, each with a residual connection."""
    x = _add_residual(x, layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(x, x))
    return _add_residual(x, layers.Dense(WIDTH)(ops.gelu(layers.Dense(HIDDEN)(x))))


def _add_residual(x: KerasTensor, residual: KerasTensor) -> KerasTensor:
    return layers.Add()([x, layers.LayerNormalization(gamma_initializer="zeros")(residual)])
