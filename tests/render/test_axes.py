from dataclasses import replace

import numpy as np
import pytest

from render.axes import axes
from render.settings import Settings
from render.spectrogram import draw

LINEAR = Settings(rate=8_000, seconds=1, window=256, hop=64)
MEL = Settings(rate=16_000, seconds=1, window=1024, hop=128, feature="mel", bands=60)
LOG = Settings(rate=16_000, seconds=1, window=1024, hop=128, feature="log")
CQT = replace(LOG, feature="cqt")


def inner(ticks, size):
    """Ticks that are on a pixel and not on the edge."""
    return [(position, value) for position, value in ticks if 0 <= position <= size - 1]


def tone(frequency, settings):
    return 0.1 * np.cos(2 * np.pi * frequency * np.arange(settings.length) / settings.rate)


@pytest.mark.parametrize("settings", [LINEAR, MEL, LOG, CQT, Settings(), Settings(feature="mel")])
def test_a_tone_is_brightest_where_its_tick_is(settings):
    ticks = inner(axes(settings)["rows"]["ticks"], settings.shape[0])
    assert len(ticks) >= 4
    for row, frequency in ticks:
        if frequency < settings.rate / 2:
            image = draw(tone(frequency, settings), settings)
            # A band is not drawn finer than the bins of the STFT that fall into it.
            assert image.mean(axis=1).argmax() == pytest.approx(row, abs=0.75), frequency


def test_a_tone_is_in_the_middle_of_the_frame_where_its_tick_is():
    settings = replace(LINEAR, feature="group-delay", delay_range=16)
    for row, frequency in inner(axes(settings)["rows"]["ticks"], settings.shape[0])[1:-1]:
        image = draw(tone(frequency, settings), settings).astype(int)
        assert np.abs(image[round(row)] - 128).max() <= 1


@pytest.mark.parametrize("settings", [LINEAR, MEL, LOG, CQT])
def test_a_click_is_brightest_where_its_tick_is(settings):
    ticks = inner(axes(settings)["columns"]["ticks"], settings.shape[1])
    assert len(ticks) >= 4
    for column, time in ticks:
        samples = np.zeros(settings.length)
        samples[round(time * settings.rate)] = 0.5
        # Between two columns it is as bright in both. Above 2 kHz a wavelet is as short as a
        # window; below, it fades where the clip ends.
        image = draw(samples, settings)[: settings.shape[0] // 2]
        assert image.mean(axis=0).argmax() == pytest.approx(column, abs=0.51)


def test_ticks_of_the_default_settings():
    # 16000 Hz / 256 = 62.5 Hz a row; row 128 would be 0 Hz, half a row below the edge.
    rows = axes(Settings())["rows"]
    assert rows["unit"] == "Hz"
    assert rows["ticks"] == [[127.5, 0]] + [[128 - 16 * k, 1000 * k] for k in range(1, 9)]


def test_ticks_of_a_mel_picture_are_octaves_on_slaneys_scale():
    # 3 mel are 200 Hz up to 1000 Hz, which is 15 mel; above, 27 mel are a factor of 6.4.
    top = 15 + 27 * np.log(8) / np.log(6.4)
    octave = 27 * np.log(2) / np.log(6.4)
    mels = [7.5, 15, 15 + octave, 15 + 2 * octave]
    expected = [
        [60 - mel / top * 61, f] for mel, f in zip(mels, (500, 1000, 2000, 4000), strict=True)
    ]
    np.testing.assert_allclose(
        axes(MEL)["rows"]["ticks"], [[59.5, 0], *expected, [-0.5, 8000]], atol=1e-3
    )


def test_octaves_are_equally_far_apart():
    # 24 rows an octave from the bottom row, 167; 8000 Hz is one row above the top.
    ticks = [[167 - 24 * octave, 62.5 * 2**octave] for octave in range(7)]
    for feature in ("log", "cqt"):
        assert axes(Settings(feature=feature))["rows"]["ticks"] == [*ticks, [-0.5, 8000]]


def test_the_lowest_tick_is_the_first_octave_of_125_hertz_that_is_drawn():
    # 250 Hz are 24 log2(2.5) = 31.73 rows above 100 Hz, 125 Hz 7.73.
    settings = Settings(feature="log", lowest=100)
    ticks = axes(settings)["rows"]["ticks"]
    bottom = settings.shape[0] - 1
    assert ticks[:2] == [[round(bottom - 7.726, 3), 125], [round(bottom - 31.726, 3), 250]]


def test_coefficients_are_counted_in_each_block():
    rows = axes(Settings(feature="mfcc", coefficients=13))["rows"]
    assert rows["unit"] == "coefficient"
    # Rows 38 to 26 are coefficients, 25 to 13 deltas, 12 to 0 delta-deltas.
    assert rows["ticks"] == [[b - c, c] for b in (38, 25, 12) for c in (0, 5, 10)]


def test_pitch_classes_rise_from_c():
    rows = axes(Settings(feature="chroma", window=2048))["rows"]
    assert rows["unit"] == "pitch class, 0 = C"
    settings = Settings(feature="chroma", window=2048)
    image = draw(tone(440, settings), settings)
    row = next(position for position, value in rows["ticks"] if value == 9)  # A
    assert (image.argmax(axis=0) == row).all()


def test_a_stack_has_ticks_of_each_of_its_parts():
    settings = Settings(feature="stack")
    rows = axes(settings)["rows"]
    assert rows["unit"] == "Hz, coefficient, pitch class"
    mel = axes(Settings(feature="mel"))["rows"]["ticks"]
    assert rows["ticks"][:3] == mel[::2]
    # Coefficient 0 of the three blocks of 20 below 80 bands, C at the very bottom.
    assert rows["ticks"][3:] == [[139, 0], [119, 0], [99, 0], [151, 0]]


def test_a_comb_lies_over_the_steps_between_its_lines_and_over_the_middles_of_its_bands():
    found = axes(Settings(feature="comb"))
    # 249 columns for 90 Hz from 40 Hz on, 16 rows from 7000 Hz down to 1500 Hz.
    assert found["columns"]["unit"] == "Hz"
    assert found["columns"]["ticks"][1] == [round(20 / 90 * 249 - 0.5, 3), 60]
    assert found["rows"]["ticks"][-1] == [0, 7_000]
    assert "grey" not in found


def test_the_axes_of_a_linear_comb_are_those_of_the_spectrogram_and_end_with_it():
    found, linear = axes(Settings(feature="linear-comb")), axes(Settings(feature="linear"))
    assert found["rows"].pop("count") == 128
    assert found["rows"].pop("rest") == "the comb"
    assert found == linear


def test_few_coefficients_have_ticks_as_well_as_many():
    for count in (1, 2, 3, 4, 13, 80):
        ticks = axes(Settings(feature="lfcc", coefficients=count))["rows"]["ticks"]
        assert 3 <= len(ticks) <= 9
        assert len({position for position, _ in ticks}) == len(ticks)
        assert all(index == int(index) < count for _, index in ticks)


def test_what_is_far_outside_has_no_tick():
    # The middle of the first frame is at 128 samples, so 0 s is 8 columns before it.
    settings = Settings(rate=8_000, seconds=1, window=256, hop=16)
    assert axes(settings)["columns"]["ticks"][0] == [(1_600 - 128) / 16, 0.2]
