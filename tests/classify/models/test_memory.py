import resource
from dataclasses import replace

import keras
import pytest

from classify.models import memory
from classify.models.build import build
from classify.settings import Settings, recipe
from classify.training.training import train

PLAIN = Settings(**recipe("plain"))


@pytest.mark.slow
def test_the_count_is_that_of_the_network_and_changes_nothing_of_it():
    keras.utils.clear_session()
    first = build(Settings(), (64, 48), 10, 40)
    weights, _ = memory.count(Settings(), (64, 48), 40)
    second = build(Settings(), (64, 48), 10, 40)
    assert weights == first.count_params()
    assert [layer.name for layer in first.layers] == [layer.name for layer in second.layers]


@pytest.mark.slow
def test_a_large_network_is_counted_without_its_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    weights, values = memory.count(PLAIN, (1000, 800))
    # Three convolutions of 3 x 3 to 32, 64 and 128 channels, and dense layers of 128 and 1.
    convolutions = 9 * 32 + 32 + 9 * 32 * 64 + 64 + 9 * 64 * 128 + 128
    dense = 125 * 100 * 128 * 128 + 128 + 128 + 1
    assert weights == convolutions + dense
    # Scaling; each convolution and its pooling by 2; flattening; both dense layers, with a dropout
    # between them; and the pictures.
    pixels = 800_000
    pooled = sum(pixels * part for part in (32, 8, 16, 4, 8, 2))
    assert values == 2 * pixels + pooled + 2 * pixels + 2 * 128 + 1
    # In KiB; the weights alone would be 0.8 GB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


@pytest.mark.slow
def test_a_network_too_large_for_the_memory_is_refused_before_anything(
    monkeypatch, images, tmp_path
):
    monkeypatch.setattr(memory, "free_memory", lambda: 10**7)
    (tmp_path / "training").mkdir()
    with pytest.raises(ValueError, match="expected a network that 0.0 GB of free .* 32 x 32 pix"):
        train(images, tmp_path, PLAIN, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["training"]
    monkeypatch.setattr(memory, "free_memory", lambda: 10**8)
    memory.require_memory(PLAIN, (32, 32), 16)
    with pytest.raises(ValueError, match=r"got plain for .*, with 4,287,233 weights: it takes 0.8"):
        memory.require_memory(PLAIN, (128, 128), 16)


@pytest.mark.slow
def test_the_batch_counts_too_and_is_no_larger_than_the_dataset(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 4 * 10**8)
    small, large = replace(Settings(), batch_size=8), replace(Settings(), batch_size=1000)
    memory.require_memory(small, (128, 128), 1000)
    memory.require_memory(large, (128, 128), 8)
    with pytest.raises(ValueError, match="got crnn for pictures of 128 x 128 pixels"):
        memory.require_memory(large, (128, 128), 1000)


def test_free_memory_is_within_that_of_a_container(monkeypatch):
    files = {"/proc/meminfo": "MemFree: 9 kB\nMemAvailable: 3000 kB\nSwapFree:   5 kB\n"}
    monkeypatch.setattr(memory, "_text", lambda path: files.get(path, ""))
    assert memory.free_memory() == 3005 * 1024
    files["/sys/fs/cgroup/memory.max"] = "max\n"
    assert memory.free_memory() == 3005 * 1024
    files["/sys/fs/cgroup/memory.max"] = "1000000\n"
    assert memory.free_memory() == 1_000_000
    files.clear()
    assert memory.free_memory() > 10**8
