import librosa
import numpy as np
import pytest

from render.settings import Settings
from render.spectrogram import draw, linear, mel

SETTINGS = Settings(rate=8_000, seconds=1, window=256, hop=64, floor=-80, ceiling=0)
MEL = Settings(
    rate=8_000, seconds=1, window=256, hop=64, floor=-80, ceiling=0, feature="mel", bands=20
)


def tone(frequency, level=0.0):
    time = np.arange(SETTINGS.length) / SETTINGS.rate
    return 10 ** (level / 20) * np.cos(2 * np.pi * frequency * time)


@pytest.mark.parametrize(("frequency", "row"), [(1_000, 96), (2_000, 64), (3_000, 32), (4_000, 0)])
def test_a_tone_is_brightest_on_its_own_row(frequency, row):
    # 8000 Hz / 256 samples = 31.25 Hz a row; row 128 would be 0 Hz and is not drawn.
    assert (linear(tone(frequency), SETTINGS).argmax(axis=0) == row).all()


def test_an_offset_leaves_all_but_the_lowest_row_black():
    # A Hann window's main lobe reaches one bin to either side of 0 Hz.
    image = linear(np.full(SETTINGS.length, 0.5), SETTINGS)
    assert image.shape == (128, 122)
    assert image[:-1].max() == 0


@pytest.mark.parametrize(("level", "brightest"), [(20, 255), (0, 255), (-40, 128), (-80, 0)])
def test_brightness_is_linear_in_decibels(level, brightest):
    assert linear(tone(1_000, level), SETTINGS).max() == brightest


@pytest.mark.parametrize("settings", [SETTINGS, MEL])
def test_silence_is_black(settings):
    assert draw(np.zeros(SETTINGS.length), settings).max() == 0


def test_a_tone_in_the_second_half_shows_in_the_right_half():
    samples = tone(1_000)
    samples[: len(samples) // 2] = 0
    image = linear(samples, SETTINGS)
    assert image[:, :55].max() == 0
    assert image[96, 66:].min() == 255


@pytest.mark.parametrize("band", [4, 10, 18])
def test_a_tone_is_brightest_in_its_mel_band(band):
    centres = librosa.mel_frequencies(n_mels=22, fmin=0, fmax=4_000)[1:-1]
    image = mel(tone(centres[band]), MEL)
    assert image.shape == (20, 122)
    assert (image.argmax(axis=0) == 19 - band).all()


@pytest.mark.parametrize("frequency", [700, 1_234, 2_600])
def test_mel_bands_share_out_the_power_of_a_tone(frequency):
    # Between two centres the triangles sum to 1, so all bands together hold the whole tone.
    grey = mel(tone(frequency, -20), MEL)[:, 60].astype(float)
    power = 10 ** ((MEL.floor + grey / 255 * (MEL.ceiling - MEL.floor)) / 10)
    # A grey level is 0.31 dB.
    assert 10 * np.log10(power[grey > 0].sum()) == pytest.approx(-20, abs=0.3)


def test_mel_rises_with_frequency():
    rows = [mel(tone(f), MEL)[:, 60].argmax() for f in (300, 900, 1_800, 3_500)]
    assert rows == sorted(rows, reverse=True)
    assert len(set(rows)) == 4


def test_white_noise_is_even_over_frequency(sound):
    # Without the Nyquist row, whose bin is real and so distributed otherwise.
    image = linear(sound(1, rate=8_000), SETTINGS)[1:].mean(axis=1)
    # 122 columns of Rayleigh-distributed levels (sd 5.6 dB = 18 grey levels) average to +-2.
    assert np.ptp(image) < 16


def test_another_length_is_refused():
    with pytest.raises(ValueError, match=r"expected 8000 mono samples, got shape \(7999,\)"):
        linear(np.zeros(7_999), SETTINGS)


def test_nan_is_refused():
    samples = tone(1_000)
    samples[5] = np.nan
    with pytest.raises(ValueError, match="expected finite samples"):
        mel(samples, MEL)


def test_more_mel_bands_than_bins_are_refused():
    crowded = Settings(feature="mel", bands=250)
    with pytest.raises(ValueError, match="of 250 bands without one"):
        mel(np.zeros(32_000), crowded)
