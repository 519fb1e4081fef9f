import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
import pytest
import soundfile

from classify.prediction.verdicts import Refusal, Verdict
from classify.runs.run import load
from detect.detection import Detection, Detector
from detect.web.service import DetectorService
from detect.web.threshold import with_threshold
from detect.web.upload import Limits, Upload

RATE = 16_000


@pytest.fixture(scope="module")
def run(hand_set):
    return load(hand_set)


@pytest.fixture
def inspector(run, tmp_path, monkeypatch):
    """Give one whose temporary folders are made in `tmp_path`."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return DetectorService(run, Limits(megabytes=5, seconds=30.0), threading.Lock())


@pytest.fixture(scope="module")
def talk(bright):
    """Give an upload that the run takes for fake."""
    data = io.BytesIO()
    soundfile.write(data, bright, RATE, format="FLAC")
    return Upload("talk.flac", data.getvalue())


@pytest.fixture(scope="module")
def picture(run):
    """Give an upload of a picture that is as bright as can be."""
    return Upload(
        "bright.png", cv2.imencode(".png", np.full(run.shape, 255, np.uint8))[1].tobytes()
    )


def test_a_recording_is_judged_as_the_command_judges_it(inspector, talk, tmp_path, run):
    found = inspector.inspect(talk)
    path = tmp_path / "x.flac"
    path.write_bytes(talk.data)
    assert found == Detector(run).detect(path, "talk.flac")
    assert isinstance(found, Detection)
    assert found.label == "fake"


def test_a_picture_is_judged_by_its_content_whatever_it_is_called(inspector, picture):
    # Brightness 255: P = 1 / (1 + exp(-(255 - 60) / 10)), as near to 1 as single precision knows.
    found = inspector.inspect(replace(picture, name="song.mp3"))
    assert isinstance(found, Verdict)
    assert (found.path, found.label) == ("song.mp3", "fake")


def test_names_are_made_printable_and_nothing_else(inspector, picture):
    found = inspector.inspect(replace(picture, name="<b>\n" + "x" * 300))
    assert found.path == r"<b>\n" + "x" * 300


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "got an empty file"),
        (b"PK\x03\x04rest", "got a ZIP archive"),
        (b"hello, this is text", "expected audio that libsndfile or FFmpeg knows"),
        (bytes(6 << 20), "expected at most 5 MB, got 6.0 MB"),
        (b"\x89PNG\r\n\x1a\nbroken", "expected a picture of 256 x 61 pixels"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt ", "expected audio"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_a_reason_in_one_line(
    inspector, data, reason, tmp_path
):
    found = inspector.inspect(Upload("a.wav", data))
    assert isinstance(found, Refusal)
    assert reason in found.reason
    assert "\n" not in found.reason
    assert list(tmp_path.iterdir()) == []


def test_a_recording_that_is_too_long_is_refused(inspector):
    data = io.BytesIO()
    soundfile.write(data, np.zeros(31 * 8_000), 8_000, format="FLAC")
    assert "at most 0.5 min" in inspector.inspect(Upload("a", data.getvalue())).reason


def test_an_unforeseen_error_is_said_and_logged_and_the_gate_is_open_again(
    inspector, talk, tmp_path, monkeypatch, capsys
):
    def broken(*_):
        raise RecursionError("too deep")

    monkeypatch.setattr(Detector, "detect", broken)
    found = inspector.inspect(talk)
    assert found == Refusal(
        "talk.flac", "an error of this program (RecursionError), written down in its log"
    )
    assert "RecursionError: too deep" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert inspector.inspect(talk).label == "fake"


def test_many_ask_at_once_and_each_gets_the_own_answer(inspector, talk, picture):
    asked = [talk, picture, Upload("a.wav", b"PK\x03\x04"), Upload("b.wav", b"")] * 5
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(inspector.inspect, asked))
    assert [one.path for one in found] == [one.name for one in asked]
    assert len({json.dumps(vars(one), default=str) for one in found}) == 4


def test_a_run_without_drawing_settings_judges_pictures_only(make_run, tmp_path, talk, picture):
    folder = make_run(tmp_path / "run")
    (folder / "render.json").unlink()
    deaf = DetectorService(load(folder), Limits(), threading.Lock())
    assert "without render.json" in deaf.deaf
    assert deaf.inspect(talk).reason == deaf.deaf
    assert deaf.inspect(picture).label == "fake"


def test_the_timeline_spans_the_recording_and_shows_the_threshold(inspector, talk, run):
    found = inspector.inspect(talk)
    drawn = inspector.timeline(talk, found, run, dark=False)
    assert len(drawn.panels) == 3
    for *_, start, end in drawn.panels:
        assert (start, end) == (0.0, pytest.approx(found.duration_s))
    strict = inspector.timeline(talk, found, with_threshold(run, 0.9), dark=False)
    assert (strict.pixels != drawn.pixels).any()
    assert inspector.timeline(talk, found, run, dark=True).pixels[0, 0, 3] == 0


def test_a_recording_can_be_listened_to(inspector, talk):
    part = inspector.listen(talk, inspector.inspect(talk))
    assert part.whole
    assert soundfile.info(io.BytesIO(part.wav)).duration == pytest.approx(5.0)


def test_a_picture_is_shown_with_its_axes(inspector, picture):
    assert inspector.picture(picture, dark=False).pixels.size
    with pytest.raises(ValueError, match="expected a picture of 256 x 61 pixels"):
        inspector.picture(Upload("a", b"\x89PNG\r\n\x1a\n"), dark=False)


def test_the_reason_is_of_the_most_suspicious_window_or_of_the_picture(
    inspector, talk, picture, monkeypatch
):
    found = inspector.inspect(talk)
    asked = []
    from detect.web import service

    explain = service.explain_window

    def noted(detector, path, start):
        asked.append(start)
        return explain(detector, path, start)

    monkeypatch.setattr(service, "explain_window", noted)
    reason = inspector.explain(talk, found, dark=False)
    assert asked == [found.suspicious[0]]
    assert reason.sentence.startswith("P(fake) ")
    assert inspector.explain(picture, inspector.inspect(picture), dark=True).sentence


def test_nothing_stays_in_the_temporary_folder(inspector, talk, picture, run, tmp_path):
    found = inspector.inspect(talk)
    inspector.timeline(talk, found, run, dark=False)
    inspector.listen(talk, found)
    inspector.explain(talk, found, dark=False)
    inspector.picture(picture, dark=False)
    assert list(tmp_path.iterdir()) == []
