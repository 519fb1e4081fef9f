from dataclasses import replace

import numpy as np
import pytest

from classify.metrics.trials import Trials
from classify.prediction.pooling import (
    RawScores,
    calibrated_trials,
    pool_recordings,
    score_split,
    uncertain_bands,
)
from classify.runs.run import Calibration, CodecCalibration, Run, load

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
KNOWN = {
    "a.png": {"path": "a.png", "recording": "x", "source": "s", "start_s": "0"},
    "b.png": {"path": "b.png", "recording": "x", "source": "s", "start_s": "2"},
    "c.png": {"path": "c.png", "recording": "y", "source": "t", "start_s": "0"},
}


def test_networks_are_averaged_recordings_pooled_and_the_mean_calibrated():
    trials = calibrated_trials(RUN, PICTURES, KNOWN)
    # Means over the networks -3, 1, 2; calibrated 2 s + 1.
    assert trials["picture"].llr.tolist() == [-5, 3, 5]
    # Recording x: (-3 + 1) / 2 = -1, calibrated -1: fake, though one picture of two looks real.
    assert trials["recording"].names.tolist() == ["x", "y"]
    assert trials["recording"].llr.tolist() == [-1, 5]
    assert trials["recording"].labels.tolist() == [1, 0]


def test_what_the_manifest_says_travels_with_the_scores():
    trials = calibrated_trials(RUN, PICTURES, KNOWN)
    assert trials["picture"]["source"].tolist() == ["s", "s", "t"]
    assert trials["picture"].recordings.tolist() == ["x", "x", "y"]
    # A recording has the columns of its first picture.
    assert trials["recording"]["start_s"].tolist() == ["0", "0"]
    assert trials["recording"]["source"].tolist() == ["s", "t"]
    assert trials["recording"].recordings.tolist() == ["x", "y"]
    assert "path" not in trials["picture"].columns


def test_recordings_in_a_codec_have_its_calibration_and_its_band():
    calibration = Calibration(slope=1.0, offset=10.0)
    codecs = (CodecCalibration("opus", 24, calibration, (0.1, 0.9)),)
    known = {name: {**row, "codec": "OGG/OPUS"} for name, row in KNOWN.items()}
    rates = {"a.png": "17", "b.png": "17", "c.png": "unknown"}
    known = {name: {**row, "bit_rate_kbps": rates[name]} for name, row in known.items()}
    run = replace(RUN, codecs=codecs, uncertain=(0.3, 0.7))
    trials = calibrated_trials(run, PICTURES, known)
    assert trials["picture"].llr.tolist() == [7, 11, 5]
    assert trials["recording"].llr.tolist() == [9, 5]
    low, high = uncertain_bands(run, trials["recording"])
    assert (low.tolist(), high.tolist()) == ([0.1, 0.3], [0.9, 0.7])
    trials = calibrated_trials(run, PICTURES, KNOWN)
    assert trials["recording"].llr.tolist() == [-1, 5]
    assert uncertain_bands(run, trials["picture"])[0].tolist() == [0.3, 0.3, 0.3]


def test_without_recordings_there_are_only_pictures():
    assert list(calibrated_trials(RUN, PICTURES, {})) == ["picture"]
    assert list(calibrated_trials(RUN, PICTURES, {"a.png": {"path": "a.png"}})) == ["picture"]


def test_one_name_in_both_classes_is_two_recordings():
    columns = {"recording": np.array(["x", "x"])}
    pooled = pool_recordings(Trials(np.array(["1", "2"]), np.array([0, 1]), np.ones(2), columns))
    assert pooled.labels.tolist() == [0, 1]
    assert pooled.llr == pytest.approx(1)


def test_folds_on_validation_get_a_warning_that_names_the_scores_that_do_not_flatter(
    trained, images, capsys
):
    run = replace(load(trained), group="source")
    for split, warns in (("validation", True), ("test", False)):
        score_split("evaluate", images, run, split)
        error = capsys.readouterr().err
        assert ("its figures flatter" in error) == warns
        assert (str(trained / "validation.csv") in error) == warns
