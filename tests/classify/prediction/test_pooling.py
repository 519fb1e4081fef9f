import numpy as np
import pytest

from classify.metrics.trials import Trials
from classify.prediction.pooling import RawScores, calibrated_trials, pool_recordings
from classify.runs.run import Calibration, Run

RUN = Run(
    folder=None,
    training={},
    classes=("real", "fake"),
    shape=(2, 2),
    prior=0.5,
    fingerprint="",
    calibration=Calibration(slope=2.0, offset=1.0),
)
PICTURES = RawScores(
    np.array(["a.png", "b.png", "c.png"]),
    np.array([1, 1, 0]),
    np.array([[-4.0, -2.0], [1.0, 1.0], [0.0, 4.0]]),
    refused=0,
)
KNOWN = {"a.png": {"recording": "x"}, "b.png": {"recording": "x"}, "c.png": {"recording": "y"}}


def test_networks_are_averaged_recordings_pooled_and_the_mean_calibrated():
    found = calibrated_trials(RUN, PICTURES, KNOWN)
    # Means over the networks -3, 1, 2; calibrated 2 s + 1.
    assert found["picture"].llr.tolist() == [-5, 3, 5]
    # Recording x: (-3 + 1) / 2 = -1, calibrated -1: fake, though one picture of two looks real.
    assert found["recording"].names.tolist() == ["x", "y"]
    assert found["recording"].llr.tolist() == [-1, 5]
    assert found["recording"].labels.tolist() == [1, 0]


def test_without_recordings_there_are_only_pictures():
    assert list(calibrated_trials(RUN, PICTURES, {})) == ["picture"]
    assert list(calibrated_trials(RUN, PICTURES, {"a.png": {"path": "a.png"}})) == ["picture"]


def test_one_name_in_both_classes_is_two_recordings():
    pooled = pool_recordings(
        np.array(["x", "x"]), Trials(np.array(["1", "2"]), np.array([0, 1]), np.ones(2))
    )
    assert pooled.labels.tolist() == [0, 1]
    assert pooled.llr == pytest.approx(1)
