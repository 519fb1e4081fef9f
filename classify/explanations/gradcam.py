"""Grad-CAM: where on a picture the features of the last convolution carry the score.

It needs Keras, for ONNX has no gradients. Maps are signed: above 0 for the positive class.
"""

import importlib.util
from typing import Any

import cv2
import numpy as np

from classify import backend
from classify.runs.run import Run
from classify.runs.runtime import KERAS
from classify.settings import FUSION_HEADS


def available(run: Run) -> bool:
    """Whether Keras is installed and Grad-CAM can explain every network of the run."""
    return not any(_obstacle(network) for network in run.networks)


def gradcam(run: Run, image: np.ndarray) -> np.ndarray:
    """Weigh the last feature maps by the gradient of the logit and add them up.

    As in HiResCAM, features and gradients are multiplied element-wise instead of averaging the
    gradients first, because a network may weigh rows differently. Behind global average pooling
    both are the same. The ReLU of Grad-CAM is left out: evidence against the positive class counts.

    Parameters
    ----------
    run : Run
        Maps of an ensemble are averaged.
    image : np.ndarray, shape=run.shape, dtype=uint8

    Returns
    -------
    map : np.ndarray, shape=run.shape
        In nats of the raw logit of the positive class, ln p(fake) - ln p(real), as if the whole
        picture were like this point; only ratios mean something.

    Raises
    ------
    ValueError
        If a network has no convolution, or Keras or its model is missing.

    References
    ----------
    Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based
    localization", ICCV 2017, equations 1 and 2. Draelos and Carin, "Use HiResCAM instead of
    Grad-CAM for faithful explanations of convolutional neural networks", arXiv:2011.08891.
    """
    return np.mean([_heat(network, image) for network in run.networks], axis=0, dtype=float)


def feature_layer(model: Any) -> Any:
    """Find the last layer with the resolution of the last convolution: after its normalisation.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    layer : keras.Layer or None
        None for a network without convolution over rows and columns.
    """
    import keras

    last, size = None, None
    for layer in model.layers:
        shape = tuple(getattr(layer.output, "shape", ()))[1:]  # several outputs have none
        in_place = shape == size and not isinstance(layer, keras.layers.Permute)
        if len(shape) == 3 and (in_place or _convolves(layer)):
            last, size = layer, shape
    return last


def _heat(run: Run, image: np.ndarray) -> np.ndarray:
    """Map of one network; each of its heads counts for the rows that it sees."""
    if obstacle := _obstacle(run):
        raise ValueError(f"expected {obstacle}: use occlusion")
    heads, heat = _heads(run.model), np.zeros(image.shape)
    for head in heads:
        features, slopes = _slopes(run.model, head, image[np.newaxis, ..., np.newaxis])
        # Behind a mean over n points, each slope is 1/n of that of the mean.
        head_map = (features * slopes).sum(axis=-1) * slopes[..., 0].size
        part = heat[_rows(_body(run.model, head))]
        share = len(part) / len(heat) * len(heads)
        part += cv2.resize(head_map, part.shape[::-1]) / share
    return heat


def _obstacle(run: Run) -> str:
    """Why Grad-CAM cannot explain a network, as "expected, got"; empty if it can."""
    if not (run.folder / KERAS).is_file():
        return f"{KERAS} in {run.folder} for Grad-CAM, got none"
    if not all(importlib.util.find_spec(name) for name in ("keras", backend.name())):
        return f"Keras on {backend.name()} for Grad-CAM, got none installed"
    model = run.model
    heads = _heads(model)
    if not all(hasattr(head, "kernel") for head in heads):
        return f"a dense layer at the end for Grad-CAM, got {model.layers[-1].name}"
    if any(feature_layer(_body(model, head)) is None for head in heads):
        return f"a network with a convolution for Grad-CAM, got {model.name} without one"
    return ""


def _heads(model: Any) -> list[Any]:
    """Layers of the logits: one, or with late fusion one a head, which are averaged."""
    return [layer for layer in model.layers if layer.name in FUSION_HEADS] or [model.layers[-1]]


def _body(model: Any, head: Any) -> Any:
    """Model from the picture to the input of one head."""
    import keras

    return keras.Model(model.inputs, head.input)


def _rows(body: Any) -> slice:
    """Rows of the picture that a body sees."""
    import keras

    for layer in body.layers:
        if isinstance(layer, keras.layers.Cropping2D):
            return slice(layer.cropping[0][0], None)
    return slice(None)


def _convolves(layer: Any) -> bool:
    """Whether a layer, or one inside it, is a convolution over rows and columns."""
    import keras

    kinds = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)
    return any(isinstance(inner, kinds) for inner in getattr(layer, "layers", (layer,)))


def _slopes(model: Any, head: Any, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features of one picture and the gradient of a logit, each (height, width, channels)."""
    import keras

    layer = feature_layer(_body(model, head))
    features = keras.Model(model.input, layer.output)(batch, training=False)
    rest = keras.Model(layer.output, head.input)

    def logit(features: Any) -> Any:
        """Log odds of either kind of head, without a sigmoid that flattens the slopes."""
        code = keras.ops.cast(rest(features, training=False), head.kernel.dtype)
        outputs = keras.ops.matmul(code, head.kernel) + (head.bias if head.use_bias else 0.0)
        return outputs[:, -1] - (outputs[:, 0] if head.units > 1 else 0.0)

    slopes = backend.gradient_at(logit, features)
    return keras.ops.convert_to_numpy(features)[0], slopes[0]
