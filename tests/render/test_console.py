"""The common part of the command lines, in a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from render import console

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import os, sys, time
from render.console import call

def work(lines, name, seconds):
    with open(os.devnull) as file:
        print("file", file.fileno(), all(map(os.get_inheritable, range(3))))
    print("note", file=sys.stderr)
    print(*[name] * lines, repr(sys.stdin.read()), sep="\\n", flush=True)
    time.sleep(seconds)
    return 0

options = {"lines": %d, "name": %r, "seconds": %d, "debug": False}
sys.exit(call("verb", work, options))
"""


def start(lines=1, name="a", seconds=0, shell='exec "$@"', stdout=subprocess.PIPE, **environment):
    program = PROGRAM % (lines, name, seconds)
    return subprocess.Popen(
        ["bash", "-c", shell, "bash", sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "", **environment},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("shell", "out", "err"),
    [
        ('exec "$@"', "file 3 True\na\n''\n", "note\n"),
        ('exec "$@" <&-', "file 3 True\na\n''\n", "note\n"),
        ('exec "$@" >&-', "", "note\n"),
        ('exec "$@" 2>&-', "file 3 True\na\n''\n", ""),
        (
            'exec "$@" 2</dev/null',
            "file 3 True\na\n''\n",
            "",
        ),  # as bash leaves it to a script's command
        ('exec "$@" <&- >&- 2>&-', "", ""),
        ('exec "$@" 2>/dev/full', "file 3 True\na\n''\n", ""),
    ],
)
def test_streams_that_are_closed_or_full_are_read_as_empty_and_written_to_nothing(shell, out, err):
    process = start(shell=shell)
    assert process.communicate(timeout=60) == (out, err)
    assert process.returncode == 0


def test_output_that_is_not_read_to_its_end_is_no_error():
    for lines in (1, 100_000):  # within the stream's buffer, and beyond it
        reader, writer = os.pipe()
        os.close(reader)
        process = start(lines, stdout=writer)
        os.close(writer)
        assert process.communicate(timeout=60) == (None, "note\n")
        assert process.returncode == 141


def test_a_terminal_that_knows_ascii_only_gets_names_escaped():
    process = start(name="é", PYTHONIOENCODING="ascii")
    assert process.communicate(timeout=60) == ("file 3 True\n\\xe9\n''\n", "note\n")


@pytest.mark.slow
@pytest.mark.parametrize("numbers", [[signal.SIGTERM] * 2, [signal.SIGINT]])
def test_a_scheduler_that_ends_the_job_gets_the_same_line_as_the_keyboard(numbers):
    process = start(seconds=60)
    while process.stdout.readline() != "''\n":  # then it waits
        pass
    for number in numbers:
        process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert err == "note\nverb: interrupted; run it again to go on\n"
    assert process.returncode == 130


def test_a_missing_package_is_one_line_with_the_extra_that_brings_it(capsys):
    def work():
        raise ModuleNotFoundError("No module named 'sklearn'", name="sklearn.metrics")

    assert console.call("score", work, {"debug": False}) == 2
    assert capsys.readouterr().err == (
        "score: expected the package of sklearn.metrics, got none; score needs: "
        "pip install 'spoofsight[classify]'\n"
    )
    with pytest.raises(ModuleNotFoundError):
        console.call("score", work, {"debug": True})


def test_a_missing_package_is_installed_by_run_sh_where_that_was_called(capsys, monkeypatch):
    def work():
        raise ModuleNotFoundError("No module named 'librosa'", name="librosa")

    monkeypatch.setattr(console, "COMMAND", "./run.sh")
    assert console.call("detect", work, {"debug": False}) == 2
    assert capsys.readouterr().err == (
        "detect: expected the package of librosa, got none; detect needs: ./run.sh install\n"
    )


def test_the_extra_of_the_command_goes_before_that_of_the_package():
    # Matplotlib comes with three extras, and this module is of render.
    assert console.extra_with("matplotlib.figure", "detect") == "detect"
    assert console.extra_with("matplotlib", "forge") == "render"
    assert console.extra_with("huggingface_hub", "fetch") == "fetch"
    assert console.extra_with("render.oops", "render") == ""


def test_caches_go_to_a_temporary_folder_where_the_home_is_read_only(tmp_path, monkeypatch):
    made = tmp_path / "made"
    made.mkdir()
    monkeypatch.setattr("tempfile.mkdtemp", lambda **_: str(made))
    for name in ("MPLCONFIGDIR", "NUMBA_CACHE_DIR"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    console._be_independent()
    assert "MPLCONFIGDIR" not in os.environ
    monkeypatch.setattr("os.access", lambda path, _: Path(path) != tmp_path)
    console._be_independent()
    assert os.environ["MPLCONFIGDIR"] == str(made)
    assert "NUMBA_CACHE_DIR" not in os.environ  # it can write beside librosa
    monkeypatch.setattr("os.access", lambda *_: False)
    console._be_independent()
    assert os.environ["NUMBA_CACHE_DIR"] == str(made)
