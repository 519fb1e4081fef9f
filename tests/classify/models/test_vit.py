import keras
import numpy as np
import pytest

from classify.models.vit import WIDTH, _block, _embed_positions, features
from classify.settings import Settings

PATCHES = np.random.default_rng(0).standard_normal((1, 6, WIDTH)).astype("float32")
ORDER = [5, 0, 3, 1, 4, 2]


def part(function):
    """A part of the network, with all that training would bring about in it."""
    entry = keras.Input(PATCHES.shape[1:])
    model = keras.Model(entry, function(entry))
    for layer in model.layers:
        if isinstance(layer, keras.layers.LayerNormalization):
            layer.gamma.assign(np.ones(WIDTH))
    return lambda patches: np.asarray(model(patches))


def test_a_round_begins_with_what_came():
    entry = keras.Input(PATCHES.shape[1:])
    np.testing.assert_array_equal(keras.Model(entry, _block(entry))(PATCHES), PATCHES)


def test_attention_alone_does_not_see_where_a_patch_is():
    model = part(_block)
    np.testing.assert_allclose(model(PATCHES[:, ORDER]), model(PATCHES)[:, ORDER], atol=1e-4)


def test_patches_are_told_where_they_are():
    model = part(_embed_positions)
    # The spread of a place is 0.05, and that of the difference of two sqrt(2) of that.
    difference = model(PATCHES[:, ORDER]) - model(PATCHES)[:, ORDER]
    assert difference.std() == pytest.approx(0.0707, rel=0.2)


def test_a_patch_sees_the_others():
    model = part(_block)
    other = PATCHES.copy()
    other[0, 0] = other[0, 0, ::-1]
    change = np.abs(model(other) - model(PATCHES)).max(axis=(0, 2))
    assert (change[1:] > 1e-2).all()


@pytest.mark.parametrize(
    ("shape", "patches"), [((256, 124), (16, 8)), ((257, 130), (17, 9)), ((1, 5), (1, 1))]
)
def test_patches_cover_sizes_that_are_no_multiple_of_them(shape, patches):
    pictures = keras.Input((*shape, 1))
    body = keras.Model(pictures, features(pictures, Settings(model="vit")))
    grid = [one.output.shape[1:3] for one in body.layers if isinstance(one, keras.layers.Reshape)]
    assert grid[-1] == patches
    assert body.output_shape == (None, WIDTH)
