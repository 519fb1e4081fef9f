import json
import re
import shlex
import shutil

import numpy as np
import pytest
import soundfile

from classify import cli
from classify.runs.run import load
from detect.render_settings import stored
from detect.robustness.cli import main
from detect.robustness.conditions import CONDITIONS
from render.cli import main as draw
from render.dataset import render
from render.parallel import Executor
from render.worker import RenderPlan

RATE = 16_000
QUICK = ("--resamples", "20", "--explain-pictures", "0", "--jobs", "1")


@pytest.fixture
def run(make_run, tmp_path):
    return make_run(tmp_path / "run", training={"seed": 0, "keep_epoch": "last"})


@pytest.fixture(scope="module")
def audio(tmp_path_factory, bright, dull):
    """Ten test recordings a class, of two sources."""
    folder, lines = tmp_path_factory.mktemp("sweep") / "audio", ["path,source"]
    for label, samples in (("real", dull), ("fake", bright)):
        for number in range(10):
            name = f"test/{label}/{number}.flac"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            start = 2_000 * number
            soundfile.write(folder / name, samples[start : start + 3 * RATE // 2], RATE)
            lines.append(f"{name},s{number % 2}")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def images(audio, hand_set):
    folder = audio.parent / "images"
    render(audio, RenderPlan(dataset=folder, settings=stored(load(hand_set))), Executor(jobs=1))
    return folder


@pytest.mark.slow
def test_the_sweep_is_part_of_the_evaluation(audio, images, run, capsys):
    call = [str(images), "--run", str(run), *QUICK, "--robustness", str(audio)]
    assert main([*call, "--conditions", "telephone", "length"]) == 0
    lines = capsys.readouterr().out.splitlines()
    text = (run / "report/metrics.json").read_text()
    assert "NaN" not in text
    report = json.loads(text)
    robustness = report["robustness"]
    assert (robustness["column"], robustness["recordings"], robustness["bootstrap_unit"]) == (
        "source",
        20,
        "source",
    )
    clean, telephone, *lengths = robustness["conditions"].values()
    # Clean, a recording is judged as its pictures are.
    for name in ("eer", "hter", "fpr", "fnr"):
        assert clean[name] == report["recording"][name]
        assert clean["by"]["s0"].get(name) == report["by"]["source"]["s0"].get(name)
    assert (telephone["fnr"], telephone["fpr"]) == (1.0, 0.0)
    assert [length["n_real"] + length["n_fake"] for length in lengths] == [20, 20, 0, 0, 0]
    assert np.isfinite(lengths[0]["hter"])
    start = next(n for n, line in enumerate(lines) if line.startswith("robustness "))
    assert lines[start + 2].split()[:5] == ["telephone,", "300", "to", "3400", "Hz"]
    assert lines[start + 2].split()[5] == "20"
    assert lines[start + 2].endswith("0.500  0.000  1.000")
    page = (run / "report/index.html").read_text()
    assert "telephone, 300 to 3400 Hz" in page
    assert f"--robustness={audio}" in page
    assert "--conditions telephone length" in page


@pytest.mark.slow
def test_without_recordings_it_is_the_evaluation_of_pictures(images, run, capsys):
    call = [str(images), "--run", str(run), "--resamples", "20", "--explain-pictures", "0"]
    assert main(call) == 0
    with_sounds = capsys.readouterr().out
    assert cli.main(["evaluate", *call]) == 0
    assert capsys.readouterr().out == with_sounds
    assert "robustness" not in json.loads((run / "report/metrics.json").read_text())


@pytest.mark.slow
def test_pictures_drawn_otherwise_are_refused_with_the_command_that_helps(
    audio, run, tmp_path, capsys
):
    images = tmp_path / "another corpus"
    assert draw([str(audio), "--to", str(images), "--feature", "mel", "--jobs", "1"]) == 0
    evaluate = [str(images), "--run", str(run), "--resamples", "20", "--explain-pictures", "0"]
    capsys.readouterr()
    assert main(evaluate) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    drawing = stored(load(run))
    differs = f"drawn with feature {drawing.feature}, seconds 1.0, got feature mel, seconds 2.0"
    assert f"{differs}: draw again with spoofsight render" in err
    assert cli.main(["predict", str(images / "test/real"), "--run", str(run)]) == 2
    refusals = capsys.readouterr().err
    command = err.rstrip().rpartition(" with ")[2]
    assert refusals.count(command) == 3  # the others, of the same reason, are counted
    assert command.startswith(f"spoofsight render AUDIO --to IMAGES --feature={drawing.feature} ")
    places = {"AUDIO": str(audio), "IMAGES": str(images)}
    _, verb, *arguments = [places.get(word, word) for word in shlex.split(command)]
    assert verb == "render"
    assert draw([*arguments, "--replace", "--jobs", "1"]) == 0
    assert main(evaluate) == 0
    assert json.loads((run / "report/metrics.json").read_text())["recording"]["eer"] == 0


@pytest.mark.slow
def test_a_recording_that_cannot_be_read_is_status_1(audio, images, run, tmp_path, capsys):
    audio = shutil.copytree(audio, tmp_path / "audio")
    (audio / "test/fake/text.wav").write_text("hello")
    call = [str(images), "--run", str(run), *QUICK, "--format", "json"]
    assert main([*call, "--robustness", str(audio), "--conditions", "clean"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["robustness"]["refused"] == 1
    assert "evaluate: test/fake/text.wav: expected audio or video, got something else" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--robustness", "NOWHERE"], "evaluate: expected a folder of recordings or a CSV that"),
        (["--robustness", "EMPTY"], "evaluate: expected recordings, got no audio file in "),
        (["--robustness", "AUDIO", "--conditions", "mp4"], "(clean, mp3-128, mp3-64, "),
        (["--robustness", "AUDIO", "--split", "train"], "expected recordings of the train split"),
        (["--robustness", "AUDIO", "--jobs", "0"], "expected 1 job or more, or -1 for one a core"),
        (["--conditions", "gsm"], "expected --robustness AUDIO beside --conditions, got none"),
    ],
)
def test_a_wrong_call_is_one_line_and_status_2(audio, run, tmp_path, capsys, arguments, message):
    (tmp_path / "empty").mkdir()
    places = {"NOWHERE": tmp_path / "gone", "EMPTY": tmp_path / "empty", "AUDIO": audio}
    words = [str(places.get(argument, argument)) for argument in arguments]
    assert main([str(tmp_path / "pictures"), "--run", str(run), *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert message in err
    assert not (run / "report").exists()


def test_the_help_names_every_condition_and_group(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out.split("conditions, by group", 1)[1].split("sample of", 1)[0]
    words = {word for line in text.splitlines() for word in re.split(r"\s+", line)}
    names = {name for name in CONDITIONS if name != "clean"}
    assert names <= words
    assert {condition.group for condition in CONDITIONS.values()} - {""} <= words
    assert not {word for word in words if re.fullmatch(r"[a-z]+\d*-[\d.]+", word)} - names
