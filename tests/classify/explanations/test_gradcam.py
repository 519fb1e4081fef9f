import importlib.util

import numpy as np
import pytest

from classify.explanations.gradcam import available, feature_layer, gradcam
from classify.runs.run import Run

SHAPE = (16, 16)


@pytest.fixture(scope="module", autouse=True)
def _keras():
    from classify import backend

    backend.load()


def network(kernel, weights=(3.0,), head="sigmoid", pool=True):
    """Convolution, ReLU, mean over the places and a dense layer, with weights set by hand."""
    import keras
    from keras import layers

    pictures = keras.Input((*SHAPE, 1), dtype="uint8")
    x = layers.Rescaling(1 / 255)(pictures)
    convolution = layers.Conv2D(kernel.shape[-1], kernel.shape[:2], padding="same", use_bias=False)
    x = layers.ReLU()(convolution(x))
    x = layers.GlobalAveragePooling2D()(layers.MaxPooling2D(1)(x) if pool else x)
    dense = layers.Dense(1 if head == "sigmoid" else 2, head)
    model = keras.Model(pictures, dense(layers.Dropout(0.5)(x)))
    convolution.set_weights([kernel])
    matrix = np.array(weights, float)[:, np.newaxis]
    matrix = matrix if head == "sigmoid" else np.hstack([-matrix / 4, 3 * matrix / 4])
    dense.set_weights([matrix, np.zeros(matrix.shape[1])])
    return model


def a_run(model, folder, shape=SHAPE, **how):
    folder.mkdir(exist_ok=True)
    if model is not None:
        model.save(folder / "model.keras")
    names = ("real", "fake")
    return Run(
        folder=folder, training={}, classes=names, shape=shape, prior=0.5, fingerprint="", **how
    )


def some_picture():
    return np.random.default_rng(0).integers(0, 256, SHAPE).astype(np.uint8)


def test_without_anything_between_the_map_is_the_features_times_their_weight(tmp_path):
    # Every point twice as bright, then weighed 3: the mean of the map is the logit.
    run = a_run(network(np.full((1, 1, 1, 1), 2.0)), tmp_path / "run")
    image = some_picture()
    explained = gradcam(run, image)
    assert explained == pytest.approx(6 * (image / 255), abs=1e-5)
    p_fake = run.model.predict_on_batch(image[np.newaxis, ..., np.newaxis])[0, 0]
    assert explained.mean() == pytest.approx(np.log(p_fake / (1 - p_fake)), abs=1e-4)


def test_features_that_speak_against_have_negative_places(tmp_path):
    kernel = np.array([1.0, 1.0]).reshape(1, 1, 1, 2)
    run = a_run(network(kernel, weights=(1.0, -4.0)), tmp_path / "run")
    assert gradcam(run, some_picture()) == pytest.approx(-3 * (some_picture() / 255), abs=1e-5)


def test_rows_that_count_differently_are_told_apart(tmp_path):
    import keras
    from keras import layers, ops

    pictures = keras.Input((*SHAPE, 1), dtype="uint8")
    x = layers.Conv2D(1, 1, use_bias=False)(layers.Rescaling(1 / 255)(pictures))
    dense = layers.Dense(1, "sigmoid")
    model = keras.Model(pictures, dense(layers.Flatten()(ops.mean(x, axis=2))))
    rows = np.linspace(2, -2, SHAPE[0])
    model.set_weights([np.ones((1, 1, 1, 1)), rows[:, np.newaxis], np.zeros(1)])
    explained = gradcam(a_run(model, tmp_path / "run"), some_picture())
    expected = some_picture() / 255 * rows[:, np.newaxis] * SHAPE[0]
    assert explained == pytest.approx(expected, abs=1e-4)


