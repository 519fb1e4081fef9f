"""Keras on TensorFlow, JAX or PyTorch, and the code that differs between them.

The environment variable ``KERAS_BACKEND`` chooses; the default is ``tensorflow``.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np


def name() -> str:
    """Name of the backend of Keras, which is also the name of its package."""
    return os.environ.get("KERAS_BACKEND") or "tensorflow"


def load() -> None:
    """Import Keras and its backend, without the messages that they print, unless they fail.

    TensorFlow 2.21 writes several lines on oneDNN and CUDA to standard error before its own log
    level applies, so the file descriptor itself is redirected meanwhile.

    Raises
    ------
    ValueError
        If ``KERAS_BACKEND`` names a library that is not installed.
    """
    os.environ["KERAS_BACKEND"] = name()
    if name() in ("jax", "torch") and not find_spec(name()):
        raise ValueError(f"expected the library of KERAS_BACKEND={name()}, got no module {name()}")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # By itself, TensorFlow leaves oneDNN to processors that have AVX-512. On the others, training
    # takes three times as long without it.
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    if "keras" in sys.modules:
        return
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as messages:
        os.dup2(messages.fileno(), 2)
        try:
            import keras

            if keras.backend.backend() == "tensorflow":
                import tensorflow

                # It warns of one function traced too often, when networks of an ensemble are.
                tensorflow.get_logger().setLevel("ERROR")
                tensorflow.config.list_physical_devices()  # prints several lines without a GPU
            _ignore_settings()
        except BaseException:
            messages.seek(0)
            os.write(stderr, messages.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def _ignore_settings() -> None:
    """Undo what ``~/.keras/keras.json`` and the environment set for other work of the user."""
    import keras

    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)


def make_deterministic() -> None:
    """Make operations deterministic, if the backend has an option for it."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.experimental.enable_op_determinism()
    elif keras.backend.backend() == "torch":
        import torch

        torch.use_deterministic_algorithms(True, warn_only=True)


def feed(batches: Any) -> Any:
    """Wrap batches so that ``model.fit`` waits for them as little as possible.

    On TensorFlow, Keras makes a dataset of them whose autotuning thread sleeps ever longer. It can
    miss the end of an epoch, and then the next epoch waits until it wakes: up to as long as an
    epoch takes. Our batches are made ahead already, so the wrapped dataset is not tuned.

    Parameters
    ----------
    batches : keras.utils.PyDataset
        With a length; each batch is a tuple of arrays.

    Returns
    -------
    batches : keras.utils.PyDataset or tensorflow.data.Dataset
        The same batches in the same order, once an epoch.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow

    signature = tuple(
        tensorflow.TensorSpec((None, *array.shape[1:]), array.dtype) for array in batches[0]
    )
    dataset = tensorflow.data.Dataset.from_generator(
        lambda: (batches[number] for number in range(len(batches))), output_signature=signature
    )
    options = tensorflow.data.Options()
    options.autotune.enabled = False
    length = tensorflow.data.experimental.assert_cardinality(len(batches))
    return dataset.apply(length).prefetch(1).with_options(options)


def fuse_normalization(layer: Any) -> None:
    """Let a batch normalisation of pictures train by one operation of TensorFlow.

    Keras makes it of a dozen operations, each of which goes over all pictures. Fused, a training
    step of `crnn` takes four fifths of the time. The layer is saved, and predicts, as before.

    Parameters
    ----------
    layer : keras.layers.BatchNormalization
        Changed in place; left alone on another backend.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow

    usual = layer.call

    def call(inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        are_pictures = len(inputs.shape) == 4 and layer.axis in (-1, 3) and mask is None
        has_both = layer.gamma is not None and layer.beta is not None
        if not (training and are_pictures and has_both and inputs.dtype == "float32"):
            return usual(inputs, training=training, mask=mask)
        outputs, mean, variance = tensorflow.compat.v1.nn.fused_batch_norm(
            inputs, layer.gamma, layer.beta, epsilon=layer.epsilon, is_training=True
        )
        # It gives the variance of a sample, n / (n - 1) times that of these pixels.
        pixels = tensorflow.cast(tensorflow.size(inputs), "float32") / inputs.shape[-1]
        variance *= 1 - 1 / pixels
        kept = layer.momentum
        layer.moving_mean.assign(kept * layer.moving_mean + (1 - kept) * mean)
        layer.moving_variance.assign(kept * layer.moving_variance + (1 - kept) * variance)
        return outputs

    layer.call = call


def gradient_at(function: Callable[[Any], Any], point: Any) -> np.ndarray:
    """Compute the gradient of a function at a point.

    Parameters
    ----------
    function : callable
        From a tensor to a tensor, made of `keras.ops` and layers; the sum of its values counts.
    point : array

    Returns
    -------
    gradient : np.ndarray, shape of `point`
    """
    import keras

    point = keras.ops.convert_to_tensor(point)
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        with tensorflow.GradientTape() as tape:
            tape.watch(point)
            value = function(point)
        gradient = tape.gradient(value, point)
    elif keras.backend.backend() == "jax":
        import jax

        gradient = jax.grad(lambda at: keras.ops.sum(function(at)))(point)
    else:
        point = point.detach().requires_grad_()
        keras.ops.sum(function(point)).backward()
        gradient = point.grad
    return keras.ops.convert_to_numpy(gradient)
