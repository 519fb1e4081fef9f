import keras
import numpy as np
import pytest
from scipy.special import expit

from classify.data.cache import PictureCache
from classify.data.splits import scan_split
from classify.metrics.calibration import cross_fitted
from classify.metrics.classification import ece
from classify.metrics.trials import Trials
from classify.runs.run import Calibration, Run
from classify.training.validation import ValidationSet, calibrate, validate, validation_eer


def held(labels, known=None, cache=None):
    labels = np.array(labels)
    return ValidationSet(
        cache, [f"{number}.png" for number in range(len(labels))], labels, known or {}
    )


def test_the_error_is_of_recordings():
    known = {f"{number}.png": {"recording": f"{number // 2}"} for number in range(8)}
    # By themselves, a real and a fake picture are wrong; their recordings are right.
    llr = np.array([-1.0, 3.0, 2.0, 2.5, 1.0, -3.0, -2.0, -2.5])
    labels = [0, 0, 0, 0, 1, 1, 1, 1]
    assert validation_eer(held(labels), llr) == 0.25
    assert validation_eer(held(labels, known), llr) == 0.0


def test_sources_with_enough_of_both_count_alike():
    labels = [0] * 10 + [1] * 10 + [0] * 5 + [1] * 5 + [0] * 4 + [1] * 9
    sources = ["a"] * 20 + ["b"] * 10 + ["c"] * 13
    known = {f"{n}.png": {"recording": f"{n}", "source": s} for n, s in enumerate(sources)}
    # a is told apart, b is reversed, c, with its 4 real ones, says nothing.
    llr = np.array([1.0] * 10 + [-1.0] * 10 + [-1.0] * 5 + [1.0] * 5 + [-9.0] * 4 + [9.0] * 9)
    llr += np.random.default_rng(0).uniform(0, 0.1, len(llr))
    assert validation_eer(held(labels, known), llr) == 0.5


def test_answers_that_are_all_alike_are_an_error_of_a_half():
    assert validation_eer(held([0, 0, 1]), np.zeros(3)) == 0.5


def network(answer):
    picture = keras.Input((32, 32, 1), dtype="uint8")
    mean = keras.ops.mean(keras.ops.cast(picture, "float32"), axis=(1, 2))
    return keras.Model(picture, answer(mean))


def test_loss_and_accuracy_are_of_pictures(images):
    split = scan_split(images, "validation")
    cache = PictureCache(split.paths, split.shape, "validation")
    model = network(lambda mean: keras.ops.sigmoid((mean - 75) / 10))
    validation_set = held(split.labels, cache=cache)
    found = validate(validation_set, validation_set.outputs(model, batch_size=5)[:, -1])
    means = cache[range(len(cache))].mean(axis=(1, 2))
    p = 1 / (1 + np.exp(-(means - 75) / 10))
    expected = -np.log(np.where(split.labels == 1, p, 1 - p)).mean()
    assert found["val_loss"] == pytest.approx(expected, rel=1e-5)
    assert found["val_accuracy"] == ((p > 0.5) == split.labels).mean() == 1
    assert found["val_eer"] == 0


def test_an_answer_that_is_no_number_makes_no_figure(images):
    found = validate(held([0, 1, 1]), np.array([0.2, np.nan, 0.8]))
    assert np.isnan(list(found.values())).all()
    assert len(found) == 3


def test_calibrating_a_run_stores_what_is_needed_and_the_figures():
    rng = np.random.default_rng(0)
    labels = (rng.random(400) < 0.7).astype(int)
    llr = rng.normal(2 - 4 * labels, 2)  # true log-likelihood ratios
    run = Run(
        folder=None,
        training={"risk": 0.1},
        classes=("real", "fake"),
        shape=(2, 2),
        prior=0.5,
        fingerprint="",
    )
    found = calibrate(run, Trials(np.arange(400).astype(str), labels, 4 * llr + 3))
    assert run.calibration == Calibration(1, 0)
    assert found.calibration.slope == pytest.approx(0.25, rel=0.2)
    assert found.threshold == 0.5
    figures = found.validation
    assert figures["recordings"] == 400
    assert abs(figures["accuracy"] - figures["accuracy_at_eer"]) < 0.03
    fair, seen = (
        ece(labels, expit(-calibrated), 0.5)
        for calibrated in (cross_fitted(labels, 4 * llr + 3), found.calibration(4 * llr + 3))
    )
    assert figures["ece"] == pytest.approx(fair)
    assert figures["ece"] != pytest.approx(seen)
    assert 0.05 <= figures["uncertain"] <= 0.5
