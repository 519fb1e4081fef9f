"""Samples in memory as a temporary file, so that they are judged as any recording is."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from detect.stdin import LARGEST

# By the kind of number, how it is written: as it is, or as the decoders would read it anyway.
_WRITTEN = {"int16": "int16", "int32": "int32"} | dict.fromkeys(
    ("float16", "float32", "float64"), "float32"
)


@contextmanager
def saved(samples: np.ndarray, rate: int) -> Iterator[Path]:
    """Write samples into a temporary WAV, which is removed when the context ends.

    Parameters
    ----------
    samples : np.ndarray, shape=(n,) or (n, channels)
        Floats, full scale at 1.0, or int16 or int32, full scale at their largest number.
    rate : int
        In Hz.

    Yields
    ------
    path : Path

    Raises
    ------
    ValueError
        If the samples have another shape or type, or are more than a WAV can hold.
    """
    if samples.dtype.name not in _WRITTEN:
        raise ValueError(
            f"expected samples of a float type, int16 or int32, got {samples.dtype.name}"
        )
    if samples.ndim not in (1, 2) or (samples.ndim == 2 and samples.shape[1] > samples.shape[0]):
        raise ValueError(
            f"expected samples of shape (n,) or (n, channels), got shape {samples.shape}"
        )
    written = samples.astype(_WRITTEN[samples.dtype.name], copy=False)
    if written.nbytes > LARGEST - (1 << 20):  # with room for a header
        raise ValueError(f"expected at most 4 GiB of samples, got {written.nbytes} bytes")
    subtype = "FLOAT" if written.dtype == np.float32 else None
    with tempfile.TemporaryDirectory(prefix="spoofsight-") as folder:
        path = Path(folder, "samples.wav")
        soundfile.write(path, written, rate, subtype or f"PCM_{8 * written.itemsize}")
        yield path
