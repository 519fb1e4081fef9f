import numpy as np
import pytest

from render.augmentation.reverb import FIRST, Room, impulse_response

RATES = pytest.mark.parametrize("rate", [4_000, 16_000, 48_000])


def reverberation_time(response, rate):
    """T60 in s from the decay curve of Schroeder (1965): what energy is still to come."""
    tail = response[round(FIRST * rate) :].astype(float)
    curve = 10 * np.log10(np.cumsum(tail[::-1] ** 2)[::-1] / np.sum(tail**2))
    # ISO 3382's T20: a line from -5 to -25 dB, drawn on to -60.
    inside = (curve < -5) & (curve > -25)
    slope = np.polyfit(np.arange(len(tail))[inside] / rate, curve[inside], 1)[0]
    return -60 / slope


@RATES
@pytest.mark.parametrize("decay", [0.15, 0.4, 0.8])
def test_the_tail_dies_away_in_the_time_stated(rate, decay):
    times = [reverberation_time(impulse_response(Room(decay, 0, n), rate), rate) for n in range(8)]
    assert np.mean(times) == pytest.approx(decay, rel=0.1)


@RATES
@pytest.mark.parametrize("direct", [-3, 0, 9])
def test_the_direct_sound_is_as_strong_as_stated(rate, direct):
    response = impulse_response(Room(0.3, direct, 1), rate)
    assert response[0] == 1
    assert not response[1 : round(FIRST * rate)].any()
    assert -10 * np.log10(np.sum(response[1:] ** 2)) == pytest.approx(direct, abs=0.01)


def test_a_clap_in_a_room_is_its_impulse_response():
    room, clap = Room(0.5, 0, 1), np.eye(1, 16_000, dtype=np.float32)[0]
    played = room(clap, 16_000, None)
    assert played.shape == clap.shape
    assert played.dtype == np.float32
    np.testing.assert_allclose(played[:8_064], impulse_response(room, 16_000), atol=1e-6)
    assert np.abs(played[8_064:]).max() < 1e-6


def test_a_room_answers_to_what_was_and_never_to_what_will_be():
    late = np.zeros(8_000, np.float32)
    late[5_000] = 1
    played = Room(0.3, 0, 1)(late, 16_000, None)
    assert np.abs(played[:5_000]).max() < 1e-6
    assert np.abs(played[5_001:]).max() > 1e-3


def test_a_number_is_a_room():
    same, other = (impulse_response(Room(0.3, 0, number), 8_000) for number in (1, 2))
    np.testing.assert_array_equal(same, impulse_response(Room(0.3, 0, 1), 8_000))
    assert abs(np.corrcoef(same[1:], other[1:])[0, 1]) < 0.2


def test_a_room_says_what_it_is():
    assert str(Room(0.25, -3, 17)) == "room 0.25 s, direct -3 dB, number 17"
