"""The networks: grey pictures in, P(positive class) out.

A network takes raw ``uint8`` pictures, shape (batch, height, width, 1), and scales them itself.
With the sigmoid head the output has shape (batch, 1), with the softmax head (batch, 2).

With late fusion, a second, small body sees only the comb, which are the rows below the spectrogram.
The mean of both logits decides; `classify.training.head_calibration` calibrates each. In a single
body the spectrogram is enough to know the training voices by heart, and the comb is ignored.
"""

from collections.abc import Callable, Iterator
from importlib import import_module

import keras
from keras import KerasTensor, layers, ops

from classify.models import backbone, cnn
from classify.models.optimizer import PerHeadLoss, prepare
from classify.settings import FUSION_HEADS, MODELS, Settings

_BATCHNORM_EPOCHS = 0.4  # time constant of the running statistics


def build(
    settings: Settings,
    shape: tuple[int, int],
    steps_per_epoch: int,
    spectrogram_rows: int | None = None,
) -> keras.Model:
    """Build and compile a network.

    Parameters
    ----------
    settings : Settings
    shape : tuple of two int
        Height and width of the pictures, in pixels.
    steps_per_epoch : int
        Batches that an epoch of the training has.
    spectrogram_rows : int, optional
        Number of rows from the top that are the spectrogram, see
        `classify.data.render_settings.spectrogram_rows`; default: all.

    Returns
    -------
    model : keras.Model

    Raises
    ------
    ValueError
        If there is no such model, its weights cannot be had, or it needs larger pictures.
    """
    model = network(settings, shape, spectrogram_rows)
    _set_batchnorm_momentum(model, steps_per_epoch)
    prepare(model, settings, steps_per_epoch)
    return model


def network(
    settings: Settings, shape: tuple[int, int], spectrogram_rows: int | None = None
) -> keras.Model:
    """Build a network as `build` does, but not what trains it."""
    pictures = keras.Input((*shape, 1), dtype="uint8", name="picture")
    body = _body(settings.model)
    default_policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(settings.precision)
    try:
        x = ops.cast(pictures, "float32")
        features = [body(x, settings)]
        if settings.fusion == "late" and (spectrogram_rows or shape[0]) < shape[0]:
            comb = layers.Cropping2D(((spectrogram_rows, 0), (0, 0)))(x)
            features.append(cnn.comb_features(comb))
    finally:
        keras.config.set_dtype_policy(default_policy)
    features = [layers.Dropout(settings.dropout, seed=settings.seed)(x) for x in features]
    return keras.Model(pictures, _head(features, settings), name=settings.model)


def _body(model: str) -> Callable[[KerasTensor, Settings], KerasTensor]:
    """Find the body of a network: `MODELS` are the modules of `classify.models` by name."""
    module = import_module(f"classify.models.{model}") if model in MODELS else backbone
    return module.features


def _head(features: list[KerasTensor], settings: Settings) -> KerasTensor:
    """Add a dense layer to every body, and average their logits.

    Always in single precision: a probability near 1 needs the digits.
    """
    sigmoid = ("positive", 1, "sigmoid")
    name, units, activation = sigmoid if settings.head == "sigmoid" else ("classes", 2, "softmax")
    if len(features) == 1:
        return layers.Dense(units, activation, name=name, dtype="float32")(features[0])
    pairs = zip(FUSION_HEADS, features, strict=True)
    logits = [layers.Dense(units, name=part, dtype="float32")(x) for part, x in pairs]
    logits = [layers.Reshape((1, units), dtype="float32")(x) for x in logits]
    join = layers.Concatenate(axis=1, activity_regularizer=PerHeadLoss(), dtype="float32")
    return layers.Activation(activation, name=name, dtype="float32")(ops.mean(join(logits), axis=1))


def _set_batchnorm_momentum(model: keras.Model, steps_per_epoch: int) -> None:
    """Let the running statistics of all batch normalisations reach back two fifths of an epoch.

    Keras' default of 100 steps is longer than an epoch of a small dataset: validation would see the
    statistics of earlier weights. With 10 steps they depend on a few batches, and the validation
    loss jumps by a half from one epoch to the next.
    """
    steps = min(max(_BATCHNORM_EPOCHS * steps_per_epoch, 10), 100)
    for layer in all_layers(model):
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 1 - 1 / steps


def all_layers(model: keras.Model) -> Iterator[layers.Layer]:
    """Iterate over the layers of a model and of the models inside it."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from all_layers(layer)
        else:
            yield layer
