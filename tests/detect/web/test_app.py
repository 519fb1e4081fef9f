import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from classify.runs.run import load

PAGE = Path(__file__).resolve().parents[3] / "detect/web/app.py"
RATE = 16_000


def flac(sound):
    data = io.BytesIO()
    soundfile.write(data, sound, RATE, format="FLAC")
    return data.getvalue()


@pytest.fixture
def open_page(tmp_path, make_run, monkeypatch):
    """Return a function that opens the page on a run called "first" beside one called "other"."""
    runs = tmp_path / "runs"
    make_run(runs / "first")
    make_run(runs / "other", threshold=0.5, calibration={"slope": 1.0, "offset": 100.0})
    arguments = ["--run", str(runs / "first"), "--checkpoints", str(runs), "--max-minutes", "1"]
    monkeypatch.setattr(sys, "argv", [str(PAGE), *arguments])
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))

    def make():
        page = AppTest.from_file(PAGE, default_timeout=30).run()
        assert not page.exception
        return page

    yield make
    assert list((tmp_path / "tmp").iterdir()) == []


def drop(page, *files):
    page.file_uploader[0].set_value([(name, data, "audio/wav") for name, data in files])
    page.run()
    assert not page.exception
    return page


def boxes(page):
    return [
        box.value for kind in (page.error, page.warning, page.success, page.info) for box in kind
    ]


@pytest.mark.slow
def test_an_empty_page_asks_for_something(open_page):
    page = open_page()
    assert page.title[0].value == "Spoofsight"
    assert page.file_uploader[0].accept_multiple_files
    assert page.audio_input[0].sample_rate is None
    assert not boxes(page)
    assert not page.download_button


@pytest.mark.slow
def test_a_fake_recording_gets_a_verdict_with_what_it_means_and_what_not(open_page, bright):
    page = drop(open_page(), ("talk.wav", flac(bright)))
    (verdict,) = [box.value for box in page.error]
    assert verdict.startswith("## Fake")
    assert "It looks like the fake examples" in verdict
    assert "It does not prove that it is fake" in verdict
    assert [text.value for text in page.text] == ["talk.wav"]
    assert [button.label for button in page.download_button] == [
        *("Verdicts as CSV", "Verdicts as JSON")
    ]


@pytest.mark.slow
def test_a_click_on_a_segment_moves_player_and_cursor_there(open_page, tmp_path, bright, dull):
    for path in (tmp_path / "runs").glob("*/run.json"):
        values = json.loads(path.read_text()) | {"segments": {"threshold": 3.0, "scale": 0.5}}
        path.write_text(json.dumps(values))
    sound = np.concatenate([dull, dull, dull, bright, dull, dull, dull])
    page = drop(open_page(), ("talk.wav", flac(sound)))
    (verdict,) = [box.value for box in page.error]
    assert verdict.startswith("## Fake in part")
    assert "1 in 20 recordings" in verdict
    (pills,) = page.button_group
    (option,) = pills.options
    assert option.startswith("1")
    assert page.get("audio")[0].proto.start_time == 0
    pills.set_value(0).run()
    assert not page.exception
    assert page.get("audio")[0].proto.start_time == pytest.approx(15, abs=1)
    assert page.slider[0].value == pytest.approx(15, abs=1)


@pytest.mark.slow
def test_a_real_recording_gets_another(open_page, dull):
    page = drop(open_page(), ("talk.wav", flac(dull)))
    assert page.success[0].value.startswith("## Real")


