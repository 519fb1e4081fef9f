import csv
import json
import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest

from classify.evaluation.evaluation import evaluate
from classify.metrics.registry import METRICS, compute_metrics
from classify.metrics.report import read
from classify.prediction.inference import score_pictures
from classify.reports import plots, text
from classify.runs.run import Calibration, CodecCalibration, load


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Leave the plots of the report out; `test_html` and `test_plots` draw them."""
    dot = cv2.imencode(".png", np.zeros((1, 1), np.uint8))[1].tobytes()
    monkeypatch.setattr(plots, "png", lambda *_: dot)


@pytest.fixture
def run(trained, tmp_path):
    return load(shutil.copytree(trained, tmp_path / "run"))


@pytest.fixture
def copy(images, tmp_path):
    return shutil.copytree(images, tmp_path / "images")


def with_manifest(images):
    """Two pictures a recording, four recordings a class, two speakers, two generators."""
    lines = ["path,recording,speaker,generator"]
    for path in sorted((images / "test").rglob("*.png")):
        name, label = path.relative_to(images).as_posix(), path.parent.name
        recording = int(path.stem) // 2
        generator = "-" if label == "real" else f"g{recording % 2}"
        lines.append(f"{name},{label}-{recording}.wav,s{recording // 2},{generator}")
    (images / "manifest.csv").write_text("\n".join(lines) + "\n")
    return images


@pytest.mark.slow
def test_the_report_per_picture_is_of_the_calibrated_scores(run, images):
    report = evaluate(images, run, "test", resamples=20, explain_pictures=0)
    paths = sorted((images / "test").rglob("*.png"))
    labels = np.array([int(path.parent.name == "fake") for path in paths])
    llr = run.calibration(np.array([score.llr[0] for score in score_pictures(run, paths)]))
    assert run.calibration != Calibration()
    assert list(report.units) == ["picture"]
    pictures = report.main
    assert pictures.metrics == pytest.approx(compute_metrics(labels, llr, 0.5))
    assert tuple(pictures.metrics) == tuple(METRICS)
    assert (report.split, report.threshold, report.refused) == ("test", 0.5, 0)
    assert (report.uncertain, report.classes) == (run.uncertain, run.classes)
    (tn, fp), (fn, tp) = pictures.confusion
    assert (tn + fp, fn + tp) == (8, 8)
    assert (fp / 8, tp / 8) == (pictures.metrics["fpr"], pictures.metrics["recall"])
    assert report.bootstrap_unit == "recording"


def test_the_written_report(run, images):
    report = evaluate(images, run, "validation", resamples=20, explain_pictures=0)
    folder = run.folder / "report"
    assert read(folder / "metrics.json") == json.loads(json.dumps(report.to_json()))
    page = (folder / "index.html").read_text()
    assert "--split validation" in page
    with (folder / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    trials = report.main.trials
    assert [row["name"] for row in rows] == trials.names.tolist()
    assert [run.classes.index(row["label"]) for row in rows] == trials.labels.tolist()
    assert [float(row["llr"]) for row in rows] == trials.llr.tolist()
    assert {path.name for path in folder.iterdir()} == {"metrics.json", "index.html", "scores.csv"}


@pytest.mark.slow
def test_recordings_are_pooled_and_broken_down(run, copy):
    report = evaluate(with_manifest(copy), run, "test", resamples=20, explain_pictures=0)
    assert np.sum(report.units["recording"].confusion) == 8
    assert np.sum(report.units["picture"].confusion) == 16
    assert report.main.trials.names[0] == "fake-0.wav"
    assert report.bootstrap_unit == "speaker"
    assert set(report.by) == {"generator"}
    cells = report.by["generator"]
    assert {value: cell.n_fake for value, cell in cells.items()} == {"g0": 2, "g1": 2, "-": 0}
    assert cells["g0"].real_from == "all"
    assert set(report.main.interval) <= set(METRICS)
    lines = text.evaluation(report).splitlines()
    assert lines[0].split() == ["test", "pictures", "recordings"]
    assert lines[1].split() == ["real", "8", "4"]
    line = next(line for line in lines if line.startswith("loss"))
    pictures = report.units["picture"]
    low, high = pictures.interval["loss"]
    assert f"{pictures.metrics['loss']:.3f} [{low:.3f}, {high:.3f}]" in line
    assert any(line.startswith("by generator") for line in lines)
    assert any(line.startswith("[ ]: 95 % of 20 resamples, drawn by speaker") for line in lines)


def test_recordings_in_a_codec_are_uncertain_in_the_band_of_that_codec(run, copy):
    path = with_manifest(copy) / "manifest.csv"
    header, *lines = path.read_text().splitlines()
    coded = [f"{line},OGG/OPUS,{16 if 'real' in line else 160}" for line in lines]
    path.write_text("\n".join([f"{header},codec,bit_rate_kbps", *coded]) + "\n")
    codecs = (CodecCalibration("opus", 24, run.calibration, (0.0, 1.0)),)  # no verdict at all
    judged = replace(run, uncertain=(0.5, 0.5), codecs=codecs)
    report = evaluate(copy, judged, "test", resamples=0, explain_pictures=0)
    assert report.main.selective["uncertain"] == 0.5


def test_columns_are_chosen_by_name(run, copy):
    report = evaluate(
        with_manifest(copy), run, "test", by=["speaker"], resamples=0, explain_pictures=0
    )
    assert set(report.by) == {"speaker"}
    assert report.by["speaker"]["s0"].real_from == "same speaker"
    with pytest.raises(ValueError, match="expected a column of .*speaker, generator.*, got colour"):
        evaluate(copy, run, "test", by=["colour"])


def test_one_class_is_evaluated_as_far_as_it_means_something(run, copy):
    shutil.rmtree(copy / "test/real")
    report = evaluate(copy, run, "test", resamples=20, explain_pictures=0)
    assert "accuracy" in report.main.metrics
    assert "eer" not in report.main.metrics
    assert (run.folder / "report/index.html").is_file()
    lines = text.evaluation(report).splitlines()
    line = next(line for line in lines if line.startswith("eer"))
    assert line.split() == ["eer", "-"]


def test_pictures_that_cannot_be_scored_are_named_and_counted(run, copy, capsys):
    (copy / "test/fake/00.png").write_bytes(b"broken")
    report = evaluate(copy, run, "test", resamples=0, explain_pictures=0)
    assert report.refused == 1
    assert np.sum(report.main.confusion) == 15
    assert "00.png: expected a picture, got something else" in capsys.readouterr().err


def test_a_dataset_that_cannot_be_evaluated_is_refused(run, images, tmp_path):
    spoilers = {
        "expected a split of pictures, got .*test": lambda root: shutil.rmtree(root / "test"),
        "got cats": lambda root: (root / "test/real").rename(root / "test/cats"),
        "got none that can be scored": lambda root: [p.unlink() for p in root.glob("test/*/*")],
        "expected a column path in": lambda root: (root / "manifest.csv").write_text("a,b\n"),
    }
    for number, (message, spoil) in enumerate(spoilers.items()):
        copy = shutil.copytree(images, tmp_path / str(number))
        spoil(copy)
        with pytest.raises(ValueError, match=message):
            evaluate(copy, run, "test")


def test_a_dataset_of_other_drawing_settings_is_refused(trained, copy, tmp_path):
    folder = shutil.copytree(trained, tmp_path / "other")
    (folder / "render.json").write_text('{"hop": 256}')
    (copy / "render.json").write_text('{"hop": 128}')
    refused = "^.*: expected a picture drawn with hop 256, got hop 128: draw again with"
    with pytest.raises(ValueError, match=f"{refused} the settings in .*other/render.json$"):
        evaluate(copy, load(folder), "test")
    (folder / "render.json").write_text('{"hop": 256, "command": "./run.sh render --hop=256"}')
    with pytest.raises(ValueError, match=f"{refused} spoofsight render --hop=256$"):
        evaluate(copy, load(folder), "test")


@pytest.mark.slow
def test_a_column_without_values_in_the_split_has_no_breakdown(run, copy, capsys):
    with_manifest(copy)
    manifest = copy / "manifest.csv"
    lines = manifest.read_text().splitlines()
    manifest.write_text("\n".join([f"{lines[0]},Source", *(f"{line}," for line in lines[1:])]))
    report = evaluate(copy, run, "test", ["source", "Speaker"], resamples=0, explain_pictures=0)
    assert list(report.by) == ["speaker"]
    assert "evaluate: no source in the manifest for test" in capsys.readouterr().err
    assert "by source" not in text.evaluation(report)
    manifest.write_text("path,recording,source\ntrain/real/00.png,a.wav,b\n")
    report = evaluate(copy, run, "test", resamples=0, explain_pictures=0)
    assert (report.by, len(report.main.trials)) == ({}, 16)
