"""Peak memory must not grow with the length of a recording: benchmarks/detect_long.py, shorter.

The true bar is an hour beside a minute. Ten minutes are enough to see that a recording is not held:
its samples would be 38 MB and its pictures 19 MB, a third of what the command takes.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_ten_minutes_take_hardly_more_memory_than_one(hand_set):
    # In a process that is itself small: one that is started counts the memory of who started it.
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.detect_long", "--minutes", "1", "10", "--formats", "wav"]
        + ["--run", str(hand_set)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    lines = ended.stdout.splitlines()
    rows = [line.split() for line in lines[1:3]]
    assert [row[:2] for row in rows] == [["wav", "1"], ["wav", "10"]], ended.stderr
    windows = [int(row[2]) for row in rows]
    assert 9.5 < windows[1] / windows[0] < 10.5
    assert float(rows[1][4]) < 1.15
    assert re.match(r"memory: (0\.9|1\.[0-4])\d x", lines[3])
    assert lines[3].endswith("bar 1.5: met")
    assert " x real time   bar 100: " in lines[4]
