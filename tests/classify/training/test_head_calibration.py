import keras
import numpy as np
import pytest

from classify.data.cache import PictureCache
from classify.data.splits import scan_split
from classify.metrics.calibration import fit
from classify.metrics.trials import Trials
from classify.models.build import build
from classify.prediction.pooling import pool_recordings
from classify.runs.run import Calibration
from classify.settings import FUSION_HEADS, Settings
from classify.training.head_calibration import Fusion
from classify.training.validation import ValidationSet


@pytest.fixture
def held(images):
    split = scan_split(images, "validation")
    names = [path.relative_to(images).as_posix() for path in split.paths]
    known = {name: {"recording": f"{n // 2}"} for n, name in enumerate(names)}
    return ValidationSet(
        PictureCache(split.paths, split.shape, "validation"), names, split.labels, known
    )


def of_each(network, held):
    """Scores of either head, shape=(2, n): ln p(real) - ln p(fake)."""
    heads = keras.Model(network.input, [network.get_layer(part).output for part in FUSION_HEADS])
    found = np.array(heads.predict_on_batch(held.cache[range(len(held.labels))][..., np.newaxis]))
    return (found[..., 0] if found.shape[-1] > 1 else 0) - found[..., -1]


def late(head, held):
    """A network whose heads rank the fakes below the real ones, and are biased."""
    keras.utils.set_random_seed(0)
    network = build(Settings(model="cnn", fusion="late", head=head), (32, 32), 10, 24)
    for part, llr in zip(FUSION_HEADS, of_each(network, held), strict=True):
        dense = network.get_layer(part)
        right = np.sign(llr[held.labels == 0].mean() - llr[held.labels == 1].mean())
        dense.set_weights([dense.get_weights()[0] * right, np.arange(1.0, dense.units + 1)])
    return network


def of_recordings(held, llr):
    columns = {"recording": np.array([row["recording"] for row in held.rows.values()])}
    return pool_recordings(Trials(np.array(held.names), held.labels, llr, columns))


def fitted(held, raw):
    scored = of_recordings(held, raw)
    return fit(scored.labels, scored.llr)


@pytest.mark.slow
@pytest.mark.parametrize("head", ["sigmoid", "softmax"])
def test_each_head_is_calibrated_on_the_recordings_and_the_comb_counts_less(held, head):
    network = late(head, held)
    before = of_each(network, held)
    fusion = Fusion(network)
    returned = fusion.calibrate_heads(held, batch_size=5)
    calibrations = tuple(fitted(held, raw) for raw in before)
    assert fusion.calibrations == calibrations
    assert min(abs(one.slope - 1) for one in calibrations) > 0.1
    assert min(abs(one.offset) for one in calibrations) > 0.1
    full, comb = (one(raw) for one, raw in zip(calibrations, before, strict=True))
    after = of_each(network, held)
    np.testing.assert_allclose(after[0], 1.4 * full, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(after[1], 0.6 * comb, rtol=1e-3, atol=1e-3)
    p = network.predict_on_batch(held.cache[range(len(held.labels))][..., np.newaxis])[:, -1]
    np.testing.assert_allclose(p, 1 / (1 + np.exp(0.7 * full + 0.3 * comb)), rtol=1e-3)
    np.testing.assert_allclose(returned, p, rtol=1e-3)


@pytest.mark.slow
def test_given_calibrations_are_applied_as_they_are(held):
    one, other = late("sigmoid", held), late("sigmoid", held)
    fusion = Fusion(one)
    fusion.calibrate_heads(held, batch_size=5)
    Fusion(other).apply(fusion.calibrations)
    for ours, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    given = (Calibration(2.0, 1.0), Calibration(3.0, -1.0))
    once, again = late("sigmoid", held), late("sigmoid", held)
    p = Fusion(once, given).calibrate_heads(held, batch_size=5)
    Fusion(again).apply(given)
    for ours, theirs in zip(once.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    answers = again.predict_on_batch(held.cache[range(len(held.labels))][..., np.newaxis])
    np.testing.assert_allclose(p, answers[:, -1], rtol=1e-3)


def assert_unchanged(network, held):
    before = network.get_weights()
    assert Fusion(network).calibrate_heads(held, batch_size=5) is None
    for one, other in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_of_one_head_there_is_nothing_to_weigh(held):
    assert_unchanged(build(Settings(fusion="early"), (32, 32), 10, 24), held)


@pytest.mark.slow
def test_with_answers_that_are_no_numbers_nothing_is_changed(held):
    network = late("sigmoid", held)
    kernel, bias = network.get_layer("comb").get_weights()
    network.get_layer("comb").set_weights([kernel * np.nan, bias])
    assert_unchanged(network, held)
