import csv
import io
import json

import numpy as np
import pytest
import soundfile
from scipy.signal import fftconvolve

from classify.runs.run import load
from detect.channels import different_speech
from detect.cli import main
from detect.detection import Detector
from detect.explanation import draw_window
from detect.timeline import timeline
from render.decoding.audio import scan_audio
from render.demo.formant_synthesis import RATE, speaker, utterance


@pytest.fixture(scope="module")
def other(bright):
    """Another speaker than those of `bright`, as loud and long."""
    rng = np.random.default_rng(7)
    speech = np.concatenate([utterance(speaker(7), rng) for _ in range(3)])[: len(bright)]
    return speech * bright.std() / speech.std()


@pytest.fixture
def write(tmp_path):
    def write(name, *channels):
        path = tmp_path / name
        soundfile.write(path, np.stack(channels, axis=1), RATE, subtype="FLOAT")
        return path

    return write


@pytest.fixture
def found(write):
    """Return a function that gives the channels of different speech in a recording."""
    return lambda *channels: different_speech(scan_audio(write("x.wav", *channels), RATE))


def noise(like, level, seed=0):
    return level * np.random.default_rng(seed).standard_normal(len(like))


def test_two_speakers_at_once_are_different_speech(found, bright, other):
    assert found(bright, other) == ("1", "2")
    assert found(bright, 0.1 * other) == ("1", "2")
    assert found(bright + 0.1 * other, other + 0.1 * bright) == ("1", "2")  # both are overheard
    assert found(0 * bright, other, bright) == ("2", "3")


def test_two_speakers_in_turn_are_different_speech(found, bright, other):
    turn = np.arange(len(bright)) % (2 * RATE) < RATE
    assert found(turn * bright, ~turn * other) == ("1", "2")
    hiss = noise(bright, 1e-3, 1), noise(bright, 1e-3, 2)
    assert found(turn * bright + hiss[0], ~turn * other + hiss[1]) == ("1", "2")


