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


def feed(batches: Any) -> Any:
    """Give batches to ``model.fit`` in the form that it waits least for.

    What Keras makes of them on TensorFlow is tuned by a thread that sleeps twice as long after
    each look. Told of the end of an epoch while it falls asleep, it does not hear, and the next
    epoch waits until it wakes: up to as long again as this one took. Our batches are made ahead
    already, so there is nothing to tune.

    Parameters
    ----------
    batches : keras.utils.PyDataset
        Of a known length, each a tuple of arrays.

    Returns
    -------
    batches : keras.utils.PyDataset or tensorflow.data.Dataset
        The same ones in the same order, once an epoch.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow

    parts = tuple(tensorflow.TensorSpec((None, *part.shape[1:]), part.dtype) for part in batches[0])
    fed = tensorflow.data.Dataset.from_generator(
        lambda: (batches[number] for number in range(len(batches))), output_signature=parts
    )
    options = tensorflow.data.Options()
    options.autotune.enabled = False
    counted = tensorflow.data.experimental.assert_cardinality(len(batches))
    return fed.apply(counted).prefetch(1).with_options(options)


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
