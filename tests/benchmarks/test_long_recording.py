"""Peak memory must not grow with the length of a recording: benchmarks/long_recording.py, shorter.

The true bar is three hours beside one minute, in processes of their own, whose start takes some
200 MB. Here only what Python and NumPy allocate while they draw is counted, some 9 MB, so that
four minutes are enough to see that a recording is not held: its samples would be 15 MB.
"""

import tracemalloc

import pytest

from benchmarks.long_recording import make
from render.dataset import render
from render.parallel import Executor
from render.settings import Settings
from render.worker import RenderPlan


@pytest.fixture
def peak(tmp_path):
    """Return a function that draws noise of a length; its peak memory in MB."""

    def measure(suffix, minutes):
        folder = tmp_path / f"{suffix}-{minutes}"
        path = folder / "audio" / "real" / f"long.{suffix}"
        path.parent.mkdir(parents=True)
        make(path, minutes)
        plan = RenderPlan(dataset=folder / "images", settings=Settings(), variants=0)
        tracemalloc.start()
        try:
            render(folder / "audio", plan, Executor(jobs=1))
            return tracemalloc.get_traced_memory()[1] / 1e6
        finally:
            tracemalloc.stop()

    return measure


@pytest.mark.slow
def test_four_minutes_take_hardly_more_memory_than_one(peak):
    peak("wav", 1 / 6)  # what is made once a process is no part of it
    for suffix in ("wav", "flac"):
        short, long = peak(suffix, 1), peak(suffix, 4)
        assert long < 1.5 * short, f"{suffix}: {short} and {long} MB"


@pytest.mark.slow
def test_a_row_a_recording_with_its_memory(bench):
    status, text = bench("long_recording", "--minutes", 0.5, 1, "--formats", "wav")
    assert status == 0
    rows = [line.split() for line in text.splitlines()[1:3]]
    assert [row[:3] for row in rows] == [["wav", "0.5", "15"], ["wav", "1", "30"]]
    assert all(float(row[3]) > 0 for row in rows)
    assert all(float(row[4]) < 1.2 for row in rows)
    assert text.endswith("bar: at most 1.3 times: met\n")
