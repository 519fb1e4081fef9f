"""Any backbone of `keras.applications`, by its name."""

import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from keras import KerasTensor, layers

from classify.data.pictures import size
from classify.settings import MODELS, Settings

CHANNELS = 3  # grey three times over: what the published weights expect


def features(pictures: KerasTensor, settings: Settings) -> KerasTensor:
    """See `classify.models`; as many features as the backbone has channels at its end.

    Raises
    ------
    ValueError
        If there is no such backbone, its weights cannot be had, or the pictures are too small.
    """
    make = constructor(settings.model)
    backbone = _portable(_made(make, (*pictures.shape[1:3], CHANNELS), settings.weights))
    x = layers.Concatenate()([pictures] * CHANNELS)
    x = backbone(layers.Rescaling(*_range(make))(x))
    # A layer of the network itself, not of the one inside it, where Grad-CAM finds the features.
    x = layers.Activation("linear")(x)
    return layers.GlobalAveragePooling2D()(x)


def names() -> list[str]:
    """Say which backbones there are."""
    return [name for name in dir(keras.applications) if name[0].isupper()]


def constructor(name: str) -> Callable[..., keras.Model]:
    """Find a backbone's constructor.

    Parameters
    ----------
    name : str
        In capitals or not.

    Returns
    -------
    constructor : callable
        One of `keras.applications`.

    Raises
    ------
    ValueError
        If there is no such backbone.

    Examples
    --------
    >>> constructor("mobilenetv2").__name__
    'MobileNetV2'
    """
    for one in names():
        if one.lower() == name.lower():
            return getattr(keras.applications, one)
    raise ValueError(f"expected a model among {', '.join((*MODELS, *names()))}, got {name}")


def _made(
    make: Callable[..., keras.Model], shape: tuple[int, int, int], weights: str
) -> keras.Model:
    """Make a backbone, and tell what is wrong in one line."""
    if weights not in ("none", "imagenet") and not Path(weights).is_file():
        raise ValueError(f"expected weights none, imagenet or a file, got {weights}")
    known = None if weights == "none" else weights
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of sizes other than ImageNet's
            return make(include_top=False, weights=known, input_shape=shape)
    except Exception as error:  # a failed download is a bare Exception
        got = " ".join(str(error).split())
        if found := re.search(r"at least (\d+)x(\d+)", got):
            wanted, got = (
                f"pictures of at least {size([int(side) for side in found.groups()])}",
                size(shape),
            )
        else:
            wanted = f"weights {weights} that can be loaded"
        raise ValueError(f"expected {wanted} for {make.__name__}, got {got}") from error


def _range(make: Callable[..., keras.Model]) -> tuple[list[float], list[float]]:
    """Scale and offset of each channel from 0..255 to what a backbone expects.

    Its own preparation is a straight line a channel, which two points give. That it also turns
    the order of the channels about is nothing to grey.
    """
    prepare = sys.modules[make.__module__].preprocess_input
    grey = (np.full((1, 1, 1, CHANNELS), level, np.float32) for level in (0, 255))
    low, high = (np.asarray(prepare(one))[0, 0, 0] for one in grey)
    return ((high - low) / 255).tolist(), low.tolist()


def _portable(backbone: keras.Model) -> keras.Model:
    """Copy a backbone, layer by layer, to one that can be exported."""
    copy = keras.models.clone_model(backbone, clone_function=_like)
    for layer in (one for one in backbone.layers if one.weights):
        new = copy.get_layer(layer.name)
        pairs = zip(layer.get_weights(), new.weights, strict=False)  # `Rescaling` has none
        new.set_weights([value.reshape(weight.shape) for value, weight in pairs])
    return copy


def _like(layer: layers.Layer) -> layers.Layer:
    """Make another layer that does the same."""
    config = layer.get_config()
    if isinstance(layer, layers.Normalization):  # EfficientNet's: ONNX would miss its constants
        spread = np.maximum(np.sqrt(np.ravel(layer.variance)), keras.config.epsilon())
        offset = -np.ravel(layer.mean) / spread
        return layers.Rescaling((1 / spread).tolist(), offset.tolist(), name=layer.name)
    if isinstance(layer, layers.Conv2D) and layer.groups == layer.filters > 1:  # ConvNeXt's
        same = {name: config[name] for name in ("kernel_size", "strides", "padding", "use_bias")}
        return layers.DepthwiseConv2D(**same, name=layer.name)
    return type(layer).from_config(config)
