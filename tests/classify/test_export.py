import dataclasses
import json

import keras
import numpy as np
import pytest

from classify import export, inference
from classify.dataset import look_through
from classify.network import build
from classify.run import load
from classify.settings import MODELS, Settings


@pytest.fixture
def run(trained, tmp_path):
    """A run of which only the Keras network is there yet."""
    (tmp_path / "model.keras").write_bytes((trained / "model.keras").read_bytes())
    return dataclasses.replace(load(trained), folder=tmp_path)


def test_a_trained_run_says_how_well_both_forms_agree(trained, images):
    check = json.loads((trained / "run.json").read_text())["export"]
    assert check["pictures"] == len(look_through(images, "validation").paths)
    assert 0 <= check["largest_difference"] < 1e-4


@pytest.mark.parametrize("head", ["sigmoid", "softmax"])
@pytest.mark.parametrize("model", MODELS)
def test_every_network_is_exported_as_it_is(model, head, tmp_path):
    network = build(Settings(model=model, head=head), (32, 20), 1)
    export.convert(network, tmp_path)
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 20)).astype(np.uint8)
    expected = inference.run_keras(network, images)
    np.testing.assert_allclose(inference.network(tmp_path)(images), expected, atol=1e-6)


def test_the_check_is_of_the_pictures_it_is_given(run, images):
    paths = look_through(images, "validation").paths[:3]
    assert export.export(run, paths) == {
        "pictures": 3,
        "largest_difference": pytest.approx(0, abs=1e-4),
    }
    assert (run.folder / "model.onnx").is_file()


def test_a_network_that_says_something_else_is_not_kept(run, images, monkeypatch, capsys):
    other = build(Settings(seed=1), run.shape, 1)
    other.layers[-1].set_weights([np.ones((128, 1)), np.array([2.0])])
    convert = export.convert
    monkeypatch.setattr(export, "convert", lambda model, folder: convert(other, folder))
    check = export.export(run, look_through(images, "validation").paths)
    assert check["largest_difference"] > 1e-4
    assert not (run.folder / "model.onnx").exists()
    assert "it is not kept, predictions will use Keras" in capsys.readouterr().err


def test_exporting_says_nothing(run, capfd):
    export.convert(keras.models.load_model(run.folder / "model.keras"), run.folder)
    assert capfd.readouterr() == ("", "")
