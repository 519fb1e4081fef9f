"""The Python blocks of docs/python.md and the cells of docs/tour.ipynb run, in order."""

import json
import re
import shutil

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.conftest import ROOT


@pytest.fixture
def newcomer(tmp_path, monkeypatch, hand_set, talks):
    """A folder with a run and some recordings, which is the current one."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(hand_set, "checkpoints/default")
    shutil.copy(talks / "bright.wav", "interview.wav")
    talks.rename("recordings")
    yield
    plt.close("all")


def test_the_python_page_runs(newcomer, capsys):
    blocks = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "docs/python.md").read_text(), re.M | re.S
    )
    names = {}
    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), names)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("fake 0.9")
    assert "gone.wav: expected a recording, got no such file" in lines
    assert "fake       recordings/bright.wav" in lines
    assert "no speech  recordings/tone.wav" in lines
    assert any(line.startswith("recordings/sub: expected") for line in lines)
    assert names["mel"].images.shape[1] == 80


def test_the_notebook_runs(newcomer, capsys):
    notebook = json.loads((ROOT / "docs/tour.ipynb").read_text())
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    names = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            exec(compile("".join(cell["source"]), f"docs/tour.ipynb, {cell['id']}", "exec"), names)
    first, verdict, *_, last = capsys.readouterr().out.splitlines()
    assert first == "checkpoints/default tells real from fake"
    assert verdict.split(",")[2] == " 11 windows"
    assert len(plt.get_fignums()) == 2
    worst = max(window.p_fake for window in names["detection"].windows)
    assert last == f"{names['verdict'].label}, P(fake) {worst:.3f}"
    assert np.isfinite(names["sound"]).all()
