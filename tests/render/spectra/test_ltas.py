import numpy as np

from render.settings import Settings
from render.spectra import ltas

SETTINGS = Settings(feature="comb")


def test_the_long_term_spectrum_is_in_decibels_above_what_is_around():
    noise = 0.01 * np.random.default_rng(0).standard_normal(SETTINGS.length)
    tone = 3e-3 * np.cos(2 * np.pi * 3_000 * np.arange(32_000) / 16_000)
    found = ltas.spectrum(noise + tone, SETTINGS)
    assert found.argmax() == 3_000 / 8_000 * (len(found) - 1)
    # 3e-3 against the deviation of 0.01 times sqrt(3 / 2048) of the noise in a bin, 17.9 dB.
    assert 13 < found.max() <= 15
    assert abs(np.median(found)) < 1


def test_a_slow_curve_is_taken_away():
    frequency = np.linspace(0, 8_000, 2_049)
    level = -40 + 20 * np.cos(2 * np.pi * frequency / 4_000)
    found = ltas.detrend(level, 16_000)
    # Of a cosine 40 times as long as what is smoothed over, 0.1 % is left; more at the edges.
    assert np.abs(found[26:-26]).max() < 0.03
