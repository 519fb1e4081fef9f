import numpy as np
import pytest

from render.settings import Settings
from render.spectra import ltas
from render.spectra.frame_rates import RATES, flat_spectrum, line_strengths, spectrum_strengths
from render.spectra.whitening import whiten

SETTINGS = Settings(feature="comb")


def noise(length=SETTINGS.length, seed=0):
    return 0.01 * np.random.default_rng(seed).standard_normal(length)


def clicks(step, settings=SETTINGS, size=0.1):
    """Clicks `step` times a second, between samples too: lines at all multiples of `step` Hz."""
    time = np.arange(settings.length) / settings.rate
    orders = np.arange(1, int(settings.rate / 2 / step))
    return size * np.cos(2 * np.pi * step * time[:, None] * orders).mean(axis=1)


def whole(samples, settings=SETTINGS):
    return flat_spectrum(whiten(samples, settings).spectrum, settings)


def both(samples, settings=SETTINGS):
    flat = whiten(samples, settings).spectrum
    return line_strengths(ltas.spectrum(samples, settings), flat, settings)


@pytest.mark.parametrize("which", range(len(RATES)))
def test_every_usual_rate_is_found_as_itself(which):
    samples = noise() + clicks(RATES[which], size=0.05)
    assert both(samples).max() == both(samples)[which] > 4
    for spectrum in (ltas.spectrum(samples, SETTINGS), whole(samples)):
        alone = spectrum_strengths(spectrum, SETTINGS)
        # 62.5 Hz has all lines of 125 Hz, but none at every other multiple.
        assert alone.argmax() == which
        assert alone[which] > 1.1 * np.sort(alone)[-2]


def test_noise_has_values_of_about_its_roughness():
    spectra = [ltas.spectrum(noise(seed=n), SETTINGS) for n in range(20)]
    values = [spectrum_strengths(one, SETTINGS) for one in spectra]
    rough = np.mean([one.std() for one in spectra])
    assert 0.7 < np.std(values) / rough < 1.6  # weights of 1, -1/2 and -1/2
    assert abs(np.mean(values)) < 0.3


def test_a_flat_spectrum_is_five_times_as_rough():
    frames = np.mean([ltas.spectrum(noise(seed=n), SETTINGS).std() for n in range(5)])
    flat = np.mean([whole(noise(seed=n)).std() for n in range(5)])
    assert 3.5 < flat / frames < 6.5


def test_lines_in_quiet_moments_and_bands_count_as_much_as_in_loud_ones():
    # Faint clicks all the time, both 40 dB fainter on top, below a noise that half of the time is.
    slope = 10 ** (-np.linspace(0, 40, SETTINGS.length // 2 + 1) / 20)
    there = np.where(np.sin(np.arange(SETTINGS.length) / 2_000) > 0, 1, 0.01)
    loud = np.fft.irfft(np.fft.rfft(noise()) * slope) * there
    samples = 0.05 * loud / loud.std() + 0.1 * np.fft.irfft(np.fft.rfft(clicks(93.75)) * slope)
    power = np.abs(np.fft.rfft(samples * np.hanning(SETTINGS.length), 2 * SETTINGS.length)) ** 2
    plain = ltas.detrend(ltas.decibel(power), SETTINGS.rate)
    seen = spectrum_strengths(whole(samples), SETTINGS)
    assert seen.argmax() == RATES.index(93.75)
    assert seen.max() > 40 > 10 > spectrum_strengths(plain, SETTINGS)[RATES.index(93.75)]
    assert both(samples).max() == both(samples)[RATES.index(93.75)] > 6


def test_loudness_does_not_matter():
    samples = noise() + clicks(62.5)
    np.testing.assert_allclose(both(samples / 10), both(samples), atol=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_any_sample_rate_will_do(rate):
    settings = Settings(feature="comb", rate=rate)
    values = both(noise(settings.length) + clicks(80, settings), settings)
    assert values.argmax() == RATES.index(80)
