import numpy as np
import pytest

from render.settings import FIELDS, Settings
from render.spectra import longterm, rates
from render.spectra.comb import comb
from render.spectra.rates import RATES, fields, flat_spectrum, strengths

SETTINGS = Settings(feature="comb")


def noise(length=SETTINGS.length, seed=0):
    return 0.01 * np.random.default_rng(seed).standard_normal(length)


def clicks(step, settings=SETTINGS, size=0.1):
    """Clicks `step` times a second, between samples too: lines at all multiples of `step` Hz."""
    time = np.arange(settings.length) / settings.rate
    orders = np.arange(1, int(settings.rate / 2 / step))
    return size * np.cos(2 * np.pi * step * time[:, None] * orders).mean(axis=1)


def drawn(samples, settings=SETTINGS):
    return fields(samples, longterm.spectrum(samples, settings), settings)


def places(settings=SETTINGS):
    """Middle column of every field."""
    edges = np.linspace(0, settings.columns, len(RATES) + 1)
    return ((edges[:-1] + edges[1:]) / 2).astype(int)


@pytest.mark.parametrize("which", range(len(RATES)))
def test_every_usual_rate_lights_its_own_field(which):
    samples = noise() + clicks(RATES[which], size=0.05)
    image = drawn(samples)
    assert image.shape == (FIELDS, SETTINGS.columns)
    assert image[0, places()].max() == image[0, places()[which]] > 200
    for spectrum in (longterm.spectrum(samples, SETTINGS), flat_spectrum(samples, SETTINGS)):
        found = strengths(spectrum, SETTINGS)
        # 62.5 Hz has all lines of 125 Hz, but none at every other multiple.
        assert found.argmax() == which
        assert found[which] > 1.1 * np.sort(found)[-2]


def test_a_field_is_wide_and_even_and_they_stand_side_by_side():
    image = drawn(noise())
    assert (image == image[0]).all()
    jumps = np.flatnonzero(np.diff(image[0].astype(int))) + 1
    np.testing.assert_allclose(jumps, np.arange(1, len(RATES)) * SETTINGS.columns / 12, atol=1)


def test_noise_has_values_of_about_its_roughness():
    found = [strengths(longterm.spectrum(noise(seed=n), SETTINGS), SETTINGS) for n in range(20)]
    rough = [longterm.spectrum(noise(seed=n), SETTINGS).std() for n in range(20)]
    assert 0.7 < np.std(found) / np.mean(rough) < 1.6  # weights of 1, -1/2 and -1/2
    assert abs(np.mean(found)) < 0.3


def test_a_flat_spectrum_is_five_times_as_rough():
    frames = np.mean([longterm.spectrum(noise(seed=n), SETTINGS).std() for n in range(5)])
    whole = np.mean([flat_spectrum(noise(seed=n), SETTINGS).std() for n in range(5)])
    assert 3.5 < whole / frames < 6.5


def test_lines_in_quiet_moments_and_bands_count_as_much_as_in_loud_ones():
    # Faint clicks all the time, both 40 dB fainter on top, below a noise that half of the time is.
    slope = 10 ** (-np.linspace(0, 40, SETTINGS.length // 2 + 1) / 20)
    there = np.where(np.sin(np.arange(SETTINGS.length) / 2_000) > 0, 1, 0.01)
    loud = np.fft.irfft(np.fft.rfft(noise()) * slope) * there
    samples = 0.05 * loud / loud.std() + 0.1 * np.fft.irfft(np.fft.rfft(clicks(93.75)) * slope)
    power = np.abs(np.fft.rfft(samples * np.hanning(SETTINGS.length), 2 * SETTINGS.length)) ** 2
    plain = longterm.levelled(longterm.decibel(power), SETTINGS.rate)
    seen = strengths(flat_spectrum(samples, SETTINGS), SETTINGS)
    assert seen.argmax() == RATES.index(93.75)
    assert seen.max() > 40 > 10 > strengths(plain, SETTINGS)[RATES.index(93.75)]


def test_a_flattened_sound_has_the_same_level_at_all_times():
    swell = np.where(np.arange(32_000) < 16_000, 1, 0.1)
    flat = rates._flattened(noise() * swell, SETTINGS)
    early, late = flat[4_000:12_000].std(), flat[20_000:28_000].std()
    assert early / late == pytest.approx(1, abs=0.05)


def test_loudness_does_not_matter():
    samples = noise() + clicks(62.5)
    np.testing.assert_allclose(drawn(samples / 10), drawn(samples), atol=3)


def test_silence_has_no_comb():
    assert set(drawn(np.zeros(SETTINGS.length)).ravel().tolist()) == {128}


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_any_sample_rate_will_do(rate):
    settings = Settings(feature="comb", rate=rate)
    image = drawn(noise(settings.length) + clicks(80, settings), settings)
    assert image[0, places(settings)].argmax() == RATES.index(80)


def test_a_clip_shorter_than_the_long_frame_will_do():
    settings = Settings(feature="comb", seconds=0.1)
    assert comb(noise(settings.length), settings).shape == settings.shape
