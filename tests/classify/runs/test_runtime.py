import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from classify.prediction.verdicts import Verdict, predict
from classify.runs import runtime
from classify.runs.run import load

ROOT = Path(__file__).resolve().parents[3]


def pictures(count=5):
    return np.random.default_rng(0).integers(0, 256, (count, 32, 32)).astype(np.uint8)


def test_both_forms_of_a_network_say_the_same(trained):
    exported, kept = runtime.network(trained), runtime.by_keras(trained)
    found = exported(pictures())
    assert found.shape == (5,)
    assert np.ptp(found) > 0
    np.testing.assert_allclose(found, kept(pictures()), atol=1e-6)


def test_without_the_exported_network_keras_answers_and_it_is_said(trained, tmp_path, capfd):
    run = shutil.copytree(trained, tmp_path / "run")
    expected = runtime.network(run)(pictures())
    assert capfd.readouterr().err == ""
    (run / "model.onnx").unlink()
    np.testing.assert_allclose(runtime.network(run)(pictures()), expected, atol=1e-6)
    assert f"{run} has no model.onnx: falling back to Keras" in capfd.readouterr().err


def test_a_run_needs_one_of_both(trained, tmp_path):
    run = shutil.copytree(trained, tmp_path / "run")
    (run / "model.keras").unlink()
    assert load(run).network(pictures()).shape == (5,)
    (run / "model.onnx").unlink()
    with pytest.raises(ValueError, match=r"got neither model\.onnx nor model\.keras$"):
        load(run)
    with pytest.raises(ValueError, match=r"got neither model\.onnx nor model\.keras$"):
        runtime.network(run)


@pytest.mark.parametrize("data", [b"", b"hello", bytes(1_000)])
def test_a_damaged_network_is_one_line(tmp_path, data):
    (tmp_path / "model.onnx").write_bytes(data)
    with pytest.raises(ValueError, match=r"^expected a network in .*model\.onnx, got [^\n]+$"):
        runtime.network(tmp_path)


SCRIPT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {absent}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
from classify.cli import main
sys.exit(main(sys.argv[1:]))
"""


def predicted(absent, *arguments, **environment):
    script = SCRIPT.format(absent=absent)
    return subprocess.run(
        [sys.executable, "-c", script, "predict", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def test_onnxruntime_is_kept_from_reporting_to_its_maker(trained, images, tmp_path):
    # It leaves a note of its session in the temporary folder where it does.
    place = {name: str(tmp_path) for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME")}
    result = predicted(set(), "--run", trained, images / "test/real", **place)
    assert result.returncode == 0
    assert list(tmp_path.rglob("*")) == []


def test_predicting_needs_nothing_but_the_extra_named_so(trained, images):
    heavy = {"keras", "tensorflow", "scipy", "sklearn", "matplotlib", "jinja2", "PIL", "librosa"}
    result = predicted(heavy, "--run", trained, images / "test/real", "--format", "json")
    assert (result.returncode, result.stderr) == (0, "")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    expected = list(predict(load(trained), [str(images / "test/real")]))
    assert all(isinstance(verdict, Verdict) for verdict in expected)
    assert [one["path"] for one in found] == [verdict.path for verdict in expected]
    assert [one["llr"] for one in found] == pytest.approx([v.llr for v in expected])


@pytest.mark.parametrize(
    ("absent", "said"),
    [
        ({"onnxruntime"}, "expected onnxruntime to run"),
        ({"keras", "tensorflow"}, "expected Keras to run"),
    ],
)
def test_what_is_not_installed_is_named(trained, images, tmp_path, absent, said):
    run = shutil.copytree(trained, tmp_path / "run")
    if "keras" in absent:
        (run / "model.onnx").unlink()
    result = predicted(absent, "--run", run, images / "test/real")
    assert result.returncode == 2
    assert said in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr
