import re
import sys

import numpy as np
import pytest

from benchmarks import fuzz

# Stands in for the child that draws: ends as the first word of its input says.
CHILD = """
import faulthandler, os, sys, time
faulthandler.enable()
for line in sys.stdin:
    word = open(line.strip()).read().split()[0]
    if word == "crash":
        os.abort()
    if word == "leave":
        sys.exit(7)
    if word == "hang":
        faulthandler.dump_traceback_later(0.2, exit=True)
        time.sleep(60)
    if word == "noise":
        print("a note", file=sys.stderr, flush=True)
    kind = word if word in ("nan", "crashed") else "drawn"
    print(kind, "why", sep="\\t", flush=True)
"""


@pytest.fixture
def child(tmp_path):
    (tmp_path / "child.py").write_text(CHILD)
    return (sys.executable, str(tmp_path / "child.py"))


def fuzz_words(child, keep, *words):
    tasks = ((number, word, word.encode()) for number, word in enumerate(words))
    return fuzz.fuzz(tasks, keep, total=len(words), command=child)


@pytest.mark.slow
def test_a_few_hundred_corrupt_recordings_are_drawn_or_refused(tmp_path):
    report = fuzz.fuzz(
        fuzz.inputs(range(300), 0), tmp_path / "keep", total=300, command=fuzz.CHILD, jobs=2
    )
    assert not report.fault, str(report)
    assert report.kinds.total() == 300
    assert min(report.kinds["drawn"], report.kinds["refused"]) > 50
    assert all(re.fullmatch("expected .+, got .+", reason) for reason in report.reasons)


def test_a_crash_and_a_hang_are_known_by_their_input(child, tmp_path):
    words = ["good", "crash", "good", "hang", "nan", "leave", "noise", "crashed", "good"]
    report = fuzz_words(child, tmp_path / "keep", *words)
    assert report.kinds == {"drawn": 3, "crashed": 3, "hung": 1, "nan": 1, "noisy": 1}
    kinds = {(number, name): kind for number, name, (kind, _) in report.notable}
    assert kinds == {
        (1, "crash"): "crashed",
        (3, "hang"): "hung",
        (4, "nan"): "nan",
        (5, "leave"): "crashed",
        (6, "noise"): "noisy",
        (7, "crashed"): "crashed",
    }
    assert {path.name: path.read_text() for path in (tmp_path / "keep").iterdir()} == {
        "000001-crash-crashed": "crash",
        "000003-hang-hung": "hang",
        "000004-nan-nan": "nan",
        "000005-leave-crashed": "leave",
        "000007-crashed-crashed": "crashed",
    }
    assert "Fatal Python error: Aborted" in str(report)  # where it was, faulthandler says


def test_where_nothing_is_at_fault_nothing_is_kept(child, tmp_path):
    report = fuzz_words(child, tmp_path / "keep", "good", "noise")
    assert not report.fault
    assert not (tmp_path / "keep").exists()


@pytest.mark.parametrize(("script", "status"), [(CHILD, 0), ("raise SystemExit", 1)])
def test_the_exit_status_says_whether_anything_is_at_fault(
    bench, tmp_path, monkeypatch, script, status
):
    (tmp_path / "child.py").write_text(script.replace("open(line.strip()).read()", "'good'"))
    monkeypatch.setattr(fuzz, "CHILD", (sys.executable, str(tmp_path / "child.py")))
    ended, text = bench("fuzz", "--count", 3, "--keep", tmp_path / "keep")
    assert ended == status
    assert re.search(rf"^crashed +{3 * status}$", text, re.MULTILINE)


@pytest.mark.slow
def test_the_same_seed_makes_the_same_inputs():
    one = list(fuzz.inputs(range(20), 5))
    assert one == list(fuzz.inputs(range(20), 5))
    assert one[13:] == list(fuzz.inputs(range(13, 20), 5))
    assert one != list(fuzz.inputs(range(20), 6))


@pytest.mark.slow
def test_good_recordings_are_drawn(tmp_path):
    # Otherwise all that is made of them would be refused for nothing.
    from benchmarks.support import corrupt_audio

    good = corrupt_audio.make()
    tasks = ((number, name, data) for number, (name, data) in enumerate(good.items()))
    report = fuzz.fuzz(tasks, tmp_path, total=len(good), command=fuzz.CHILD)
    assert report.kinds == {"drawn": len(good)}, str(report)


def test_every_operation_changes_something():
    from benchmarks.support import corrupt_audio

    good = bytes(np.random.default_rng(0).integers(1, 255, 5_000, dtype=np.uint8))
    for operation in set(corrupt_audio.OPERATIONS):
        rng = np.random.default_rng(0)
        made = [bytes(operation(bytearray(good), good[::-1], rng)) for _ in range(20)]
        assert sum(each != good for each in made) > 15, operation
