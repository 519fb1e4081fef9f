import json

import pytest
from matplotlib.figure import Figure

from render import cli, preview
from render.cli import main
from render.demo import corpus

SMALL = ["--rate", "8000", "--seconds", "1", "--window", "256", "--hop", "128", "--jobs", "1"]


@pytest.fixture
def audio(tmp_path, write_sound):
    for split in ("train", "validation"):
        for seed, label in enumerate(("real", "fake")):
            write_sound(tmp_path / "audio" / split / label / "a.wav", seed=seed)
    return tmp_path / "audio"


def test_all_drawn_is_status_0(audio, tmp_path, capsys):
    assert main([str(audio), "--to", str(tmp_path / "images"), *SMALL]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split() == ["split", "class", "recordings", "clips", "minutes"]
    assert "Traceback" not in err


def test_some_failures_are_status_1(audio, tmp_path, capsys):
    (audio / "train/real/b.wav").write_text("no sound")
    assert main([str(audio), "--to", str(tmp_path / "images"), *SMALL]) == 1
    out, err = capsys.readouterr()
    assert "failures: 1" in out
    assert [line for line in err.splitlines() if "b.wav" in line][0].startswith(
        "render: train/real/b.wav: expected audio"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "render: expected"),
        (["AUDIO", "--layout", "asvspoof5"], "render: expected"),
        (["AUDIO", "--engine", "dask"], "render: expected the address of a scheduler"),
        (["AUDIO", "--jobs", "0"], "render: expected 1 job or more"),
        (["AUDIO", "--variants", "-1"], "render: expected 0 variants or more, got -1"),
        (["AUDIO", "--noise", "nowhere"], "render: expected"),
        (["AUDIO", "--timeout", "0"], "render: expected a timeout above 0 s, got 0"),
        (["AUDIO", "--seconds", "-1"], "render: expected clips longer than 0 s"),
        (["AUDIO", "--overlap", "3"], "render: expected an overlap"),
        (["AUDIO", "--group", "speaker"], "render: expected a column of"),
    ],
)
def test_a_wrong_call_is_one_line_and_status_2(audio, tmp_path, capsys, arguments, message):
    arguments = [str(audio) if argument == "AUDIO" else argument for argument in arguments]
    assert main([*arguments, "--to", str(tmp_path / "images")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(message)


@pytest.mark.slow
def test_nothing_drawn_is_status_2(tmp_path, capsys):
    (tmp_path / "audio/real").mkdir(parents=True)
    (tmp_path / "audio/real/a.wav").touch()
    assert main([str(tmp_path / "audio"), "--to", str(tmp_path / "images")]) == 2
    assert "expected a recording that can be drawn, got 1 failures" in capsys.readouterr().err
    assert (tmp_path / "images/failures.csv").is_file()


def test_debug_shows_the_error_itself(tmp_path):
    with pytest.raises(ValueError, match="expected a folder"):
        main([str(tmp_path / "nowhere"), "--debug"])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], {"level": -20.0, "trim": 40.0, "feature": "linear-comb", "overlap": 0.0}),
        (["--no-level", "--no-trim"], {"level": None, "trim": None}),
        (["--level", "-26", "--feature", "mel"], {"level": -26.0, "feature": "mel"}),
        (["--overlap", "0.5"], {"overlap": 0.5}),
    ],
)
def test_options_reach_the_settings(audio, tmp_path, options, expected):
    assert main([str(audio), "--to", str(tmp_path / "images"), *SMALL, *options]) == 0
    assert expected.items() <= json.loads((tmp_path / "images/render.json").read_text()).items()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Let the default folders be empty ones, and the demonstration corpus a small one."""
    make = corpus.make
    monkeypatch.setattr(cli, "HOME", tmp_path)
    monkeypatch.setattr(cli, "DEMO", tmp_path / "datasets/demo/audio")
    monkeypatch.setattr(corpus, "make", lambda folder, jobs: make(folder, count=6, jobs=1))
    (tmp_path / "datasets/audio").mkdir(parents=True)
    return tmp_path


@pytest.mark.slow
def test_without_audio_a_demonstration_corpus_is_made_and_said(home, capsys):
    for number, arguments in enumerate(([], ["--demo"])):
        images = home / f"images-{number}"
        assert main([*arguments, "--to", str(images), *SMALL]) == 0
        out, err = capsys.readouterr()
        reason = "render: no AUDIO given and nothing in datasets/audio, so making a demonstration"
        assert (reason in err) == (not arguments)
        assert "no evidence about real deepfakes" in err
        assert (home / "datasets/demo/audio/manifest.csv").is_file()
        header = (images / "manifest.csv").read_text().splitlines()[0]
        assert header.endswith("generator,speaker,utterance,source")
        assert "failures: 0" in out


@pytest.mark.slow
def test_what_lies_in_the_default_folder_is_drawn_instead(home, write_sound, capsys):
    assert main(["--to", str(home / "images"), *SMALL]) == 0
    for label in ("real", "fake"):
        for seed in range(3):
            write_sound(home / "datasets/audio" / label / f"{seed}.wav", seed=seed)
    capsys.readouterr()
    assert main(["--to", str(home / "images"), *SMALL]) == 2
    assert "pictures of the demonstration corpus (one is" in capsys.readouterr().err
    assert main(["--to", str(home / "images"), *SMALL, "--replace"]) == 0
    assert "demonstration" not in capsys.readouterr().err


def test_help_names_every_setting_with_its_default(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for part in ("--seconds", "(default: 2.0)", "--no-trim", "exit status: 0", "minutes"):
        assert part in text


@pytest.mark.parametrize("share", ["0/2", "3/2", "1", "a/b", "1/0"])
def test_an_impossible_share_is_refused(audio, capsys, share):
    with pytest.raises(SystemExit) as ended:
        main([str(audio), "--shard", share])
    assert ended.value.code == 2
    assert "expected I/N with 1 <= I <= N" in capsys.readouterr().err


def test_variants_and_shares_reach_the_pictures(audio, tmp_path):
    images = str(tmp_path / "images")
    for share in ("1/2", "2/2"):
        assert main([str(audio), "--to", images, *SMALL, "--variants", "1", "--shard", share]) == 0
    assert not (tmp_path / "images/manifest.csv").exists()
    assert main([str(audio), "--to", images, *SMALL, "--variants", "1"]) == 0
    assert len(list((tmp_path / "images/train").rglob("variant-1/*.png"))) == 2


def test_a_share_without_a_recording_is_no_error(audio, tmp_path):
    for number in range(1, 41):
        assert (
            main([str(audio), "--to", str(tmp_path / "x"), *SMALL, "--shard", f"{number}/40"]) == 0
        )
    assert len(list((tmp_path / "x").rglob("*.png"))) == 6


@pytest.mark.slow
def test_a_preview_is_one_picture_and_nothing_else(audio, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.rglob("*"))
    assert main(["--preview", str(audio / "train/real/a.wav")]) == 0
    assert {path.name for path in set(tmp_path.rglob("*")) - before} == {"a.png"}
    assert capsys.readouterr().out == "a.png\n"
    monkeypatch.setattr(preview, "sheet", lambda *_: Figure())
    assert main(["--preview", str(audio / "train/real/a.wav")]) == 0
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nholiday")
    assert main(["--preview", str(audio / "train/real/a.wav")]) == 2
    assert "expected no a.png in this folder but an earlier preview" in capsys.readouterr().err
    assert (tmp_path / "a.png").read_bytes().endswith(b"holiday")
    assert main(["--preview", "nowhere.wav"]) == 2
