import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.special import expit

from classify.prediction.verdicts import Refusal
from classify.runs.run import Calibration, CodecCalibration, load
from detect.detection import Detection, Detector, detect
from render.clips import split_into_clips
from render.decoding.audio import scan_audio
from render.spectrogram import draw

ROOT = Path(__file__).resolve().parents[2]
RATE = 16_000


@pytest.fixture(scope="module")
def run(hand_set):
    return load(hand_set)


@pytest.fixture
def write(tmp_path):
    def make(samples, name="x.wav", rate=RATE):
        soundfile.write(tmp_path / name, samples, rate, subtype="FLOAT")
        return tmp_path / name

    return make


def pictures(run, path, step):
    """The windows of a recording, drawn one by one."""
    settings = Detector(run, step_s=step).settings
    return [
        draw(clip.samples, settings) for clip in split_into_clips(scan_audio(path, RATE), settings)
    ]


def expected_scores(run, path, step):
    """Scores by the formula of the hand-set network."""
    return np.array([(60 - image[:64].mean()) / 10 for image in pictures(run, path, step)])


@pytest.mark.parametrize(("sound", "label"), [("bright", "fake"), ("dull", "real")])
def test_the_verdict_is_of_the_mean_of_the_log_odds(run, write, request, sound, label):
    path = write(request.getfixturevalue(sound))
    detection = Detector(run).detect(path)
    scores = expected_scores(run, path, 0.5)
    assert len(detection.windows) == len(scores)
    assert [window.llr for window in detection.windows] == pytest.approx(scores.tolist(), abs=1e-3)
    assert detection.llr == pytest.approx(scores.mean(), abs=1e-3)
    assert detection.p_fake == pytest.approx(expit(-scores.mean()), abs=1e-3)
    assert detection.label == label
    assert detection.confidence == pytest.approx(100 * max(detection.p_fake, 1 - detection.p_fake))
    assert detection.warnings == ()


def test_windows_are_calibrated_like_the_recording(run, write, bright):
    path = write(bright)
    calibration = Calibration(slope=0.5, offset=1.0)
    plain = Detector(run).detect(path)
    detection = Detector(replace(run, calibration=calibration)).detect(path)
    assert detection.llr == pytest.approx(0.5 * plain.llr + 1)
    assert detection.windows[0].llr == pytest.approx(0.5 * plain.windows[0].llr + 1)
    assert detection.windows[0].p_fake == pytest.approx(expit(-detection.windows[0].llr))


def test_a_file_in_a_codec_with_a_calibration_of_its_own_is_judged_by_that(run, tmp_path, bright):
    path = tmp_path / "message.ogg"
    soundfile.write(path, bright, RATE, format="OGG", subtype="OPUS")
    codec = CodecCalibration("opus", 500, Calibration(slope=0.5, offset=1.0), (0.01, 0.99))
    plain = Detector(run).detect(path)
    detection = Detector(replace(run, codecs=(codec,))).detect(path)
    assert detection.llr == pytest.approx(0.5 * plain.llr + 1)
    assert detection.windows[0].llr == pytest.approx(0.5 * plain.windows[0].llr + 1)
    assert detection.p_fake == pytest.approx(expit(-detection.llr))
    (warning,) = set(detection.warnings) - set(plain.warnings)
    assert re.match(r"opus at \d+ kbit/s changes the traces of generators; ", warning)
    assert (plain.label, detection.label) == ("fake", "uncertain")
    sure = replace(run, codecs=(replace(codec, uncertain=(0.5, 0.5)),))
    assert detection.judged_by(sure).label == "fake"
    too_low = replace(run, codecs=(replace(codec, bit_rate_kbps=1),))
    assert Detector(too_low).detect(path) == plain


def test_windows_overlap_by_half_unless_a_step_is_given(run, write, dull):
    path = write(np.tile(dull, 2))
    starts = [window.start_s for window in Detector(run).detect(path).windows]
    assert np.diff(starts) == pytest.approx(0.5)
    starts = [window.start_s for window in Detector(run, step_s=0.25).detect(path).windows]
    assert np.diff(starts) == pytest.approx(0.25)
    assert len(Detector(run, step_s=1.0).detect(path).windows) == pytest.approx(10, abs=1)


