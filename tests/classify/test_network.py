import keras
import numpy as np
import pytest

from classify.network import build
from classify.settings import Settings

BATCH = np.random.default_rng(0).integers(0, 256, (6, 40, 32, 1)).astype(np.uint8)


@pytest.mark.parametrize(("head", "outputs"), [("sigmoid", 1), ("softmax", 2)])
def test_raw_pictures_in_probabilities_out(head, outputs):
    output = build(Settings(head=head), (40, 32), 10).predict_on_batch(BATCH)
    assert output.shape == (6, outputs)
    assert (output > 0).all()
    assert (output < 1).all()
    if outputs == 2:
        np.testing.assert_allclose(output.sum(axis=1), 1, rtol=1e-6)


def test_a_saved_network_says_the_same(tmp_path):
    model = build(Settings(), (40, 32), 10)
    model.train_on_batch(BATCH, np.array([0, 1, 0, 1, 0, 1]))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(model.predict_on_batch(BATCH), again.predict_on_batch(BATCH))


def test_the_network_ends_with_dropout_and_a_dense_layer():
    names = [type(layer).__name__ for layer in build(Settings(), (40, 32), 10).layers]
    assert names[-3:] == ["GlobalAveragePooling2D", "Dropout", "Dense"]


def test_the_network_scales_pictures_to_1_itself():
    model = build(Settings(), (40, 32), 10)
    convolution = next(one for one in model.layers if isinstance(one, keras.layers.Conv2D))
    scaled = next(one for one in model.layers if isinstance(one, keras.layers.Rescaling))
    found = keras.Model(model.input, scaled.output)(BATCH)
    np.testing.assert_allclose(found, convolution(BATCH.astype("float32") / 255), atol=1e-6)


def test_dropout_works_in_training_only():
    model = build(Settings(dropout=0.9), (40, 32), 10)
    still = [np.asarray(model(BATCH, training=False)) for _ in range(2)]
    np.testing.assert_array_equal(*still)


def test_the_seed_decides_the_weights():
    outputs = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        outputs.append(build(Settings(), (40, 32), 10).predict_on_batch(BATCH))
    np.testing.assert_array_equal(outputs[0], outputs[1])
    assert not np.array_equal(outputs[0], outputs[2])


@pytest.mark.parametrize("shape", [(16, 16), (1, 5), (256, 30)])
def test_any_size_of_picture_will_do(shape):
    output = build(Settings(), shape, 10).predict_on_batch(np.zeros((2, *shape, 1), np.uint8))
    assert output.shape == (2, 1)
