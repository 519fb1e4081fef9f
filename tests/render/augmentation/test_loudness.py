import numpy as np
import pytest

from render.augmentation.loudness import match_rms, rms


def test_the_level_of_a_sine_is_its_amplitude_over_the_root_of_two():
    assert rms(np.sin(2 * np.pi * np.arange(100) / 10)) == pytest.approx(np.sqrt(0.5))


def test_faint_samples_have_a_level_though_their_squares_have_none_in_single_precision():
    assert rms(np.full(10, 1e-30, np.float32)) == pytest.approx(1e-30, rel=1e-6, abs=0)


def test_matched_samples_have_the_level_wanted_and_their_own_type():
    loud = match_rms(np.array([1, -3], np.float32), np.array([0.2, 0.2, 0.2]))
    assert loud.dtype == np.float32
    np.testing.assert_allclose(loud, np.array([1, -3]) * 0.2 / np.sqrt(5), rtol=1e-6)


def test_silence_stays_silent_and_nothing_has_no_level():
    assert not match_rms(np.zeros(3), np.ones(3)).any()
    assert not match_rms(np.ones(3), np.zeros(3)).any()
    assert rms(np.zeros(0)) == 0
