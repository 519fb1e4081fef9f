import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from detect.arguments import parser
from detect.cli import main

ROOT = Path(__file__).resolve().parents[2]
RATE = 16_000
PNG = b"\x89PNG"


@pytest.fixture
def call(hand_set, monkeypatch, tmp_path):
    """Return a function that calls the command with the hand-set run, and data to read."""

    def run(*arguments, stdin=b""):
        file = tmp_path / "stdin"
        file.write_bytes(stdin)
        with file.open() as stream:
            monkeypatch.setattr("sys.stdin", stream)
            return main([*map(str, arguments), "--run", str(hand_set)])

    return run


def test_a_recording_gets_one_line(call, talks, capsys):
    assert call(talks / "bright.wav") == 0
    out, err = capsys.readouterr()
    assert err == ""
    (line,) = out.splitlines()
    label, percent, _, name, p, seconds, unit, path = line.split()
    assert (label, name, unit, path) == ("fake", "P(fake)", "s", str(talks / "bright.wav"))
    assert float(percent) / 100 == pytest.approx(float(p), abs=1e-3)
    assert len(seconds.split("-")) == 2


def test_a_folder_is_a_table_with_the_most_suspicious_first(call, talks, capsys):
    assert call(talks) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.rpartition("/")[2] for line in lines] == ["bright.wav", "dull.flac", "tone.wav"]
    assert lines[2].startswith("no speech  ")
    assert lines[0].index("P(fake)") == lines[1].index("P(fake)")
    assert [line.index(str(talks)) for line in lines] == [lines[0].index(str(talks))] * 3


@pytest.fixture
def spliced(make_run, tmp_path, bright, dull):
    """Give a run that knows what stands out, and a recording that is bright from 15 s to 20 s."""
    run = make_run(tmp_path / "calibrated", segments={"threshold": 3.0, "scale": 0.5})
    sound = np.concatenate([dull, dull, dull, bright, dull, dull, dull])
    soundfile.write(tmp_path / "spliced.wav", sound, RATE)
    return run, tmp_path / "spliced.wav"


