import json
import shutil

import cv2
import numpy as np
import pytest

from classify.evaluation import Scored, evaluate, pool, table
from classify.metrics import summary
from classify.run import load
from classify.scores import scores


@pytest.fixture
def run(trained, tmp_path):
    return load(shutil.copytree(trained, tmp_path / "run"))


@pytest.fixture
def copy(images, tmp_path):
    return shutil.copytree(images, tmp_path / "images")


def with_manifest(images):
    """Two pictures a recording."""
    lines = ["path,recording"]
    for path in sorted((images / "test").rglob("*.png")):
        name = path.relative_to(images).as_posix()
        lines.append(f"{name},{path.parent.name}-{int(path.stem) // 2}.wav")
    (images / "manifest.csv").write_text("\n".join(lines) + "\n")
    return images


def test_the_report_per_picture_is_the_summary_of_the_scores(run, images):
    report, refused = evaluate(images, run, "test")
    paths = sorted((images / "test").rglob("*.png"))
    labels = np.array([int(path.parent.name == "fake") for path in paths])
    p_fake = np.array([score.p_fake for score in scores(run, paths)])
    assert report["picture"] == pytest.approx(summary(labels, p_fake, 0.5))
    assert (report["split"], report["threshold"], refused) == ("test", 0.5, 0)
    assert "recording" not in report
    assert np.sum(report["confusion"]["picture"]) == 16


def test_the_written_report(run, images):
    report, _ = evaluate(images, run, "validation")
    folder = run.folder / "report"
    assert json.loads((folder / "metrics.json").read_text()) == report
    for name in ("confusion.png", "roc.png"):
        image = cv2.imread(str(folder / name))
        assert image.std() > 10, name


def test_recordings_are_pooled_by_the_mean_of_their_logits(run, copy):
    report, _ = evaluate(with_manifest(copy), run, "test")
    assert np.sum(report["confusion"]["recording"]) == 8
    assert np.sum(report["confusion"]["picture"]) == 16
    # Logits 3 and -1 have the mean 1, though one picture of two is said to be real.
    p = 1 / (1 + np.exp(-np.array([3.0, -1.0])))
    pooled = pool(np.array(["a", "a"]), Scored(np.array([1, 1]), p))
    assert pooled.p_fake == pytest.approx(1 / (1 + np.exp(-1)))


def test_one_class_is_evaluated_as_far_as_it_means_something(run, copy):
    shutil.rmtree(copy / "test/real")
    (run.folder / "report").mkdir(exist_ok=True)
    (run.folder / "report/roc.png").write_text("of an earlier evaluation")
    report, _ = evaluate(copy, run, "test")
    assert "accuracy" in report["picture"]
    assert "eer" not in report["picture"]
    assert not (run.folder / "report/roc.png").exists()
    line = next(line for line in table(report, run.classes).splitlines() if "eer" in line)
    assert line.split() == ["eer", "-"]


def test_pictures_that_cannot_be_scored_are_named_and_counted(run, copy, capsys):
    (copy / "test/fake/00.png").write_bytes(b"broken")
    report, refused = evaluate(copy, run, "test")
    assert refused == 1
    assert np.sum(report["confusion"]["picture"]) == 15
    assert "00.png: expected a picture, got something else" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda root: shutil.rmtree(root / "test"), "expected a split of pictures, got .*test"),
        (lambda root: (root / "test/real").rename(root / "test/cats"), "got cats"),
        (lambda root: [p.unlink() for p in root.glob("test/*/*")], "got none that can be scored"),
        (lambda root: (root / "manifest.csv").write_text("a,b\n"), "columns path and recording"),
    ],
)
def test_a_dataset_that_cannot_be_evaluated_is_refused(run, copy, spoil, message):
    spoil(copy)
    with pytest.raises(ValueError, match=message):
        evaluate(copy, run, "test")


def test_a_dataset_of_other_drawing_settings_is_refused(trained, copy, tmp_path):
    folder = shutil.copytree(trained, tmp_path / "other")
    (folder / "render.json").write_text('{"hop": 256}')
    (copy / "render.json").write_text('{"hop": 128}')
    with pytest.raises(ValueError, match="drawn with hop 256, got hop 128; render it with"):
        evaluate(copy, load(folder), "test")


def test_the_table_shows_both_levels(run, copy):
    report, _ = evaluate(with_manifest(copy), run, "test")
    lines = table(report, run.classes).splitlines()
    assert lines[0].split() == ["test", "pictures", "recordings"]
    assert lines[1].split() == ["real", "8", "4"]
    accuracy = next(line for line in lines if line.startswith("accuracy")).split()
    assert float(accuracy[1]) == pytest.approx(report["picture"]["accuracy"], abs=5e-4)
