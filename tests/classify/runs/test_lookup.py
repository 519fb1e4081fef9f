import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from classify.runs import lookup
from classify.runs.lookup import default_run

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Return a function that makes a run of a name in a project's folder, or in the package."""
    monkeypatch.setattr(lookup, "HOME", tmp_path / "home")
    monkeypatch.setattr(lookup, "_IN_PACKAGE", tmp_path / "package/pretrained")

    def make(name):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "run.json").touch()
        return folder

    return make


def test_the_own_run_goes_before_the_pretrained_one_and_is_not_told(home, capsys):
    home("home/checkpoints/pretrained")
    own = home("home/checkpoints/default")
    assert default_run("detect") == own
    assert capsys.readouterr().err == ""


def test_the_pretrained_run_is_told_in_one_line(home, capsys):
    home("package/pretrained")
    run = home("home/checkpoints/pretrained")
    (run.parent / "default").mkdir()  # of a training that has only begun
    assert default_run("detect") == run
    assert capsys.readouterr().err == (
        "detect: using the pretrained run (checkpoints/pretrained); train your own: "
        "spoofsight train\n"
    )


def test_the_run_of_the_installed_package_is_told_with_its_folder(home, capsys):
    run = home("package/pretrained")
    assert default_run("page") == run
    assert capsys.readouterr().err == (
        f"page: using the pretrained run ({run}); train your own: spoofsight train\n"
    )


def test_without_any_run_the_own_one_is_named(home, tmp_path, capsys):
    assert default_run("predict") == tmp_path / "home/checkpoints/default"
    assert capsys.readouterr().err == ""


def test_the_package_of_a_wheel_holds_the_pretrained_run_and_all_other_data(tmp_path):
    packages = ("classify", "render", "detect", "spoofsight")
    for name in packages:
        ignored = shutil.ignore_patterns("__pycache__", "pretrained")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copy(ROOT / "classify/pretrained", tmp_path / "classify", follow_symlinks=False)
    files = {"run.json", "render.json", "fold-1/model.onnx", "report/index.html"}
    for name in files:
        path = tmp_path / "checkpoints/pretrained" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    build = "import setuptools; setuptools.setup()"
    words = ["-c", build, "-q", "build_py", "--build-lib", "built"]
    subprocess.run([sys.executable, *words], cwd=tmp_path, check=True, capture_output=True)
    built = tmp_path / "built"
    run = built / "classify/pretrained"
    assert {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()} == files
    kept = {".html", ".toml", ".py", ".typed"}
    for source in (ROOT / name for name in packages):
        for path in source.rglob("*"):
            if path.suffix in kept and "pretrained" not in path.parts:
                assert (built / path.relative_to(ROOT)).is_file(), path
    assert all((built / name / "py.typed").is_file() for name in packages)
