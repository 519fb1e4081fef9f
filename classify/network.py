"""The networks: grey pictures in, P(positive class) out.

A network takes raw ``uint8`` pictures, shape (batch, height, width, 1), and scales them itself.
With the sigmoid head the output has shape (batch, 1), with the softmax head (batch, 2).
"""

from collections.abc import Iterator

import keras
from keras import layers, ops

from classify.models import backbone, cnn, crnn, lcnn, lstm, plain, resnet, vit
from classify.optimisation import prepare
from classify.settings import Settings

BODIES = {
    "cnn": cnn.features,
    "lcnn": lcnn.features,
    "resnet": resnet.features,
    "crnn": crnn.features,
    "lstm": lstm.features,
    "vit": vit.features,
    "plain": plain.features,
}

_FOLLOWED = 0.4  # epochs


def build(settings: Settings, shape: tuple[int, int], steps_per_epoch: int) -> keras.Model:
    """Build and compile a network.

    Parameters
    ----------
    settings : Settings
    shape : tuple of two int
        Height and width of the pictures, in pixels.
    steps_per_epoch : int
        Batches that an epoch of the training has.

    Returns
    -------
    model : keras.Model

    Raises
    ------
    ValueError
        If there is no such model, its weights cannot be had, or it needs larger pictures.
    """
    pictures = keras.Input((*shape, 1), dtype="uint8", name="picture")
    body = BODIES.get(settings.model, backbone.features)
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy(settings.precision)
    try:
        x = body(ops.cast(pictures, "float32"), settings)
    finally:
        keras.config.set_dtype_policy(usual)
    x = layers.Dropout(settings.dropout, seed=settings.seed)(x)
    # In single precision whatever the body computes in, for a probability near 1 needs the digits.
    if settings.head == "sigmoid":
        output = layers.Dense(1, "sigmoid", name="positive", dtype="float32")(x)
    else:
        output = layers.Dense(2, "softmax", name="classes", dtype="float32")(x)
    model = keras.Model(pictures, output, name=settings.model)
    _pace(model, steps_per_epoch)
    prepare(model, settings, steps_per_epoch)
    return model


def _pace(model: keras.Model, steps_per_epoch: int) -> None:
    """Let the statistics of all normalisations follow the last two fifths of an epoch.

    Keras' default of 100 steps outlasts an epoch of small data, whose network is then judged by
    what an earlier one was. Over 10 steps, what is judged hangs on a few batches, and the loss of
    validation jumps by a half from one epoch to the next.
    """
    followed = min(max(_FOLLOWED * steps_per_epoch, 10), 100)
    for layer in _within(model):
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 1 - 1 / followed


def _within(model: keras.Model) -> Iterator[layers.Layer]:
    """Go through the layers of a model and of the models within it."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _within(layer)
        else:
            yield layer
