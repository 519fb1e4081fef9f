import keras
import numpy as np
import pytest

from classify.models.build import build
from classify.models.optimizer import PerHeadLoss, accuracy
from classify.settings import Settings


def test_the_step_size_rises_and_falls_to_nothing():
    settings = Settings(learning_rate=0.1, epochs=5, warmup=0.5)
    rate = build(settings, (8, 8), 20).optimizer._learning_rate
    found = [float(rate(step)) for step in (0, 5, 10, 55, 100)]
    assert found == pytest.approx([0, 0.05, 0.1, 0.05, 0], abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(("ema", "momentum"), [(0.5, 0.9), (5, 0.99), (0.05, None), (0, None)])
def test_the_mean_of_the_weights_reaches_back_some_epochs(ema, momentum):
    optimiser = build(Settings(ema=ema), (8, 8), 20).optimizer
    assert optimiser.use_ema == (momentum is not None)
    if momentum:
        assert optimiser.ema_momentum == pytest.approx(momentum)


@pytest.mark.slow
def test_each_head_has_the_cross_entropy_of_its_outputs():
    targets = np.array([[1.0], [0.0]])
    one = build(Settings(), (8, 8), 10).loss
    entropy = -np.log(0.8)
    assert float(one(targets, np.array([[0.8], [0.2]]))) == pytest.approx(entropy, abs=1e-4)
    two = build(Settings(head="softmax"), (8, 8), 10).loss
    pairs = np.array([[0.2, 0.8], [0.8, 0.2]])
    assert float(two(np.hstack([1 - targets, targets]), pairs)) == pytest.approx(entropy, abs=1e-4)


@pytest.mark.parametrize("head", ["sigmoid", "softmax"])
def test_with_several_logits_each_has_a_loss_of_its_own(head):
    rng = np.random.default_rng(0)
    positive = np.array([[1.0], [0.0], [0.3]])
    targets = positive if head == "sigmoid" else np.hstack([1 - positive, positive])
    loss = build(Settings(head=head), (8, 8), 10).loss
    logits = rng.normal(0, 2, (3, 2, targets.shape[1])).astype("float32")

    def loss_of(logits):
        squashed = keras.ops.sigmoid if head == "sigmoid" else keras.ops.softmax
        return float(loss(targets, squashed(logits)))

    each = np.mean([loss_of(logits[:, number]) for number in range(2)])
    together = loss_of(logits.mean(axis=1))
    difference = float(PerHeadLoss()(keras.ops.array(logits))) / 3
    assert together + difference == pytest.approx(each, abs=1e-6)
    assert difference > 0.04


@pytest.mark.slow
def test_the_step_of_a_training_is_traced_once():
    network = build(Settings(model="plain"), (8, 8), 2)
    called, call = [], network.call
    network.call = lambda *what, **how: called.append(1) or call(*what, **how)
    keras.utils.set_random_seed(0)
    network.fit(np.zeros((4, 8, 8, 1), np.uint8), np.zeros((4, 1)), batch_size=2, verbose=0)
    assert called == [1]


@pytest.mark.slow
def test_late_fusion_is_trained_by_the_loss_of_each():
    network = build(Settings(model="plain", fusion="late", dropout=0.0), (40, 36), 10, 24)
    network.run_eagerly = True  # for one step, a graph takes longer
    pictures = np.random.default_rng(0).integers(0, 256, (4, 40, 36, 1)).astype(np.uint8)
    targets = np.array([[0.0], [1.0]] * 2)
    every = [network.get_layer(name).output for name in ("full", "comb")]
    logits = keras.Model(network.input, every)(pictures, training=True)
    each = [float(network.loss(targets, keras.ops.sigmoid(one))) for one in logits]
    assert abs(each[0] - each[1]) > 0.01
    found = network.train_on_batch(pictures, targets, return_dict=True)
    assert found["loss"] == pytest.approx(np.mean(each), abs=1e-5)


def test_a_blend_counts_as_the_larger_class():
    targets = keras.ops.array([[0.7], [0.3], [0.9]])
    outputs = keras.ops.array([[0.6], [0.6], [0.2]])
    assert np.asarray(accuracy(targets, outputs)).tolist() == [1, 0, 0]
