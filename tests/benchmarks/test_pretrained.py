"""The run in the box: which commands make it, what it holds, and what it says of its corpus."""

import csv
import json
from types import SimpleNamespace

import pytest

from benchmarks import pretrained

COLUMNS = ("path", "split", "label", "recording", "recording_s", "variant", "vocoder_type")
COLUMNS += ("source", "generator", "kind", "language", "licence")
ROWS = [
    ("train/real/a-0.png", "train", "real", "a", 90, 0, "", "radio", "-", "", "en", "CC0"),
    ("train/real/a-1.png", "train", "real", "a", 90, 0, "", "radio", "-", "", "en", "CC0"),
    ("train/real/a-2.png", "train", "real", "a", 90, 1, "", "radio", "-", "", "en", "CC0"),
    ("train/fake/c.png", "train", "fake", "c", 90, 0, "neural", "radio", "hifigan", "", "", ""),
    ("validation/real/b.png", "validation", "real", "b", 30, 0, "", "radio", "-", "", "de", "CC0"),
    ("test/fake/d.png", "test", "fake", "d", 6, 0, "", "page", "vits", "tts", "en", ""),
]


@pytest.fixture
def work(tmp_path):
    """Give a folder as the commands leave it: pictures, their manifest, a run of two networks."""
    work = tmp_path / "work"
    (work / "images").mkdir(parents=True)
    with (work / "images/manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *ROWS])
    for folder in ("run", "run/report", "run/seed-0", "run/seed-1"):
        (work / folder).mkdir()
        for name in (*pretrained._NETWORK, *pretrained._RUN, "history.csv"):
            (work / folder / name).write_text(f"{folder}/{name}")
    (work / "run/report/metrics.json").write_text('{"robustness": {"source": "/home/me/corpus"}}')
    (work / "run/report/index.html").write_text("pictures")
    return work


@pytest.fixture
def calls(monkeypatch):
    """Give the commands that were called in place of calling them."""
    called = []
    monkeypatch.setattr(pretrained, "_call", lambda *words: called.append([*map(str, words)]))
    monkeypatch.setattr(pretrained, "load", lambda _: SimpleNamespace(segments={}, codecs=()))
    return called


def test_the_corpus_goes_through_copies_pictures_folds_and_evaluation(work, calls, tmp_path):
    to = tmp_path / "box"
    words = ["corpus", str(work), "--to", str(to), "--epochs", "3", "--copies", "2"]
    assert pretrained.main(words) == 0
    assert [words[:2] for words in calls] == [
        ["render.copysynthesis.cli", "corpus"],
        ["render", f"{work}/forged"],
        ["classify", "train"],
        ["benchmarks.calibrate_segments", "corpus"],
        ["benchmarks.calibrate_codecs", "corpus"],
        ["classify", "train"],
        ["detect.robustness.cli", f"{work}/images"],
    ]
    folds = f"{work}/folds"
    assert " ".join(calls[2]).endswith(f"--to {folds} --folds 4 --epochs 3 --resume")
    assert calls[3][-1] == calls[4][-1] == folds
    refit = f"--to {work}/run --refit {folds} --seeds 2 --epochs 3 --resume"
    assert " ".join(calls[5]).endswith(refit)
    assert {"--by=source", "--by=language"} <= {*calls[6]}
    assert "--by=round" not in calls[6]  # the manifest lacks it
    assert f"--robustness {work}/forged --conditions mp3-64" in " ".join(calls[6])
    files = {path.relative_to(to).as_posix() for path in to.rglob("*") if path.is_file()}
    networks = {f"seed-{n}/{name}" for n in (0, 1) for name in pretrained._NETWORK}
    assert files == {*networks, "report/metrics.json", *pretrained._RUN, "provenance.json"}
    metrics = json.loads((to / "report/metrics.json").read_text())
    assert metrics == {"robustness": {"source": "corpus"}}
    assert (to / "seed-1/model.onnx").read_text() == "run/seed-1/model.onnx"
    provenance = json.loads((to / "provenance.json").read_text())
    assert provenance["command"].startswith("./run.sh bench pretrained corpus ")
    assert len(provenance["commit"].removesuffix("-dirty")) == 40
    assert provenance["corpus"] == pretrained.summarise(work / "images/manifest.csv")


def test_one_fold_is_trained_alone_and_nothing_is_put_into_the_box(work, calls, tmp_path):
    to = tmp_path / "box"
    assert pretrained.main(["corpus", str(work), "--to", str(to), "--fold", "2/4"]) == 0
    assert " ".join(calls[-1]).endswith("--fold 2/4 --resume")
    assert not to.exists()


def test_without_copies_nothing_is_forged(work, calls, tmp_path):
    words = ["corpus", str(work), "--to", str(tmp_path / "box")]
    assert pretrained.main(words) == 0
    assert calls[0][:2] == ["render", "corpus"]


def test_what_the_folds_are_calibrated_for_is_not_measured_again(
    work, calls, tmp_path, monkeypatch
):
    finished = SimpleNamespace(segments={"threshold": 3.0}, codecs=("opus",))
    monkeypatch.setattr(pretrained, "load", lambda _: finished)
    assert pretrained.main(["corpus", str(work), "--to", str(tmp_path / "box")]) == 0
    assert not [words for words in calls if words[0].startswith("benchmarks")]


def test_quickly_only_clean_recordings_are_judged(work, calls, tmp_path):
    words = ["corpus", str(work), "--to", str(tmp_path / "box"), "--quick"]
    assert pretrained.main(words) == 0
    assert calls[-1][0] == "detect.robustness.cli"
    assert "--robustness" not in calls[-1]


def test_sources_are_summed_up_without_variants_and_copies(work):
    assert pretrained.summarise(work / "images/manifest.csv") == [
        {
            "split": "test",
            "source": "page",
            "label": "fake",
            "recordings": 1,
            "minutes": 0.1,
            "generator": ["vits"],
            "kind": ["tts"],
            "language": ["en"],
            "licence": [],
        },
        {
            "split": "train",
            "source": "radio",
            "label": "real",
            "recordings": 2,
            "minutes": 2.0,
            "generator": [],
            "kind": [],
            "language": ["en", "de"],
            "licence": ["CC0"],
        },
    ]


def test_a_run_too_large_for_the_repository_is_refused(work, calls, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pretrained, "MOST", 100)
    assert pretrained.main(["corpus", str(work), "--to", str(tmp_path / "box")]) == 2
    assert "expected 0 MB at most in" in capsys.readouterr().err


@pytest.mark.slow
def test_a_command_that_fails_ends_it(work, tmp_path, capsys):
    assert pretrained.main([str(tmp_path / "gone"), str(work)]) == 2
    assert "to work, got exit status 2" in capsys.readouterr().err
