import numpy as np
import pytest

from render.settings import Settings
from render.spectra import grey

SETTINGS = Settings(floor=-80, ceiling=0)


@pytest.mark.parametrize(
    ("level", "expected"), [(-80, 0), (-79.9, 0), (-60, 64), (-40, 128), (-20, 191), (0, 255)]
)
def test_grey_is_linear_in_level(level, expected):
    # 255 / 80 = 3.1875 a dB; 63.75, 127.5 (to even) and 191.25.
    assert grey.shade(np.float32([[level]]), SETTINGS)[0, 0] == expected


def test_what_is_above_the_ceiling_is_white_and_stays_white():
    assert grey.shade(np.float32([[1, 10, 1000]]), SETTINGS).tolist() == [[255, 255, 255]]


def test_no_power_is_the_floor_and_no_warning():
    level = grey.level(np.zeros((2, 3), np.float32), SETTINGS)
    np.testing.assert_allclose(level, np.full((2, 3), -80), atol=1e-4)


def test_relative_levels_are_measured_from_the_greatest():
    relative = Settings(floor=-80, ceiling=0, relative=True)
    power = np.float32([[1e-4, 1e-6], [1e-5, 0]])
    np.testing.assert_allclose(grey.level(power, relative), [[0, -20], [-10, -80]], atol=1e-4)
    np.testing.assert_allclose(grey.level(0 * power, relative), np.full((2, 2), -80), atol=1e-4)


def test_the_faintest_power_is_never_none_at_all():
    relative = Settings(floor=-80, ceiling=0, relative=True)
    assert grey.faintest(np.float32([0, 1]), SETTINGS) == np.float32(1e-8)
    assert grey.faintest(np.float32([0, 1e4]), relative) == pytest.approx(1e-4)
    assert grey.faintest(np.zeros(2, np.float32), relative) > 0


def test_values_of_either_sign_lie_around_the_same_grey():
    # 128 + 127 / 4 = 159.75 and 128 - 127 / 4 = 96.25.
    values = np.array([[0.5, -0.5, 2, -2, 0, 9, -9]])
    assert grey.swing(values, 2).tolist() == [[160, 96, 255, 1, 128, 255, 1]]


def test_the_highest_row_comes_on_top():
    image = grey.upright(np.uint8([[1, 2], [3, 4], [5, 6]]))
    assert image.tolist() == [[5, 6], [3, 4], [1, 2]]
    assert image.flags.c_contiguous
