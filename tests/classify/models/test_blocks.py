import keras
import numpy as np
import pytest

from classify.models.blocks import SPREAD, columns_to_sequence, convolution, max_pool


def test_raw_pictures_come_to_the_same_as_scaled_ones():
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 9, 8, 1)).astype("float32")
    entry = keras.Input((9, 8, 1))
    raw = keras.Model(entry, convolution(entry, 3, stride=2, raw=True))
    scaled = keras.Model(entry, convolution(entry, 3, stride=2))
    scaled.set_weights(raw.get_weights())
    assert raw.output_shape == (None, 5, 4, 3)
    np.testing.assert_allclose(raw(pictures), scaled(pictures / SPREAD), atol=1e-6)


def test_halving_before_the_normalisation_comes_to_the_same_as_after_it():
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 9, 8, 1)).astype("float32")
    entry = keras.Input((9, 8, 1))
    before = keras.Model(entry, convolution(entry, 3, raw=True, pool=(4, 2)))
    after = keras.Model(entry, max_pool(convolution(entry, 3, raw=True), 4, 2))
    after.set_weights(before.get_weights())
    assert before.output_shape == (None, 3, 4, 3)
    np.testing.assert_allclose(before(pictures), after(pictures), atol=1e-5)  # slopes above 0
    normalised = [layer.input.shape for layer in before.layers if layer.name.startswith("batch")]
    assert normalised == [(None, 3, 4, 3)]


@pytest.mark.parametrize(("shape", "kept"), [((8, 6), (2, 3)), ((7, 5), (2, 3)), ((1, 1), (1, 1))])
def test_halving_keeps_the_largest_and_never_nothing(shape, kept):
    pictures = np.random.default_rng(0).uniform(0, 1, (1, *shape, 1)).astype("float32")
    found = np.asarray(max_pool(pictures, 4, 2))
    assert found.shape == (1, *kept, 1)
    assert found.max() == pictures.max()


def test_a_frame_is_a_column_with_all_its_rows_and_channels():
    pictures = np.arange(24.0).reshape(1, 3, 4, 2)  # rows, columns, channels
    entry = keras.Input((3, 4, 2))
    found = np.asarray(keras.Model(entry, columns_to_sequence(entry))(pictures))
    assert found.shape == (1, 4, 6)
    # Column 1: channels 2 and 3 of the first row, 10 and 11 of the second, 18 and 19 of the third.
    assert found[0, 1].tolist() == [2, 3, 10, 11, 18, 19]
