import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from classify.metrics.calibration import cross_fitted, fit, fit_sources, uncertain_band
from classify.metrics.detection import cllr
from classify.metrics.trials import Trials


def normal(count, distance, seed=0, share=0.5):
    """Scores that are true log-likelihood ratios: normal, mean and half the variance alike."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(count) < share).astype(int)
    return labels, rng.normal((1 - 2 * labels) * distance, np.sqrt(2 * distance))


def test_true_ratios_are_left_alone():
    # N(d, 2d) against N(-d, 2d): ln of the density ratio at s is s itself.
    calibration = fit(*normal(50_000, 2.0))
    assert calibration.slope == pytest.approx(1, abs=0.03)
    assert calibration.offset == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_distortion_is_undone_whatever_the_share_of_fakes(share):
    labels, llr = normal(50_000, 2.0, share=share)
    calibration = fit(labels, 3 * llr - 4)
    np.testing.assert_allclose(calibration(3 * llr - 4), llr, atol=0.5)
    bonafide, spoof = calibration(3 * llr - 4)[labels == 0], calibration(3 * llr - 4)[labels == 1]
    assert cllr(bonafide, spoof) == pytest.approx(
        cllr(llr[labels == 0], llr[labels == 1]), abs=0.002
    )


def test_separated_classes_give_a_finite_line():
    # Platt's targets are 5/6 and 1/6: P(fake) at the scores themselves is about that.
    labels, llr = np.array([0] * 4 + [1] * 4), np.array([1.0] * 4 + [-1.0] * 4)
    calibration = fit(labels, llr)
    assert expit(-calibration(llr)) == pytest.approx(np.where(labels == 1, 5 / 6, 1 / 6), abs=1e-3)


def test_a_network_that_knows_nothing_is_believed_nothing_and_never_turned_round():
    labels, llr = normal(400, 2.0)
    calibration = fit(labels, -llr)
    assert calibration.slope > 0
    assert np.abs(calibration(-llr)).max() < 0.02


@given(
    st.lists(st.tuples(st.booleans(), st.integers(-200, 200)), min_size=4, max_size=40).filter(
        lambda rows: 0 < sum(fake for fake, _ in rows) < len(rows)
    )
)
@settings(max_examples=25)  # each is an optimisation
def test_calibration_never_changes_the_ranking(rows):
    labels = np.array([int(fake) for fake, _ in rows])
    llr = np.array([score / 10 for _, score in rows])
    calibrated = fit(labels, llr)(llr)
    assert np.isfinite(calibrated).all()
    order = np.argsort(llr, kind="stable")
    steps, raw_steps = np.diff(calibrated[order]), np.diff(llr[order])
    assert (steps[raw_steps > 0] > 0).all()
    assert (steps[raw_steps == 0] == 0).all()


def test_cross_fitting_judges_each_by_the_others():
    labels, llr = normal(60, 1.0, seed=1)
    outlier = np.argmax(np.where(labels == 1, llr, -np.inf))  # a fake that looks very real
    llr[outlier] = 30
    fair, seen = cross_fitted(labels, llr), fit(labels, llr)(llr)
    # The line that never saw the outlier is steeper, and errs the more on it.
    assert fair[outlier] > 1.5 * seen[outlier]


def test_cross_fitting_needs_two_of_each():
    assert cross_fitted(np.array([0, 1, 1, 1]), np.arange(4.0)) is None
    assert cross_fitted(np.array([0, 0, 1, 1]), np.arange(4.0)) is not None


def band_shares(labels, llr, risk=0.1):
    low, high = uncertain_band(labels, llr, risk)
    p_fake = expit(-llr)
    sure = (p_fake <= low) | (p_fake >= high)
    return low, high, sure, np.mean(sure)


@pytest.mark.parametrize("risk", [0.05, 0.1])
def test_outside_the_band_no_more_than_the_risk_is_wrong(risk):
    labels, llr = normal(20_000, 1.5)
    low, high, sure, share = band_shares(labels, llr, risk)
    wrong = ((llr < 0) != (labels == 1))[sure]
    assert wrong.mean() == pytest.approx(risk, abs=0.1 * risk)
    assert 0.3 < share < 0.95
    assert low + high == pytest.approx(1)


@pytest.mark.parametrize(("distance", "least", "most"), [(20.0, 0.949, 0.951), (0.05, 0, 0.1)])
def test_a_good_detector_is_uncertain_once_in_20_and_a_bad_one_nearly_always(distance, least, most):
    low, high, _, decided = band_shares(*normal(2_000, distance))
    assert least <= decided <= most
    assert 0 < low < 0.5 < high < 1


def test_a_large_source_weighs_as_much_as_a_small_one():
    # Source a has 900 scores shifted by -3, source b 100 that are right as they are.
    labels, llr = normal(1_000, 2.0)
    sources = np.repeat(["a", "b"], [900, 100])
    llr = llr - 3 * (sources == "a")
    weights = 1 / np.where(sources == "a", 900, 100)
    offset, fair = fit(labels, llr).offset, fit(labels, llr, weights).offset
    np.testing.assert_allclose(fit(labels, llr, 7 * weights).offset, fair, rtol=1e-6)
    alike = np.concatenate([np.arange(900), np.tile(np.arange(900, 1_000), 9)])
    np.testing.assert_allclose(fit(labels[alike], llr[alike]).offset, fair, atol=0.02)
    assert offset > fair + 0.5
    few = uncertain_band(labels, llr, 0.1, weights)
    assert few[0] > uncertain_band(labels, llr, 0.1)[0] + 0.02


def test_a_whole_source_is_left_out_where_there_are_enough():
    labels, llr = normal(600, 1.0)
    sources = np.array([f"{label}-{number % 6}" for number, label in enumerate(labels)])
    shifted = llr - 5 * (sources == "0-0")
    alone, together = cross_fitted(labels, shifted), cross_fitted(labels, shifted, groups=sources)
    odd = sources == "0-0"
    # The line of the others does not know of the shift.
    assert together[odd].mean() < alone[odd].mean() - 0.2
    few = cross_fitted(labels, shifted, groups=np.where(labels == 1, "a", sources))
    np.testing.assert_array_equal(few, alone)


def test_sources_weigh_the_same_in_line_and_band_and_judge_each_other():
    rng = np.random.default_rng(0)
    sizes = {"large": 400, **{f"small-{number}": 40 for number in range(9)}}
    source = np.repeat(list(sizes), list(sizes.values()))
    labels = np.arange(len(source)) % 2
    # The large source is heard too well; the others are heard as they are.
    llr = rng.normal(2 - 4 * labels, 2) + np.where(source == "large", -6, 0)
    trials = Trials(np.arange(len(source)).astype(str), labels, llr, {"source": source})
    found = fit_sources(trials, 0.1)
    weights = 1 / np.array([sizes[name] for name in source])
    line = fit(labels, llr, weights)
    assert found.calibration.slope == pytest.approx(line.slope)
    assert found.calibration.offset == pytest.approx(line.offset)
    assert found.uncertain == uncertain_band(labels, line(llr), 0.1, weights)
    np.testing.assert_allclose(found.fair_llr, cross_fitted(labels, llr, weights, source))
    # Without sources, recordings are left out one by one and all weigh the same.
    alone = fit_sources(trials, 0.1, "speaker")
    assert alone.calibration.offset == pytest.approx(fit(labels, llr).offset)
    np.testing.assert_allclose(alone.fair_llr, cross_fitted(labels, llr))
