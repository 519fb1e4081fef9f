"""Each benchmark runs from its command on a few made recordings and says its ratios."""

import re
import subprocess
import sys

import pytest


def run(name, *arguments):
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_speed_says_how_many_times_faster_than_the_plain_way_and_of_the_floor():
    said = run("render_speed", "--count", "2", "--rounds", "1", "--against", "plain", "floor")
    for feature in ("linear", "mel"):
        table = said[said.index(f"{feature}: 2 recordings, 2 clips") :]
        plain = re.search(r"^plain +[\d.]+ +([\d.]+) x   bar 8.0", table, re.MULTILINE)
        floor = re.search(r"^floor +[\d.]+ +([\d.]+) x   bar 0.6", table, re.MULTILINE)
        # Nobody is faster than the floor, and what makes a figure with matplotlib is far from it.
        assert 0 < float(floor[1]) < 1 < float(plain[1])


def test_a_program_that_is_not_installed_is_said_and_left_out(monkeypatch):
    monkeypatch.setenv("PATH", "")
    said = run(
        *("render_speed", "--count", "1", "--rounds", "1"),
        *("--features", "linear", "--against", "sox"),
    )
    assert said.startswith("sox: not installed (apt-get install sox)\n")
    assert not re.search(r"^sox +\d", said, re.MULTILINE)


def test_jobs_says_what_a_second_job_gains_and_how_long_a_rerun_takes():
    said = run(
        "render_jobs", "--count", "8", "--rounds", "1", "--command", f"{sys.executable} -m render"
    )
    assert re.search(r"^two jobs: \d+\.\d\d x one job   bar 1.7: (met|MISSED)$", said, re.MULTILINE)
    assert "already drawn: 8" in said
    again = re.search(r"re-run with nothing to do (\d+\.\d\d) s, \d+\.\d x   bar 3.0 s", said)
    assert float(again[1]) > 0


def test_scale_says_that_both_engines_came_to_the_same_files():
    said = run("render_scale", "--count", "40", "--rounds", "2")
    for engine in ("processes", "dask"):
        found = re.findall(rf"^{engine} +40 .* (\d+\.\d\d) +\d+ +\d+\.\d\d  ", said, re.MULTILINE)
        assert len(found) == 2
        middle = re.search(rf"^{engine}: last tenth (\d+\.\d\d) of the first", said, re.MULTILINE)
        assert float(middle[1]) == pytest.approx(sum(map(float, found)) / 2, abs=0.02)
    assert "same files with both engines: met" in said


def test_the_network_of_the_speed_of_predictions_is_one_that_any_keras_loads():
    said = run("predict_speed", "--count", "2", "--rounds", "1", "--only", "warm")
    for way in ("ours", "keras"):
        found = re.search(rf"^{way} +(\d+) pictures/s", said, re.MULTILINE)
        assert float(found[1]) > 0


@pytest.mark.parametrize("name", ["render_speed", "render_jobs", "render_scale"])
def test_help_says_what_is_measured(name):
    said = run(name, "--help")
    assert "--count N" in said
    assert len(said.splitlines()) > 15
