"""Multiply-adds of a network for one picture, counted from its layers.

Counted are the products of kernels, in convolutions, dense and recurrent layers and attention, and
the products of attention itself. Normalisation, activation and pooling take few and are left out.
"""

import math
from typing import Any


def multiply_adds(model: Any) -> int:
    """Count the multiply-adds of one picture.

    Parameters
    ----------
    model : keras.Model
        Functional; each layer is used once.

    Raises
    ------
    ValueError
        If a layer has a kernel and is none of those known here.
    """
    from keras import Model

    return sum(
        multiply_adds(layer) if isinstance(layer, Model) else _of_layer(layer)
        for layer in model.layers
    )


def _of_layer(layer: Any) -> int:
    from keras import layers

    size = sum(math.prod(weight.shape) for weight in layer.weights if "kernel" in weight.name)
    if not size:
        return 0
    count = size * _places(layer)
    if isinstance(layer, layers.MultiHeadAttention):
        # Every token with every other: how much it matters, then what it says; of all heads.
        count += 2 * _places(layer) ** 2 * layer.num_heads * layer.key_dim
    return count


def _places(layer: Any) -> int:
    """Uses of a layer's kernels: one a place, a step or a token."""
    from keras import layers

    shape = tuple(layer.output.shape[1:])
    if isinstance(layer, layers.LSTM | layers.GRU | layers.Bidirectional):
        return layer.input.shape[1]
    if isinstance(layer, layers.MultiHeadAttention):
        return shape[0]
    if isinstance(layer, layers.EinsumDense):
        _, kernel, output = layer.equation.replace("->", ",").split(",")
        named = zip(output[1:], shape, strict=True)
        return math.prod(side for name, side in named if name not in kernel)
    convolutions = layers.Conv2D | layers.DepthwiseConv2D | layers.SeparableConv2D
    if isinstance(layer, layers.Dense | convolutions):
        return math.prod(shape[:-1])
    raise ValueError(f"expected a layer whose multiply-adds are known, got {layer.name}")
