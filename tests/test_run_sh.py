"""What each verb of `run.sh` installs, with a stand-in for Python: nothing is downloaded."""

import os
import shutil
import subprocess

import pytest

from tests.conftest import EXTRAS, ROOT

EVERY = " ".join(EXTRAS)
# A Python, also of the environment that it makes, that notes what it is called with.
PYTHON = """\
#!/bin/sh
case $* in
  *version_info*) echo 3.11; exit ;;
  *--version) exit ${OLD_PIP:-0} ;;
  *" venv "*)
    for folder in "$@"; do :; done
    mkdir -p "$folder/bin"
    cp "$0" "$folder/bin/python" ;;
  *" install "*)
    echo "Collecting numpy"
    [ -z "$NO_NETWORK" ] || { echo "no network" >&2; exit 1; } ;;
esac
echo "$(basename "$(dirname "$(dirname "$0")")")/python $PIP_USER $*" >> "$LOG"
"""


@pytest.fixture
def project(tmp_path):
    """Return a function that calls `run.sh` of a new clone; its end, and the calls of Python."""
    root, log, base = tmp_path / "clone", tmp_path / "log", tmp_path / "base/bin/python3"
    root.mkdir()
    base.parent.mkdir(parents=True)
    base.write_text(PYTHON)
    base.chmod(0o755)
    for name in ("run.sh", "setup.cfg", "constraints.txt"):
        shutil.copy(ROOT / name, root)
        os.utime(root / name, (1, 1))
    (root / "benchmarks").mkdir()
    (root / "benchmarks/mine.py").touch()

    def call(*arguments, **environment):
        log.write_text("")
        ended = subprocess.run(
            [root / "run.sh", *arguments],
            capture_output=True,
            text=True,
            env={
                "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
                "PYTHON": str(base),
                "LOG": str(log),
                **environment,
            },
        )
        return ended, log.read_text().splitlines()

    call.root = root
    return call


def extras(calls):
    """Extras of the project that are installed by calls of Python, one text a call of pip."""
    installed = [line for line in calls if " install " in line]
    return [line.rpartition("[")[2].rstrip("]").replace(",", " ") for line in installed]


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("detect a.wav", "detect"),
        ("detect a --to b.csv --engine dask --scheduler c", "detect dask"),
        ("detect a --to b.parquet", "detect parquet"),
        ("detect a --windows b.parquet", "detect parquet"),
        ("predict a.png", "detect"),
        ("page", "detect page"),
        ("serve", "detect serve"),
        ("render", "render dask"),
        ("forge a --to b", "render"),
        ("fetch", "fetch"),
        ("train", "classify"),
        ("train a --to b", "classify"),
        ("train a --tensorboard b", "classify tensorboard"),
        ("evaluate", "classify"),
        ("evaluate a --run b --robustness audio", "classify render"),
        ("adapt a --to b", "classify render"),
        ("evaluate --robustness=audio", "classify render"),
        ("score a", "classify"),
        ("compare a b", "classify"),
        ("audit", "classify"),
        ("bench mine", EVERY),
        ("lint", EVERY),
        ("test", EVERY),
        ("demo", EVERY),
        ("install", EVERY),
    ],
)
def test_a_verb_installs_what_it_needs_and_that_once(project, verb, expected):
    (project.root / "datasets/demo/images/test").mkdir(parents=True)
    ended, calls = project(*verb.split())
    assert ended.returncode == 0, ended.stderr
    assert extras(calls) == [expected]
    ended, calls = project(*verb.split())
    assert extras(calls) == []
    assert "installing" not in ended.stderr
    assert calls or verb == "install"


def test_what_is_there_is_not_installed_again(project):
    project("detect", "a.wav")
    _, calls = project("page")
    assert extras(calls) == ["page"]
    assert not [line for line in calls if " venv " in line]
    assert extras(project("predict", "a.png")[1]) == []
    project("install")
    for verb in ("detect", "page", "serve", "render", "train", "fetch", "forge"):
        assert extras(project(verb, "a")[1]) == [], verb


@pytest.mark.parametrize("name", ["setup.cfg", "constraints.txt"])
def test_it_is_installed_again_after_a_change_of_what_decides_on_it(project, name):
    project("install")
    later = (project.root / ".venv/installed-detect").stat().st_mtime + 10
    os.utime(project.root / name, (later, later))
    assert extras(project("detect", "a.wav")[1]) == ["detect"]


def test_an_installation_that_failed_is_tried_again(project):
    ended, calls = project("detect", "a.wav", NO_NETWORK="1")
    assert ended.returncode == 1
    assert "no network\n" in ended.stderr
    assert not [line for line in calls if " -m detect" in line]
    assert extras(project("detect", "a.wav")[1]) == ["detect"]


def test_pip_is_that_of_python_outside_and_is_told_the_constraints(project):
    ended, calls = project("detect", "a.wav", PIP_USER="1")
    make, install, detect = calls
    venv, root = project.root / ".venv", project.root
    assert make == f"base/python 1 -m venv --without-pip {venv}"
    assert install == (
        f"base/python 0 -m pip --python {venv}/bin/python install --no-compile "
        f"--disable-pip-version-check -c {root}/constraints.txt -e {root}[detect]"
    )
    assert detect == ".venv/python 1 -m detect a.wav"
    assert ended.stderr == (
        f"run.sh: installing into {venv}, about 0.6 GB; this takes a minute, once\n"
        "Collecting numpy\n"
    )
    assert ended.stdout == ""


def test_a_python_whose_pip_cannot_serve_another_gets_one_inside(project):
    _, calls = project("detect", "a.wav", OLD_PIP="2")
    assert [line.split(" -m ")[0:2] for line in calls[:2]] == [
        ["base/python ", f"venv --without-pip {project.root}/.venv"],
        [".venv/python ", "ensurepip"],
    ]
    assert calls[2].startswith(".venv/python 0 -m pip install --no-compile ")


def test_modules_are_compiled_at_once_where_python_may_not_keep_what_it_compiles_later(project):
    _, calls = project("detect", "a.wav", PYTHONDONTWRITEBYTECODE="1")
    assert " install --compile --disable-pip-version-check " in calls[1]


def test_uv_is_used_where_it_is(project, tmp_path):
    (tmp_path / "bin").mkdir()
    uv = tmp_path / "bin/uv"
    uv.write_text(
        '#!/bin/sh\necho "uv/python $*" >> "$LOG"\nmkdir -p clone/.venv/bin\n'
        'cp "$PYTHON" clone/.venv/bin/python\n'
    )
    uv.chmod(0o755)
    text = uv.read_text().replace("clone", str(project.root))
    uv.write_text(text)
    _, calls = project("detect", "a.wav")
    venv, root = project.root / ".venv", project.root
    assert calls[:2] == [
        f"uv/python venv --quiet --allow-existing --python {tmp_path}/base/bin/python3 {venv}",
        f"uv/python pip install --python {venv}/bin/python -c {root}/constraints.txt "
        f"-e {root}[detect]",
    ]
    _, calls = project("page", PYTHONDONTWRITEBYTECODE="1")
    assert "/bin/python --compile-bytecode -c " in calls[1]


@pytest.mark.parametrize(
    ("verb", "cost"),
    [("page", "0.9 GB"), ("render", "0.9 GB"), ("train", "2.6 GB"), ("lint", "3.5 GB")],
)
def test_the_message_says_how_much_disk_it_takes(project, verb, cost):
    ended, _ = project(verb)
    assert f", about {cost}; this takes " in ended.stderr