def test_every_head_tells_of_the_rows_that_it_sees(tmp_path):
    import keras
    from keras import layers

    pictures = keras.Input((*SHAPE, 1), dtype="uint8")
    x = layers.Rescaling(1 / 255)(pictures)
    logits = []
    for name, rows, weight in (("full", 0, 3.0), ("comb", 12, -2.0)):
        part = layers.Cropping2D(((rows, 0), (0, 0)))(x) if rows else x
        part = layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones")(part)
        start = keras.initializers.Constant(weight)
        dense = layers.Dense(1, name=name, kernel_initializer=start)
        logits.append(dense(layers.GlobalAveragePooling2D()(part)))
    model = keras.Model(pictures, layers.Activation("sigmoid")(layers.Average()(logits)))
    explained = gradcam(a_run(model, tmp_path / "run"), some_picture())
    expected = 3 / 2 * (some_picture() / 255)
    expected[12:] -= 2 / 2 * 4 * (some_picture()[12:] / 255)  # a quarter of the rows, all of it
    assert explained == pytest.approx(expected, abs=1e-5)
    p_fake = model.predict_on_batch(some_picture()[np.newaxis, ..., np.newaxis])[0, 0]
    assert explained.mean() == pytest.approx(np.log(p_fake / (1 - p_fake)), abs=1e-4)


def test_both_heads_give_the_same_map(tmp_path):
    kernel = np.random.default_rng(1).normal(size=(3, 3, 1, 2))
    maps = [
        gradcam(a_run(network(kernel, (2.0, -1.0), head), tmp_path / head), some_picture())
        for head in ("sigmoid", "softmax")
    ]
    assert maps[0] == pytest.approx(maps[1], abs=1e-5)
    assert maps[0].std() > 0.1


def test_where_rows_and_columns_have_changed_places_is_not_looked_at(tmp_path):
    import keras
    from keras import layers

    plain = network(np.full((1, 1, 1, 1), 2.0))
    turned = layers.GlobalAveragePooling2D()(layers.Permute((2, 1, 3))(plain.layers[-4].output))
    model = keras.Model(plain.input, plain.layers[-1](turned))
    assert gradcam(a_run(model, tmp_path / "run"), some_picture()) == pytest.approx(
        6 * (some_picture() / 255), abs=1e-5
    )


def test_a_sure_network_has_slopes_too(tmp_path):
    run = a_run(network(np.full((1, 1, 1, 1), 2.0), weights=(200.0,)), tmp_path / "run")
    assert run.model.predict_on_batch(some_picture()[np.newaxis, ..., np.newaxis])[0, 0] == 1
    assert gradcam(run, some_picture()) == pytest.approx(400 * (some_picture() / 255), rel=1e-4)


def test_a_frozen_network_is_explained_like_another(tmp_path):
    model = network(np.full((1, 1, 1, 1), 2.0))
    model.trainable = False
    explained = gradcam(a_run(model, tmp_path / "run"), some_picture())
    assert explained == pytest.approx(6 * (some_picture() / 255), abs=1e-5)


def test_the_map_points_at_what_the_convolution_looks_for(tmp_path):
    # The second difference along time finds clicks and is blind to steady tones.
    kernel = np.array([-1.0, 2.0, -1.0]).reshape(1, 3, 1, 1)
    image = np.tile(np.arange(16, dtype=np.uint8)[:, np.newaxis] * 8, (1, 16))
    image[4:8, 9] = 255
    explained = gradcam(a_run(network(kernel), tmp_path / "run"), image)
    assert (explained[4:8, 9] > 1).all()
    explained[4:8, 8:11] = explained[:, [0, -1]] = 0  # the picture's own edge is a step, too
    assert np.abs(explained).max() < 1e-5


