"""The last dense layers of a network: their inputs, the score that they give, and their shift."""

import keras
import numpy as np

from classify.probability import logit
from classify.settings import FUSION_HEADS

_SINGLE_HEADS = ("positive", "classes")


def last_layers(model: keras.Model) -> list[keras.layers.Dense]:
    """Find the layers whose logits decide: two of a network of late fusion, one of any other."""
    layers = [layer for layer in model.layers if layer.name in FUSION_HEADS]
    return layers or [layer for layer in model.layers if layer.name in _SINGLE_HEADS]


def input_model(model: keras.Model) -> keras.Model:
    """Build a network that gives the inputs of the last layers, shape (batch, inputs)."""
    inputs = [layer.input for layer in last_layers(model)]
    if len(inputs) == 1:
        return keras.Model(model.input, inputs[0])
    # A name of its own: that of a layer of a loaded network must not be given again.
    return keras.Model(model.input, keras.layers.Concatenate(name="last_inputs")(inputs))


def raw_scores(model: keras.Model, inputs: np.ndarray, prior: float) -> np.ndarray:
    """Compute raw scores from the inputs of the last layers.

    They are linear: the mean of the inputs over the clips of a recording gives its score.

    Parameters
    ----------
    model : keras.Model
    inputs : np.ndarray, shape=(n, inputs)
    prior : float
        See `classify.runs.run.Run`.

    Returns
    -------
    llr : np.ndarray, shape=(n,)
        See `classify.prediction.inference`.
    """
    layers = last_layers(model)
    parts = np.split(inputs, _ends(layers), axis=1)
    logits = [
        part @ (kernel @ _share(bias)) + bias @ _share(bias)
        for part, (kernel, bias) in zip(parts, map(_weights, layers), strict=True)
    ]
    return logit(prior) + np.mean(logits, axis=0)


def shift_scores(model: keras.Model, slopes: np.ndarray, constant: float) -> None:
    """Change the last layers so that raw scores gain ``inputs @ slopes + constant``.

    Parameters
    ----------
    model : keras.Model
    slopes : np.ndarray, shape=(inputs,)
    constant : float
    """
    layers = last_layers(model)
    for layer, part in zip(layers, np.split(slopes, _ends(layers)), strict=True):
        kernel, bias = _weights(layer)
        share = _share(bias) / np.square(_share(bias)).sum()
        # The mean of the logits decides, so that each kernel has to give the whole of its part.
        kernel = kernel + len(layers) * np.outer(part, share)
        layer.set_weights([kernel, bias + constant * share])


def _share(bias: np.ndarray) -> np.ndarray:
    """What each output of a layer adds to a score, which is for the negative class."""
    return np.array([-1.0]) if len(bias) == 1 else np.array([1.0, -1.0])


def _weights(layer: keras.layers.Dense) -> list[np.ndarray]:
    return [np.asarray(weights, float) for weights in layer.get_weights()]


def _ends(layers: list[keras.layers.Dense]) -> np.ndarray:
    """Where the inputs of all layers but the last end."""
    return np.cumsum([layer.input.shape[-1] for layer in layers])[:-1]
