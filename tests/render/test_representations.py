"""Every row of the table of representations, drawn, described and put on a sheet."""

from dataclasses import replace

import numpy as np
import pytest

from render.axes import axes
from render.clips import Clip
from render.preview import sheet
from render.representations import REPRESENTATIONS, load
from render.settings import Settings
from render.spectrogram import draw

SETTINGS = Settings(rate=8_000, seconds=1, window=256, hop=64, floor=-80, ceiling=0, bands=20)
SIGNED = {"group-delay", "comb"}  # grey where there is nothing, and never black
PARTLY_SIGNED = {"lfcc", "mfcc", "stack", "linear-comb"}

every = pytest.mark.parametrize("feature", REPRESENTATIONS)


def of(feature, **values):
    return replace(SETTINGS, **{"feature": feature, "lowest": 125, **values})


@pytest.fixture(scope="module")
def eight(sound):
    """One second of sound at 8 kHz, in single precision."""
    return sound(1, rate=8_000).astype(np.float32)


@pytest.mark.slow
@every
def test_a_picture_has_the_shape_that_the_settings_say(feature, eight, sound):
    before = eight.copy()
    image = draw(eight, of(feature))
    assert image.shape == of(feature).shape
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(eight, before)
    np.testing.assert_array_equal(draw(eight.astype(np.float64), of(feature)), image)
    function = load(REPRESENTATIONS[feature].draw)
    np.testing.assert_array_equal(function(eight, of(feature)), image)
    for rate, window, hop in ((11_025, 441, 147), (48_000, 1_201, 480)):
        settings = Settings(feature=feature, rate=rate, window=window, hop=hop, seconds=1, bands=30)
        assert draw(sound(1, rate=rate), settings).shape == settings.shape


@pytest.mark.slow
@every
def test_silence_is_black_or_for_what_has_a_sign_grey(feature):
    expected = {128} if feature in SIGNED else {0, 128} if feature in PARTLY_SIGNED else {0}
    for relative, window in ((False, 256), (True, 255)):
        settings = of(feature, relative=relative, window=window)
        image = draw(np.zeros(settings.length), settings)
        assert set(image.ravel().tolist()) == expected


@every
def test_what_is_no_sound_is_refused(feature, eight):
    with pytest.raises(ValueError, match=r"expected 8000 mono samples, got shape \(7999,\)"):
        draw(eight[1:], of(feature))
    for value in (np.nan, np.inf, -np.inf, -1e20):
        samples = eight.copy()
        samples[5] = value
        with pytest.raises(ValueError, match="expected finite samples under 1e\\+15, got"):
            draw(samples, of(feature))


@every
def test_the_loudest_sound_that_is_allowed_can_be_drawn(feature, eight):
    loudest = draw(eight * np.float64(9e14 / np.abs(eight).max()), of(feature)).max()
    assert (loudest < 255) == (feature == "comb")  # which is the same for every loudness


@every
def test_axes_have_between_three_and_nine_ticks_on_the_picture(feature):
    rates = (4_000, 8_000, 16_000, 22_050, 44_100, 48_000, 192_000)
    for rate, seconds in [*((rate, 2) for rate in rates), (4_000, 60), (48_000, 0.6), (8_000, 10)]:
        settings = Settings(
            rate=rate, feature=feature, seconds=seconds, window=1024, hop=128, bands=30
        )
        described = axes(settings)
        for axis, size in zip(("rows", "columns"), settings.shape, strict=True):
            ticks = described[axis]["ticks"]
            assert 3 <= len(ticks) <= 9
            assert all(-0.5 <= position <= size - 0.5 for position, _ in ticks)
            assert all(float(f"{value:g}") == value for _, value in ticks)


@every
def test_axes_have_units_and_grey_values_where_they_are_levels(feature):
    row, described = REPRESENTATIONS[feature], axes(of(feature))
    assert described["rows"]["unit"] == row.unit
    assert described["columns"]["unit"] == row.column_unit
    assert described.get("grey") == ({"unit": "dB", "range": [-80, 0]} if row.is_level else None)
    assert ("rest" in described["rows"]) == bool(row.rest)


@pytest.fixture(scope="module")
def panels(eight):
    """Panels of a preview sheet, by representation."""
    figure = sheet(Clip(eight, 0.0, 1.0), "x.wav", of("linear"))
    return dict(zip(REPRESENTATIONS, figure.axes[1:], strict=True))


@pytest.mark.slow
@every
def test_every_representation_is_on_the_preview_as_it_is_drawn(feature, panels, eight):
    panel = panels[feature]
    np.testing.assert_array_equal(panel.images[0].get_array(), draw(eight, of(feature)))
    assert panel.images[0].get_clim() == (0, 255)
    assert panel.get_title().startswith(feature)
    assert panel.get_title() == REPRESENTATIONS[feature].title
    assert panel.get_ylabel() == REPRESENTATIONS[feature].unit
    assert panel.get_xlabel() == REPRESENTATIONS[feature].column_unit


@every
def test_settings_of_it_go_to_json_and_back(feature):
    settings = Settings(seconds=3, level=None, trim=None, feature=feature, relative=True, bins=12)
    assert Settings.from_json(settings.to_json()) == settings


def test_every_option_that_a_row_names_is_one_of_the_settings():
    for row in REPRESENTATIONS.values():
        assert all(hasattr(Settings(), option) for option in row.options)