def test_the_most_suspicious_seconds_are_those_that_sound_fake(run, write, bright, dull):
    sound = np.concatenate([dull, bright[:RATE], dull])  # bright from 5 s to 6 s
    detection = Detector(run).detect(write(sound))
    start, end = detection.suspicious
    assert start == pytest.approx(5.0, abs=0.3)
    assert end - start == pytest.approx(1.0)
    assert max(window.p_fake for window in detection.windows) > 0.5 > detection.p_fake


def test_a_real_recording_with_a_stretch_that_stands_out_is_fake_in_part(run, write, bright, dull):
    sound = np.concatenate([dull, dull, dull, bright, dull, dull, dull])  # bright from 15 s to 20 s
    calibrated = replace(run, segments={"threshold": 3.0, "scale": 0.5})
    detection = Detector(calibrated).detect(write(sound))
    assert detection.label == "fake in part"
    (segment,) = detection.segments
    assert (segment.start_s, segment.end_s) == pytest.approx((15, 20), abs=1.0)
    assert segment.stands_out
    assert segment.p_fake > 0.6 > detection.p_fake
    (written,) = json.loads(json.dumps(detection.to_dict()))["segments"]
    assert written["start_s"] == segment.start_s
    plain = Detector(run).detect(write(sound))
    assert plain.label in ("real", "uncertain")
    assert not any(part.stands_out for part in plain.segments)
    silent = Detector(calibrated).detect(write(np.tile(dull, 7)))
    assert (silent.label, silent.segments) == ("real", ())


def noises():
    rng = np.random.default_rng(0)
    time = np.arange(10 * RATE) / RATE
    white = 0.1 * rng.standard_normal(len(time))
    dial = 0.1 * (np.sin(2 * np.pi * 350 * time) + np.sin(2 * np.pi * 440 * time))
    return {
        "silence": np.zeros(len(time)),
        "offset": np.full(len(time), 0.25),
        "hiss": 1e-4 * white,
        "white": white,
        "swelling": white * np.sin(2 * np.pi * 2 * time) ** 2,
        "dial": dial,
        "busy": dial * (np.floor(2 * time) % 2) + 1e-3 * white,
    }


@pytest.mark.parametrize("name", noises())
def test_without_speech_there_is_no_verdict(run, write, name):
    detection = Detector(run).detect(write(noises()[name]))
    assert (detection.label, detection.confidence, detection.p_fake, detection.llr) == (
        "no speech",
        *[None] * 3,
    )
    assert (detection.windows, detection.suspicious) == ((), None)
    assert detection.duration_s == 10.0
    assert json.loads(json.dumps(detection.to_dict()))["label"] == "no speech"


def test_pauses_do_not_count_and_are_warned_of(run, write, dull):
    rng = np.random.default_rng(0)
    alone = Detector(run).detect(write(dull))
    hiss = 1e-3 * rng.standard_normal(20 * RATE)  # bright on top once it is looked at
    detection = Detector(run).detect(write(np.concatenate([dull, hiss, dull])))
    assert all(not 6 < window.start_s < 24 for window in detection.windows)
    assert detection.label == alone.label == "real"
    (warning,) = detection.warnings
    assert warning.startswith(f"speech was found in {len(detection.windows)} of 5")


@pytest.mark.parametrize("is_speech", [True, False])
def test_a_recording_that_ends_before_its_header_says_is_warned_of(run, write, dull, is_speech):
    path = write(dull if is_speech else np.zeros(6 * RATE))
    whole = Detector(run).detect(path).duration_s
    path.write_bytes(path.read_bytes()[: -4 * RATE])  # one second of floats
    detection = Detector(run).detect(path)
    assert detection.duration_s == pytest.approx(whole - 1)
    assert (detection.p_fake is not None) == is_speech
    assert detection.warnings == (
        f"the file ends after {whole - 1:.1f} s, but its header says {whole:.1f} s",
    )


