import numpy as np
import pytest

from render.representations import COMB_BANDS, INDICATOR_ROWS
from render.settings import Settings
from render.spectra import comb as module
from render.spectra import ltas
from render.spectra.comb import FASTEST, SLOWEST, comb, middles
from render.spectra.frame_rates import RATES

SETTINGS = Settings(feature="comb")


def noise(length=SETTINGS.length, seed=0):
    return 0.01 * np.random.default_rng(seed).standard_normal(length)


def clicks(step, rate=16_000, length=SETTINGS.length, size=0.1):
    """Clicks `step` times a second, between samples too: lines at all multiples of `step` Hz."""
    time = np.arange(length) / rate
    orders = np.arange(1, int(rate / 2 / step))
    return size * np.cos(2 * np.pi * step * time[:, None] * orders).mean(axis=1)


def strengths(samples, settings):
    return module.comb_strengths(ltas.spectrum(samples, settings), settings)


def column(step, columns):
    return (step - SLOWEST) / (FASTEST - SLOWEST) * columns - 0.5


@pytest.mark.parametrize("step", [22_050 / 256, 16_000 / 256, 16_000 / 320, 24_000 / 256])
def test_lines_in_even_steps_are_found_at_their_step_in_every_band(step):
    found = strengths(noise() + clicks(step), SETTINGS)
    # Half the step has all the lines as well, but none at every other multiple.
    places = found.argmax(axis=1)
    np.testing.assert_allclose(places, column(step, SETTINGS.columns), atol=1)
    assert (found.max(axis=1) > np.median(found, axis=1) + 2).all()


def test_lines_in_a_part_of_the_spectrum_are_found_in_its_bands_alone():
    spectrum = np.fft.rfft(clicks(62.5))
    spectrum[: len(spectrum) // 2] = 0
    found = strengths(noise() + np.fft.irfft(spectrum), SETTINGS)
    at = round(column(62.5, SETTINGS.columns))
    peak = found[:, at - 1 : at + 2].max(axis=1) - np.median(found, axis=1)
    assert peak[:4].max() < 3 < peak[-4:].min()


def test_a_line_counts_in_all_bands_that_it_lies_in_and_in_no_other():
    nyquist, at = SETTINGS.rate / 2, int(column(62.5, SETTINGS.columns) + 0.5)
    lows = np.linspace(1 / 16, 3 / 4, COMB_BANDS) * nyquist
    highs = np.minimum(lows + nyquist / 4, 0.994 * nyquist)
    ends = np.concatenate([lows, highs])
    for line in np.arange(1, 128) * 62.5:
        if np.abs(ends - line).min() < 8:  # two bins: steps that share the column may differ
            continue
        spectrum = np.zeros(2049, np.float32)
        spectrum[round(line / nyquist * 2048)] = 1
        within = (lows < line) & (line < highs)
        np.testing.assert_array_equal(module.comb_strengths(spectrum, SETTINGS)[:, at] > 0, within)


def test_a_voice_whose_pitch_moves_has_no_comb():
    time = np.arange(SETTINGS.length) / SETTINGS.rate
    phase = 2 * np.pi * (90 * time + 15 / 3 * np.sin(2 * np.pi * 3 * time) / (2 * np.pi))
    voice = sum(np.cos(n * phase) for n in range(1, 80)) / 800
    steady = clicks(90, size=0.1)
    still, moving = (strengths(noise() + one, SETTINGS).max() for one in (steady, voice))
    assert moving < still / 2


def test_loudness_does_not_matter():
    samples = noise() + clicks(62.5)
    np.testing.assert_allclose(comb(samples / 10, SETTINGS), comb(samples, SETTINGS), atol=4)


def test_below_the_combs_stand_fields_of_lines_pulses_and_stages_side_by_side():
    image = comb(noise() + clicks(80, size=0.05), SETTINGS)
    assert image.shape == (COMB_BANDS + INDICATOR_ROWS, SETTINGS.columns)
    fields = image[COMB_BANDS:].astype(int)
    assert (fields == fields[0]).all()
    count = 12 + 12 + 9
    jumps = np.flatnonzero(np.diff(fields[0])) + 1
    assert len(jumps) > count - 5  # neighbours may be equal by chance
    edges = np.arange(1, count) * SETTINGS.columns / count
    assert np.abs(jumps[:, None] - edges).min(axis=1).max() <= 1
    assert fields[0, :90].argmax() * count // SETTINGS.columns == RATES.index(80)
    time = np.arange(SETTINGS.length) / SETTINGS.rate
    swell = sum(np.cos(2 * np.pi * 80 * order * time) for order in (1, 2, 3)) / 3
    beating = comb(noise() * (1 + 0.3 * swell), SETTINGS)[-1].astype(int)
    assert beating.argmax() * count // SETTINGS.columns == 12 + RATES.index(80)


def test_strengths_are_divided_by_the_norm_of_their_weights():
    bins, columns = 257, 5
    lines, bands, norm = module._weights(16_000, bins, columns)
    units = np.eye(bins, dtype=np.float32)
    weights = np.stack([lines @ unit for unit in units], axis=-1).reshape(bands.shape[1], -1, bins)
    expected = np.linalg.norm(np.tensordot(bands, weights, 1), axis=-1)
    np.testing.assert_allclose(norm, expected, rtol=1e-5)


def test_silence_has_no_comb():
    assert set(comb(np.zeros(SETTINGS.length), SETTINGS).ravel().tolist()) == {128}


@pytest.mark.slow
@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_any_rate_will_do(rate):
    settings = Settings(feature="comb", rate=rate)
    found = strengths(noise(settings.length) + clicks(80, rate, settings.length), settings)
    places = found.argmax(axis=1)
    assert abs(np.median(places) - column(80, settings.columns)) <= 1


def test_a_clip_shorter_than_the_long_frame_will_do():
    settings = Settings(feature="comb", seconds=0.1)
    assert comb(noise(settings.length), settings).shape == settings.shape


def test_rows_are_bands_a_quarter_of_all_frequencies_wide():
    assert middles(16_000) == (1_500, 7_000)


def test_another_length_is_refused():
    with pytest.raises(ValueError, match="expected 32000 mono samples"):
        comb(noise(31_999), SETTINGS)
