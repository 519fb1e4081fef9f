"""The judge of a worker, in this process, beside the command."""

import json

import numpy as np
import pytest
import soundfile

from detect import cli
from detect.service.judge import Job, load_judge
from detect.service.limits import Limits
from render.demo.formant_synthesis import RATE


@pytest.fixture(scope="module")
def judge(hand_set):
    """Give a judge that takes up to 6 s."""
    return load_judge(hand_set, Limits(audio_s=6.0))


def ask(judge, path, channels="mix"):
    return judge(Job(str(path), path.name, channels))


@pytest.mark.parametrize("channels", ["mix", "each"])
def test_the_answer_is_what_the_command_prints(
    judge, hand_set, tmp_path, monkeypatch, capsys, bright, dull, channels
):
    soundfile.write(tmp_path / "call.wav", np.transpose([bright, dull]), RATE)
    monkeypatch.chdir(tmp_path)
    options = ["--run", str(hand_set), "--format", "json", "--channels", channels]
    assert cli.main(["call.wav", *options]) == 0
    printed = capsys.readouterr().out.splitlines()
    answer = ask(judge, tmp_path / "call.wav", channels)
    assert answer.status == 200
    if channels == "mix":
        assert [answer.text] == printed
    else:
        verdicts = json.loads(answer.text)
        assert verdicts == [json.loads(line) for line in printed]
        assert [verdict["label"] for verdict in verdicts] == ["fake", "real"]


def test_what_cannot_be_judged_is_refused_with_its_kind(judge, tmp_path, write_sound):
    long = write_sound(tmp_path / "long.wav", seconds=7)
    sentence = "expected a recording of at most 6 s, got a longer one"
    assert ask(judge, long) == (413, sentence)
    text = tmp_path / "x.wav"
    text.write_text("hello")
    assert ask(judge, text).status == 415
    assert ask(judge, text).text.startswith("expected audio or video, got something else")
    text.write_text("")
    assert ask(judge, text) == (422, "expected audio, got an empty file")
    whole = write_sound(tmp_path / "nan.wav", seconds=1, subtype="FLOAT").read_bytes()
    text.write_bytes(whole[:-4] + np.float32("nan").tobytes())
    assert ask(judge, text) == (422, "expected finite samples, got NaN or infinity")


def test_time_is_limited(hand_set, tmp_path, write_sound):
    judge = load_judge(hand_set, Limits(work_s=1e-6))
    status, sentence = ask(judge, write_sound(tmp_path / "a.wav"))
    assert status == 422
    assert sentence.startswith("expected a recording that is read in 0.0 s, got one that was not")
