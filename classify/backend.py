"""Keras on TensorFlow, JAX or PyTorch, and all that is done in another way on each.

``KERAS_BACKEND`` chooses, ``tensorflow`` where it is not set.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np


def name() -> str:
    """Name what Keras computes with; also the name of its package."""
    return os.environ.get("KERAS_BACKEND", "tensorflow")


def load() -> None:
    """Import Keras and what it computes with, holding back what they print unless it fails.

    TensorFlow 2.21 writes several lines on oneDNN and CUDA to standard error before its own log
    level applies, so the file descriptor itself has to be turned away for that moment.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if "keras" in sys.modules:
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            import keras

            if keras.backend.backend() == "tensorflow":
                import tensorflow

                # An ensemble's networks, traced each, look to it like one traced too often.
                tensorflow.get_logger().setLevel("ERROR")
                tensorflow.config.list_physical_devices()  # says at length that there is no GPU
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def make_deterministic() -> None:
    """Let the same seed give the same network, where the backend has a say in it."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.experimental.enable_op_determinism()
    elif keras.backend.backend() == "torch":
        import torch

        torch.use_deterministic_algorithms(True, warn_only=True)


def slope(function: Callable[[Any], Any], point: Any) -> np.ndarray:
    """Differentiate a function of one number at a point.

    Parameters
    ----------
    function : callable
        From a tensor to a tensor, of `keras.ops` and layers.
    point : array
        What Keras takes for a tensor.

    Returns
    -------
    slope : np.ndarray, shape of `point`
        Along each entry of `point`, of the sum of what `function` returns.
    """
    import keras

    point = keras.ops.convert_to_tensor(point)
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        with tensorflow.GradientTape() as tape:
            tape.watch(point)
            value = function(point)
        found = tape.gradient(value, point)
    elif keras.backend.backend() == "jax":
        import jax

        found = jax.grad(lambda at: keras.ops.sum(function(at)))(point)
    else:
        point = point.detach().requires_grad_()
        keras.ops.sum(function(point)).backward()
        found = point.grad
    return keras.ops.convert_to_numpy(found)