def test_a_part_that_stands_out_has_a_line_and_is_written_in_all_formats(spliced, capsys):
    run, path = spliced
    assert main([str(path), "--run", str(run)]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("fake in part       P(fake) 0.")
    assert second.split()[:2] == ["segment", "P(fake)"]
    assert first.index("P(fake)") == second.index("P(fake)")
    assert main([str(path), "--run", str(run), "--format", "json"]) == 0
    verdict = json.loads(capsys.readouterr().out)
    (segment,) = verdict["segments"]
    assert verdict["label"] == "fake in part"
    assert [segment["start_s"], segment["end_s"]] == pytest.approx([15, 20], abs=1.0)
    assert main([str(path), "--run", str(run), "--format", "csv"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["segments"] == f"{segment['start_s']:.1f}-{segment['end_s']:.1f}"


def test_labels_and_windows_are_written_where_told(spliced, tmp_path, capsys):
    run, path = spliced
    labels, windows = tmp_path / "labels", tmp_path / "windows.csv"
    options = ["--labels", "audacity", "--labels-to", labels, "--windows", windows]
    assert main([str(path), "--run", str(run), *map(str, options)]) == 0
    (line,) = (labels / "spliced.wav.labels.txt").read_text().splitlines()
    start, end, _ = line.split("\t")
    assert [float(start), float(end)] == pytest.approx([15, 20], abs=1.0)
    rows = list(csv.DictReader(io.StringIO(windows.read_text())))
    assert {row["path"] for row in rows} == {str(path)}
    assert len(rows) == pytest.approx(2 * 35, abs=2)  # of 1 s, overlapping by half
    capsys.readouterr()
    assert main([str(path), "--run", str(run), "--labels", "rttm"]) == 2
    assert "expected --labels and --labels-to together" in capsys.readouterr().err


def test_the_formats_agree_and_keep_the_order(call, talks, capsys):
    names = [talks / "tone.wav", talks / "sub/dull.flac", talks / "bright.wav"]
    assert call(*names, "--format", "json") == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert call(*names, "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert (
        [verdict["path"] for verdict in objects]
        == [row["path"] for row in rows]
        == list(map(str, names))
    )
    assert [verdict["label"] for verdict in objects] == ["no speech", "real", "fake"]
    assert objects[0]["p_fake"] is objects[0]["suspicious_s"] is None
    assert (rows[0]["p_fake"], rows[0]["suspicious_start_s"]) == ("", "")
    for verdict, row in zip(objects[1:], rows[1:], strict=True):
        for name in ("confidence", "p_fake", "llr", "duration_s"):
            assert float(row[name]) == verdict[name]
        assert [float(row["suspicious_start_s"]), float(row["suspicious_end_s"])] == (
            verdict["suspicious_s"]
        )
        assert (
            int(row["clips"])
            == verdict["clips"]
            == len(verdict["start_s"])
            == len(verdict["clip_p_fake"])
        )
        worst = verdict["start_s"][np.argmax(verdict["clip_p_fake"])]
        assert worst == verdict["suspicious_s"][0]


def test_what_cannot_be_used_is_named_and_the_rest_judged(call, talks, capsys):
    (talks / "text.wav").write_text("hello")
    assert call(talks, talks / "gone.wav") == 1
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3
    first, second = err.splitlines()
    assert first.startswith(f"detect: {talks / 'text.wav'}: expected audio or video, got some")
    assert second == f"detect: {talks / 'gone.wav'}: expected a recording, got no such file"
    assert call(talks / "text.wav") == 2
    assert capsys.readouterr().out == ""


def test_warnings_are_printed(call, talks, bright, capsys):
    path = talks / "8.wav"
    soundfile.write(path, bright[::2], RATE // 2)
    assert call(path) == 0
    warning = "unlike the training recordings: sample rate 8000 Hz, theirs 16000 Hz"
    assert capsys.readouterr().err == f"detect: {path}: warning: {warning}\n"
    assert call(path, "--format", "json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["warnings"] == [warning]
    assert err == ""


def test_a_run_that_knows_nothing_of_its_training_says_so(make_run, talks, tmp_path, capsys):
    folder = make_run(tmp_path / "run", training_ranges={})
    assert main([str(talks / "bright.wav"), "--run", str(folder)]) == 0
    assert "does not say what its training recordings were like" in capsys.readouterr().err


def test_a_run_of_the_demonstration_is_warned_of_once_and_in_json(
    make_run, talks, tmp_path, capsys
):
    folder = make_run(tmp_path / "run", demonstration=True)
    call = [str(talks / "bright.wav"), str(talks / "sub"), "--run", str(folder)]
    assert main(call) == 0
    warning = "its verdicts about real recordings mean nothing"
    assert capsys.readouterr().err.count(warning) == 1
    assert main([*call, "--format", "json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(warning in json.loads(line)["warnings"][0] for line in lines)


def wav(samples):
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


@pytest.mark.parametrize("kind", ["wav", "streamed wav", "raw"])
def test_standard_input_is_judged_like_the_file(call, bright, tmp_path, capsys, kind):
    path = tmp_path / "x.wav"
    path.write_bytes(wav(bright))
    assert call(path, "--format", "json") == 0
    expected = json.loads(capsys.readouterr().out)
    data, options = path.read_bytes(), []
    if kind == "streamed wav":
        data = data[:4] + b"\xff" * 4 + data[8:40] + b"\xff" * 4 + data[44:]
    elif kind == "raw":
        data, options = data[44:], ["--raw", RATE]
    assert call("-", "--format", "json", *options, stdin=data) == 0
    assert json.loads(capsys.readouterr().out) == {**expected, "path": "-"}


def test_nothing_on_standard_input_is_one_failure_among_others(call, talks, capsys):
    assert call("-", talks / "bright.wav") == 1
    out, err = capsys.readouterr()
    assert "bright.wav" in out
    assert err == "detect: -: expected a recording on standard input, got nothing\n"


def test_a_real_pipe_is_spooled_and_nothing_is_left_behind(hand_set, talks, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    ended = subprocess.run(
        [sys.executable, "-m", "detect", "-", "--run", str(hand_set)],
        cwd=ROOT,
        input=(talks / "bright.wav").read_bytes(),
        capture_output=True,
        env={"TMPDIR": str(scratch), "HOME": str(scratch)},
        check=True,
    )
    assert ended.stdout.startswith(b"fake ")
    assert ended.stdout.endswith(b"  -\n")
    # Neither the recording nor what onnxruntime writes when it reports to its makers.
    assert list(scratch.iterdir()) == []


def test_no_control_character_reaches_the_terminal(call, talks, capsys):
    evil = "a\x1b[31m\nb"
    shutil.copy(talks / "bright.wav", talks / f"{evil}.wav")
    (talks / f"{evil}-bad.wav").write_text("hello")
    for form in ("text", "json", "csv"):
        assert call(talks / f"{evil}.wav", talks / f"{evil}-bad.wav", "--format", form) == 1
        out, err = capsys.readouterr()
        assert "\x1b" not in out + err
        assert r"a\x1b[31m\nb" in err
        assert len(err.splitlines()) == 1
        assert len(out.splitlines()) == (2 if form == "csv" else 1)
    assert call(talks / f"{evil}.wav", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["path"] == str(talks / f"{evil}.wav")


def test_a_name_in_a_script_that_the_font_lacks_is_drawn_as_boxes(call, talks, tmp_path):
    path = shutil.copy(talks / "bright.wav", talks / "语音.wav")
    assert call(path, "--timeline", tmp_path) == 0
    assert (tmp_path / "语音.wav.timeline.png").read_bytes().startswith(PNG)


@pytest.mark.slow
def test_a_timeline_goes_into_a_file_or_a_folder(call, talks, tmp_path, matplotlibrc):
    assert call(talks / "bright.wav", "--timeline", tmp_path / "one.png") == 0
    one = (tmp_path / "one.png").read_bytes()
    assert one.startswith(PNG)
    with matplotlibrc():
        assert call(talks / "bright.wav", "--timeline", tmp_path / "one.png") == 0
    assert (tmp_path / "one.png").read_bytes() == one
    (talks / "other").mkdir()
    shutil.copy(talks / "bright.wav", talks / "other/bright.wav")
    target = tmp_path / "drawn"
    names = [talks, talks / "other/bright.wav"]
    assert call(*names, "--timeline", target) == 0
    names = sorted(path.relative_to(target).as_posix() for path in target.rglob("*.png"))
    assert names == [
        "bright.wav-2.timeline.png",
        "bright.wav.timeline.png",
        "other/bright.wav.timeline.png",
        "sub/dull.flac.timeline.png",
        "tone.wav.timeline.png",
    ]


@pytest.mark.slow
def test_an_explanation_is_drawn_and_said(call, talks, tmp_path, capsys):
    names = [talks / "bright.wav", talks / "tone.wav"]
    assert call(*names, "--explain", tmp_path) == 0
    first, sentence, last = capsys.readouterr().out.splitlines()
    assert first.startswith("fake ")
    assert last.startswith("no speech ")
    assert "P(fake)" in sentence
    assert (tmp_path / "bright.wav.explanation.png").read_bytes().startswith(PNG)
    assert not (tmp_path / "tone.wav.explanation.png").exists()
    assert call(names[0], "--explain", tmp_path / "one.png", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["explanation"] in sentence
    assert call(names[0], "--explain", tmp_path / "one.png", "--format", "csv") == 0
    assert sentence.strip() in capsys.readouterr().err


@pytest.mark.slow
def test_a_picture_that_cannot_be_written_is_a_failure_beside_the_verdict(
    call, talks, tmp_path, capsys
):
    (tmp_path / "drawn").mkdir()
    (tmp_path / "drawn/sub").write_text("in the way")
    assert call(talks, "--timeline", tmp_path / "drawn") == 1
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3
    assert f"detect: {talks / 'sub/dull.flac'}: not drawn: " in err


@pytest.mark.slow
def test_a_long_name_is_cut_short_in_those_of_pictures(call, talks, tmp_path):
    name = "é" * 120 + "{}.wav"
    for number in (1, 2):
        shutil.copy(talks / "tone.wav", tmp_path / name.format(number))
    folder = tmp_path / "drawn"
    assert call(*(tmp_path / name.format(number) for number in (1, 2)), "--timeline", folder) == 0
    names = [f"{'é' * 100}{end}.timeline.png" for end in ("-2", "")]
    assert sorted(path.name for path in folder.iterdir()) == names
    longest = tmp_path / f"{'x' * 251}.png"
    assert call(talks / "tone.wav", "--timeline", longest) == 0
    assert longest.read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["NOWHERE"], "expected a recording, got no such file"),
        (["PICTURE"], "expected a recording, got a picture: spoofsight predict judges pictures"),
        (["GOOD", "--run", "NOWHERE"], "expected a trained run in "),
        (["GOOD", "--step", "7"], "expected a step of 0.016 s (a column) to 1 s (a clip), got 7 s"),
        (["GOOD", "--timeout", "0"], "expected a timeout above 0 s, got 0"),
        (["GOOD", "GOOD", "--timeline", "x.png"], "expected a folder for each timeline of several"),
        (["GOOD", "--timeline", "PICTURE"], "expected a new file or a PNG to replace for the time"),
        (
            ["GOOD", "--timeline", "x.JPG"],
            "expected a folder or a file that ends in .png for the",
        ),
        (
            ["GOOD", "--explain", "x.wav"],
            "expected a folder or a file that ends in .png for the ex",
        ),
        (["GOOD", "--timeline", "x.png", "--explain", "./x.png"], "expected a file each for timel"),
        (["GOOD", "--explain", "GOOD"], "expected a folder or a file that ends in .png for the ex"),
        (["GOOD", "--raw", "16000"], "expected - for standard input beside --raw, got none"),
        (["-", "-"], "expected standard input once, got - 2 times"),
    ],
)
def test_a_wrong_call_is_one_line_and_status_2(
    hand_set, talks, capsys, monkeypatch, arguments, message
):
    monkeypatch.chdir(talks)
    (talks / "a.png").write_bytes(b"a recording with an odd name")
    places = {
        "GOOD": str(talks / "bright.wav"),
        "NOWHERE": str(talks / "gone"),
        "PICTURE": str(talks / "a.png"),
    }
    words = [places.get(argument, argument) for argument in arguments]
    assert main(words if "--run" in words else [*words, "--run", str(hand_set)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert message in err


def test_debug_shows_where_it_was(talks):
    with pytest.raises(ValueError, match="expected a trained run"):
        main([str(talks / "bright.wav"), "--run", str(talks), "--debug"])


def test_an_impossible_rate_of_a_raw_dump_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["-", "--raw", "16k"])
    assert ended.value.code == 2
    assert "expected a rate of 1000 to 1000000 Hz, got 16k" in capsys.readouterr().err


def test_interrupted_it_says_what_is_known(call, talks, capsys, monkeypatch):
    from detect import detection

    whole = detection.Detector.detect

    def interrupted(self, path, name, channel):
        if "dull" in name:
            raise KeyboardInterrupt
        return whole(self, path, name, channel)

    monkeypatch.setattr(detection.Detector, "detect", interrupted)
    assert call(talks) == 130
    out, err = capsys.readouterr()
    assert [line.rpartition("/")[2] for line in out.splitlines()] == ["bright.wav"]
    assert err == "detect: interrupted\n"


def test_help_shows_units_and_a_sample():
    text = parser().format_help()
    assert "sample of the output:\n  fake " in text
    assert "exit status: 0 all done" in text
    assert "seconds from one window to the next" in text


def test_without_a_run_the_pretrained_one_is_taken(make_run, talks, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("classify.runs.lookup.HOME", tmp_path)
    make_run(tmp_path / "checkpoints/pretrained")
    assert main([str(talks / "bright.wav")]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("fake ")
    assert err == (
        "detect: using the pretrained run (checkpoints/pretrained); train your own: "
        "spoofsight train\n"
    )


def test_without_any_run_the_error_says_how_to_make_one(talks, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("classify.runs.lookup.HOME", tmp_path)
    monkeypatch.setattr("classify.runs.lookup._IN_PACKAGE", tmp_path / "none")
    assert main([str(talks / "bright.wav")]) == 2
    folder = tmp_path / "checkpoints/default"
    assert capsys.readouterr().err == (
        f"detect: expected a trained run in {folder}, got no run.json: "
        f"make it with spoofsight train IMAGES --to {folder}\n"
    )
