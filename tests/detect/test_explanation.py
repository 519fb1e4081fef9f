from dataclasses import replace

import numpy as np
import pytest
import soundfile

from classify.runs.run import Calibration, load
from detect.detection import Detector
from detect.explanation import draw_window, explain_window
from render.clips import split_into_clips
from render.decoding.audio import scan_audio
from render.spectrogram import draw

RATE = 16_000


@pytest.fixture(scope="module")
def detector(hand_set):
    return Detector(load(hand_set))


@pytest.fixture
def path(tmp_path, bright, dull):
    soundfile.write(tmp_path / "x.wav", np.concatenate([dull, bright[:RATE], dull]), RATE)
    return tmp_path / "x.wav"


def test_the_picture_is_the_one_that_was_judged(detector, path):
    detection = detector.detect(path)
    for window in detection.windows[::5]:
        image = draw_window(detector, path, window.start_s)
        assert (60 - image[:64].mean()) / 10 == pytest.approx(window.llr, abs=1e-3)


def test_the_window_that_begins_nearest_is_taken(detector, path):
    clips = list(split_into_clips(scan_audio(path, RATE), detector.settings))
    expected = draw(clips[3].samples, detector.settings)
    for start in (clips[3].start - 0.2, clips[3].start + 0.2):
        np.testing.assert_array_equal(draw_window(detector, path, start), expected)
    np.testing.assert_array_equal(
        draw_window(detector, path, 1e9), draw(clips[-1].samples, detector.settings)
    )


def test_the_most_suspicious_window_is_explained_by_what_it_rests_on(hand_set, path):
    # So unsure of itself that what is hidden shows.
    detector = Detector(replace(load(hand_set), calibration=Calibration(slope=0.2)))
    detection = detector.detect(path)
    image, explanation = explain_window(detector, path)
    np.testing.assert_array_equal(image, draw_window(detector, path, detection.suspicious[0]))
    assert explanation.p_fake == pytest.approx(max(window.p_fake for window in detection.windows))
    # The network looks at the top quarter alone, 6 to 8 kHz.
    strength = np.abs(explanation.map).mean(axis=1)
    assert strength[:64].mean() > 10 * strength[100:].mean()
    assert explanation.rows.last < 96
    assert "kHz is hidden" in explanation.sentence(detector.run.axes)


def test_without_speech_there_is_nothing_to_explain(detector, tmp_path):
    soundfile.write(tmp_path / "x.wav", np.zeros(3 * RATE), RATE)
    with pytest.raises(ValueError, match="expected speech to explain, got none"):
        explain_window(detector, tmp_path / "x.wav")
