"""The networks: grey pictures in, P(positive class) out.

A network takes raw ``uint8`` pictures, shape (batch, height, width, 1), and scales them itself.
With the sigmoid head the output has shape (batch, 1), with the softmax head (batch, 2).

Where a picture shows something else below its levels, a network of late fusion has a second, small
body for that alone, and the mean of two logits decides; `classify.training.head_calibration`
calibrates each. Seen together, the levels are enough to know the voices of a training by heart, and
little is learned of the rest.
"""

from collections.abc import Iterator

import keras
from keras import KerasTensor, layers, ops

from classify.models import backbone, cnn, crnn, lcnn, lstm, plain, resnet, vit
from classify.models.optimizer import PerHeadLoss, prepare
from classify.settings import FUSION_HEADS, Settings

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


def build(
    settings: Settings, shape: tuple[int, int], steps_per_epoch: int, levels: int | None = None
) -> keras.Model:
    """Build and compile a network.

    Parameters
    ----------
    settings : Settings
    shape : tuple of two int
        Height and width of the pictures, in pixels.
    steps_per_epoch : int
        Batches that an epoch of the training has.
    levels : int, optional
        How many rows from the top are levels, see `classify.data.render_settings.spectrogram_rows`;
        default: all.

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
        x = ops.cast(pictures, "float32")
        features = [body(x, settings)]
        if settings.fusion == "late" and levels is not None and levels < shape[0]:
            features.append(cnn.comb_features(layers.Cropping2D(((levels, 0), (0, 0)))(x)))
    finally:
        keras.config.set_dtype_policy(usual)
    features = [layers.Dropout(settings.dropout, seed=settings.seed)(x) for x in features]
    model = keras.Model(pictures, _head(features, settings), name=settings.model)
    _pace(model, steps_per_epoch)
    prepare(model, settings, steps_per_epoch)
    return model


def _head(features: list[KerasTensor], settings: Settings) -> KerasTensor:
    """Judge by the features of every body.

    In single precision whatever the bodies compute in, for a probability near 1 needs the digits.
    """
    sigmoid = ("positive", 1, "sigmoid")
    name, units, activation = sigmoid if settings.head == "sigmoid" else ("classes", 2, "softmax")
    if len(features) == 1:
        return layers.Dense(units, activation, name=name, dtype="float32")(features[0])
    pairs = zip(FUSION_HEADS, features, strict=True)
    logits = [layers.Dense(units, name=part, dtype="float32")(x) for part, x in pairs]
    logits = [layers.Reshape((1, units), dtype="float32")(x) for x in logits]
    each = layers.Concatenate(axis=1, activity_regularizer=PerHeadLoss(), dtype="float32")(logits)
    return layers.Activation(activation, name=name, dtype="float32")(ops.mean(each, axis=1))


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
