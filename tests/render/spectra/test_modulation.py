import numpy as np
import pytest

from render.settings import Settings
from render.spectra import frame_rates, ltas, modulation
from render.spectra.frame_rates import RATES
from render.spectra.whitening import whiten

SETTINGS = Settings(feature="comb")


def noise(length=SETTINGS.length, seed=0):
    return 0.01 * np.random.default_rng(seed).standard_normal(length)


def beating(rate, settings=SETTINGS, depth=0.3, seed=0):
    """Noise that is loudest at the start of each frame."""
    time = np.arange(settings.length) / settings.rate
    swell = sum(np.cos(2 * np.pi * rate * order * time) for order in (1, 2, 3, 4)) / 4
    return noise(settings.length, seed) * (1 + depth * swell)


def strengths(samples, settings=SETTINGS):
    return modulation.modulation_strengths(whiten(samples, settings).power, settings)


@pytest.mark.parametrize("which", range(len(RATES)))
def test_noise_that_beats_at_a_usual_rate_is_found_at_that_rate(which):
    samples = beating(RATES[which])
    found = strengths(samples)
    assert found.argmax() == which
    assert found[which] > 4
    # It has no lines.
    spectrum, flat = ltas.spectrum(samples, SETTINGS), whiten(samples, SETTINGS)
    assert frame_rates.line_strengths(spectrum, flat.spectrum, SETTINGS)[which] < 3


def test_chance_varies_by_about_one_around_nothing():
    found = np.array([strengths(noise(seed=n)) for n in range(20)])
    assert 0.7 < found.std() < 1.3
    assert abs(found.mean()) < 0.4


def test_what_beats_at_no_steady_rate_is_not_found():
    time = np.arange(SETTINGS.length) / SETTINGS.rate
    phase = 2 * np.pi * (90 * time + 15 / 3 * np.sin(2 * np.pi * 3 * time) / (2 * np.pi))
    moving = noise() * (1 + 0.6 * np.cos(phase))
    assert strengths(moving).max() < 3 < strengths(beating(93.75, depth=0.6)).max()


def test_loudness_does_not_matter():
    np.testing.assert_allclose(strengths(beating(80) * 0.1), strengths(beating(80)), atol=0.3)


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_any_sample_rate_will_do(rate):
    settings = Settings(feature="comb", rate=rate)
    assert strengths(beating(80, settings, depth=0.6), settings).argmax() == RATES.index(80)
