import time

import pytest

from render.decoding.deadline import Deadline


def test_without_an_end_there_is_always_time():
    deadline = Deadline()
    deadline.check()
    assert deadline.left is None


def test_time_runs_out():
    deadline = Deadline(time.monotonic() + 0.2)
    deadline.check()
    assert 0 < deadline.left <= 0.2
    time.sleep(0.25)
    with pytest.raises(
        ValueError,
        match=r"^expected a recording that is read in 0.2 s, got one that was not done after 0.\d",
    ):
        deadline.check()
