"""The command `spoofsight`, and what importing the package costs."""

import configparser
import subprocess
import sys
from importlib import import_module

import pytest

import spoofsight
from classify.runs.short_card import PURPOSE
from spoofsight.cli import VERBS, main
from tests.conftest import ROOT

NOT_OURS = {"demo", "install", "lint", "test", "bench", "help"}  # verbs of the repository


def test_the_verbs_are_those_of_run_sh_and_call_the_same_modules(python_calls, monkeypatch):
    listed = (ROOT / "run.sh").read_text().split("  help | install", 1)[1].split(")", 1)[0]
    assert set(VERBS) == {*listed.replace("|", " ").split()} - NOT_OURS
    for verb, (target, _, _) in VERBS.items():
        (call,) = python_calls(verb, "--option")
        module, *first = target.split()
        called = [call[1], f"{call[1]}.cli"]  # python -m render calls render.cli
        assert module in called
        seen = []
        monkeypatch.setattr(import_module(module), "main", seen.append)
        main([verb, "--option"])
        assert seen == [[*first, "--option"]] == [call[2:]]


def test_without_a_verb_all_are_listed_with_what_an_answer_means(capsys):
    assert main([]) == 0
    listed = capsys.readouterr().out
    for arguments in (["--help"], ["-h"], ["help"]):
        assert main(arguments) == 0
        assert capsys.readouterr().out == listed
    for verb in VERBS:
        assert f"  spoofsight {verb} " in listed
    assert "It proves nothing" in listed
    assert max(map(len, listed.splitlines())) <= 100


def test_the_version_is_that_of_the_package(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"spoofsight {spoofsight.__version__}\n"


def test_an_unknown_verb_is_one_line_and_status_2(capsys):
    assert main(["dance"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "spoofsight: expected a verb, got dance; spoofsight --help lists them\n"


def test_the_status_of_a_verb_is_passed_on(capsys):
    assert main(["detect", "/nowhere.wav", "--run", "/nowhere"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("detect: expected a trained run in /nowhere, got no run.json")
    assert line.endswith("spoofsight train IMAGES --to /nowhere")


def test_the_wheel_installs_the_command():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    (script,) = config["options.entry_points"]["console_scripts"].strip().splitlines()
    name, _, target = script.partition(" = ")
    module, _, function = target.partition(":")
    assert name == "spoofsight"
    assert getattr(import_module(module), function) is main


def test_help_has_the_card_of_the_run_that_answers(make_run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("classify.runs.lookup.HOME", tmp_path)
    monkeypatch.setattr("classify.runs.lookup._IN_PACKAGE", tmp_path / "none")
    main([])
    assert "which answers" not in capsys.readouterr().out
    make_run(tmp_path / "checkpoints/default")
    main([])
    listed = capsys.readouterr().out
    assert "The run default, which answers where no --run is given:" in listed
    assert f"- {PURPOSE[:40]}" in listed


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        ("import spoofsight", {"spoofsight"}),
        (
            "from spoofsight.cli import main; main(['--help'])",
            {"spoofsight", "classify"},
        ),
    ],
)
def test_importing_the_package_imports_nothing_else(code, ours):
    code += "; import sys; print('modules:', *sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    names = {name.partition(".")[0] for name in ended.stdout.partition("modules:")[2].split()}
    names = {name for name in names - ours if not name.startswith("_")}
    assert names - sys.stdlib_module_names == set()
