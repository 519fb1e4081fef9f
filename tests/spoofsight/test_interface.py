"""The Python interface, on a run set by hand: bright above 6 kHz is fake."""

import dataclasses
import json
import shutil
import typing

import cv2
import numpy as np
import pytest

import spoofsight
from detect.detection import Detector as WindowDetector
from detect.detection import detect
from render.settings import Settings
from tests.detect.conftest import RATE, SETTINGS


@pytest.fixture(scope="session")
def detector(hand_set):
    return spoofsight.load(hand_set)


def scores(detection):
    return [window.llr for window in detection.windows]


def test_a_path_is_judged_as_the_command_does(detector, talks):
    path = talks / "bright.wav"
    (expected,) = detect(WindowDetector(detector.run), [str(path)])
    assert detector.detect(path) == detector.detect(str(path)) == expected
    assert (expected.label, expected.path) == ("fake", str(path))


@pytest.mark.parametrize("kind", ["float64", "float32", "int16", "int32"])
def test_samples_are_judged_as_a_file_of_them(detector, talks, bright, kind):
    expected = detector.detect(talks / "bright.wav")
    full_scale = 1 if kind.startswith("float") else np.iinfo(kind).max
    detection = detector.detect((bright * full_scale).astype(kind), RATE)
    assert detection.path == "samples"
    # The file has 16 bits.
    assert scores(detection) == pytest.approx(scores(expected), abs=0.01)
    named = detector.detect(bright, RATE, name="mine")
    assert (named.path, named.channel) == ("mine", "mix")


def test_channels_are_columns_and_each_can_be_judged(detector, bright, dull):
    both = np.stack([bright, dull], axis=1)
    assert detector.detect(both, RATE, channel="1").label == "fake"
    assert detector.detect(both, RATE, channel="2").label == "real"


def test_the_step_of_the_windows_can_be_chosen(hand_set, bright):
    one, half = (spoofsight.load(hand_set, step_s=step) for step in (1.0, None))
    assert len(one.detect(bright, RATE).windows) < len(half.detect(bright, RATE).windows)
    assert (one.settings.overlap, half.settings.overlap) == (0.0, 0.5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.wav"], "gone.wav: expected a recording, got no such file"),
        (
            ["gone.flac", 8_000],
            "gone.flac: expected a rate beside samples alone, got 8000",
        ),
        ([np.zeros(9)], "samples: expected the rate of the samples in Hz, got none"),
        (
            [np.zeros((2, 99)), RATE],
            r"samples: expected samples of shape \(n,\) or \(n, channels\), got shape \(2, 99\)",
        ),
        (
            [np.zeros(99, np.uint8), RATE],
            "samples: expected samples of a float type, int16 or int32, got uint8",
        ),
        ([np.full(RATE, np.nan), RATE], "samples: expected finite"),
        ([np.zeros(RATE), 7], "samples: expected .*rate.* got 7"),
    ],
)
@pytest.mark.parametrize("verb", ["detect", "render"])
def test_what_cannot_be_used_is_one_line_with_its_name(detector, verb, arguments, message):
    function = detector.detect if verb == "detect" else spoofsight.render
    with pytest.raises(ValueError, match=f"^{message}") as raised:
        function(*arguments)
    assert "\n" not in str(raised.value)


def test_pictures_are_the_windows_that_are_judged(detector, talks):
    path = talks / "bright.wav"
    pictures = spoofsight.render(path, settings=detector.settings)
    windows = detector.detect(path).windows
    assert pictures.images.dtype == np.uint8
    assert pictures.images.shape == (len(pictures.start_s), *SETTINGS.shape)
    judged = {
        start: detector.predict(image).llr
        for start, image in zip(pictures.start_s, pictures.images, strict=True)
    }
    for window in windows:
        assert judged[window.start_s] == pytest.approx(window.llr, abs=1e-4)
    assert pictures.settings is detector.settings
    assert (pictures.duration_s <= 1.0).all()


def test_a_recording_is_drawn_as_by_default_or_as_told(bright):
    assert spoofsight.render(bright, RATE).images.shape[1:] == Settings().shape
    mel = spoofsight.RenderSettings(feature="mel", seconds=1)
    assert spoofsight.render(bright, RATE, settings=mel).images.shape == (5, *mel.shape)


def test_a_saved_picture_is_judged_as_an_array(detector, tmp_path):
    image = np.full(SETTINGS.shape, 90, np.uint8)
    cv2.imwrite(str(tmp_path / "a[1].png"), image)  # as a pattern, it would stand for a1.png
    saved = detector.predict(tmp_path / "a[1].png")
    # (60 - 90) / 10, see the network's formula.
    assert saved.llr == pytest.approx(-3, abs=1e-3)
    assert dataclasses.replace(saved, path="picture") == detector.predict(image)


def test_a_picture_that_cannot_be_judged_is_one_line(detector, tmp_path):
    with pytest.raises(ValueError, match=r"^expected a picture of .*, uint8, got shape \(2, 2\)"):
        detector.predict(np.zeros((2, 2), np.uint8))
    with pytest.raises(ValueError, match=r"float64$"):
        detector.predict(np.zeros(SETTINGS.shape))
    with pytest.raises(ValueError, match=f"^{tmp_path}/gone.png: expected a picture, got No such"):
        detector.predict(tmp_path / "gone.png")


def test_a_run_of_foreign_pictures_judges_pictures_alone(hand_set, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(hand_set, folder)
    (folder / "render.json").unlink()
    detector = spoofsight.load(folder)
    assert detector.predict(np.full(SETTINGS.shape, 90, np.uint8)).label == "fake"
    with pytest.raises(ValueError, match="got .* without render.json"):
        detector.detect("gone.wav")


def test_without_a_folder_the_run_of_the_current_one_is_loaded(hand_set, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="make it with spoofsight train IMAGES --to"):
        spoofsight.load(tmp_path / "checkpoints/none")
    shutil.copytree(hand_set, "checkpoints/default")
    assert spoofsight.load().run.fingerprint == ""
    assert str(spoofsight.load().run.folder) == "checkpoints/default"


def test_results_are_frozen(detector, bright):
    detection = detector.detect(bright, RATE)
    assert json.dumps(detection.to_dict())
    for result in (detection, detection.windows[0], spoofsight.render(bright, RATE)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            result.llr = 0.0


def test_every_name_is_there_and_no_other(monkeypatch):
    from spoofsight import interface

    assert sorted(interface.__all__) == sorted(spoofsight.__all__)
    for name in spoofsight.__all__:
        assert getattr(spoofsight, name) is getattr(interface, name)
        assert name in dir(spoofsight)
        assert getattr(spoofsight, name).__doc__
    monkeypatch.setattr(typing, "TYPE_CHECKING", True)
    with pytest.raises(AttributeError, match="module 'spoofsight' has no attribute 'dance'"):
        spoofsight.dance  # noqa: B018
