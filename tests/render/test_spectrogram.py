import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from render.settings import Settings
from render.spectra.filterbank import mel_to_hz
from render.spectrogram import draw, linear, log, mel, stack

SETTINGS = Settings(
    feature="linear",
    rate=8_000,
    seconds=1,
    window=256,
    hop=64,
    floor=-80,
    ceiling=0,
    bands=20,
)
MEL = replace(SETTINGS, feature="mel")
LOG = replace(SETTINGS, feature="log", lowest=125)
CQT = replace(LOG, feature="cqt")
LEVELS = [SETTINGS, MEL, LOG, CQT]


def tone(frequency, level=0.0):
    time = np.arange(SETTINGS.length) / SETTINGS.rate
    return 10 ** (level / 20) * np.cos(2 * np.pi * frequency * time)


def of(feature):
    return replace(SETTINGS, feature=feature, lowest=125)


@pytest.mark.parametrize(("frequency", "row"), [(1_000, 96), (2_000, 64), (3_000, 32), (4_000, 0)])
def test_a_tone_is_brightest_on_its_own_row(frequency, row):
    # 8000 Hz / 256 samples = 31.25 Hz a row; row 128 would be 0 Hz and is not drawn.
    assert (linear(tone(frequency), SETTINGS).argmax(axis=0) == row).all()


def test_an_offset_leaves_all_but_the_lowest_row_black():
    # A Hann window's main lobe reaches one bin to either side of 0 Hz.
    image = linear(np.full(SETTINGS.length, 0.5), SETTINGS)
    assert image.shape == (128, 122)
    assert image[:-1].max() == 0


@pytest.mark.parametrize("settings", [SETTINGS, LOG, CQT])
@pytest.mark.parametrize(("level", "brightest"), [(20, 255), (0, 255), (-40, 127.5), (-80, 0)])
def test_brightness_is_linear_in_decibels(settings, level, brightest):
    # 1000 Hz is a bin of the STFT and three octaves above 125 Hz. 40 of 80 dB are 127.5.
    assert draw(tone(1_000, level), settings)[:, 60].max() == pytest.approx(brightest, abs=0.6)


@pytest.mark.parametrize("settings", LEVELS)
def test_a_tone_in_the_second_half_shows_in_the_right_half(settings):
    # Column k has its middle at 64 k + 128 samples, so 4000 is between 60 and 61. A wavelet of cqt
    # at 1000 Hz has 34.1 periods, 273 samples, little more than a window.
    samples = tone(1_000)
    samples[: len(samples) // 2] = 0
    image = draw(samples, settings)
    row = image[:, 90].argmax()
    assert image[row, :58].max() == 0
    assert image[row, 64:-3].min() >= image[row, -1]
    assert image[row, 60] < image[row, 61] < image[row, 62]


@pytest.mark.parametrize("settings", LEVELS)
def test_loudness_does_not_show_where_levels_are_relative(settings, sound):
    samples = sound(1, rate=8_000)
    relative = replace(settings, relative=True)
    faint, loud = draw(0.01 * samples, relative), draw(samples, relative)
    assert np.abs(faint.astype(int) - loud).max() <= 1
    assert loud.max() == 255
    # 40 dB of 80 are 127.5 grey levels.
    assert 126 < draw(samples, settings).max() - draw(0.01 * samples, settings).max() < 129


@pytest.mark.parametrize("band", [4, 10, 18])
def test_a_tone_is_brightest_in_its_mel_band(band):
    # 22 edges equally far apart from 0 to 4000 Hz, 15 + 27 ln 4 / ln 6.4 = 35.16 mel.
    centres = mel_to_hz(np.linspace(0, 35.164, 22))[1:-1]
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


@pytest.mark.parametrize("settings", [LOG, CQT])
def test_an_octave_up_is_as_many_rows_up_as_an_octave_has(settings):
    for frequency in (250.0, 375.0, 440.0, 980.0):
        rows = [int(draw(tone(f), settings)[:, 60].argmax()) for f in (frequency, 2 * frequency)]
        assert rows[0] - rows[1] == 24


@pytest.mark.parametrize("settings", [LOG, CQT])
def test_a_tone_on_the_centre_of_an_octaves_row_has_its_own_level(settings):
    # The fifth octave above 125 Hz would be the Nyquist frequency: 120 rows.
    for row in (24, 31, 50, 77, 100, 118):
        image = draw(tone(125 * 2 ** (row / 24), -40), settings)
        assert image.shape == (120, 122)
        assert (image[:, 30:90].argmax(axis=0) == 119 - row).all()
        assert image[119 - row, 30:90] == pytest.approx(127.5, abs=1)


def test_a_tone_between_two_high_rows_of_log_is_in_both():
    # Half its power in each, nearly 3 dB, 10 grey levels, down: on a centre some is lost as well.
    image = log(tone(125 * 2 ** (100.5 / 24), -40), LOG)[:, 60]
    assert image[18] == image[19]
    assert 118 <= image[18] <= 122


def test_white_noise_is_even_over_frequency(sound):
    # Without the Nyquist row, whose bin is real and so distributed otherwise.
    image = linear(sound(1, rate=8_000), SETTINGS)[1:].mean(axis=1)
    # 122 columns of Rayleigh-distributed levels (sd 5.6 dB = 18 grey levels) average to +-2.
    assert np.ptp(image) < 16


def test_a_stack_is_its_parts_from_the_top(sound):
    samples, settings = sound(1, rate=8_000), of("stack")
    image = stack(samples, settings)
    np.testing.assert_array_equal(image[:20], draw(samples, of("mel")))
    np.testing.assert_array_equal(image[20:80], draw(samples, of("mfcc")))
    np.testing.assert_array_equal(image[80:], draw(samples, of("chroma")))


def test_a_linear_comb_is_the_spectrogram_and_the_comb_below_it(sound):
    samples, settings = sound(1, rate=8_000), of("linear-comb")
    image = draw(samples, settings)
    np.testing.assert_array_equal(image[:-32], draw(samples, of("linear")))
    np.testing.assert_array_equal(image[-32:], draw(samples, of("comb")))


@pytest.mark.parametrize("feature", ["mel", "mfcc", "stack"])
def test_more_mel_bands_than_bins_are_refused(feature):
    with pytest.raises(ValueError, match="of 250 bands without one"):
        draw(np.zeros(32_000), Settings(feature=feature, bands=250))


@pytest.mark.slow
def test_the_default_recipes_pictures_are_drawn_without_scipy_which_loads_slowly():
    script = (
        "import sys, numpy; from render.settings import Settings; "
        "from render.spectrogram import draw; settings = Settings(feature='linear-comb'); "
        "draw(numpy.zeros(settings.length), settings); print('scipy' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.stdout == "False\n", ended.stderr
