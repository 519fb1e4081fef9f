import csv
import io
import json
import shutil

import pytest

from classify.cli import main
from classify.runs.run import DEMONSTRATION_CAVEAT


@pytest.fixture
def run(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "run")


@pytest.mark.slow
def test_train_evaluate_predict(images, tmp_path, capsys):
    run = str(tmp_path / "run")
    train = ["train", str(images), "--to", run, "--epochs", "1", "--batch-size", "8", "--no-flip"]
    assert main(train) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{run}: kept epoch 1, validation loss ")
    assert "expected 20 recordings of each class in validation or more, got " in err
    assert err.splitlines()[-1] == f"train: next: spoofsight evaluate {images} --run {run}"
    assert json.loads((tmp_path / "run/run.json").read_text())["training"]["flip"] is False
    quick = ["--run", run, "--resamples", "10", "--explain-pictures", "0"]
    assert main(["evaluate", str(images), *quick]) == 0
    out, err = capsys.readouterr()
    assert "balanced_accuracy" in out
    assert "report/index.html" in err
    shutil.rmtree(tmp_path / "run/report")
    (tmp_path / "run/report").touch()  # no folder can be made here
    assert main(["evaluate", str(images), *quick, "--format", "json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["split"] == "test"
    unwritten = f"File exists: '{run}/report'"
    assert err.splitlines() == [f"evaluate: the report is not written: [Errno 17] {unwritten}"]
    assert main(["predict", str(images / "test/real"), "--run", run]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8
    assert lines[0].split()[0] in ("real", "fake", "uncertain")
    assert lines[0].endswith("00.png")
    assert "P(fake) 0." in lines[0]


def test_predict_without_a_run_takes_the_pretrained_one(
    images, trained, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("classify.runs.lookup.HOME", tmp_path)
    shutil.copytree(trained, tmp_path / "checkpoints/pretrained")
    assert main(["predict", str(images / "test/real/00.png")]) == 0
    out, err = capsys.readouterr()
    assert out.endswith("00.png\n")
    assert err.startswith("predict: using the pretrained run (checkpoints/pretrained); ")


@pytest.mark.slow
def test_an_ensemble_is_used_as_one_run(images, tmp_path, capsys):
    run = str(tmp_path / "run")
    train = [
        "train",
        str(images),
        "--to",
        run,
        "--recipe",
        "plain",
        "--epochs",
        "1",
        "--batch-size",
        "8",
        "--seeds",
        "2",
    ]
    assert main(train) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{run}: 2 networks, each alone validation EER ")
    assert "+-" in out
    quick = ["--run", run, "--resamples", "10", "--explain-pictures", "0", "--format", "json"]
    assert main(["evaluate", str(images), *quick]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report["seeds"]["picture"]) == set(report["picture"])
    assert main(["predict", str(images / "test/real/00.png"), "--run", run]) == 0
    assert "P(fake) 0." in capsys.readouterr().out


@pytest.mark.slow
def test_written_scores_have_the_figures_of_the_evaluation(images, run, tmp_path, capsys):
    scores = tmp_path / "mine.scores.tsv"
    quick = ["--resamples", "10", "--format", "json"]
    evaluate = ["evaluate", str(images), "--run", str(run), "--explain-pictures", "0"]
    assert main([*evaluate, "--scores", str(scores), *quick]) == 0
    evaluated = json.loads(capsys.readouterr().out)
    assert main(["score", str(scores), "--keys", str(tmp_path / "mine.keys.tsv"), *quick]) == 0
    judged = json.loads(capsys.readouterr().out)
    assert judged["figures"] == pytest.approx(evaluated["picture"])
    assert (judged["n_real"], judged["n_fake"]) == (8, 8)


@pytest.mark.slow
def test_pictures_that_cannot_be_judged_are_status_1(images, run, tmp_path, capsys):
    copy = shutil.copytree(images, tmp_path / "images")
    (copy / "test/real/00.png").write_text("hello")
    quick = ["--resamples", "10"]
    assert main(["evaluate", str(copy), "--run", str(run), "--explain-pictures", "0", *quick]) == 1
    assert main(["compare", str(run), str(run), str(copy), *quick]) == 1
    assert "00.png: expected a picture, got something else" in capsys.readouterr().err


def test_score_says_which_direction_it_takes(tmp_path, capsys):
    (tmp_path / "scores.csv").write_text("path,p_fake\na,0.1\nb,0.3\nc,0.8\nd,0.9\n")
    (tmp_path / "keys.csv").write_text("path,label\na,real\nb,real\nc,fake\nd,fake\n")
    call = ["score", str(tmp_path / "scores.csv"), "--keys", str(tmp_path / "keys.csv")]
    assert main(call[:2]) == 2
    assert "score: expected --keys, got " in capsys.readouterr().err
    assert main([*call, "--resamples", "10"]) == 0
    out = capsys.readouterr().out
    assert "P(fake)" in out.splitlines()[0]
    assert next(line for line in out.splitlines() if line.startswith("eer")).split()[1] == "0.000"
    assert main([*call, "--resamples", "0", "--higher", "real"]) == 0
    assert "--higher says which way" in capsys.readouterr().err


def test_compare_and_audit_from_the_command_line(images, run, capsys):
    assert main(["compare", str(run), str(run), str(images), "--resamples", "10"]) == 0
    assert "Neither is surely better by EER" in capsys.readouterr().out
    assert main(["audit", str(images), "--format", "json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out), dict)


def test_formats_of_predict_agree(images, run, capsys):
    names = [str(images / "test/fake/03.png"), str(images / "test/real/01.png")]
    assert main(["predict", *names, "--run", str(run), "--format", "json"]) == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert main(["predict", *names, "--run", str(run), "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [list(one) for one in objects] == [["path", "label", "confidence", "p_fake", "llr"]] * 2
    assert [one["path"] for one in objects] == names == [row["path"] for row in rows]
    for one, row in zip(objects, rows, strict=True):
        assert float(row["p_fake"]) == one["p_fake"]
        assert one["confidence"] == pytest.approx(100 * max(one["p_fake"], 1 - one["p_fake"]))


@pytest.mark.slow
def test_classes_that_say_nothing_are_not_called_real_and_fake(images, run, tmp_path, capsys):
    values = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**values, "classes": ["cats", "dogs"]}))
    for old, new in (("real", "cats"), ("fake", "dogs")):
        shutil.copytree(images / "test" / old, tmp_path / "pets/test" / new)
    name = str(tmp_path / "pets/test/dogs/03.png")
    assert main(["predict", name, "--run", str(run), "--format", "csv"]) == 0
    assert capsys.readouterr().out.startswith("path,label,confidence,p_positive,llr\n")
    evaluate = ["evaluate", str(tmp_path / "pets"), "--run", str(run), "--resamples", "0"]
    evaluate += ["--explain-pictures", "0", "--scores"]
    assert main([*evaluate, str(tmp_path / "a.tsv")]) == 2
    error = "expected a score file ending in .csv, since the classes cats and dogs do not say which"
    assert error in capsys.readouterr().err
    assert main([*evaluate, str(tmp_path / "a.csv")]) == 0
    (first, *rows) = (tmp_path / "a.csv").read_text().splitlines()
    assert first == "path,truth,p_positive,llr"
    assert {row.split(",")[1] for row in rows} == {"cats", "dogs"}
    (tmp_path / "keys.csv").write_text(
        "path,label\n"
        + "".join(f"{row.split(',')[0]},{'fr'['cats' in row]}\n" for row in rows)
        .replace(",f", ",fake")
        .replace(",r", ",real")
    )
    capsys.readouterr()
    call = ["score", str(tmp_path / "a.csv"), "--keys", str(tmp_path / "keys.csv")]
    assert main([*call, "--resamples", "0"]) == 0
    assert "does not say which way its scores count" in capsys.readouterr().err


def test_predict_says_once_that_a_run_is_of_the_demonstration(images, run, capsys):
    values = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**values, "demonstration": True}))
    assert main(["predict", str(images / "test"), "--run", str(run)]) == 0
    warnings = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert warnings == [f"predict: warning: {DEMONSTRATION_CAVEAT}"]


def test_some_refused_is_status_1_and_all_refused_is_status_2(images, run, tmp_path, capsys):
    (tmp_path / "text.png").write_text("hello")
    bad, good = str(tmp_path / "text.png"), str(images / "test/real/00.png")
    assert main(["predict", bad, good, "--run", str(run)]) == 1
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1
    assert err == f"predict: {bad}: expected a picture, got something else\n"
    assert main(["predict", bad, "--run", str(run)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "NOWHERE"], "train: expected a picture dataset, got "),
        (["train", "EMPTY"], "train: expected two class folders of pictures in "),
        (["train", "IMAGES", "--epochs", "0"], "train: expected epochs of at least 1, got 0"),
        (["train", "IMAGES", "--to", "RUN"], "train: expected a new run, got "),
        (["train", "IMAGES", "--shear", "90"], "train: expected shear of at least 0 and under 90"),
        (["evaluate", "IMAGES", "--run", "NOWHERE"], "evaluate: expected a trained run in "),
        (["evaluate", "NOWHERE", "--run", "RUN"], "evaluate: expected a picture dataset, got "),
        # Before any work: the dataset is not looked at.
        (["evaluate", "NOWHERE", "--scores", "mine.x"], "evaluate: expected a score file ending "),
        (["predict", "NOWHERE", "--run", "RUN"], "predict: "),
        (["predict", "EMPTY", "--run", "RUN"], "predict: "),
        (["evaluate", "IMAGES", "--run", "RUN", "--by", "x"], "evaluate: expected a column of "),
        (["train", "IMAGES", "--seeds", "0", "--to", "NOWHERE"], "train: expected at least 1 seed"),
        (["compare", "RUN", "EMPTY", "IMAGES"], "compare: expected a trained run in "),
        (["score", "NOWHERE"], "score: "),
        (["audit", "NOWHERE"], "audit: expected "),
        (["predict", "IMAGES", "--run", "EMPTY"], "predict: expected a trained run in "),
    ],
)
def test_a_wrong_call_is_one_line_and_status_2(images, run, tmp_path, capsys, arguments, message):
    (tmp_path / "empty").mkdir()
    places = {
        "NOWHERE": tmp_path / "nowhere",
        "EMPTY": tmp_path / "empty",
        "IMAGES": images,
        "RUN": run,
    }
    assert main([str(places.get(argument, argument)) for argument in arguments]) == 2
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert line.startswith(message)
    assert out == ""


