"""Each benchmark runs on a few made recordings and prints its ratios."""

import contextlib
import re
import sys

import pytest


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # librosa.load imports aifc, sunau
def test_speed_says_how_many_times_faster_than_the_plain_way_and_of_the_floor(bench):
    _, text = bench("render_speed", "--count", 2, "--rounds", 1, "--against", "plain", "floor")
    for feature in ("linear", "mel"):
        table = text[text.index(f"{feature}: 2 recordings, 2 clips") :]
        rows = re.findall(r"^(\w+) +([\d.]+) +([\d.]+) x(.*)$", table, re.MULTILINE)[:3]
        assert [name for name, *_ in rows] == ["ours", "plain", "floor"]
        ours = float(rows[0][1])
        for _, rate, factor, _ in rows:
            # Of one round, the ratio of the times is that of the rates, which are rounded to 0.1.
            assert float(factor) == pytest.approx(ours / float(rate), rel=0.2)
        assert [bar.split(":")[0] for *_, bar in rows] == ["", "   bar 8.0", "   bar 0.6"]


def test_a_program_that_is_not_installed_is_said_and_left_out(bench, monkeypatch):
    monkeypatch.setenv("PATH", "")
    options = ("--count", 1, "--rounds", 1, "--features", "linear", "--against", "sox")
    _, text = bench("render_speed", *options)
    assert text.startswith("sox: not installed (apt-get install sox)\n")
    assert re.search(r"^ours +\d", text, re.MULTILINE)
    assert not re.search(r"^sox +\d", text, re.MULTILINE)


@pytest.mark.slow
def test_jobs_says_what_a_second_job_gains_and_how_long_a_rerun_takes(bench):
    render = f"{sys.executable} -m render --jobs 1"
    _, text = bench("render_jobs", "--count", 4, "--rounds", 1, "--command", render)
    assert re.search(r"^two jobs: \d+\.\d\d x one job   bar 1.7: (met|MISSED)$", text, re.MULTILINE)
    again = re.search(r"re-run with nothing to do (\d+\.\d\d) s, \d+\.\d x   bar 3.0 s", text)
    assert float(again[1]) > 0
    assert "already drawn: 4" in text


@pytest.mark.slow
def test_scale_says_that_both_engines_came_to_the_same_files(bench, monkeypatch, tmp_path):
    from benchmarks import render_scale

    with render_scale.local_cluster(tmp_path, 2) as cluster:  # one for both rounds
        again = contextlib.nullcontext(cluster)
        monkeypatch.setattr(render_scale, "local_cluster", lambda *_: again)
        _, text = bench("render_scale", "--count", 40, "--rounds", 2)
    for engine in ("processes", "dask"):
        rates = re.findall(rf"^{engine} +40 .* (\d+\.\d\d) +\d+ +\d+\.\d\d  ", text, re.MULTILINE)
        assert len(rates) == 2
        middle = re.search(rf"^{engine}: last tenth (\d+\.\d\d) of the first", text, re.MULTILINE)
        assert float(middle[1]) == pytest.approx(sum(map(float, rates)) / 2, abs=0.02)
    assert "same files with both engines: met" in text


@pytest.mark.slow
def test_the_network_of_the_speed_of_predictions_is_one_that_any_keras_loads(bench, monkeypatch):
    from benchmarks import predict_speed

    child = predict_speed._child

    def make_here(function, *arguments):
        """Write the run in this process, and load it in one that has not built its network."""
        if function != "make":
            return child(function, *arguments)
        return predict_speed.make(*arguments)

    monkeypatch.setattr(predict_speed, "_child", make_here)
    _, text = bench("predict_speed", "--count", 2, "--rounds", 1, "--only", "warm")
    for side in ("ours", "keras"):
        speed = re.search(rf"^{side} +(\d+) pictures/s", text, re.MULTILINE)
        assert float(speed[1]) > 0


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("calibrate_codecs", ["CORPUS", "RUN", "voice messages", "--jobs N"]),
        ("calibrate_segments", ["CORPUS", "RUN", "fake in part", "--count N"]),
        ("convergence", ["EER of validation", "AUDIO"]),
        ("detect_long", ["--minutes SHORT LONG"]),
        ("detect_many", ["SIGKILL", "--kills K"]),
        ("first_verdict", ["fresh clone", "AUDIO"]),
        ("fuzz", ["crashed", "--keep DIR"]),
        ("input_pipeline", ["IMAGES", "--rounds N", "from memory", "--recipe"]),
        ("long_recording", ["--minutes SHORT LONG"]),
        ("model_card", ["RUN", "docs/model-card.md"]),
        ("models", ["multiply-adds", "--images IMAGES"]),
        ("predict_speed", ["warm", "--count N"]),
        ("pretrained", ["CORPUS", "--fold N/K", "licences"]),
        ("render_jobs", ["--count N", "AUDIO"]),
        ("render_scale", ["--count N", "--only"]),
        ("render_speed", ["--count N", "floor"]),
        ("serve_load", ["CORPUS", "--clients N", "without HTTP"]),
        ("splices", ["CORPUS", "RUN", "within 2 s", "--count N"]),
        ("ablation.__main__", ["augmentation:", "--leave-sources-out [K]", "AUDIO"]),
        ("peers.__main__", ["\nrobust ", "\nlfcc-gmm ", "\nforest ", "--seeds N"]),
    ],
)
def test_help_says_what_is_measured(bench, name, parts):
    status, text = bench(name, "--help")
    assert status == 0
    assert text.startswith(f"usage: run.sh bench {name.partition('.')[0]} ")
    assert [part for part in parts if part not in text] == []
