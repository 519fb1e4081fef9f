"""Peak memory must not grow with the length of a recording: benchmarks/long_recording.py, shorter.

The true bar is three hours beside one minute. A quarter of an hour is enough to see that a
recording is not held: its samples would be 58 MB, half of what the command takes.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_quarter_of_an_hour_takes_hardly_more_memory_than_a_minute():
    # In a process that is itself small: one that is started counts the memory of who started it.
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks.long_recording", "--minutes", "1", "15"]
        + ["--formats", "wav", "flac"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    rows = [line.split() for line in result.stdout.splitlines()[1:5]]
    assert [row[:3] for row in rows] == [
        ["wav", "1", "30"],
        ["wav", "15", "450"],
        ["flac", "1", "30"],
        ["flac", "15", "450"],
    ]
    assert all(float(row[4]) < 1.2 for row in rows)
