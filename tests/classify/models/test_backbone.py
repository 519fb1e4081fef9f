import sys

import keras
import numpy as np
import pytest

from classify.models import backbone
from classify.settings import Settings

SMALL = Settings(model="mobilenet")
# One of each family that prepares pictures by itself.
FAMILIES = "ConvNeXtTiny DenseNet121 EfficientNetB0 MobileNetV2 ResNet50 ResNet50V2 VGG16".split()


def body(settings, shape=(32, 40)):
    pictures = keras.Input((*shape, 1))
    return keras.Model(pictures, backbone.features(pictures, settings))


@pytest.fixture(scope="module")
def made():
    return body(SMALL)


@pytest.mark.slow
def test_a_feature_for_each_channel_at_the_end(made):
    assert made.output_shape == (None, 1024)


@pytest.mark.slow
def test_a_file_of_weights_is_where_it_starts(made, tmp_path):
    (inner,) = [one for one in made.layers if isinstance(one, keras.Model)]
    path = tmp_path / "some.weights.h5"
    inner.save_weights(path)
    again = body(Settings(model="MobileNet", weights=str(path)))
    for found, expected in zip(again.get_weights(), made.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_layers_that_cannot_be_exported_are_made_of_others():
    entry = keras.Input((9, 8, 2))
    x = keras.layers.Normalization(mean=[40.0, 50.0], variance=[4.0, 9.0], name="a")(entry)
    x = keras.layers.Conv2D(4, 1, name="b")(x)
    x = keras.layers.Conv2D(4, 3, strides=2, padding="same", groups=4, name="c")(x)
    whole = keras.Model(entry, keras.layers.BatchNormalization(momentum=0.99, name="d")(x))
    copy = backbone._exportable(whole)
    kinds = [type(copy.get_layer(name)).__name__ for name in "abcd"]
    assert kinds == ["Rescaling", "Conv2D", "DepthwiseConv2D", "BatchNormalization"]
    picture = np.random.default_rng(0).uniform(0, 255, (1, 9, 8, 2)).astype("float32")
    expected = np.asarray(whole(picture))
    assert expected.std() > 1
    np.testing.assert_allclose(copy(picture), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", FAMILIES)
def test_grey_is_scaled_as_the_backbone_expects(name):
    make = backbone.constructor(name)
    scale, offset = backbone._input_scaling(make)
    grey = np.random.default_rng(0).uniform(0, 255, (1, 4, 5, 1)).repeat(3, axis=3)
    expected = sys.modules[make.__module__].preprocess_input(grey.copy())
    np.testing.assert_allclose(grey * scale + offset, expected, atol=1e-4)


@pytest.mark.parametrize("name", ["MOBILENET", "mobilenet", "MobileNet"])
def test_capitals_do_not_matter(name):
    assert backbone.constructor(name) is keras.applications.MobileNet


def test_an_unknown_name_is_told_what_there_is():
    with pytest.raises(ValueError, match=r"^expected a model among cnn, .*VGG19.*, got vgg$"):
        body(Settings(model="vgg"))


@pytest.mark.parametrize(("name", "smallest"), [("MobileNetV2", 32), ("inceptionv3", 75)])
def test_the_smallest_size_is_said(name, smallest):
    wanted = rf"^expected pictures of at least {smallest} x {smallest} pixels for \w+, got 31 x 124"
    with pytest.raises(ValueError, match=wanted) as error:
        body(Settings(model=name), (31, 124))
    assert "\n" not in str(error.value)


def test_weights_that_are_no_file_are_refused():
    with pytest.raises(ValueError, match=r"^expected weights none, imagenet or a file, got other$"):
        body(Settings(model="MobileNet", weights="other"))


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "some.weights.h5"
    path.write_text("nothing")
    with pytest.raises(ValueError, match=r"^expected weights .* that can be loaded for MobileNet,"):
        body(Settings(model="MobileNet", weights=str(path)))


def test_a_failed_download_is_told_in_one_line():
    def mobilenet(**how):
        raise Exception(f"URL fetch failure\nwith {how['weights']}")

    wanted = r"^expected weights imagenet that can be loaded for mobilenet, got URL fetch failure w"
    with pytest.raises(ValueError, match=wanted):
        backbone._build_backbone(mobilenet, (32, 32, 3), "imagenet")
