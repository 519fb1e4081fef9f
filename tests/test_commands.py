"""`run.sh` as a person or continuous integration calls it."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
VERBS = "render train evaluate detect page predict forge fetch score compare audit".split()


def run(*arguments, cwd=ROOT, **environment):
    return subprocess.run(
        [str(ROOT / "run.sh"), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
    )


def test_help_lists_every_verb_that_run_sh_has():
    text = (ROOT / "run.sh").read_text()
    listed = run("help").stdout
    assert run().stdout == run("--help").stdout == listed
    verbs = text.split("  help | install", 1)[1].split(")", 1)[0]
    for verb in ("install", *verbs.replace("|", " ").split()):
        assert f"./run.sh {verb}" in listed, verb


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_every_verb_answers_at_once(verb, tmp_path):
    took = []
    for _ in range(3):
        start = time.perf_counter()
        ended = run(verb, "--help", cwd=tmp_path)
        took.append(time.perf_counter() - start)
        assert ended.returncode == 0
        assert ended.stdout.startswith(f"usage: run.sh {verb}")
    assert min(took) < 0.5


def test_an_unknown_verb_is_one_line_and_status_2():
    ended = run("dance")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "run.sh: expected a verb, got dance; ./run.sh help lists them\n"


def test_an_unsupported_python_is_one_line_and_status_2(tmp_path):
    shutil.copy(ROOT / "run.sh", tmp_path)
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\necho 3.9\n")
    old.chmod(0o755)
    ended = subprocess.run(
        [str(tmp_path / "run.sh"), "install"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHON": str(old)},
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert line.endswith(f"expected Python 3.11, 3.12 or 3.13, got {old}, which is Python 3.9")
    assert not (tmp_path / ".venv").exists()


def test_relative_paths_are_those_of_the_caller(tmp_path, write_sound):
    for split in ("train", "validation"):
        for seed, label in enumerate(("real", "fake")):
            write_sound(tmp_path / "sounds" / split / label / "a.wav", seconds=2, seed=seed)
    assert (
        run("render", "sounds", "--to", "pictures", "--seconds", "0.5", cwd=tmp_path).returncode
        == 0
    )
    assert len(list((tmp_path / "pictures/train/real").glob("*.png"))) == 4
    ended = run(
        "train", "pictures", "--to", "run", "--recipe", "plain", "--epochs", "1", cwd=tmp_path
    )
    assert ended.returncode == 0, ended.stderr
    picture = next((tmp_path / "pictures/train/fake").glob("*.png")).relative_to(tmp_path)
    ended = run("predict", picture, "--run", "run", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split()[0] in ("real", "fake", "uncertain")
    assert ended.stdout.endswith(f"{picture}\n")
    assert ended.stderr == ""


def test_continuous_integration_runs_the_test_verb():
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        'exec "$(dirname "$0")/../run.sh" test'
    ]
