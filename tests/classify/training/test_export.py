import dataclasses
import json

import keras
import numpy as np
import pytest

from classify.data.splits import scan_split
from classify.models.build import build
from classify.runs import runtime
from classify.runs.run import load
from classify.settings import MODELS, Settings
from classify.training import export


@pytest.fixture
def run(trained, tmp_path):
    """A run of which only the Keras network is there yet."""
    (tmp_path / "model.keras").write_bytes((trained / "model.keras").read_bytes())
    return dataclasses.replace(load(trained), folder=tmp_path)


def test_a_trained_run_says_how_well_both_forms_agree(trained, images):
    check = json.loads((trained / "run.json").read_text())["export"]
    assert check["pictures"] == len(scan_split(images, "validation").paths)
    assert 0 <= check["largest_difference"] < 1e-4


@pytest.mark.slow
def test_late_fusion_is_exported_as_it_is(tmp_path):
    network = build(Settings(fusion="late", head="softmax"), (33, 40), 1, 20)
    images = np.random.default_rng(0).integers(0, 256, (5, 33, 40)).astype(np.uint8)
    network(images[..., np.newaxis], training=True)
    export.convert(network, tmp_path)
    expected = runtime.run_keras(network, images)
    assert expected.std() > 1e-3
    np.testing.assert_allclose(runtime.network(tmp_path)(images), expected, atol=1e-4)


def every_layer(model):
    """Layers of a network, and of those within it."""
    for layer in model.layers:
        yield from every_layer(layer) if isinstance(layer, keras.Model) else [layer]


# The head is the same code after every body, so both kinds of it after one body are enough.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "head"),
    [("cnn", "softmax"), *((model, "sigmoid") for model in (*MODELS, "MobileNet"))],
)
def test_every_network_is_exported_as_it_is(model, head, tmp_path):
    network = build(Settings(model=model, head=head), (33, 40), 1)
    images = np.random.default_rng(0).integers(0, 256, (5, 33, 40)).astype(np.uint8)
    for layer in every_layer(network):
        layer.momentum = 0.0  # of a normalisation: what it sees next is all it knows
    network(images[..., np.newaxis], training=True)
    export.convert(network, tmp_path)
    expected = runtime.run_keras(network, images)
    assert expected.std() > 1e-3
    exported = runtime.network(tmp_path)
    np.testing.assert_allclose(exported(images), expected, atol=1e-4)
    np.testing.assert_allclose(exported(images[:1]), expected[:1], atol=1e-4)


def test_activations_that_the_converter_does_not_know_are_exported(tmp_path):
    # ConvNeXt's, exactly: (1 + erf(x / sqrt 2)) x / 2, which TensorFlow writes with erfc.
    entry = keras.Input((4, 3, 1), dtype="uint8")
    x = keras.layers.Rescaling(1 / 100, -1.2)(entry)
    x = keras.layers.Activation("gelu")(keras.layers.Flatten()(x))
    network = keras.Model(entry, keras.layers.Dense(1, "sigmoid")(x))
    export.convert(network, tmp_path)
    images = np.random.default_rng(0).integers(0, 256, (5, 4, 3)).astype(np.uint8)
    expected = runtime.run_keras(network, images)
    np.testing.assert_allclose(runtime.network(tmp_path)(images), expected, atol=1e-6)


@pytest.mark.slow
def test_the_check_is_of_the_pictures_it_is_given(run, images):
    paths = scan_split(images, "validation").paths[:3]
    assert export.export(run, paths) == {
        "pictures": 3,
        "largest_difference": pytest.approx(0, abs=1e-4),
    }
    assert (run.folder / "model.onnx").is_file()


@pytest.mark.slow
def test_a_network_that_says_something_else_is_not_kept(run, images, monkeypatch, capsys):
    other = build(Settings(seed=1), run.shape, 1)
    head = other.layers[-1]
    head.set_weights([np.ones(head.kernel.shape), np.array([2.0])])
    convert = export.convert
    monkeypatch.setattr(export, "convert", lambda model, folder: convert(other, folder))
    check = export.export(run, scan_split(images, "validation").paths)
    assert check["largest_difference"] > 1e-4
    assert not (run.folder / "model.onnx").exists()
    assert "it is not kept, predictions will use Keras" in capsys.readouterr().err


@pytest.mark.slow
def test_exporting_says_nothing(run, capfd):
    export.convert(keras.models.load_model(run.folder / "model.keras"), run.folder)
    assert capfd.readouterr() == ("", "")
