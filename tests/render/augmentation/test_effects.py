import random

import numpy as np
import pytest
from scipy import signal

from render.augmentation.effects import Band, Coding, Gain, Pitch, Resampling, Speed
from render.augmentation.loudness import rms

RATES = pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])


def tone(frequency, rate=16_000, seconds=2.0, amplitude=0.1):
    time = np.arange(round(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def strongest(samples, rate):
    """Frequency of the strongest component, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 8 * len(samples)))
    return spectrum.argmax() * rate / (8 * len(samples))


def loss(step, frequency, rate=16_000):
    """How much weaker a tone is after a step, in dB, away from the clip's edges."""
    sound = tone(frequency, rate)
    inner = slice(len(sound) // 4, -len(sound) // 4)
    return 20 * np.log10(rms(sound[inner]) / max(rms(step(sound, rate, None)[inner]), 1e-9))


@pytest.mark.parametrize(
    ("rate", "semitones"),
    [(8_000, -2.0), (8_000, 0.7), (16_000, -0.5), (16_000, 2.0), (44_100, -2.0), (48_000, 2.0)],
)
def test_a_pitch_shift_moves_a_tone_by_its_semitones_and_keeps_the_tempo(rate, semitones):
    # Two tones, one in each half: a semitone is a twelfth of an octave.
    halves = np.concatenate([tone(500, rate, 1.0), tone(1_000, rate, 1.0)])
    shifted = Pitch(semitones)(halves, rate, None)
    assert shifted.shape == halves.shape
    for part, frequency in ((shifted[:rate], 500), (shifted[rate:], 1_000)):
        middle = part[rate // 5 : -rate // 5]
        expected = frequency * 2 ** (semitones / 12)
        assert strongest(middle, rate) == pytest.approx(expected, rel=0.004)


@RATES
@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_speed_moves_pitch_and_tempo(rate, factor):
    sound = np.concatenate([tone(500, rate, 1.0), np.zeros(rate, np.float32)])
    played = Speed(factor)(sound, rate, None)
    assert played.shape == sound.shape
    assert strongest(played[: rate // 2], rate) == pytest.approx(500 * factor, rel=0.002)
    # The tone of 1 s ends after 1 s / factor; half of its level is passed there.
    loud = np.abs(signal.hilbert(played[: round(1.5 * rate)])) > 0.05
    assert np.flatnonzero(loud)[-1] / rate == pytest.approx(1 / factor, abs=0.002)


def test_what_a_faster_clip_lacks_at_its_end_is_its_beginning_again():
    played = Speed(1.25)(np.linspace(0, 1, 1_000, dtype=np.float32), 16_000, None)
    np.testing.assert_array_equal(played[800:], played[:200])


@RATES
def test_a_telephone_keeps_a_tone_inside_its_band_and_kills_those_outside(rate):
    step = Band(300, 3_400, 96)
    assert abs(loss(step, 1_000, rate)) < 0.1
    assert loss(step, 300, rate) == pytest.approx(6, abs=0.3)  # each of two passes takes 3 dB
    assert loss(step, 100, rate) > 60
    if rate > 13_600:
        assert loss(step, 3_400, rate) == pytest.approx(6, abs=0.3)
        assert loss(step, 6_800, rate) > 90


@pytest.mark.parametrize("slope", [24, 48, 96])
def test_a_band_falls_by_its_slope(slope):
    # An octave outside a Butterworth filter of order n takes 10 lg(1 + 2^2n), here in two passes.
    expected = 20 * np.log10(1 + 4 ** (slope / 12))
    assert loss(Band(400, 7_000, slope), 200) == pytest.approx(expected, abs=1)


def test_an_edge_above_the_nyquist_frequency_limits_nothing():
    assert abs(loss(Band(50, 4_000, 96), 3_900, 8_000)) < 0.1
    assert loss(Band(50, 3_500, 96), 3_900, 8_000) > 10


def test_a_band_delays_nothing():
    sound = np.random.default_rng(0).standard_normal(8_000).astype(np.float32)
    filtered = Band(300, 3_400, 96)(sound, 16_000, None)
    lags = signal.correlation_lags(8_000, 8_000)
    assert lags[signal.correlate(filtered, sound).argmax()] == 0


def test_a_high_gain_clips_at_full_scale():
    # 0.1 and 14 dB, which is 5.01: the peaks, 0.501, pass. 26 dB make them 1.995.
    sound = tone(100)
    np.testing.assert_allclose(Gain(14)(sound, 16_000, None), sound, atol=2**-16 / 5)
    clipped = Gain(26)(sound, 16_000, None)
    assert clipped.max() == pytest.approx(0.1 / 1.995, rel=1e-3)
    assert clipped.min() == pytest.approx(-0.1 / 1.995, rel=1e-3)


def test_a_low_gain_leaves_the_noise_of_16_bits():
    # Quantisation noise is 1 / sqrt(12) of a step, and comes up again with the gain.
    sound = np.random.default_rng(0).uniform(-0.3, 0.3, 50_000).astype(np.float32)
    noise = Gain(-40)(sound, 16_000, None) - sound
    assert rms(noise) == pytest.approx(100 * 2**-15 / np.sqrt(12), rel=0.02)


def test_resampling_keeps_length_and_time():
    # Every pair of two rates, and every rate with every quality.
    for i, rate in enumerate((8_000, 16_000, 44_100, 48_000)):
        for j, through in enumerate((8_000, 11_025, 22_050, 48_000)):
            sound = tone(700, rate, 0.25)
            back = Resampling(through, ("QQ", "LQ", "MQ")[(i + j) % 3])(sound, rate, None)
            assert back.shape == sound.shape
            inner = slice(len(sound) // 8, -len(sound) // 8)
            # A shift by 0.1 ms would leave 44 %: 2 pi 700 Hz 0.1 ms.
            assert rms((back - sound)[inner]) < 0.1 * rms(sound)


def test_a_lower_rate_kills_what_it_cannot_hold_unless_it_is_a_poor_one():
    assert loss(Resampling(8_000, "MQ"), 5_000) > 60
    assert abs(loss(Resampling(8_000, "MQ"), 1_000)) < 0.1
    # Cubics let 5 kHz through, as its alias at 8 - 5 = 3 kHz.
    aliased = Resampling(8_000, "QQ")(tone(5_000), 16_000, None)
    assert strongest(aliased, 16_000) == pytest.approx(3_000, abs=5)


def test_no_effect_touches_the_generators_that_all_share():
    def shared():
        return random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002, it is meant

    sound, before = tone(500), shared()
    for step in (Pitch(1.0), Band(100, 5_000, 24), Speed(1.1), Coding("opus", 12)):
        step(sound, 16_000, None)
    assert shared() == before


def test_effects_say_what_they_do():
    steps = [
        Speed(1.07), Pitch(-1.5), Band(300, 3_400, 96), Gain(-30), Resampling(8_000, "QQ"),
        Coding("gsm", 13),
    ]  # fmt: skip
    assert "; ".join(map(str, steps)) == (
        "speed 1.07; pitch -1.5 semitones; band 300-3400 Hz, 96 dB an octave; gain -30 dB in 16"
        " bits; resampled through 8000 Hz, quality QQ; gsm 13 kbit/s"
    )
