import keras
import numpy as np
import pytest

from classify.models.vit import WIDTH, _placed, _round, features
from classify.settings import Settings

PATCHES = np.random.default_rng(0).standard_normal((1, 6, WIDTH)).astype("float32")
ORDER = [5, 0, 3, 1, 4, 2]


def after(function):
    """Ask a part of the network about patches in order and in another."""
    entry = keras.Input(PATCHES.shape[1:])
    model = keras.Model(entry, function(entry))
    return np.asarray(model(PATCHES))[:, ORDER], np.asarray(model(PATCHES[:, ORDER]))


def test_attention_alone_does_not_see_where_a_patch_is():
    expected, found = after(_round)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_patches_are_told_where_they_are():
    expected, found = after(_placed)
    # 0.05 sqrt(2) is the spread of the difference of two places.
    assert (found - expected).std() == pytest.approx(0.0707, rel=0.1)


def test_a_patch_sees_the_others():
    entry = keras.Input(PATCHES.shape[1:])
    model = keras.Model(entry, _round(entry))
    other = PATCHES.copy()
    other[0, 0] = other[0, 0, ::-1]
    change = np.abs(np.asarray(model(other)) - np.asarray(model(PATCHES))).max(axis=(0, 2))
    assert (change[1:] > 1e-4).all()


@pytest.mark.parametrize(
    ("shape", "patches"), [((256, 124), (16, 8)), ((257, 130), (17, 9)), ((1, 5), (1, 1))]
)
def test_patches_cover_sizes_that_are_no_multiple_of_them(shape, patches):
    pictures = keras.Input((*shape, 1))
    body = keras.Model(pictures, features(pictures, Settings(model="vit")))
    grid = [one.output.shape[1:3] for one in body.layers if isinstance(one, keras.layers.Reshape)]
    assert grid[-1] == patches
    assert body.output_shape == (None, WIDTH)
