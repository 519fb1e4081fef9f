import pickle
import struct
import sys
from collections import OrderedDict
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from render.vocoders.torch_weights import MAGIC, load


@pytest.fixture
def torch(monkeypatch):
    """Stand in for PyTorch's names while a file is written; what reads it must not need them."""
    module, utilities = ModuleType("torch"), ModuleType("torch._utils")

    def _rebuild_tensor_v2(*parts):
        raise AssertionError("PyTorch was called")

    class FloatStorage:
        pass

    for place, what in ((utilities, _rebuild_tensor_v2), (module, FloatStorage)):
        what.__module__, what.__qualname__ = place.__name__, what.__name__
        setattr(place, what.__name__, what)
    monkeypatch.setitem(sys.modules, "torch", module)
    monkeypatch.setitem(sys.modules, "torch._utils", utilities)
    return SimpleNamespace(rebuild=_rebuild_tensor_v2, storage=FloatStorage)


@pytest.fixture
def write(torch, tmp_path):
    """Return a function that writes arrays as PyTorch did, all in one storage."""

    class Tensor:
        def __init__(self, offset, array):
            self.offset, self.array = offset, array

        def __reduce__(self):
            strides = tuple(step // 4 for step in self.array.strides)
            place = (Storage(), self.offset, self.array.shape, strides, False, OrderedDict())
            return torch.rebuild, place

    class Storage:
        pass

    class Pickler(pickle.Pickler):
        def persistent_id(self, one):
            name = ("storage", torch.storage, "7", "cpu", 0, None)
            return name if isinstance(one, Storage) else None

    def make(arrays, magic=MAGIC, cut=0, **more):
        path, tensors, values = tmp_path / "weights.pth", OrderedDict(), []
        for name, array in arrays.items():
            start = sum(map(len, values))
            # As it lies in memory, so that strides count.
            values.append(array.ravel(order="K"))
            tensors[name] = Tensor(start, array)
        flat = np.concatenate(values)
        with path.open("wb") as file:
            for part in (magic, 1001, {"little_endian": True}, {"generator": tensors, **more}):
                Pickler(file, protocol=2).dump(part)
            pickle.dump(["7"], file, protocol=2)
            file.write(struct.pack("<q", len(flat)) + flat[: len(flat) - cut].tobytes())
        return path

    return make


def array(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def test_weights_come_back_as_they_were_whatever_their_order_in_memory(write):
    bias, matrix = array(3), np.asfortranarray(array(2, 5, seed=1))
    weights = load(write({"a.bias": bias, "b.weight": matrix}), "generator")
    assert list(weights) == ["a.bias", "b.weight"]
    assert np.array_equal(weights["a.bias"], bias)
    assert np.array_equal(weights["b.weight"], matrix)
    assert weights["b.weight"].dtype == np.float32


def test_a_direction_and_its_length_are_put_together(write):
    direction, length = array(2, 3, 4), np.float32([[[2]], [[5]]])
    path = write({"a.weight_g": length, "a.weight_v": direction, "a.bias": array(2)})
    weights = load(path, "generator")
    assert weights.keys() == {"a.weight", "a.bias"}
    assert np.linalg.norm(weights["a.weight"], axis=(1, 2)) == pytest.approx([2, 5])
    one = weights["a.weight"][0] / direction[0]
    assert one == pytest.approx(np.full_like(one, one[0, 0]))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"magic": 3}, "got UnpicklingError 3 as magic number"),
        ({"cut": 1}, "got EOFError 5 of 6 values"),
        ({"discriminator": print}, "got UnpicklingError __builtin__.print"),
    ],
)
def test_what_is_no_such_file_is_refused_and_nothing_of_it_is_called(write, how, message):
    path = write({"a.bias": array(6)}, **how)
    with pytest.raises(ValueError, match=rf"^expected the network 'generator' .*{message}$"):
        load(path, "generator")


def test_another_network_and_a_storage_that_is_too_small_are_refused(write, tmp_path):
    with pytest.raises(ValueError, match="got KeyError 'vocoder'"):
        load(write({"a.bias": array(6)}), "vocoder")
    wide = np.lib.stride_tricks.as_strided(array(6), (6,), (8,))[:3]
    path = write({"a.bias": wide})
    with pytest.raises(ValueError, match="got EOFError 3 values of a storage, not 5"):
        load(path, "generator")
    with pytest.raises(ValueError, match="got KeyError 'a.weight_g'"):
        load(write({"a.weight_v": array(2, 3, 4)}), "generator")
    (tmp_path / "text").write_text("weights\n")
    with pytest.raises(ValueError, match="got UnpicklingError"):
        load(tmp_path / "text", "generator")
