from dataclasses import replace

import pytest

from classify.prediction.verdicts import Refusal, Verdict
from classify.runs.run import Calibration, CodecCalibration, load
from detect.detection import Detection
from detect.web.threshold import relabel, with_threshold


@pytest.fixture(scope="module")
def run(hand_set):
    return load(hand_set)  # threshold 0.5, uncertain between 0.4 and 0.6


def label(p, run):
    return relabel(Verdict("a", "?", 50.0, p, 0.0), run).label


def test_the_own_threshold_changes_nothing(run):
    assert with_threshold(run, 0.5) is run


def test_a_word_follows_from_threshold_and_band(run):
    assert [label(p, run) for p in (0.1, 0.4, 0.41, 0.59, 0.6, 0.9)] == [
        *("real", "real", "uncertain", "uncertain", "fake", "fake")
    ]
    bare = replace(run, uncertain=(0.5, 0.5))
    assert [label(p, bare) for p in (0.49, 0.5)] == ["real", "fake"]


def test_the_band_moves_with_the_threshold_in_log_odds(run):
    # Odds of 0.9 are 9 times those of 0.5, so 0.4 (2:3) becomes 18:3, and 0.6 (3:2) 27:2.
    strict = with_threshold(run, 0.9)
    assert strict.threshold == 0.9
    assert strict.uncertain == pytest.approx((18 / 21, 27 / 29))
    codec = CodecCalibration("opus", 24.0, Calibration(), (0.4, 0.6))
    moved = with_threshold(replace(run, codecs=(codec,)), 0.9)
    assert moved.for_codec("opus", 16).uncertain == strict.uncertain
    assert label(0.8, strict) == "real"
    assert label(0.9, strict) == "uncertain"
    assert label(0.95, strict) == "fake"


def test_a_band_without_an_end_keeps_it(run):
    assert with_threshold(replace(run, uncertain=(0.0, 1.0)), 0.9).uncertain == (0.0, 1.0)


def test_what_has_no_probability_stays_as_it_is(run):
    refused = Refusal("a", "expected sound, got silence")
    silent = Detection("a", "no speech", None, None, None, 1.0)
    assert relabel(refused, run) is refused
    assert relabel(silent, run) is silent


def test_a_detection_keeps_everything_but_its_label(run):
    detection = Detection("a", "fake", 70.0, 0.7, -0.8, 2.0, warnings=("loud",))
    assert relabel(detection, with_threshold(run, 0.9)) == replace(detection, label="real")
