import keras
import numpy as np
import pytest

from classify.network import build
from classify.optimisation import accuracy
from classify.settings import Settings


def test_the_step_size_rises_and_falls_to_nothing():
    settings = Settings(learning_rate=0.1, epochs=5, warmup=0.5)
    rate = build(settings, (8, 8), 20).optimizer._learning_rate
    found = [float(rate(step)) for step in (0, 5, 10, 55, 100)]
    assert found == pytest.approx([0, 0.05, 0.1, 0.05, 0], abs=1e-6)


@pytest.mark.parametrize(("average", "momentum"), [(0.5, 0.9), (5, 0.99), (0.05, None), (0, None)])
def test_the_mean_of_the_weights_reaches_back_some_epochs(average, momentum):
    optimiser = build(Settings(average=average), (8, 8), 20).optimizer
    assert optimiser.use_ema == (momentum is not None)
    if momentum:
        assert optimiser.ema_momentum == pytest.approx(momentum)


def test_smoothing_and_heads_have_their_loss():
    targets = np.array([[1.0], [0.0]])
    one = build(Settings(smoothing=0.2), (8, 8), 10).loss
    # 0.9 of the label and 0.1 of the other: -(0.9 ln 0.8 + 0.1 ln 0.2).
    assert float(one(targets, np.array([[0.8], [0.2]]))) == pytest.approx(0.3618, abs=1e-4)
    two = build(Settings(head="softmax", smoothing=0.2), (8, 8), 10).loss
    pairs = np.array([[0.2, 0.8], [0.8, 0.2]])
    assert float(two(np.hstack([1 - targets, targets]), pairs)) == pytest.approx(0.3618, abs=1e-4)


def test_a_blend_counts_as_the_larger_class():
    targets = keras.ops.array([[0.7], [0.3], [0.9]])
    outputs = keras.ops.array([[0.6], [0.6], [0.2]])
    assert np.asarray(accuracy(targets, outputs)).tolist() == [1, 0, 0]
