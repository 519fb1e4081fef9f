"""Inference with a run's network: by onnxruntime if it was exported, else by Keras.

Input are pictures, ``uint8``, shape (n, height, width); output is P(positive class), shape (n,),
which is the last output of either head.
"""

import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from classify.console import how_to_install, one_line

Network = Callable[[np.ndarray], np.ndarray]

ONNX = "model.onnx"
KERAS = "model.keras"


def network(folder: Path) -> Network:
    """Load a run's network.

    Parameters
    ----------
    folder : Path
        Folder with ``model.onnx`` or, for a slow start, ``model.keras``.

    Returns
    -------
    network : callable
        Function from pictures to P(positive class).

    Raises
    ------
    ValueError
        If the file cannot be read, or the library for it is not installed.
    """
    if (folder / ONNX).is_file():
        return partial(_run_onnx, by_onnx(folder / ONNX))
    print(
        f"{folder} has no {ONNX}: falling back to Keras, which takes seconds to start "
        "(train writes it)",
        file=sys.stderr,
    )
    return by_keras(folder)


def by_onnx(path: Path) -> Any:
    """Load an exported network.

    Returns
    -------
    session : onnxruntime.InferenceSession

    Raises
    ------
    ValueError
        If the file is no such network, or onnxruntime is not installed.
    """
    # From version 1.29 on it sends telemetry unless this is set before the import.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import onnxruntime
    except ImportError as error:
        raise ValueError(f"expected onnxruntime to run {path}, got {error}") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # several batches are run by several threads
    options.log_severity_level = 3  # errors and worse; errors are raised, too
    try:
        return onnxruntime.InferenceSession(
            path.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # its classes have no common public base
        if type(error).__module__.startswith("onnxruntime"):
            raise ValueError(f"expected a network in {path}, got {one_line(error)}") from error
        raise


def by_keras(folder: Path) -> Network:
    """Load a network as Keras saved it.

    Returns
    -------
    network : callable

    Raises
    ------
    ValueError
        If there is no network, or Keras is not installed.
    """
    if not (folder / KERAS).is_file():
        raise ValueError(f"expected a network in {folder}, got neither {ONNX} nor {KERAS}")
    model, lock = keras_model(folder), threading.Lock()

    def answer(images: np.ndarray) -> np.ndarray:
        with lock:  # Keras is not thread-safe, and uses all cores by itself
            return run_keras(model, images)

    return answer


def keras_model(folder: Path) -> Any:
    """Load the Keras model of a run.

    Returns
    -------
    model : keras.Model

    Raises
    ------
    ValueError
        If Keras is not installed.
    """
    from classify import backend

    try:
        backend.load()
    except ImportError as error:
        raise ValueError(
            f"expected Keras to run {folder / KERAS}, got {error}: "
            f"{how_to_install('classify')} brings it, and a run with {ONNX} does without"
        ) from error
    import keras

    return keras.models.load_model(folder / KERAS, safe_mode=True)


def run_keras(model: Any, images: np.ndarray) -> np.ndarray:
    """Run a Keras model.

    Parameters
    ----------
    model : keras.Model
    images : np.ndarray, shape=(n, height, width), dtype=uint8

    Returns
    -------
    p : np.ndarray, shape=(n,)
        P(positive class).
    """
    return np.asarray(model.predict_on_batch(images[..., np.newaxis]), float)[:, -1]


def _run_onnx(session: Any, images: np.ndarray) -> np.ndarray:
    name = session.get_inputs()[0].name
    (output,) = session.run(None, {name: images[..., np.newaxis]})
    return np.asarray(output, float)[:, -1]
