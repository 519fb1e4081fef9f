import numpy as np
import pytest

from render.axes import axes
from render.settings import Settings
from render.spectrogram import draw

LINEAR = Settings(rate=8_000, seconds=1, window=256, hop=64)
MEL = Settings(rate=16_000, seconds=1, window=1024, hop=128, feature="mel", bands=60)


def inner(ticks, size):
    """Ticks that are on a pixel and not on the edge."""
    return [(position, value) for position, value in ticks if 0 <= position <= size - 1]


@pytest.mark.parametrize("settings", [LINEAR, MEL, Settings(), Settings(feature="mel")])
def test_a_tone_is_brightest_where_its_tick_is(settings):
    ticks = inner(axes(settings)["rows"]["ticks"], settings.shape[0])
    assert len(ticks) >= 4
    for row, frequency in ticks:
        if frequency < settings.rate / 2:
            time = np.arange(settings.length) / settings.rate
            image = draw(0.1 * np.cos(2 * np.pi * frequency * time), settings)
            # A band is not drawn finer than the bins of the STFT that fall into it.
            assert image.mean(axis=1).argmax() == pytest.approx(row, abs=0.75), frequency


@pytest.mark.parametrize("settings", [LINEAR, MEL])
def test_a_click_is_brightest_where_its_tick_is(settings):
    ticks = inner(axes(settings)["columns"]["ticks"], settings.shape[1])
    assert len(ticks) >= 4
    for column, time in ticks:
        samples = np.zeros(settings.length)
        samples[round(time * settings.rate)] = 0.5
        # Between two columns it is as bright in both.
        assert draw(samples, settings).mean(axis=0).argmax() == pytest.approx(column, abs=0.51)


def test_ticks_of_the_default_settings():
    # 16000 Hz / 512 = 31.25 Hz a row; row 256 would be 0 Hz, half a row below the edge.
    rows = axes(Settings())["rows"]
    assert rows["unit"] == "Hz"
    assert rows["ticks"] == [[255.5, 0]] + [[256 - 32 * k, 1000 * k] for k in range(1, 9)]


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


@pytest.mark.parametrize("rate", [4_000, 8_000, 16_000, 22_050, 44_100, 48_000, 192_000])
@pytest.mark.parametrize("feature", ["linear", "mel"])
def test_there_are_neither_too_few_ticks_nor_too_many(rate, feature):
    for seconds in (0.5, 1, 2, 3, 4, 10, 60):
        settings = Settings(
            rate=rate, feature=feature, seconds=seconds, window=1024, hop=256, bands=30
        )
        for axis, size in zip(("rows", "columns"), settings.shape, strict=True):
            ticks = axes(settings)[axis]["ticks"]
            assert 3 <= len(ticks) <= 9
            assert all(-0.5 <= position <= size - 0.5 for position, _ in ticks)


def test_what_is_far_outside_has_no_tick():
    # The middle of the first frame is at 128 samples, so 0 s is 8 columns before it.
    settings = Settings(rate=8_000, seconds=1, window=256, hop=16)
    assert axes(settings)["columns"]["ticks"][0] == [(1_600 - 128) / 16, 0.2]