def test_a_recording_unlike_the_training_is_warned_of(make_run, tmp_path, write, bright):
    ranges = {"sample_rate": [16_000.0, 16_000.0], "brightness": [0.0, 1.0], "level_db": [-90, 0]}
    run = load(make_run(tmp_path / "run", training_ranges=ranges))
    detection = Detector(run).detect(write(bright[::2], rate=RATE // 2))
    images = pictures(run, tmp_path / "x.wav", 0.5)
    mean = f"{np.mean([image.mean() for image in images]):.3g}"
    assert detection.warnings == (
        "unlike the training recordings: sample rate 8000 Hz, theirs 16000 Hz; "
        f"brightness {mean} of 255, theirs 0 to 1 of 255",
    )
    without = replace(run, training_ranges={})
    assert Detector(without).detect(tmp_path / "x.wav").warnings == ()


def test_results_come_in_order_with_a_reason_for_what_cannot_be_used(run, talks):
    (talks / "text.wav").write_text("hello")
    (talks / "notes.txt").write_text("not looked at")
    soundfile.write(talks / "short.wav", 0.1 * np.random.default_rng(0).random(1_000), RATE)
    paths = [str(talks), str(talks / "gone.wav"), str(talks / "*.mp3")]
    results = list(detect(Detector(run), paths))
    names = ["bright.wav", "short.wav", "sub/dull.flac", "text.wav", "tone.wav", "gone.wav"]
    assert [result.path for result in results] == [*(str(talks / name) for name in names), paths[2]]
    refusals = [result for result in results if isinstance(result, Refusal)]
    assert [refusal.path.rpartition("/")[2] for refusal in refusals] == [
        "short.wav",
        "text.wav",
        "gone.wav",
        "*.mp3",
    ]
    assert "expected at least 0.25 s of sound" in refusals[0].reason
    assert "expected audio or video, got something else" in refusals[1].reason
    assert refusals[3].reason == "expected recordings, got a pattern without any"
    assert [result.label for result in results if isinstance(result, Detection)] == [
        "fake",
        "real",
        "no speech",
    ]


def test_too_long_a_time_is_a_reason(run, write, dull):
    path = write(dull)
    with pytest.raises(ValueError, match=r"^expected a recording that is read in 0\.0 s, got one"):
        Detector(run, timeout_s=1e-6).detect(path)


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        (
            {},
            {"step_s": 0.0},
            r"expected a step of 0\.016 s \(a column\) to 1 s \(a clip\), got 0 s",
        ),
        ({}, {"step_s": 1.5}, "got 1.5 s"),
        ({}, {"step_s": float("nan")}, "got nan s"),
        ({}, {"timeout_s": 0}, "expected a timeout above 0 s, got 0"),
        ({"shape": (64, 61)}, {}, "to give pictures of 64 x 61 pixels, got 256 x 61 pixels"),
    ],
)
def test_an_impossible_detector_is_refused(run, changes, options, message):
    with pytest.raises(ValueError, match=message):
        Detector(replace(run, **changes), **options)


def test_a_run_on_pictures_from_elsewhere_is_refused(hand_set, tmp_path):
    folder = shutil.copytree(hand_set, tmp_path / "run")
    (folder / "render.json").unlink()
    with pytest.raises(ValueError, match=r"says how its pictures were drawn, got .* without rend"):
        Detector(load(folder))


def test_another_version_of_the_drawing_is_refused(hand_set, tmp_path):
    folder = shutil.copytree(hand_set, tmp_path / "run")
    drawing = json.loads((folder / "render.json").read_text())
    (folder / "render.json").write_text(json.dumps({**drawing, "version": 1}))
    expected = f"expected pictures of version {drawing['version']} of the drawing, got version 1"
    with pytest.raises(ValueError, match=expected):
        Detector(load(folder))


# librosa itself is a list of what could be imported.
HEAVY = (
    "keras tensorflow librosa.core sklearn matplotlib pandas numba streamlit joblib "
    "scipy numpy.ma av tqdm email"
).split()


def test_detecting_imports_nothing_heavy(hand_set, talks):
    script = (
        "import sys; from detect.cli import main; status = main(sys.argv[1:]); "
        f"print(status, *sorted({{*{HEAVY}}} & {{*sys.modules}}))"
    )
    command = [sys.executable, "-c", script, str(talks / "bright.wav"), "--run", str(hand_set)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "0", ended.stderr
