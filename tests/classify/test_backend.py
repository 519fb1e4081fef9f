import importlib.util
import os
import subprocess
import sys

import pytest

SLOPE = """
import numpy as np
from classify import backend
backend.load()
import keras
layer = keras.layers.Dense(1, use_bias=False)
point = np.array([[1.0], [-2.0]], "float32")
layer(point)
layer.set_weights([np.array([[3.0]])])
print(keras.backend.backend(), backend.slope(lambda x: layer(x) ** 2, point).tolist())
"""


@pytest.mark.parametrize("name", ["tensorflow", "jax", "torch"])
def test_every_backend_finds_the_same_slope(name):
    if not importlib.util.find_spec(name):
        pytest.skip(f"{name} is not installed")
    done = subprocess.run(
        [sys.executable, "-c", SLOPE],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "KERAS_BACKEND": name},
    )
    # (3 x)^2 rises by 18 x.
    assert done.stdout == f"{name} [[18.0], [-36.0]]\n", done.stderr
