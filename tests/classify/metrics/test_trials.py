import numpy as np
import pytest
from scipy.special import logit

from classify.metrics.trials import (
    METRICS,
    Trials,
    compute_metrics,
    oracle_metrics,
    selective_accuracy,
)

# Truth 0 0 0 1 1, verdicts 0 0 1 1 0: one false positive, one miss.
LABELS = np.array([0, 0, 0, 1, 1])
P_FAKE = np.array([0.1, 0.2, 0.7, 0.9, 0.4])
LLR = -logit(P_FAKE)


def test_the_summary_by_hand():
    expected = {
        "accuracy": 3 / 5,
        "balanced_accuracy": (2 / 3 + 1 / 2) / 2,
        "precision": 1 / 2,
        "recall": 1 / 2,
        "f1": 1 / 2,
        "fpr": 1 / 3,
        "fnr": 1 / 2,
        "hter": (1 / 3 + 1 / 2) / 2,
        # Both classes weigh the same.
        "loss": (-np.log([0.9, 0.8, 0.3]).mean() - np.log([0.9, 0.4]).mean()) / 2,
        "brier": ((0.01 + 0.04 + 0.49) / 3 + (0.01 + 0.36) / 2) / 2,
        "auc": 5 / 6,  # of six pairs only (0.7, 0.4) is in the wrong order
        # Rejecting from the most fake-like down: 0 and 1/2, then 0.7, a real one: 1/3 and 1/2.
        "eer": (1 / 3 + 1 / 2) / 2,
    }
    found = compute_metrics(LABELS, LLR, 0.5)
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert tuple(found) == METRICS
    assert found["loss"] == pytest.approx(found["cllr"] * np.log(2))


def test_the_threshold_moves_the_verdict_only():
    low, high = compute_metrics(LABELS, LLR, 0.2), compute_metrics(LABELS, LLR, 0.95)
    assert (low["recall"], high["recall"]) == (1, 0)
    for name in ("auc", "loss", "eer", "ece"):
        assert low[name] == high[name]


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_has_the_figures_that_mean_something(label):
    found = compute_metrics(np.full(3, label), np.array([-1.0, 1.0, 2.0]), 0.5)
    assert found["accuracy"] == pytest.approx([2 / 3, 1 / 3][label])
    assert {"accuracy", "loss", "brier"} <= set(found)
    assert not {"auc", "eer", "cllr", "ece", "hter", "balanced_accuracy", "f1"} & set(found)


def test_decisions_have_no_equal_error_rate_but_the_rest():
    found = compute_metrics(np.array([0, 0, 1, 1]), np.array([1.0, -1.0, -1.0, -1.0]), 0.5)
    assert found["accuracy"] == 0.75
    assert found["auc"] == 0.75
    assert not {"eer", "min_dcf"} & set(found)
    assert oracle_metrics(np.array([0, 0, 1, 1]), np.array([1.0, -1.0, -1.0, -1.0])) == {}


def test_extreme_scores_stay_finite():
    found = compute_metrics(np.array([0, 1, 0, 1]), np.array([-800.0, 800.0, 1.0, 2.0]), 0.5)
    assert all(np.isfinite(value) for value in found.values())


def test_the_oracle_takes_the_threshold_of_the_equal_error_rate():
    labels, llr = np.array([0, 0, 0, 1, 1, 1]), np.array([9.0, 8.0, 6.0, 7.0, 5.0, 4.0])
    found = oracle_metrics(labels, llr)
    # One of three wrong each way: real 6 is rejected, fake 7 accepted.
    assert found == {"eer_threshold": 6.0, "accuracy_at_eer": pytest.approx(4 / 6)}
    assert compute_metrics(labels, llr, 0.5)["accuracy"] == 0.5  # all are above 0
    assert oracle_metrics(np.ones(4, int), np.arange(4.0)) == {}


def test_what_is_within_the_band_is_not_decided():
    band = (0.3, 0.75)
    # 0.4 and 0.7 are within; of 0.1, 0.2 and 0.9 all are right.
    assert selective_accuracy(LABELS, LLR, band) == {
        "uncertain": pytest.approx(0.4),
        "accuracy": 1.0,
    }
    assert selective_accuracy(LABELS, LLR, (0.01, 0.99)) == {"uncertain": 1.0}


def test_a_part_keeps_names_labels_and_scores_together():
    columns = {"source": np.array(list("stuvw"))}
    trials = Trials(np.array(list("abcde")), LABELS, LLR, columns)
    part = trials[LABELS == 1]
    assert (part.names.tolist(), part.labels.tolist(), len(part)) == (["d", "e"], [1, 1], 2)
    assert part["source"].tolist() == trials[3:]["source"].tolist() == ["v", "w"]
    assert part["speaker"].tolist() == ["", ""]
    assert part.recordings.tolist() == ["d", "e"]
    np.testing.assert_array_equal(part.llr, LLR[3:])
