"""`run.sh` as a person or continuous integration calls it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import EXTRAS
from tests.detect.conftest import hand_set, make_run  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent
VERBS = (
    "render train evaluate adapt detect page serve predict forge fetch score compare audit"
).split()
# Runs commands in one process: each prints its usage, then all say which modules they imported.
HELP = """
import runpy, sys
for command in sys.argv[1:]:
    sys.argv = command.split()
    try:
        runpy.run_module(sys.argv[0], run_name="__main__")
    except SystemExit as ended:
        assert ended.code == 0, command
print("modules:", *sys.modules)
"""


def run(*arguments, cwd=ROOT, **environment):
    return subprocess.run(
        [str(ROOT / "run.sh"), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
    )


def third_party(modules):
    """Top-level packages among modules that are neither ours nor Python's."""
    packages = {name.partition(".")[0] for name in modules}
    packages -= {"render", "classify", "detect"} | sys.stdlib_module_names
    return {name for name in packages if not name.startswith("_")}


def test_help_lists_every_verb_that_run_sh_has():
    text = (ROOT / "run.sh").read_text()
    listed = run("help").stdout
    assert run().stdout == run("--help").stdout == listed
    verbs = text.split("  help | install", 1)[1].split(")", 1)[0]
    for verb in ("install", *verbs.replace("|", " ").split()):
        assert f"./run.sh {verb}" in listed, verb


@pytest.mark.parametrize("command", ["./run.sh", "spoofsight"])
def test_help_of_every_verb_is_of_the_command_and_imports_this_project_alone(command, python_calls):
    environment = {**os.environ, "SPOOFSIGHT_HOME": "."}  # as run.sh sets it
    if command != "./run.sh":
        del environment["SPOOFSIGHT_HOME"]
    commands = []
    for verb in VERBS:
        (call,) = python_calls(verb, "--help")
        assert call[0] == "-m"
        commands.append(" ".join(call[1:]))
    ended = subprocess.run(
        [sys.executable, "-c", HELP, *commands],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    assert ended.returncode == 0, ended.stderr
    text, _, modules = ended.stdout.rpartition("modules:")
    # argparse begins each help with the command that it belongs to.
    usages = [line.split()[1:3] for line in text.splitlines() if line.startswith("usage: ")]
    assert usages == [[command, verb] for verb in VERBS]
    assert ("run.sh" in text) == (command == "./run.sh")
    assert third_party(modules.split()) == set()


def test_test_runs_lint_and_all_tests_and_fast_leaves_out_the_slow_ones(python_calls):
    *lint, every = python_calls("test", "tests/render", "-k", "silence")
    assert [call[1:3] for call in lint] == [["ruff", "check"], ["ruff", "format"], ["mypy"]]
    assert every[:2] == ["-m", "pytest"]
    assert every[-3:] == ["tests/render", "-k", "silence"]
    *same, fast = python_calls("test", "--fast", "-k", "silence")
    assert same == lint
    assert fast == [*every[:-3], "-m", "not slow", "-k", "silence"]


def test_the_demonstration_takes_no_options_and_does_not_start_for_help():
    done = subprocess.run([ROOT / "run.sh", "demo", "--help"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "run.sh: expected demo alone, got demo --help\n"


def test_an_unknown_verb_is_one_line_and_status_2():
    ended = run("dance")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "run.sh: expected a verb, got dance; ./run.sh help lists them\n"


def test_a_folder_on_standard_input_is_one_line_and_status_2(tmp_path):
    folder = os.open(tmp_path, os.O_RDONLY)
    ended = subprocess.run(
        [ROOT / "run.sh", "detect", "-"], stdin=folder, capture_output=True, text=True
    )
    os.close(folder)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == ("run.sh: expected a file or a pipe on standard input, got a folder\n")


@pytest.mark.parametrize(("name", "shown"), [("dance", "dance"), ("support", "support")])
def test_an_unknown_benchmark_is_one_line_and_status_2(name, shown):
    ended = run("bench", name)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"run.sh: expected a benchmark, got {shown}; ./run.sh help lists them\n"


def test_a_link_leads_to_the_project_and_no_folder_of_that_name_elsewhere_does(tmp_path):
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    for folder in (here / "house", elsewhere / "house"):
        folder.mkdir(parents=True)
        shutil.copy(ROOT / "run.sh", folder)
        (folder / "benchmarks").mkdir()
        (folder / ".venv").mkdir()
        for extra in EXTRAS:
            (folder / f".venv/installed-{extra}").touch()
    (here / "house/benchmarks/mine.py").touch()
    python = here / "house/.venv/bin/python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\necho "$PYTHONPATH$PYTHONHOME" "$PYTHONSAFEPATH" "$@"\n')
    python.chmod(0o755)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/one").symlink_to("../here/house/run.sh")
    (tmp_path / "bin/two names").symlink_to(tmp_path / "bin/one")
    for command in (here / "house/run.sh", "house/run.sh", tmp_path / "bin/two names"):
        ended = subprocess.run(
            [command, "bench", "mine", "x"],
            capture_output=True,
            text=True,
            cwd=here,
            env={**os.environ, "CDPATH": f"{elsewhere}:.", "PYTHONHOME": "/another"},
        )
        assert (ended.stderr, ended.stdout) == ("", f"{here}/house 1 -m benchmarks.mine x\n")


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


@pytest.mark.slow
def test_relative_paths_are_those_of_the_caller(tmp_path, write_sound, hand_set):  # noqa: F811
    shutil.copytree(hand_set, tmp_path / "run")
    noise = "sounds/train/real/a.wav"
    write_sound(tmp_path / noise, seconds=2)
    options = "--feature linear --seconds 1 --window 512 --hop 256 --jobs 1 --variants 0".split()
    ended = run("render", "sounds", "--to", "pictures", *options, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    pictures = sorted((tmp_path / "pictures").rglob("*.png"))
    assert len(pictures) == 2
    picture = pictures[0].relative_to(tmp_path)
    for verb, file, answers in (
        ("predict", picture, ("real", "fake", "uncertain")),
        ("detect", noise, ("no",)),  # speech found
    ):
        # Python tells on standard error what it imports, a line a module.
        ended = run(verb, file, "--run", "run", cwd=tmp_path, PYTHONPROFILEIMPORTTIME="1")
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.split()[0] in answers
        assert ended.stdout.endswith(f"{file}\n")
        lines = ended.stderr.splitlines()
        assert [line for line in lines if not line.startswith("import time:")] == []
        imported = third_party(line.rpartition("|")[2].strip() for line in lines)
        assert "onnxruntime" in imported
        slow = {"keras", "tensorflow", "sklearn", "matplotlib", "pandas", "numba", "scipy"}
        assert not imported & slow


def test_continuous_integration_runs_the_test_verb():
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        'exec "$(dirname "$0")/../run.sh" test'
    ]
    assert "- run: ./run.sh test\n" in (ROOT / ".github/workflows/test.yml").read_text()
