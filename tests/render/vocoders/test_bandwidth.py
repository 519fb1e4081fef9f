import numpy as np
import pytest
from scipy import signal

from render.vocoders.bandwidth import match_bandwidth

RATE = 16_000


def noise(seed=0):
    return 0.1 * np.random.default_rng(seed).standard_normal(2 * RATE)


def below(samples, frequency):
    return signal.sosfiltfilt(signal.butter(10, frequency, fs=RATE, output="sos"), samples)


def level(samples, low, high):
    """Power between two frequencies, in dB."""
    frequency, power = signal.welch(samples, RATE, nperseg=512)
    return 10 * np.log10(power[(frequency >= low) & (frequency <= high)].mean())


@pytest.mark.parametrize("leak", [0.1, 0.01])
def test_a_band_that_is_empty_in_the_original_becomes_empty(leak):
    original = below(noise(), 4_000)
    copy = below(noise(1), 4_000) + leak * noise(2)
    cut = match_bandwidth(copy, original, RATE)
    assert level(cut, 6_000, 7_800) < level(original, 200, 3_500) - 75
    assert level(cut, 200, 3_500) == pytest.approx(level(original, 200, 3_500), abs=0.5)


def test_a_band_that_is_empty_in_the_copy_stays_empty():
    copy = below(noise(1), 4_000)
    cut = match_bandwidth(copy, noise(), RATE)
    # 4 of 8 kHz are there: what is left is brought to the level of the whole, 3 dB up.
    assert level(cut, 6_000, 7_800) == pytest.approx(level(copy, 6_000, 7_800) + 3, abs=3)


def test_the_level_is_the_original_s():
    cut = match_bandwidth(below(noise(1), 4_000), 0.3 * noise(), RATE)
    assert cut.std() == pytest.approx(0.3 * noise().std(), rel=1e-3)
    assert not match_bandwidth(np.zeros(RATE), np.zeros(RATE), RATE).any()


def test_short_sounds_are_taken():
    assert match_bandwidth(noise()[:300], noise(1)[:300], RATE).shape == (300,)
