"""Backbones of `keras.applications`, by name."""

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

CHANNELS = 3  # the grey channel three times, since the published weights expect colour


def features(pictures: KerasTensor, settings: Settings) -> KerasTensor:
    """See `classify.models`; as many features as the backbone has channels at its end.

    Raises
    ------
    ValueError
        If there is no such backbone, its weights cannot be had, or the pictures are too small.
    """
    make = constructor(settings.model)
    shape = (*pictures.shape[1:3], CHANNELS)
    backbone = _exportable(_build_backbone(make, shape, settings.weights))
    x = layers.Concatenate()([pictures] * CHANNELS)
    x = backbone(layers.Rescaling(*_input_scaling(make))(x))
    # A layer outside the backbone, from which Grad-CAM takes the features.
    x = layers.Activation("linear")(x)
    return layers.GlobalAveragePooling2D()(x)


def names() -> list[str]:
    """List the names of all backbones."""
    return [name for name in dir(keras.applications) if name[0].isupper()]


def constructor(name: str) -> Callable[..., keras.Model]:
    """Find a backbone's constructor.

    Parameters
    ----------
    name : str
        In upper or lower case.

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
    for backbone in names():
        if backbone.lower() == name.lower():
            return getattr(keras.applications, backbone)
    raise ValueError(f"expected a model among {', '.join((*MODELS, *names()))}, got {name}")


def _build_backbone(
    make: Callable[..., keras.Model], shape: tuple[int, int, int], weights: str
) -> keras.Model:
    """Build a backbone; an error is one line."""
    if weights not in ("none", "imagenet") and not Path(weights).is_file():
        raise ValueError(f"expected weights none, imagenet or a file, got {weights}")
    initial = None if weights == "none" else weights
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of sizes other than ImageNet's
            return make(include_top=False, weights=initial, input_shape=shape)
    except Exception as error:  # a failed download is a bare Exception
        got = " ".join(str(error).split())
        expected = f"weights {weights} that can be loaded"
        if smallest := re.search(r"at least (\d+)x(\d+)", got):
            sides = [int(side) for side in smallest.groups()]
            expected, got = f"pictures of at least {size(sides)}", size(shape)
        raise ValueError(f"expected {expected} for {make.__name__}, got {got}") from error


def _input_scaling(make: Callable[..., keras.Model]) -> tuple[list[float], list[float]]:
    """Compute scale and offset of each channel, from 0..255 to the input of a backbone.

    Its ``preprocess_input`` is linear in each channel, so two points are enough. Some also reverse
    the order of the channels, which changes nothing for grey.
    """
    prepare = sys.modules[make.__module__].preprocess_input
    grey = (np.full((1, 1, 1, CHANNELS), value, np.float32) for value in (0, 255))
    low, high = (np.asarray(prepare(picture))[0, 0, 0] for picture in grey)
    return ((high - low) / 255).tolist(), low.tolist()


def _exportable(backbone: keras.Model) -> keras.Model:
    """Copy a backbone with layers that can be exported to ONNX.

    EfficientNet and ConvNeXt, half of all backbones, have layers that tf2onnx cannot convert.
    """
    copy = keras.models.clone_model(backbone, clone_function=_exportable_layer)
    for layer in (layer for layer in backbone.layers if layer.weights):
        new = copy.get_layer(layer.name)
        pairs = zip(layer.get_weights(), new.weights, strict=False)  # `Rescaling` has none
        new.set_weights([value.reshape(weight.shape) for value, weight in pairs])
    return copy


def _exportable_layer(layer: layers.Layer) -> layers.Layer:
    """Make a layer that computes the same."""
    config = layer.get_config()
    if isinstance(layer, layers.Normalization):  # EfficientNet: its constants get lost
        spread = np.maximum(np.sqrt(np.ravel(layer.variance)), keras.config.epsilon())
        offset = -np.ravel(layer.mean) / spread
        return layers.Rescaling((1 / spread).tolist(), offset.tolist(), name=layer.name)
    if isinstance(layer, layers.Conv2D) and layer.groups == layer.filters > 1:  # ConvNeXt
        options = {name: config[name] for name in ("kernel_size", "strides", "padding", "use_bias")}
        return layers.DepthwiseConv2D(**options, name=layer.name)
    return type(layer).from_config(config)