# Late fusion, a recurrent part behind the features, and layers within a layer.
@pytest.mark.parametrize(
    ("model", "fusion"),
    [
        ("cnn", "late"),
        ("crnn", "early"),
        ("crnn", "late"),
        pytest.param("MobileNet", "early", marks=pytest.mark.slow),
    ],
)
def test_networks_of_every_kind_are_explained(model, fusion, tmp_path):
    import keras

    from classify.models.build import build
    from classify.settings import Settings
    from classify.training.callbacks import without_training_state

    keras.utils.set_random_seed(0)
    # So large that the last features have more than one place: MobileNet keeps one of 32 x 32.
    image = np.random.default_rng(0).integers(0, 256, (72, 104)).astype(np.uint8)
    settings = Settings(model=model, fusion=fusion)
    network = without_training_state(build(settings, image.shape, 1, 40))
    run = a_run(network, tmp_path / "run", shape=image.shape)
    assert available(run)
    explained = gradcam(run, image)
    assert explained.shape == image.shape
    assert explained.std() > 0.01 * np.abs(explained).max() > 0


LAST_FEATURES = {
    "cnn": ("ReLU", 3, 4),
    "lcnn": ("Maximum", 3, 4),
    "resnet": ("ReLU", 3, 4),
    "crnn": ("Conv2D", 3, 7),
    "vit": ("Reshape", 3, 4),
    "plain": ("Conv2D", 10, 13),
    "lstm": None,  # its features have no place in the picture
}


@pytest.mark.slow
def test_networks_are_explained_where_their_last_features_are():
    from classify.models.build import build
    from classify.settings import Settings

    for model, expected in LAST_FEATURES.items():
        layer = feature_layer(build(Settings(model=model), (40, 52), 1))
        features = layer and (type(layer).__name__, *layer.output.shape[1:3])
        assert features == expected, model


@pytest.mark.slow
def test_a_trained_network_is_explained(trained):
    from classify.runs.run import load

    run = load(trained)
    image = np.random.default_rng(0).integers(0, 256, run.shape).astype(np.uint8)
    explained = gradcam(run, image)
    assert explained.shape == run.shape
    assert explained.std() > 0


def test_a_network_without_convolution_is_refused_in_one_line(tmp_path):
    import keras
    from keras import layers

    flat = keras.Sequential([keras.Input((*SHAPE, 1)), layers.Flatten(), layers.Dense(1)])
    run = a_run(flat, tmp_path / "run")
    assert not available(run)
    with pytest.raises(ValueError, match=r"^expected a network with a convolution .*: use occl.*$"):
        gradcam(run, some_picture())


def test_a_run_without_its_keras_model_is_refused(tmp_path):
    run = a_run(network(np.ones((1, 1, 1, 1))), tmp_path / "run")
    assert available(run)
    (run.folder / "model.keras").unlink()
    assert not available(run)
    with pytest.raises(ValueError, match=r"^expected model.keras in .*: use occlusion$"):
        gradcam(run, some_picture())


def test_without_keras_it_is_refused(tmp_path, monkeypatch):
    run = a_run(network(np.ones((1, 1, 1, 1))), tmp_path / "run")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not available(run)
    with pytest.raises(ValueError, match=r"^expected Keras on tensorflow .*: use occlusion$"):
        gradcam(run, some_picture())


def test_a_network_that_does_not_end_in_a_dense_layer_is_refused(tmp_path):
    import keras
    from keras import layers

    pictures = keras.Input((*SHAPE, 1))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(1, 3)(pictures))
    run = a_run(keras.Model(pictures, layers.Activation("sigmoid")(x)), tmp_path / "run")
    assert not available(run)
    with pytest.raises(ValueError, match=r"^expected a dense layer at the end .*got activation"):
        gradcam(run, some_picture())


def test_the_networks_of_an_ensemble_are_averaged(tmp_path):
    runs = [
        a_run(network(np.full((1, 1, 1, 1), size)), tmp_path / str(size)) for size in (1.0, 3.0)
    ]
    both = a_run(None, tmp_path, members=tuple(runs))
    assert available(both)
    assert gradcam(both, some_picture()) == pytest.approx(6 * (some_picture() / 255), abs=1e-5)
