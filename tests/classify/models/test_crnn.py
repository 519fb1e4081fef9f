import keras
import numpy as np
import pytest

from classify.models.crnn import UNITS, features
from classify.settings import Settings


def body(shape):
    pictures = keras.Input((*shape, 1))
    return keras.Model(pictures, features(pictures, Settings(model="crnn")))


def test_time_is_kept_longer_than_frequency():
    layer = next(
        one for one in body((256, 124)).layers if isinstance(one, keras.layers.Bidirectional)
    )
    assert layer.input.shape == (None, 16, 8 * 80)
    assert layer.output.shape == (None, 16, 2 * UNITS)


@pytest.mark.slow
def test_the_order_of_the_columns_counts():
    model = body((32, 64))
    image = np.random.default_rng(0).uniform(0, 255, (1, 32, 64, 1)).astype("float32")
    image[:, :, :32] = 0  # silence, then noise
    other = np.concatenate([image[:, :, 32:], image[:, :, :32]], axis=2)
    assert np.abs(np.asarray(model(image)) - np.asarray(model(other))).max() > 1e-4
