import numpy as np
import pytest
from scipy.special import logit

from classify.metrics.registry import METRICS, ORACLE, SCORES, VERDICTS, compute_metrics

# Truth 0 0 0 1 1, verdicts 0 0 1 1 0: one false positive, one miss.
LABELS = np.array([0, 0, 0, 1, 1])
P_FAKE = np.array([0.1, 0.2, 0.7, 0.9, 0.4])
LLR = -logit(P_FAKE)


def test_every_row_is_whole_and_points_the_right_way():
    labels, llr = np.repeat([0, 1], 50), np.concatenate([np.arange(1.0, 51), -np.arange(1.0, 51)])
    good, bad = compute_metrics(labels, llr, 0.5), compute_metrics(labels, -llr, 0.5)
    for name, metric in METRICS.items():
        assert (good[name] > bad[name]) == metric.higher_is_better, name
        assert metric.title
        assert metric.group in (VERDICTS, SCORES, ORACLE)
        assert "{" not in metric.words.format(real="real", fake="fake")
        if metric.percent:
            assert 0 <= good[name] <= 1
            assert 0 <= bad[name] <= 1
    assert tuple(good) == tuple(METRICS)


@pytest.mark.parametrize("label", [0, 1])
def test_what_needs_both_classes_is_left_out_for_one(label):
    values = compute_metrics(np.full(3, label), np.array([-1.0, 1.0, 2.0]), 0.5)
    assert values["accuracy"] == pytest.approx([2 / 3, 1 / 3][label])
    assert not any(METRICS[name].needs_both_classes for name in values)
    assert {"loss", "brier"} <= set(values)
    assert [name in values for name in ("fpr", "recall", "fnr")] == [not label, label, label]


def test_the_metrics_by_hand():
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
    values = compute_metrics(LABELS, LLR, 0.5)
    assert {name: values[name] for name in expected} == pytest.approx(expected)
    assert tuple(values) == tuple(METRICS)
    assert values["loss"] == pytest.approx(values["cllr"] * np.log(2))


def test_the_threshold_moves_the_verdict_only():
    low, high = compute_metrics(LABELS, LLR, 0.2), compute_metrics(LABELS, LLR, 0.95)
    assert (low["recall"], high["recall"]) == (1, 0)
    for name in ("auc", "loss", "eer", "ece"):
        assert low[name] == high[name]


def test_decisions_have_no_equal_error_rate_but_the_rest():
    values = compute_metrics(np.array([0, 0, 1, 1]), np.array([1.0, -1.0, -1.0, -1.0]), 0.5)
    assert values["accuracy"] == 0.75
    assert values["auc"] == 0.75
    assert not {"eer", "min_dcf"} & set(values)


def test_extreme_scores_stay_finite():
    values = compute_metrics(np.array([0, 1, 0, 1]), np.array([-800.0, 800.0, 1.0, 2.0]), 0.5)
    assert all(np.isfinite(value) for value in values.values())