def test_one_speaker_in_both_channels_is_not(found, bright):
    assert found(bright, bright) is None
    assert found(bright, 0.1 * bright) is None
    assert found(bright, np.roll(bright, RATE // 50)) is None  # 20 ms later
    assert found(bright + noise(bright, 0.03, 1), bright + noise(bright, 0.03, 2)) is None
    fade = 0.03 * 0.9992 ** np.arange(RATE)  # 60 dB in 0.5 s
    room = [
        fftconvolve(bright, np.r_[1, noise(fade, fade, seed)])[: len(bright)] for seed in (1, 2)
    ]
    assert found(*room) is None


def test_speech_beside_noise_a_tone_or_silence_is_not(found, bright, other):
    assert found(bright, noise(bright, 0.05)) is None
    assert found(bright, np.sin(np.arange(len(bright)))) is None
    assert found(bright, 0 * bright) is None
    assert found(bright, 1e-3 * other) is None  # 60 dB under it: not heard in the mix
    assert found(bright) is None


def test_the_parts_of_music_are_not(found):
    # Drums and bass in both channels, chords left, a melody right, at 120 beats a minute.
    time = np.arange(8 * RATE) / RATE

    def notes(rate, *pitches):
        """Square waves, `rate` a second, that fade."""
        pitch = np.asarray(pitches)[(time * rate).astype(int) % len(pitches)]
        return np.exp(-8 * (time * rate % 1) / rate) * np.sign(np.sin(2 * np.pi * pitch * time))

    both = 0.3 * noise(time, np.exp(-8 * (time * 2 % 1) / 2)) + 0.2 * notes(2, 55, 65, 49)
    chords = 0.1 * sum(notes(1, pitch, 1.2 * pitch) for pitch in (220, 277, 330))
    melody = 0.15 * notes(4, 880, 660, 990, 784, 587)
    assert found(both + chords, both + melody) is None


def test_a_call_is_judged_by_each_channel(write, hand_set, bright, other, capsys):
    call = write("call.wav", bright, other)
    alone = [write("left.wav", bright), write("right.wav", other)]
    run = ["--run", str(hand_set), "--format", "json"]
    assert main([str(call), *map(str, alone), "--channels", "each", *run]) == 0
    left, right, *monos = map(json.loads, capsys.readouterr().out.splitlines())
    assert [left.pop("path"), right.pop("path")] == [str(call)] * 2
    assert [left.pop("channel"), right.pop("channel")] == ["1", "2"]
    for verdict in monos:
        verdict.pop("path")
        assert verdict.pop("channel") == "mix"
    assert [left, right] == monos
    assert left["p_fake"] != right["p_fake"]


def test_the_mix_of_a_call_gets_a_warning(write, hand_set, bright, other, capsys):
    call = str(write("call.wav", bright, other))
    assert main([call, "--run", str(hand_set)]) == 0
    out, err = capsys.readouterr()
    (line,) = out.splitlines()
    assert line.endswith(call)
    assert err == (
        f"detect: {call}: warning: channels 1 and 2 hold different speech, and their mix is "
        "judged: detect --channels each judges each by itself\n"
    )
    assert main([call, "--run", str(hand_set), "--channels", "each"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert {line.partition(call)[2] for line in out.splitlines()} == {
        " [channel 1]",
        " [channel 2]",
    }


def test_channels_without_speech_and_files_that_fail_are_named(
    write, tmp_path, hand_set, bright, capsys
):
    (tmp_path / "text.wav").write_text("hello")
    call = write("call.wav", 0 * bright, bright)
    names = [str(tmp_path / "text.wav"), str(call)]
    assert main([*names, "--run", str(hand_set), "--channels", "each", "--format", "csv"]) == 1
    out, err = capsys.readouterr()
    first, second = csv.DictReader(io.StringIO(out))
    assert (first["path"], first["channel"], first["label"]) == (str(call), "1", "no speech")
    assert (second["path"], second["channel"], second["label"]) == (str(call), "2", "fake")
    assert err.startswith(f"detect: {names[0]}: expected audio or video, got something else")


def test_a_mix_without_speech_says_that_the_channels_may_hold_some(hand_set, write, bright):
    detector = Detector(load(hand_set))
    hum = np.sin(2 * np.pi * 50 * np.arange(len(bright)) / RATE)
    detection = detector.detect(write("desk.wav", 0.01 * bright, 0.5 * hum))
    assert (detection.label, detection.warnings) == (
        "no speech",
        ("the mix of 2 channels was looked at: detect --channels each looks at each by itself",),
    )
    soundfile.write(path := write("mono.wav", 0.5 * hum), 0.5 * hum, RATE)
    assert detector.detect(path).warnings == ()


@pytest.mark.slow
def test_figures_are_drawn_of_each_channel(write, tmp_path, hand_set, bright, other, capsys):
    call = str(write("call.wav", bright, other))
    options = ["--run", str(hand_set), "--channels", "each", "--timeline"]
    assert main([call, *options, str(tmp_path / "one.png")]) == 2
    assert "expected a folder for each timeline" in capsys.readouterr().err
    assert main([call, *options, str(tmp_path / "all")]) == 0
    pictures = [path.read_bytes() for path in sorted((tmp_path / "all").iterdir())]
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == [
        "call.wav.channel-1.timeline.png",
        "call.wav.channel-2.timeline.png",
    ]
    assert pictures[0] != pictures[1]


def test_the_explained_window_is_of_the_channel(write, hand_set, bright, other):
    detector = Detector(load(hand_set))
    call, alone = write("call.wav", bright, other), write("right.wav", other)
    np.testing.assert_array_equal(
        draw_window(detector, call, 1.0, channel="2"), draw_window(detector, alone, 1.0)
    )


@pytest.mark.slow
def test_the_timeline_is_of_the_channel(write, hand_set, bright, other):
    detector = Detector(load(hand_set))
    call, alone = write("call.wav", bright, other), write("right.wav", other)
    detection = detector.detect(call, "call.wav", "2")
    drawn = timeline(detector, call, detection), timeline(detector, alone, detector.detect(alone))
    spectrograms = [figure.axes[1].images[0].get_array() for figure in drawn]
    np.testing.assert_array_equal(*spectrograms)
    assert drawn[0].get_suptitle().startswith("call.wav [channel 2]: ")


def test_opposite_channels_are_judged_as_one_of_them(write, hand_set, bright):
    detector = Detector(load(hand_set))
    mono = detector.detect(write("mono.wav", bright), "x")
    opposite = detector.detect(write("opposite.wav", bright, -bright), "x")
    assert (mono.channel, opposite.channel, opposite.title) == ("mix", "1", "x [channel 1]")
    assert opposite.windows == mono.windows
    (warning,) = opposite.warnings
    assert warning == "its channels cancel each other when mixed, so channel 1 is taken alone"
