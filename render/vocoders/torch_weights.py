"""Read the weights of a network that PyTorch before version 1.6 saved, without PyTorch.

Such a file is a row of pickles: a magic number, the version, the sizes of the machine's integers,
the saved object (in which a tensor is a place in a storage) and the names of the storages. The
storages follow in that order, each as its length and its values. A pickle may call any function
that it names; this reader accepts the functions that make a tensor, and no others.
"""

import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C


class Tensor(NamedTuple):
    """The place of a tensor's values in a storage.

    Attributes
    ----------
    storage : str
    offset : int
        Number of the first value.
    shape, stride : tuple of int
        Strides count values.
    """

    storage: str
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def load(path: Path, network: str) -> dict[str, np.ndarray]:
    """Read the weights of a network.

    A direction ``weight_v`` and a length ``weight_g`` are multiplied to ``weight`` (Salimans and
    Kingma, "Weight normalization", 2016).

    Parameters
    ----------
    path : Path
    network : str
        Its name in the file.

    Returns
    -------
    weights : dict of str to np.ndarray, dtype=float32
        Keys are PyTorch's names.

    Raises
    ------
    ValueError
        If the file has another format, or holds other objects than weights.
    OSError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return _multiply_norms(_read(file, network))
    except (pickle.UnpicklingError, EOFError, KeyError, TypeError, struct.error) as error:
        reason = " ".join(f"{type(error).__name__} {error}".split())
        raise ValueError(
            f"expected the network {network!r} as PyTorch saved it before 1.6 in {path}, "
            f"got {reason}"
        ) from error


class _Unpickler(pickle.Unpickler):
    """Makes a `Tensor` of each tensor."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, stride, *_: Tensor(storage, offset, shape, stride)
        if (module, name) == ("torch", "FloatStorage"):
            return np.float32
        raise pickle.UnpicklingError(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> str:
        return pid[2]  # the storage's name, after the word "storage" and its type


def _read(file: BinaryIO, network: str) -> dict[str, np.ndarray]:
    if (magic := _Unpickler(file).load()) != MAGIC:
        raise pickle.UnpicklingError(f"{magic!r} as magic number")
    for _ in ("version", "machine"):
        _Unpickler(file).load()
    tensors: dict[str, Tensor] = _Unpickler(file).load()[network]
    storages = {name: _storage(file) for name in _Unpickler(file).load()}
    return {name: _array(storages[tensor.storage], tensor) for name, tensor in tensors.items()}


def _storage(file: BinaryIO) -> np.ndarray:
    (count,) = struct.unpack("<q", file.read(8))
    values = np.frombuffer(file.read(4 * count), "<f4")
    if len(values) != count:
        raise EOFError(f"{len(values)} of {count} values")
    return values


def _array(storage: np.ndarray, tensor: Tensor) -> np.ndarray:
    strides = [4 * step for step in tensor.stride]
    last = tensor.offset + sum(
        step * (size - 1) for step, size in zip(tensor.stride, tensor.shape, strict=True)
    )
    if not 0 <= tensor.offset <= last < len(storage):
        raise EOFError(f"{len(storage)} values of a storage, not {last + 1}")
    view = np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides)
    return np.ascontiguousarray(view)


def _multiply_norms(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    for name in [name for name in weights if name.endswith(".weight_v")]:
        direction, length = weights.pop(name), weights.pop(f"{name[:-1]}g")
        norm = np.sqrt((direction**2).sum(axis=(1, 2), keepdims=True))
        weights[name[:-2]] = direction * (length / norm)
    return weights
