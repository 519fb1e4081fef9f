"""A trained Keras network to ONNX, and whether both say the same."""

import contextlib
import io
import sys
import tempfile
import warnings
from collections.abc import Sequence
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
    """Write a run's ``model.onnx``, and keep it if it says what ``model.keras`` does.

    Parameters
    ----------
    run : Run
    pictures : sequence of Path
        What both are asked of; at least one.

    Returns
    -------
    check : dict
        ``pictures``, and ``largest_difference`` of P(positive class) between both; empty where
        what Keras needs for it on this backend is not installed, which is said.
    """
    try:
        convert(run.model, run.folder)
    except ImportError as error:
        reason = " ".join(str(error).split())
        print(
            f"train: warning: expected what it takes to write {ONNX} on "
            f"{keras.backend.backend()}, got: {reason}; predictions will use Keras",
            file=sys.stderr,
        )
        return {}
    exported, largest = runtime.network(run.folder), 0.0
    for start in trange(0, len(pictures), BATCH, desc=f"train: check {ONNX}", disable=None):
        batch = [read(path, run.shape, None) for path in pictures[start : start + BATCH]]
        images = np.stack(batch)
        wanted = runtime.run_keras(run.model, images)
        largest = max(largest, float(np.abs(exported(images) - wanted).max()))
    if not largest <= AGREEMENT:
        (run.folder / ONNX).unlink()
        print(
            f"train: warning: expected {ONNX} to agree with {KERAS} to {AGREEMENT}, got a "
            f"difference of {largest:.2g}: it is not kept, predictions will use Keras",
            file=sys.stderr,
        )
    return {"pictures": len(pictures), "largest_difference": largest}


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
    model(np.zeros((1, *model.input_shape[1:]), np.uint8))  # a loaded one has not been called yet
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        # Not ours: Keras asks NumPy for a name that NumPy warns of.
        warnings.simplefilter("ignore", FutureWarning)
        path = Path(scratch, ONNX)
        with contextlib.redirect_stdout(io.StringIO()):
            model.export(path, format="onnx", verbose=False)
        atomic_write(folder / ONNX, path.read_bytes())


def _teach_erfc() -> None:
    """Let tf2onnx write erfc(x), of which TensorFlow makes a GELU, as 1 - erf(x)."""
    from tf2onnx.handler import tf_op

    def erfc(graph: Any, node: Any, **_: Any) -> None:
        node.type = "Erf"
        one = graph.make_const(f"{node.name}_one", np.array(1, np.float32)).output[0]
        found = node.output[0]
        graph.insert_new_node_on_output("Sub", found, inputs=[one, found])

    tf_op("Erfc").register_compat_handler(erfc, 9)  # the first opset that has Erf
