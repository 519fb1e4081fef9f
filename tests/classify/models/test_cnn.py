import keras
import numpy as np

from classify.models.cnn import STAGES, features
from classify.settings import Settings


def body(shape):
    """The network of a picture of a shape without its head, and what its stages put out."""
    pictures = keras.Input((*shape, 1))
    last = features(pictures, Settings())
    model = keras.Model(pictures, last)
    return model, [one.output for one in model.layers if isinstance(one, keras.layers.ReLU)]


def test_there_is_a_convolution_a_row_of_the_table():
    _, found = body((256, 124))
    size, expected = (256, 124), []
    for filters, stride, halve in STAGES:
        size = tuple(-(-side // (stride * (1 + halve))) for side in size)
        expected.append((None, *size, filters))
    assert [one.shape for one in found] == expected


def test_rows_stay_apart_and_time_does_not():
    model, (*_, last) = body((40, 36))
    picture = np.random.default_rng(0).uniform(0, 255, (1, 40, 36, 1)).astype("float32")
    both = keras.Model(model.input, [last, model.output])
    places, found = (np.asarray(one)[0] for one in both(picture))
    assert places.shape == (3, 3, STAGES[-1][0])
    expected = [places.mean(axis=1).ravel(), places.max(axis=1).ravel()]
    np.testing.assert_allclose(found, np.concatenate(expected), rtol=1e-5)
    assert len(np.unique(found)) > len(found) / 2
