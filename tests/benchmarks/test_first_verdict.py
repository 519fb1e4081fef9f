"""The first verdict of a clone, with a stand-in for `run.sh`: nothing is installed."""

import re
import subprocess

import pytest

from benchmarks import first_verdict

SCRIPT = """\
#!/bin/sh
cd "$(dirname "$0")"
echo "$PYTHONPATH $PIP_NO_CACHE_DIR $*" >> "LOG"
[ -e .venv ] || { sleep 0.5 && mkdir .venv && head -c 3145728 /dev/zero > .venv/library; }
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a function that commits a script as the project's `run.sh`."""
    root = tmp_path / "project"
    monkeypatch.setattr(first_verdict, "ROOT", root)
    monkeypatch.setattr(first_verdict.os, "sched_setaffinity", lambda *_: None, raising=False)
    monkeypatch.setenv("PYTHONPATH", "of-the-benchmark")

    def commit(script):
        root.mkdir()
        (root / "run.sh").write_text(script)
        (root / "run.sh").chmod(0o755)
        (root / ".gitignore").write_text(".venv\n")
        user = ["-c", "user.name=a", "-c", "user.email=a@b"]
        for words in (["init", "-q"], ["add", "."], [*user, "commit", "-qm", "all"]):
            subprocess.run(["git", *words], cwd=root, check=True)
        (root / ".venv").mkdir()  # of the project itself, and not cloned

    return commit


def test_the_first_call_installs_in_a_clone_and_the_second_does_not(bench, project, tmp_path):
    log = tmp_path / "log"
    project(SCRIPT.replace("LOG", str(log)))
    status, text = bench("first_verdict", tmp_path / "a.wav")
    assert log.read_text() == 2 * f" 1 detect {tmp_path / 'a.wav'}\n"
    rows = re.findall(r"^(\w+) +([\d.]+) s   bar ([\d.]+): (\w+)$", text, re.MULTILINE)
    assert [(name, bar, met) for name, _, bar, met in rows] == [
        ("first", "60", "met"),
        ("second", "1.5", "met"),
    ]
    assert float(rows[0][1]) > 0.5 > float(rows[1][1])
    assert status == 0
    assert text.endswith(".venv          3 MiB\n")


def test_a_missed_bar_is_said_and_is_the_status(bench, project, tmp_path, monkeypatch):
    project(SCRIPT.replace("LOG", str(tmp_path / "log")))
    monkeypatch.setitem(first_verdict.BARS, "first", 0.25)
    status, text = bench("first_verdict", tmp_path / "a.wav")
    assert "s   bar 0.25: MISSED" in text
    assert status == 1


def test_a_call_that_fails_ends_it_with_its_reason(bench, project, tmp_path):
    project("#!/bin/sh\necho no network >&2; exit 2\n")
    with pytest.raises(ValueError, match=r"run.sh detect .* to work, got: no network"):
        bench("first_verdict", tmp_path / "a.wav")
