import numpy as np
import pytest

from render.vocoders.excitation import excitation, window

RATE = 16_000


def source(samples, seed=0):
    return excitation(samples, RATE, np.random.default_rng(seed))


def buzz(pitch):
    time = np.arange(RATE) / RATE
    return sum(np.cos(2 * np.pi * pitch * number * time) for number in range(1, 20)) / 50


@pytest.mark.parametrize("pitch", [80, 125, 250])
def test_a_voice_is_answered_with_one_pulse_a_period(pitch):
    pulses = source(buzz(pitch))[4_000:12_000]
    period = RATE / pitch
    places = np.flatnonzero(pulses > 0.5 * pulses.max())
    places = places[np.diff(places, prepend=-10) > 2]  # a pulse may lie between two samples
    assert len(places) == pytest.approx(8_000 / period, abs=1)
    assert np.diff(places) == pytest.approx(period, abs=2)
    assert pulses.std() == pytest.approx(1, abs=0.1)


def test_noise_is_answered_with_noise():
    noise = 0.1 * np.random.default_rng(1).standard_normal(RATE)
    answer = source(noise)
    assert answer.std() == pytest.approx(1, abs=0.1)
    assert np.abs(answer).max() < 5.5  # pulses of 125 Hz would reach 11
    assert answer.tobytes() == source(noise).tobytes() != source(noise, seed=1).tobytes()


def test_a_window_is_the_power_of_two_nearest_to_its_length():
    # 0.032 s are 512 samples at 16 kHz, 705.6 at 22.05 kHz, 1411.2 at 44.1 kHz, 1536 at 48 kHz.
    assert [window(rate) for rate in (16_000, 22_050, 44_100, 48_000)] == [512, 512, 1024, 2048]
