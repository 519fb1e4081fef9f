import keras
import numpy as np
import pytest

from classify.data.cache import PictureCache
from classify.data.splits import scan_split
from classify.training.validation import ValidationSet, error, validate


def held(labels, known=None, store=None):
    labels = np.array(labels)
    return ValidationSet(
        store, [f"{number}.png" for number in range(len(labels))], labels, known or {}
    )


def test_the_error_is_of_recordings():
    known = {f"{number}.png": {"recording": f"{number // 2}"} for number in range(8)}
    # By themselves, a real and a fake picture are wrong; their recordings are right.
    llr = np.array([-1.0, 3.0, 2.0, 2.5, 1.0, -3.0, -2.0, -2.5])
    labels = [0, 0, 0, 0, 1, 1, 1, 1]
    assert error(held(labels), llr) == 0.25
    assert error(held(labels, known), llr) == 0.0


def test_sources_with_enough_of_both_count_alike():
    labels = [0] * 10 + [1] * 10 + [0] * 5 + [1] * 5 + [0] * 4 + [1] * 9
    sources = ["a"] * 20 + ["b"] * 10 + ["c"] * 13
    known = {f"{n}.png": {"recording": f"{n}", "source": s} for n, s in enumerate(sources)}
    # a is told apart, b is reversed, c, with its 4 real ones, says nothing.
    llr = np.array([1.0] * 10 + [-1.0] * 10 + [-1.0] * 5 + [1.0] * 5 + [-9.0] * 4 + [9.0] * 9)
    llr += np.random.default_rng(0).uniform(0, 0.1, len(llr))
    assert error(held(labels, known), llr) == 0.5


def test_answers_that_are_all_alike_are_an_error_of_a_half():
    assert error(held([0, 0, 1]), np.zeros(3)) == 0.5


def network(answer):
    picture = keras.Input((32, 32, 1), dtype="uint8")
    mean = keras.ops.mean(keras.ops.cast(picture, "float32"), axis=(1, 2))
    return keras.Model(picture, answer(mean))


def test_loss_and_accuracy_are_of_pictures(images):
    split = scan_split(images, "validation")
    store = PictureCache(split.paths, split.shape, "validation")
    model = network(lambda mean: keras.ops.sigmoid((mean - 75) / 10))
    found = validate(model, held(split.labels, store=store), batch=5)
    means = store[range(len(store))].mean(axis=(1, 2))
    p = 1 / (1 + np.exp(-(means - 75) / 10))
    expected = -np.log(np.where(split.labels == 1, p, 1 - p)).mean()
    assert found["val_loss"] == pytest.approx(expected, rel=1e-5)
    assert found["val_accuracy"] == ((p > 0.5) == split.labels).mean() == 1
    assert found["val_eer"] == 0


def test_an_answer_that_is_no_number_makes_no_figure(images):
    split = scan_split(images, "validation")
    store = PictureCache(split.paths, split.shape, "validation")
    found = validate(network(lambda mean: mean * np.nan), held(split.labels, store=store), batch=16)
    assert np.isnan(list(found.values())).all()
    assert len(found) == 3
