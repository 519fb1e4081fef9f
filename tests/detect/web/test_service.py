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
def service(run, tmp_path, monkeypatch):
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


def test_a_recording_is_judged_as_the_command_judges_it(service, talk, tmp_path, run):
    outcome = service.judge(talk)
    path = tmp_path / "x.flac"
    path.write_bytes(talk.data)
    assert outcome == Detector(run).detect(path, "talk.flac")
    assert isinstance(outcome, Detection)
    assert outcome.label == "fake"


def test_a_picture_is_judged_by_its_content_whatever_it_is_called(service, picture):
    # Brightness 255: P = 1 / (1 + exp(-(255 - 60) / 10)), as near to 1 as single precision knows.
    outcome = service.judge(replace(picture, name="song.mp3"))
    assert isinstance(outcome, Verdict)
    assert (outcome.path, outcome.label) == ("song.mp3", "fake")


def test_names_are_made_printable_and_nothing_else(service, picture):
    outcome = service.judge(replace(picture, name="<b>\n" + "x" * 300))
    assert outcome.path == r"<b>\n" + "x" * 300


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "got an empty file"),
        (b"PK\x03\x04rest", "got a ZIP archive"),
        (b"hello, this is text", "expected audio or video, got something else"),
        (bytes(6 << 20), "expected at most 5 MB, got 6.0 MB"),
        (b"\x89PNG\r\n\x1a\nbroken", "expected a picture of 256 x 61 pixels"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt ", "expected audio"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_a_reason_in_one_line(
    service, data, reason, tmp_path
):
    outcome = service.judge(Upload("a.wav", data))
    assert isinstance(outcome, Refusal)
    assert reason in outcome.reason
    assert "\n" not in outcome.reason
    assert list(tmp_path.iterdir()) == []


def test_a_recording_that_is_too_long_is_refused(service):
    data = io.BytesIO()
    soundfile.write(data, np.zeros(31 * 8_000), 8_000, format="FLAC")
    reason = service.judge(Upload("a", data.getvalue())).reason
    assert reason == "expected a recording of at most 30 s, got a longer one"


def test_an_unforeseen_error_is_said_and_logged_and_the_gate_is_open_again(
    service, talk, tmp_path, monkeypatch, capsys
):
    def broken(*_):
        raise RecursionError("too deep")

    monkeypatch.setattr(Detector, "detect", broken)
    outcome = service.judge(talk)
    assert outcome == Refusal(
        "talk.flac", "an error of this program (RecursionError); its log says more"
    )
    assert "RecursionError: too deep" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert service.judge(talk).label == "fake"


def test_many_ask_at_once_and_each_gets_its_own_answer(service, talk, picture):
    uploads = [talk, picture, Upload("a.wav", b"PK\x03\x04"), Upload("b.wav", b"")] * 5
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(service.judge, uploads))
    assert [outcome.path for outcome in outcomes] == [upload.name for upload in uploads]
    assert len({json.dumps(vars(outcome), default=str) for outcome in outcomes}) == 4


def test_a_run_without_drawing_settings_judges_pictures_only(make_run, tmp_path, talk, picture):
    folder = make_run(tmp_path / "run")
    (folder / "render.json").unlink()
    pictures_only = DetectorService(load(folder), Limits(), threading.Lock())
    assert "without render.json" in pictures_only.audio_error
    assert pictures_only.judge(talk).reason == pictures_only.audio_error
    assert pictures_only.judge(picture).label == "fake"


@pytest.mark.slow
def test_the_timeline_spans_the_recording_and_shows_the_threshold(service, talk, run):
    outcome = service.judge(talk)
    drawn = service.timeline(talk, outcome, run, dark=False)
    assert len(drawn.panels) == 3
    for *_, start, end in drawn.panels:
        assert (start, end) == (0.0, pytest.approx(outcome.duration_s))
    strict = service.timeline(talk, outcome, with_threshold(run, 0.9), dark=False)
    assert (strict.pixels != drawn.pixels).any()
    assert service.timeline(talk, outcome, run, dark=True).pixels[0, 0, 3] == 0


def test_a_recording_can_be_listened_to(service, talk):
    part = service.excerpt(talk, service.judge(talk))
    assert part.whole
    assert soundfile.info(io.BytesIO(part.wav)).duration == pytest.approx(5.0)


def test_a_picture_is_shown_with_its_axes(service, picture):
    assert service.picture(picture, dark=False).pixels.size
    with pytest.raises(ValueError, match="expected a picture of 256 x 61 pixels"):
        service.picture(Upload("a", b"\x89PNG\r\n\x1a\n"), dark=False)


def test_the_explanation_is_of_the_most_suspicious_window_or_of_the_picture(
    service, talk, picture, monkeypatch
):
    outcome = service.judge(talk)
    starts = []
    from detect.web import service as module

    explain = module.explain_window

    def noted(detector, path, start):
        starts.append(start)
        return explain(detector, path, start)

    monkeypatch.setattr(module, "explain_window", noted)
    view = service.explain(talk, outcome, dark=False)
    assert starts == [outcome.suspicious[0]]
    assert view.sentence.startswith("P(fake) ")
    assert service.explain(picture, service.judge(picture), dark=True).sentence


@pytest.mark.slow
def test_nothing_stays_in_the_temporary_folder(service, talk, picture, run, tmp_path):
    outcome = service.judge(talk)
    service.timeline(talk, outcome, run, dark=False)
    service.excerpt(talk, outcome)
    service.explain(talk, outcome, dark=False)
    service.picture(picture, dark=False)
    assert list(tmp_path.iterdir()) == []
