"""Export of a trained Keras network to ONNX, with a check that both agree."""

import contextlib
import io
import sys
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tqdm import trange

from classify.data.pictures import read
from classify.files import atomic_write
from classify.prediction.inference import BATCH
from classify.runs import runtime
from classify.runs.run import Run
from classify.runs.runtime import KERAS, ONNX

AGREEMENT = 1e-4  # largest difference of P(positive class) between Keras and ONNX


def export(run: Run, pictures: Sequence[Path]) -> dict[str, float]:
    """Write a run's ``model.onnx``, and compare its outputs on pictures with a bar.

    Parameters
    ----------
    run : Run
    pictures : sequence of Path
        At least one.

    Returns
    -------
    check : dict
        See `export_and_compare`.
    """
    batches = (
        np.stack([read(path, run.shape, None) for path in pictures[start : start + BATCH]])
        for start in trange(0, len(pictures), BATCH, desc=f"train: check {ONNX}", disable=None)
    )
    return export_and_compare(run, batches, "train")


def export_and_compare(run: Run, batches: Iterable[np.ndarray], verb: str) -> dict[str, float]:
    """Write a run's ``model.onnx``, and keep it if its outputs agree with ``model.keras``.

    Parameters
    ----------
    run : Run
    batches : iterable of np.ndarray, each of shape=(n, *run.shape), dtype=uint8
        Pictures that both are compared on; at least one.
    verb : str
        Stands before a warning.

    Returns
    -------
    check : dict
        ``pictures``, their number, and ``largest_difference`` of P(positive class). Empty, with a
        warning, if Keras lacks a package for the export on this backend.
    """
    try:
        convert(run.model, run.folder)
    except ImportError as error:
        reason = " ".join(str(error).split())
        print(
            f"{verb}: warning: expected what it takes to write {ONNX} on "
            f"{keras.backend.backend()}, got: {reason}; predictions will use Keras",
            file=sys.stderr,
        )
        return {}
    exported, largest, count = runtime.network(run.folder), 0.0, 0
    for images in batches:
        difference = np.abs(exported(images) - runtime.run_keras(run.model, images))
        largest, count = max(largest, float(difference.max())), count + len(images)
    if not largest <= AGREEMENT:
        (run.folder / ONNX).unlink()
        print(
            f"{verb}: warning: expected {ONNX} to agree with {KERAS} to {AGREEMENT}, got a "
            f"difference of {largest:.2g}: it is not kept, predictions will use Keras",
            file=sys.stderr,
        )
    return {"pictures": count, "largest_difference": largest}


def convert(model: keras.Model, folder: Path) -> None:
    """Write a network as ``model.onnx``.

    Parameters
    ----------
    model : keras.Model
        Takes ``uint8``, shape (batch, height, width, 1).
    folder : Path
        Of the run.
    """
    if keras.backend.backend() == "tensorflow":
        _teach_erfc()
    model(np.zeros((1, *model.input_shape[1:]), np.uint8))  # a loaded model has to be called once
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        # Keras uses a name of NumPy that NumPy warns of.
        warnings.simplefilter("ignore", FutureWarning)
        path = Path(scratch, ONNX)
        with contextlib.redirect_stdout(io.StringIO()):
            model.export(path, format="onnx", verbose=False)
        atomic_write(folder / ONNX, path.read_bytes())


def _teach_erfc() -> None:
    """Let tf2onnx write erfc(x), which TensorFlow uses in a GELU, as 1 - erf(x)."""
    from tf2onnx.handler import tf_op

    def erfc(graph: Any, node: Any, **_: Any) -> None:
        node.type = "Erf"
        one = graph.make_const(f"{node.name}_one", np.array(1, np.float32)).output[0]
        output = node.output[0]
        graph.insert_new_node_on_output("Sub", output, inputs=[one, output])

    tf_op("Erfc").register_compat_handler(erfc, 9)  # the first opset that has Erf
