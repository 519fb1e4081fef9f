import pkgutil

import keras
import numpy as np
import pytest

import classify.models
from classify.models.build import build
from classify.settings import MODELS, Settings

BATCH = np.random.default_rng(0).integers(0, 100, (16, 40, 36, 1)).astype(np.uint8)
LABELS = np.array([[0], [1]] * 8)
BATCH[1::2, :20] += 100  # the second class is brighter above
BACKBONE = "MobileNet"  # the one with the fewest layers


def test_the_settings_name_every_model_there_is():
    modules = {name for _, name, _ in pkgutil.iter_modules(classify.models.__path__)}
    assert set(MODELS) == modules - {"backbone", "blocks", "build", "memory", "optimizer"}


def test_weights_are_for_backbones():
    with pytest.raises(ValueError, match=r"^expected weights none for cnn, got imagenet$"):
        Settings(model="cnn", weights="imagenet")


LOOKED_AT = (2, 4, 8, 16, 24, 32, 40, 48)  # epochs
# These learn in a few steps, for which a graph takes longer than it saves.
WITHOUT_GRAPH = ("resnet", "vit")


class UntilLearned(keras.callbacks.Callback):
    """End a training as soon as the network, used as in a prediction, tells the classes apart."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 in LOOKED_AT:
            self.model.stop_training = accuracy(self.model) == 1


def accuracy(network):
    return ((np.asarray(network(BATCH)) > 0.5) == LABELS).mean()


def taught(model):
    """Train a network to tell pictures that are brighter above."""
    keras.utils.set_random_seed(0)
    network = build(Settings(model=model), (40, 36), 2)
    network.run_eagerly = model in WITHOUT_GRAPH
    stop = UntilLearned()
    network.fit(BATCH, LABELS, batch_size=8, epochs=40, verbose=0, callbacks=[stop])
    network.run_eagerly = False
    return network


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_every_network_learns_what_is_plain_to_see_and_says_the_same_when_loaded(model, tmp_path):
    network = taught(model)
    assert accuracy(network) > 0.9
    assert_the_same_when_loaded(network, tmp_path)


def assert_the_same_when_loaded(network, folder):
    network.save(folder / "model.keras")
    again = keras.models.load_model(folder / "model.keras", safe_mode=True)
    scores = again.predict_on_batch(BATCH)
    assert scores.shape == (16, 1)
    np.testing.assert_array_equal(scores, network.predict_on_batch(BATCH))


@pytest.mark.slow
def test_all_of_a_backbone_learns_and_it_says_the_same_when_loaded(tmp_path):
    # A few steps on all pictures: until its statistics follow, it would take 60 epochs.
    keras.utils.set_random_seed(0)
    network = build(Settings(model=BACKBONE, dropout=0, learning_rate=0.001), (40, 36), 2)
    network.run_eagerly = True
    before = [np.array(weight) for weight in network.trainable_variables]
    losses = [network.train_on_batch(BATCH, LABELS)[0]]
    for _ in range(4):
        network.reset_metrics()
        losses.append(network.train_on_batch(BATCH, LABELS)[0])
    assert losses[-1] < losses[0] / 4
    for weight, start in zip(network.trainable_variables, before, strict=True):
        assert not np.array_equal(weight, start), weight.path
    network.run_eagerly = False
    assert_the_same_when_loaded(network, tmp_path)


@pytest.mark.parametrize(
    ("epochs", "epoch", "followed"), [(1, 1, 10), (1, 80, 32), (50, 80, 32), (50, 1_000, 100)]
)
def test_statistics_follow_a_part_of_an_epoch_however_many_there_are(epochs, epoch, followed):
    network = build(Settings(epochs=epochs), (40, 36), epoch)
    bright = np.full((2, 40, 36, 1), 200, np.uint8)
    before = _mean_of_the_last(network)
    network(bright, training=True)
    # Nothing is uneven on a grey picture: means that began at 1 go towards 0.
    np.testing.assert_allclose(_mean_of_the_last(network), before * (1 - 1 / followed), rtol=1e-5)


def _mean_of_the_last(network):
    """Set the means of the last normalisation to 1, if they are as they began; give them."""
    layer = [one for one in network.layers if isinstance(one, keras.layers.BatchNormalization)][-1]
    if not np.any(layer.moving_mean):
        layer.moving_mean.assign(np.ones(layer.moving_mean.shape))
    return np.array(layer.moving_mean)


@pytest.mark.slow
def test_statistics_of_a_backbone_follow_as_fast():
    (inner,) = [
        one
        for one in build(Settings(model=BACKBONE), (40, 36), 100).layers
        if isinstance(one, keras.Model)
    ]
    found = [one for one in inner.layers if isinstance(one, keras.layers.BatchNormalization)]
    assert len(found) == 27  # of MobileNet: one convolution, and 13 times two
    assert {one.get_config()["momentum"] for one in found} == {1 - 1 / 40}


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_the_smallest_picture_will_do(model):
    network = build(Settings(model=model), (1, 5), 10)
    assert np.asarray(network(np.zeros((2, 1, 5, 1), np.uint8))).shape == (2, 1)


def test_the_softmax_head_gives_both_probabilities():
    output = build(Settings(head="softmax"), (40, 36), 10).predict_on_batch(BATCH)
    assert output.shape == (16, 2)
    assert (output > 0).all()
    np.testing.assert_allclose(output.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_every_network_is_small_and_ends_with_dropout_and_a_dense_layer(model):
    network = build(Settings(model=model, dropout=0.4), (256, 124), 10)
    *_, dropout, head = network.layers
    assert (type(dropout), dropout.rate) == (keras.layers.Dropout, 0.4)
    assert (type(head), head.units) == (keras.layers.Dense, 1)
    assert model == "plain" or network.count_params() < 1_500_000


@pytest.mark.parametrize("head", ["sigmoid", "softmax"])
def test_late_fusion_judges_the_rest_by_itself_too(head):
    network = build(Settings(fusion="late", head=head), (40, 36), 10, 24)
    every = [network.get_layer(name).output for name in ("full", "comb")]
    other = BATCH.copy()
    other[:, :24] = other[::-1, :24]
    of_all, of_rest = ([], [])
    for batch in (BATCH, other):
        whole, rest, p = map(
            np.asarray, keras.Model(network.input, [*every, network.output])(batch)
        )
        mean = (whole + rest) / 2
        odds = np.exp(mean[:, -1] - (mean[:, 0] if head == "softmax" else 0))
        np.testing.assert_allclose(p[:, -1], odds / (1 + odds), rtol=1e-4)
        of_all.append(whole)
        of_rest.append(rest)
    np.testing.assert_array_equal(*of_rest)
    assert np.abs(of_rest[0] - of_rest[0][0]).max() > 1e-3
    assert np.abs(of_all[0] - of_all[1]).max() > 1e-3


@pytest.mark.parametrize(("fusion", "levels"), [("late", None), ("late", 40), ("early", 24)])
def test_without_rest_or_late_fusion_there_is_one_body(fusion, levels):
    names = [one.name for one in build(Settings(fusion=fusion), (40, 36), 10, levels).layers]
    assert names[-1] == "positive"
    assert not {"full", "comb"} & {*names}


def test_dropout_works_in_training_only():
    model = build(Settings(dropout=0.9), (40, 36), 10)
    still = [np.asarray(model(BATCH, training=False)) for _ in range(2)]
    np.testing.assert_array_equal(*still)
    moving = [np.asarray(model(BATCH, training=True)) for _ in range(2)]
    assert not np.array_equal(*moving)


@pytest.mark.slow
def test_the_seed_decides_the_weights():
    outputs = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        outputs.append(build(Settings(), (40, 36), 10).predict_on_batch(BATCH))
    np.testing.assert_array_equal(outputs[0], outputs[1])
    assert not np.array_equal(outputs[0], outputs[2])
