import io

import numpy as np
import pytest

from render.copysynthesis.sample_file import SampleFile


@pytest.mark.parametrize("channels", [1, 3])
def test_a_spool_reads_and_writes_like_an_array(channels):
    rng = np.random.default_rng(0)
    array = rng.standard_normal((100, channels)).astype(np.float32)
    spool = SampleFile(io.BytesIO(), channels)
    for start in range(0, 100, 30):
        spool[len(spool) :] = array[start : start + 30]
    assert spool.shape == array.shape
    array[20:50] = spool[20:50] = rng.standard_normal((30, channels)).astype(np.float32)
    for part in (slice(None), slice(3, 7), slice(90, 200), slice(-5, None), slice(7, 3)):
        assert np.array_equal(spool[part], array[part])


def test_only_what_is_asked_for_is_read(tmp_path):
    with (tmp_path / "samples").open("w+b") as file:
        spool = SampleFile(file, 2)
        spool[0:1_000] = np.ones((1_000, 2))
        assert spool[10:20].nbytes == 10 * 2 * 4
        assert file.tell() == 20 * 2 * 4