def test_a_one_class_dataset_is_one_line_and_status_2(images, tmp_path, capsys):
    copy = shutil.copytree(images, tmp_path / "images")
    shutil.rmtree(copy / "train/fake")
    assert main(["train", str(copy), "--to", str(tmp_path / "new")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "expected two class folders" in line
    assert line.endswith("got real")


def test_a_damaged_run_is_one_line_and_status_2(images, run, capsys):
    (run / "run.json").write_text('{"format": 1}')
    assert main(["predict", str(images), "--run", str(run)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "expected a run's settings in" in line


@pytest.mark.slow
def test_damaged_pictures_in_training_are_status_1(images, tmp_path, capsys):
    copy = shutil.copytree(images, tmp_path / "images")
    (copy / "train/real/00.png").write_text("hello")
    arguments = ["train", str(copy), "--to", str(tmp_path / "run"), "--recipe", "plain"]
    assert main([*arguments, "--epochs", "1"]) == 1
    out, err = capsys.readouterr()
    assert "kept epoch 1" in out
    assert "00.png: expected a picture, got something else" in err


def test_debug_shows_the_error_itself(tmp_path):
    with pytest.raises(ValueError, match="expected a trained run"):
        main(["predict", "x.png", "--run", str(tmp_path), "--debug"])


@pytest.mark.parametrize(
    ("verb", "parts"),
    [
        ("train", ["--epochs", "plain 10", "--recipe", "--no-flip", "in degrees", "kept epoch"]),
        ("evaluate", ["--split", "--by", "accuracy", "exit status: 0"]),
        ("score", ["--keys", "higher = more bona fide", "exit status: 0"]),
        ("compare", ["RUN_A", "McNemar", "exit status: 0"]),
        ("audit", ["IMAGES", "duration", "exit status: 0"]),
        ("predict", ["--format", "97.3 %", "exit status: 0"]),
    ],
)
def test_help_shows_options_and_a_sample(verb, parts, capsys):
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert all(part in text for part in parts)
