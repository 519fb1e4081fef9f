import numpy as np
import pytest
from scipy import ndimage

from render.spectra.moving_average import moving_average


@pytest.mark.parametrize("width", [1, 2, 5, 50, 101])
@pytest.mark.parametrize(("mode", "scipys"), [("edge", "nearest"), ("symmetric", "reflect")])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_mean_is_scipys_bit_by_bit(width, mode, scipys, dtype):
    values = np.random.default_rng(0).standard_normal((4, 300)).astype(dtype)
    expected = ndimage.uniform_filter1d(values, width, mode=scipys)
    np.testing.assert_array_equal(moving_average(values, width, mode), expected, strict=True)
