from dataclasses import replace

import librosa
import numpy as np
import pytest

from render.settings import Settings
from render.spectra.group_delay import delays, group_delay

SETTINGS = Settings(
    feature="group-delay", rate=8_000, seconds=1, window=256, hop=64, delay_range=16
)


@pytest.mark.parametrize("place", [4_000, 4_031, 5_017])
def test_a_click_says_when_it_was(place):
    click = np.zeros(8_000)
    click[place] = 0.5
    image = group_delay(click, SETTINGS).astype(int)
    for column in range(SETTINGS.columns):
        delay = 1000 * (place - (column * 64 + 128)) / 8_000
        if abs(delay) < 15:  # ms; outside, the taper leaves nothing
            # 127 grey levels are 16 ms, the same at all frequencies.
            assert image[:, column] == pytest.approx(128 + 127 * delay / 16, abs=0.51)
        elif abs(delay) > 16:
            assert (image[:, column] == 128).all()


# librosa's, which asks NumPy for a comparison of some elements only.
@pytest.mark.filterwarnings("ignore:'where' used without 'out':UserWarning")
def test_delays_are_librosas_reassigned_times(sound):
    samples = sound(1, rate=8_000)
    _, times, _ = librosa.reassigned_spectrogram(
        samples,
        sr=8_000,
        n_fft=256,
        hop_length=64,
        center=False,
        fill_nan=True,
        ref_power=0,
    )
    middle = (np.arange(SETTINGS.columns) * 64 + 128) / 8_000
    # librosa counts from half a sample before the middle of the taper, and clips to the sound.
    expected = 1000 * (times - middle - 0.5 / 8_000)
    inside = (times > 0) & (times < times.max())
    assert inside.mean() > 0.95
    np.testing.assert_allclose(
        delays(samples, SETTINGS)[inside], expected[inside], rtol=2e-3, atol=2e-2
    )


def test_a_steady_tone_is_in_the_middle_of_every_frame():
    samples = np.cos(2 * np.pi * 1_000 * np.arange(8_000) / 8_000)
    # 1000 Hz is bin 32, row 96.
    assert np.abs(group_delay(samples, SETTINGS)[96].astype(int) - 128).max() <= 1


def test_a_later_sound_is_brighter():
    samples = np.zeros(8_000)
    samples[4_000:] = np.cos(2 * np.pi * 1_000 * np.arange(4_000) / 8_000)
    # Columns 59 and 62 have their middles at 3904 and 4096.
    image = group_delay(samples, SETTINGS)
    assert image[96, 59] > 150
    assert 128 < image[96, 62] < image[96, 59]


def test_what_lies_beyond_the_range_is_white_or_black():
    click = np.zeros(8_000)
    click[4_000] = 0.5
    image = group_delay(click, replace(SETTINGS, delay_range=2))
    # Columns 59 and 62 are 12 ms before and after.
    assert (image[:, 59] == 255).all()
    assert (image[:, 62] == 1).all()


def test_what_is_under_the_floor_has_no_delay(sound):
    # Every bin is within 30 dB under 0.1 * 2 * sqrt(2 / 256), -35 dB, times this: around -145 dB.
    faint = sound(1, rate=8_000) * 10 ** (-110 / 20)
    assert (group_delay(faint, SETTINGS) == 128).all()
    assert group_delay(faint, replace(SETTINGS, relative=True)).std() > 10
    # With the floor among them, some are heard and the others are not at all.
    partly = group_delay(faint, replace(SETTINGS, floor=-145))
    heard = group_delay(faint, replace(SETTINGS, floor=-200))
    silent = partly != heard
    assert 0.1 < silent.mean() < 0.9
    assert (partly[silent] == 128).all()
