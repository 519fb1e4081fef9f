import numpy as np
import pytest
from scipy.special import logit

from classify.metrics.registry import compute_metrics
from classify.metrics.trials import Trials, oracle_metrics, selective_accuracy

# Truth 0 0 0 1 1, verdicts 0 0 1 1 0: one false positive, one miss.
LABELS = np.array([0, 0, 0, 1, 1])
P_FAKE = np.array([0.1, 0.2, 0.7, 0.9, 0.4])
LLR = -logit(P_FAKE)


def test_the_oracle_takes_the_threshold_of_the_equal_error_rate():
    labels, llr = np.array([0, 0, 0, 1, 1, 1]), np.array([9.0, 8.0, 6.0, 7.0, 5.0, 4.0])
    metrics = oracle_metrics(labels, llr)
    # One of three wrong each way: real 6 is rejected, fake 7 accepted.
    assert metrics == {"eer_threshold": 6.0, "accuracy_at_eer": pytest.approx(4 / 6)}
    assert compute_metrics(labels, llr, 0.5)["accuracy"] == 0.5  # all are above 0
    assert oracle_metrics(np.ones(4, int), np.arange(4.0)) == {}
    assert oracle_metrics(np.array([0, 0, 1, 1]), np.array([1.0, -1.0, -1.0, -1.0])) == {}


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
