"""The networks: grey pictures in, P(positive class) out.

A network takes raw ``uint8`` pictures, shape (batch, height, width, 1), and scales them itself.
With the sigmoid head the output has shape (batch, 1), with the softmax head (batch, 2).
"""

import keras
from keras import layers, ops

from classify.settings import Settings

# One stage a row: filters and stride of its convolution. A picture of 256 x 124 is 64 x 31,
# 32 x 16, 16 x 8, 8 x 4 after the stages; the first stride makes it fast on two cores.
CNN = ((32, 2), (64, 1), (96, 1), (128, 1))


def build(settings: Settings, shape: tuple[int, int], steps: int) -> keras.Model:
    """Build and compile a network.

    The step size falls to nothing along half a cosine: with a constant one, the validation loss
    jumps between epochs until the end, and the best of them is a matter of luck.

    Parameters
    ----------
    settings : Settings
    shape : tuple of two int
        Height and width of the pictures, in pixels.
    steps : int
        Steps in the whole training.

    Returns
    -------
    model : keras.Model
    """
    pictures = keras.Input((*shape, 1), dtype="uint8", name="picture")
    x = ops.cast(pictures, "float32")
    for stage, (filters, stride) in enumerate(CNN):
        x = layers.Conv2D(filters, 3, stride, padding="same", use_bias=False)(x)
        if stage == 0:
            # To [0, 1], after the first convolution: without bias it comes to the same as before
            # it, and there onnxruntime makes it a part of the weights.
            x = layers.Rescaling(1 / 255)(x)
        # The default momentum of 0.99 outlasts the few hundred steps that small data have.
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D(2, padding="same")(x)  # a tiny picture never becomes none
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(settings.dropout, seed=settings.seed)(x)
    if settings.head == "sigmoid":
        output, loss = layers.Dense(1, "sigmoid", name="positive")(x), "binary_crossentropy"
    else:
        output, loss = layers.Dense(2, "softmax", name="classes")(x), "categorical_crossentropy"
    model = keras.Model(pictures, output, name=settings.model)
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, steps)
    model.compile(keras.optimizers.AdamW(rate), loss, metrics=["accuracy"])
    return model
