import numpy as np
import pytest

from render.copysynthesis.limiter import limit_peaks

RATE = 8_000


def rms(samples):
    return np.sqrt(np.mean(samples**2))


def peaky(channels=1):
    """Noise at -20 dB with a pulse of twice full scale every 50 ms."""
    samples = 0.1 * np.random.default_rng(0).standard_normal((RATE, channels))
    samples[200::400, -1] = 2.0
    return samples


def test_peaks_come_down_and_the_level_stays():
    samples = peaky()
    even = limit_peaks(samples, 1.0, RATE)
    assert np.abs(even).max() <= 1.0
    assert 20 * np.log10(rms(even) / rms(samples)) == pytest.approx(0, abs=0.1)


def test_what_is_far_from_a_peak_keeps_its_shape():
    samples = peaky()
    even = limit_peaks(samples, 1.0, RATE)[:, 0]
    far = slice(250, 550)  # more than 5 ms from the pulses at 200 and 600
    gain = even[far] / samples[far, 0]
    assert gain.std() < 1e-9
    assert 1 < gain[0] < 2  # the level that the pulses lose is given back


def test_samples_below_the_ceiling_are_left_alone():
    samples = peaky()
    assert limit_peaks(samples, 2.5, RATE) is samples
    assert not limit_peaks(np.zeros((RATE, 1)), 1.0, RATE).any()


def test_all_channels_get_one_gain():
    samples = peaky(2)
    even = limit_peaks(samples, 1.0, RATE)
    assert np.abs(even).max() <= 1.0
    assert even / samples == pytest.approx(np.repeat(even[:, 1:] / samples[:, 1:], 2, axis=1))


def test_the_gain_falls_and_rises_slowly():
    gain = limit_peaks(peaky(), 1.0, RATE) / peaky()
    # From 1.4, which gives the level back, to 1/2 in 40 samples, 5 ms: by 0.023 from one to the
    # next, in several passes.
    assert np.abs(np.diff(gain[:, 0])).max() < 1.5 * 0.023


def test_where_both_cannot_be_the_level_gives_way():
    square = np.sign(np.sin(2 * np.pi * 100.5 * np.arange(RATE) / RATE))[:, None]
    even = limit_peaks(1.5 * square, 1.0, RATE)
    assert np.abs(even).max() == pytest.approx(1.0)
    assert rms(even) < 1.01