@pytest.mark.slow
def test_why_to_doubt_a_verdict_is_said(open_page, bright):
    data = io.BytesIO()
    soundfile.write(data, bright[::2], RATE // 2, format="FLAC")  # those of training had 16 kHz
    page = drop(open_page(), ("talk.wav", data.getvalue()))
    (doubt,) = [box.value for box in page.warning if "Why to doubt it" in box.value]
    assert "sample rate" in doubt
    page = drop(page, ("talk.wav", flac(bright)))
    assert not [box for box in page.warning if "Why to doubt it" in box.value]


@pytest.mark.slow
def test_noise_has_no_speech_in_it(open_page):
    noise = 0.1 * np.random.default_rng(0).standard_normal(3 * RATE)
    page = drop(open_page(), ("noise.wav", flac(noise)))
    assert page.info[0].value.startswith("## No speech found")
    assert not [button for button in page.button if "Why" in button.label]


@pytest.mark.slow
def test_the_microphone_is_judged_as_well(open_page, bright):
    data = io.BytesIO()
    soundfile.write(data, bright, RATE, format="WAV")
    page = open_page()
    page.audio_input[0].set_value(("x.wav", data.getvalue(), "audio/wav"))
    page.run()
    assert page.error[0].value.startswith("## Fake")
    assert page.text[0].value == "Microphone"


@pytest.mark.slow
def test_the_cursor_says_p_where_it_stands_on_a_timeline_drawn_once(open_page, bright, monkeypatch):
    from detect.web import service

    drawn = []
    timeline = service.timeline
    monkeypatch.setattr(service, "timeline", lambda *args: drawn.append(1) or timeline(*args))
    sound = np.concatenate([np.zeros(3 * RATE), bright])
    page = drop(open_page(), ("talk.wav", flac(sound)))
    cursor = page.slider[0]
    assert cursor.max == pytest.approx(8.0)
    cursor.set_value(6.0).run()
    assert any(text.value.startswith("At 6.0 s: **P") for text in page.markdown)
    page.slider[0].set_value(0.5).run()
    assert any(
        text.value.startswith("At 0.5 s: no speech found. Most suspicious: ")
        for text in page.markdown
    )
    assert drawn == [1]


@pytest.mark.slow
def test_the_threshold_moves_the_verdict_and_says_its_error_rates(open_page, tmp_path):
    folder = tmp_path / "runs/first"
    (folder / "report").mkdir()
    # P(fake) 0.12 and 0.88 of the real ones, 0.95 of the fake one.
    table = "name,label,llr\na,real,2\nb,real,-2\nc,fake,-3\n"
    (folder / "report/scores.csv").write_text(table)
    # Brightness 75: P(fake) = 1 / (1 + exp(-1.5)) = 0.82.
    picture = cv2.imencode(".png", np.full(load(folder).shape, 75, np.uint8))[1].tobytes()
    page = drop(open_page(), ("a.png", picture))
    assert page.select_slider[0].value == 0.5
    assert page.error[0].value.startswith("## Fake\\, 81\\.8")
    (sentences,) = [text.value for text in page.markdown if "FPR" in text.value]
    assert "1 of 2" in sentences
    assert "0 of 1" in sentences
    page.select_slider[0].set_value(0.98).run()
    assert page.success[0].value.startswith("## Real")
    (sentences,) = [text.value for text in page.markdown if "FPR" in text.value]
    assert "0 of 2" in sentences
    assert "1 of 1" in sentences


@pytest.mark.slow
def test_many_files_make_a_table_with_the_most_suspicious_first(open_page, bright, dull):
    page = drop(
        open_page(),
        ("dull.wav", flac(dull)),
        ("bomb.wav", b"PK\x03\x04" + bytes(100)),
        ("bright.wav", flac(bright)),
    )
    table = page.dataframe[0].value
    assert table["file"].tolist() == ["bright.wav", "dull.wav", "bomb.wav"]
    assert table["verdict"].tolist() == ["fake", "real", "not judged"]
    assert "a ZIP archive" in table["remarks"].tolist()[2]
    assert [text.value for text in page.text] == ["bright.wav"]
    selected = page.selectbox(key="selected")
    assert selected.options[2] == "3. not judged: bomb.wav"
    selected.select_index(2).run()
    assert page.info[0].value.startswith("## Not judged")
    assert r"got a ZIP archive" in page.info[0].value


@pytest.mark.slow
def test_a_picture_is_judged_through_classify(open_page, tmp_path):
    shape = load(tmp_path / "runs/first").shape
    dark, small = (
        cv2.imencode(".png", np.zeros(size, np.uint8))[1].tobytes() for size in (shape, (8, 8))
    )
    page = drop(open_page(), ("a.png", dark))
    assert page.success[0].value.startswith("## Real")
    assert not page.slider
    page = drop(page, ("b.png", small))
    assert "expected a picture of 256 x 61 pixels, got 8 x 8 pixels" in page.info[0].value.replace(
        "\\", ""
    )


@pytest.mark.slow
def test_an_explanation_comes_when_asked_for_and_stays(open_page, bright):
    page = drop(open_page(), ("talk.wav", flac(bright)))
    assert not any("Measured:" in text.value for text in page.markdown)
    next(button for button in page.button if "Why" in button.label).click().run()
    assert not page.exception
    assert any("Measured: P" in text.value for text in page.markdown)
    page.slider[0].set_value(1.0).run()
    assert any("Measured: P" in text.value for text in page.markdown)


@pytest.mark.slow
def test_another_run_judges_anew(open_page, bright):
    page = drop(open_page(), ("talk.wav", flac(bright)))
    run = page.selectbox(key="run")
    assert run.options == ["first", "other"]
    run.select("other").run()
    assert not page.exception
    assert page.success[0].value.startswith("## Real")  # its calibration takes all for real


@pytest.mark.slow
def test_the_report_is_shown_if_there_is_one(open_page, tmp_path):
    page = open_page()
    assert any("not evaluated yet" in text.value for text in page.caption)
    assert any("An answer proves nothing" in text.value for text in page.markdown)
    (tmp_path / "runs/first/report").mkdir()
    (tmp_path / "runs/first/report/metrics.json").write_text("{")
    page.run()
    assert any("expected JSON in" in box.value for box in page.error)
    assert not any("not evaluated yet" in text.value for text in page.caption)
    (tmp_path / "runs/first/report/metrics.json").unlink()
    (tmp_path / "runs/first/report/index.html").write_text("<p>hello")
    page.run()
    assert [button.label for button in page.download_button] == ["Report as HTML"]
    assert not page.get("iframe")
    page.toggle(key="report").set_value(True).run()
    assert page.get("iframe")[0].proto.src == "data:text/html;charset=utf-8;base64,PHA+aGVsbG8="


HOSTILE = (
    "<script>alert(1)</script>.wav",
    "<img src=x onerror=alert(1)>.wav",
    "**bold** [x](javascript:alert(1)) $x^2$ :red[r] `c`.wav",
    "two\nlines\r\n# head.wav",
    "é" * 127 + ".wav",
    "../../../etc/passwd",
)


@pytest.mark.slow
def test_a_hostile_name_is_text_and_nothing_else(open_page):
    page = open_page()
    for name in HOSTILE:
        drop(page, (name, b"no sound"))
        shown = page.text[0].value
        assert len(shown) <= 48
        assert "\n" not in shown
        assert boxes(page)
        for box in boxes(page):
            assert name not in box
            assert "script" not in box
        for text in page.markdown:
            assert "<" not in text.value.replace(r"\<", "")


@pytest.mark.slow
def test_a_damaged_run_is_named_and_the_page_lives(open_page, tmp_path):
    (tmp_path / "runs/first/run.json").write_text("{")
    page = open_page()
    assert "expected JSON in" in page.error[0].value
    page.selectbox(key="run").select("other").run()
    assert not page.exception
    assert not page.error


@pytest.mark.slow
def test_the_model_is_loaded_once_for_all_visitors(open_page, bright, monkeypatch):
    from detect.web import service

    detectors = []
    detector = service.Detector
    monkeypatch.setattr(
        service,
        "Detector",
        lambda *args, **kwargs: detectors.append(detector(*args, **kwargs)) or detectors[-1],
    )
    for _ in range(2):
        drop(open_page(), ("talk.wav", flac(bright)))
    assert len(detectors) == 1


@pytest.mark.slow
def test_more_files_than_the_limit_are_left_out(open_page, monkeypatch):
    from detect.web.upload import Limits

    monkeypatch.setattr(
        "detect.web.upload.Limits", lambda **limits: replace(Limits(**limits), files=2)
    )
    page = drop(open_page(), *((f"{number}.wav", b"no") for number in range(3)))
    assert any("at most 2 files" in box.value for box in page.warning)
    assert len(page.dataframe[0].value) == 2


@pytest.mark.slow
def test_a_run_of_the_demonstration_has_a_banner_of_its_own(open_page, make_run, tmp_path, bright):
    make_run(tmp_path / "runs" / "demo", demonstration=True)
    page = open_page()
    assert not page.warning
    page.selectbox(key="run").select("demo").run()
    drop(page, ("talk.wav", flac(bright)), ("other.wav", flac(bright)))
    (banner,) = [box.value for box in page.warning]  # once, and not among the doubts again
    assert "mean nothing" in banner
    assert page.dataframe[0].value["remarks"].tolist() == ["", ""]


def test_every_tone_of_a_verdict_has_a_box():
    from classify.prediction.wording import Tone
    from detect.web.app import BOXES

    assert set(BOXES) == set(Tone)
