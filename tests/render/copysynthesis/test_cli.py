import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from render.copysynthesis.cli import main

ROOT = Path(__file__).resolve().parents[3]
QUICK = ["--methods", "phase_randomisation,zero_phase", "--jobs", "1"]


@pytest.fixture
def audio(tmp_path, write_sound, monkeypatch):
    for seed, name in enumerate("abc"):
        write_sound(tmp_path / "audio/real" / f"{name}.wav", seconds=0.5, seed=seed, rate=8_000)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "audio"


def split(audio, write_sound):
    """Make a dataset with splits of it; only training has fakes."""
    for name in ("train", "validation", "test"):
        shutil.copytree(audio / "real", audio / name / "real")
    shutil.rmtree(audio / "real")
    write_sound(audio / "train/fake/x.wav")


def test_all_copied_is_status_0_and_says_how_to_go_on(audio, capsys):
    assert main(["audio/real", "--to", "audio/fake", *QUICK, "--copies", "2"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "method               copies",
        "phase_randomisation       3",
        "zero_phase                3",
        "copies: 6   made now: 6   failures: 0",
    ]
    assert "forge: audio/manifest.csv has a row for every copy\n" in err
    assert err.endswith(
        "forge: to draw originals and copies: spoofsight render audio --group source_recording\n"
    )
    assert main(["audio/real", "--to", "audio/fake", *QUICK, "--copies", "2"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == "copies: 6   made now: 0   failures: 0"
    assert "manifest.csv" not in err


def test_what_is_left_alone_is_said(audio, write_sound, capsys):
    split(audio, write_sound)
    assert main(["audio", "--to", "audio/forged", *QUICK]) == 0
    out, err = capsys.readouterr()
    assert "copies: 3 " in out
    assert "forge: left alone: real recordings of test and validation (see --splits)\n" in err
    assert "forge: there are no fakes in test and validation" in err
    assert err.endswith("spoofsight render audio\n")
    more = ["--splits", "test,validation"]
    assert main(["audio", "--to", "audio/held out", *QUICK, *more]) == 0
    assert "copies: 6 " in capsys.readouterr().out


def test_the_folder_that_it_names_can_be_drawn(audio, write_sound, tmp_path):
    from render import cli

    assert main(["audio/real", "--to", "audio/fake", *QUICK]) == 0
    small = ["--rate", "8000", "--seconds", "0.5", "--window", "256", "--hop", "128"]
    where = [
        "audio",
        "--group",
        "source_recording",
        "--variants",
        "0",
        "--to",
        "images",
        "--jobs",
        "1",
    ]
    assert cli.main([*where, *small]) == 0
    splits = {
        label: {
            path.name.split("-")[0]: path.parent.parent.name
            for path in (tmp_path / "images").rglob("*.png")
            if label in path.parts
        }
        for label in ("real", "fake")
    }
    assert splits["real"] == splits["fake"]
    assert set(splits["real"]) == set("abc")


def test_lossy_originals_are_told(audio, write_sound, capsys):
    write_sound(audio / "real/d.ogg", seconds=0.5, rate=8_000)
    assert main(["audio/real", "--to", "audio/fake", *QUICK]) == 0
    said = "forge: 1 copies are encoded once more than their originals (see --help)\n"
    assert said in capsys.readouterr().err


def test_copies_in_another_format_are_warned_of_and_counted(audio, capsys):
    path = audio / "real/d.m4a"
    with av.open(str(path), "w", format="ipod") as media:
        stream = media.add_stream("aac", rate=16_000)
        samples = 0.1 * np.random.default_rng(0).standard_normal((1, 8_000))
        frame = av.AudioFrame.from_ndarray(samples.astype(np.float32), "fltp", "mono")
        frame.sample_rate = 16_000
        media.mux(stream.encode(frame))
        media.mux(stream.encode(None))
    for made_now in (4, 0):
        assert main(["audio/real", "--to", "audio/fake", *QUICK]) == 0
        out, err = capsys.readouterr()
        assert f"copies: 4   made now: {made_now}   failures: 0   as FLAC: 1\n" in out
        assert "forge: warning: 1 copies are FLAC and their originals are not (.m4a)" in err
    assert len(list((audio / "fake").glob("d-*.flac"))) == 1


def test_copies_without_their_originals_are_told(audio, capsys):
    assert main(["audio/real", "--to", "out", "--no-link", *QUICK]) == 0
    assert "forge: out holds the copies alone, not their originals\n" in capsys.readouterr().err


def test_some_failures_are_status_1(audio, capsys):
    (audio / "real/bad.wav").write_text("no sound")
    assert main(["audio/real", "--to", "audio/fake", *QUICK]) == 1
    out, err = capsys.readouterr()
    assert "failures: 1" in out
    assert "forge: bad.wav: expected audio" in err


def test_nothing_copied_is_status_2(tmp_path, capsys):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/bad.wav").write_text("no sound")
    assert main([str(tmp_path / "real"), "--to", str(tmp_path / "fake"), *QUICK]) == 2
    assert "expected a recording that can be copied, got 1 failures" in capsys.readouterr().err


WRONG_CALLS = (
    (["nowhere", "--to", "fake"], "expected a folder of real recordings, got nowhere"),
    (["audio", "--to", "audio"], "expected a folder for the copies without the originals"),
    (["audio", "--to", "f", "--methods", "melgan"], "expected a method among griffin_lim,"),
    (["audio", "--to", "f", "--methods", ","], "expected 1 to 0 copies|expected a method"),
    (["audio", "--to", "f", "--copies", "99"], "expected 1 to 2 copies, one a method, got 99"),
    (["audio", "--to", "f", "--splits", "all"], "expected splits among train, validation"),
    (["audio", "--to", "f", "--seed", "-1"], "expected a seed of 0 or more, got -1"),
    (["audio", "--to", "f", "--jobs", "0"], "expected 1 job or more, or -1"),
)


def test_a_wrong_call_is_one_line_and_status_2(audio, capsys):
    for arguments, message in WRONG_CALLS:
        assert main([*QUICK, *arguments]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("forge: ")
        assert any(part in line for part in message.split("|")), line


def test_debug_shows_the_error_itself(audio):
    with pytest.raises(ValueError, match="expected a folder of real recordings"):
        main(["nowhere", "--to", "fake", "--debug"])


def test_an_interrupted_run_says_how_to_go_on(audio, monkeypatch, capsys):
    from render.copysynthesis import copysynthesis

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(copysynthesis, "copy_dataset", interrupted)
    assert main(["audio/real", "--to", "audio/fake"]) == 130
    assert capsys.readouterr().err == "forge: interrupted; run it again to go on\n"


def test_help_shows_every_method(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith("usage: spoofsight forge")
    for word in ("griffin_lim_128", "minimum_phase", "spoofsight.vocoders", "exit status"):
        assert word in text
