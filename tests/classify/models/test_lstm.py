import keras
import numpy as np
import pytest

from classify.models.lstm import UNITS, features
from classify.settings import Settings


def body(shape):
    pictures = keras.Input((*shape, 1))
    return keras.Model(pictures, features(pictures, Settings(model="lstm")))


def test_each_column_is_a_frame_of_all_rows():
    layers = [one for one in body((132, 124)).layers if isinstance(one, keras.layers.LSTM)]
    assert [one.input.shape for one in layers] == [(None, 124, 132), (None, 124, UNITS[0])]


def test_rows_of_another_range_are_brought_to_one():
    model = body((3, 50))
    rng = np.random.default_rng(0)
    spread, middle = np.array([[20.0], [40.0], [60.0]]), np.array([[50.0], [200.0], [120.0]])
    batch = (middle + spread * rng.standard_normal((40, 3, 50)))[..., np.newaxis]
    normal = next(one for one in model.layers if isinstance(one, keras.layers.BatchNormalization))
    found = np.asarray(keras.Model(model.input, normal.output)(batch, training=True))
    np.testing.assert_allclose(found.mean(axis=(0, 1)), 0, atol=1e-3)
    np.testing.assert_allclose(found.std(axis=(0, 1)), 1, atol=0.1)


@pytest.mark.slow
def test_the_order_of_the_columns_counts():
    model = body((8, 30))
    image = np.random.default_rng(0).uniform(0, 255, (1, 8, 30, 1)).astype("float32")
    assert np.abs(np.asarray(model(image)) - np.asarray(model(image[:, :, ::-1]))).max() > 1e-4
