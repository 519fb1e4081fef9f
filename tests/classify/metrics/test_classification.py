import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from classify.metrics.classification import (
    brier,
    confusion,
    ece,
    rates,
    reliability,
    risk_coverage,
    risk_coverage_area,
)


def test_the_brier_score_is_the_one_of_scikit_learn_and_weighs_classes_on_demand():
    assert brier(np.array([0, 1, 1]), np.full(3, 0.5)) == 0.25  # says nothing
    rng = np.random.default_rng(0)
    labels, p_fake = rng.integers(0, 2, 50), rng.random(50)
    expected = sklearn_metrics.brier_score_loss(labels, p_fake)
    assert brier(labels, p_fake) == pytest.approx(expected)
    # One real at 0.5, three fakes at 1: (0.25 + 0) / 2 with both classes weighing the same.
    assert brier(np.array([0, 1, 1, 1]), np.array([0.5, 1, 1, 1]), prior=0.5) == 0.125


def test_calibration_error_by_hand():
    # Bins [0, .5) and [.5, 1]: 0.2 predicted and 1/2 observed for half, 0.8 and 1 for the others.
    labels, p_fake = np.array([0, 1, 1, 1]), np.array([0.1, 0.3, 0.7, 0.9])
    predicted, observed, weight = reliability(labels, p_fake, bins=2)
    np.testing.assert_allclose([predicted, observed, weight], [[0.2, 0.8], [0.5, 1], [0.5, 0.5]])
    assert ece(labels, p_fake, bins=2) == pytest.approx((0.3 + 0.2) / 2)


def test_calibration_error_with_both_classes_weighing_the_same():
    # All in one bin: P(fake) is 0.5 for the one real, 0.9 for the three fakes: 0.7 against 0.5.
    labels, p_fake = np.array([0, 1, 1, 1]), np.array([0.5, 0.9, 0.9, 0.9])
    assert ece(labels, p_fake, prior=0.5, bins=1) == pytest.approx(0.2)
    assert ece(labels, p_fake, bins=1) == pytest.approx(0.05)  # 0.8 against 3/4


def test_a_calibrated_system_has_next_to_no_calibration_error():
    rng = np.random.default_rng(0)
    p_fake = rng.random(200_000)
    labels = (rng.random(200_000) < p_fake).astype(int)
    assert ece(labels, p_fake) < 0.005
    assert ece(labels, p_fake**3) > 0.1


def test_calibration_error_needs_both_classes():
    with pytest.raises(ValueError, match="expected scores of both classes"):
        ece(np.ones(3, int), np.full(3, 0.5))


def test_rates_are_those_of_scikit_learn():
    rng = np.random.default_rng(1)
    labels, verdicts = rng.integers(0, 2, 60), rng.integers(0, 2, 60)
    values = rates(labels, verdicts)
    (tn, fp), (fn, tp) = sklearn_metrics.confusion_matrix(labels, verdicts)
    assert confusion(labels, verdicts).tolist() == [[tn, fp], [fn, tp]]
    assert values == pytest.approx(
        {
            "accuracy": sklearn_metrics.accuracy_score(labels, verdicts),
            "balanced_accuracy": sklearn_metrics.balanced_accuracy_score(labels, verdicts),
            "precision": sklearn_metrics.precision_score(labels, verdicts),
            "recall": sklearn_metrics.recall_score(labels, verdicts),
            "f1": sklearn_metrics.f1_score(labels, verdicts),
            "fpr": fp / (fp + tn),
            "fnr": fn / (fn + tp),
            "hter": (fp / (fp + tn) + fn / (fn + tp)) / 2,
        }
    )


def test_rates_of_one_class_and_of_no_verdict():
    assert rates(np.zeros(4, int), np.array([0, 0, 0, 1])) == {"accuracy": 0.75, "fpr": 0.25}
    ones = rates(np.ones(4, int), np.array([0, 0, 0, 1]))
    assert ones == {"accuracy": 0.25, "recall": 0.25, "fnr": 0.75}
    nothing = rates(np.array([0, 1]), np.zeros(2, int))
    assert (nothing["precision"], nothing["f1"]) == (0, 0)


def test_risk_rises_where_confidence_tells_where_the_errors_are():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 5_000)
    llr = rng.normal(1.5 - 3 * labels, np.sqrt(3))
    coverage, risk = risk_coverage(labels, llr, 0.5)
    assert coverage[-1] == 1
    assert risk[-1] == ((llr <= 0) != (labels == 1)).mean()
    assert risk[len(risk) // 10] < risk[len(risk) // 2] < risk[-1]
    area = risk_coverage_area(labels, llr, 0.5)
    assert area == pytest.approx(risk.mean())
    # Scores that say nothing of where the errors are have the same risk everywhere.
    blind = np.sign(llr) * rng.permutation(np.abs(llr))
    assert risk_coverage_area(labels, blind, 0.5) == pytest.approx(risk[-1], abs=0.01)
    assert risk[-1] > 2 * area
    # The threshold decides what is wrong; how sure a verdict is does not depend on it.
    assert risk_coverage(labels, llr, 0.9)[1][-1] > risk[-1]
