"""Memory of a training, estimated from shapes before any is taken."""

import dataclasses
import math
import os
import re
from pathlib import Path

import keras

from classify.data.pictures import size
from classify.models.build import all_layers, network
from classify.settings import Settings

# Measured on TensorFlow 2.21 without a GPU, as bytes: what `fit` takes at least for a weight, its
# gradient and its moments, and for each value that a layer gives, and tf2onnx 1.17 for a weight.
_FIT_WEIGHT, _FIT_VALUE, _EXPORT_WEIGHT = 32, 6, 180


def require_memory(
    settings: Settings, shape: tuple[int, int], pictures: int, spectrogram_rows: int | None = None
) -> None:
    """Refuse a network that needs more memory than is free.

    Parameters
    ----------
    settings : Settings
    shape : tuple of two int
        Height and width of the pictures, in pixels.
    pictures : int
        Number of training pictures.
    spectrogram_rows : int, optional
        As for `classify.models.build.build`.

    Raises
    ------
    ValueError
        With the number of weights, and both sizes.
    """
    weights, values = count(settings, shape, spectrogram_rows)
    fit = _FIT_WEIGHT * weights + _FIT_VALUE * values * min(settings.batch_size, pictures)
    if keras.distribution.list_devices("gpu"):
        fit = 0  # in the memory of the GPU, which says itself when it is full
    needed, free = max(fit, _EXPORT_WEIGHT * weights), free_memory()
    if needed > free:
        raise ValueError(
            f"expected a network that {free / 1e9:.1f} GB of free memory are enough for, got "
            f"{settings.model} for pictures of {size(shape)}, with {weights:,} weights: it takes "
            f"{needed / 1e9:.1f} GB or more; smaller pictures, --batch-size and --model cnn take "
            "less"
        )


def count(
    settings: Settings, shape: tuple[int, int], spectrogram_rows: int | None = None
) -> tuple[int, int]:
    """Count the weights of a network, and the values that its layers give for a picture.

    Nothing is allocated, whatever the size.
    """
    plan = dataclasses.replace(settings, weights="none")
    with keras.StatelessScope(initialize_variables=False):
        model = network(plan, shape, spectrogram_rows)
    outputs = keras.tree.flatten([layer.output for layer in all_layers(model)])
    values = sum(math.prod(output.shape[1:]) for output in outputs)
    weights = model.count_params()
    keras.utils.clear_session()  # or the names of layers would count on
    return weights, values


def free_memory() -> int:
    """Memory that is free for this process, with the swap space, in bytes.

    On systems other than Linux, all that the machine has.
    """
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    state = _text("/proc/meminfo")
    free = [1024 * int(part) for part in re.findall(r"(?:MemAvailable|SwapFree): *(\d+)", state)]
    group = _text("/sys/fs/cgroup/memory.max").strip()  # as of a container
    return min(sum(free) or total, int(group) if group.isdecimal() else total)


def _text(path: str) -> str:
    return Path(path).read_text() if Path(path).is_file() else ""
