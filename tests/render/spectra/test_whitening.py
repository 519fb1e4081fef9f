import numpy as np
import pytest

from render.settings import Settings
from render.spectra.whitening import whiten

SETTINGS = Settings(feature="comb")


def noise(seed=0):
    return 0.1 * np.random.default_rng(seed).standard_normal(SETTINGS.length)


def test_a_sound_is_equally_loud_early_and_late_low_and_high():
    swell = np.where(np.arange(SETTINGS.length) < 16_000, 1, 0.1)
    slope = 10 ** (-np.linspace(0, 20, SETTINGS.length // 2 + 1) / 20)
    spectrum = whiten(np.fft.irfft(np.fft.rfft(noise()) * slope) * swell, SETTINGS).spectrum
    flat = np.fft.irfft(spectrum)[: SETTINGS.length]
    early, late = flat[6_000:15_000], flat[:-1][-15_000:-6_000]
    assert early.std() / late.std() == pytest.approx(1, abs=0.05)
    low, high = np.array_split(np.abs(np.fft.rfft(flat))[1_000:-1_000], 2)
    assert low.std() / high.std() == pytest.approx(1, abs=0.05)


def test_of_its_power_what_is_slow_is_gone_and_what_is_quick_is_left():
    time = np.arange(SETTINGS.length) / SETTINGS.rate
    for beat, most, least in ((2, 0.15, 0), (100, 1, 0.3)):
        power = whiten(noise() * (1 + 0.8 * np.cos(2 * np.pi * beat * time)), SETTINGS).power
        assert power.mean() == pytest.approx(1, abs=0.15)
        seconds = np.arange(power.shape[1]) / power.shape[1] * 2
        share = np.abs((power * np.exp(-2j * np.pi * beat * seconds)).mean(axis=1))
        assert least < share.min() <= share.max() < most


def test_a_tone_stays_where_it_is():
    tone = np.sin(2 * np.pi * 1_000.3 * np.arange(SETTINGS.length) / SETTINGS.rate)
    level = np.abs(whiten(tone + 1e-5 * noise(), SETTINGS).spectrum)
    peak = round(1_000.3 * 2 * SETTINGS.length / SETTINGS.rate)
    assert level.argmax() == peak
    assert level[peak + 80 : peak + 800].max() < 1e-3 * level[peak]


def test_silence_stays_silent():
    flat = whiten(np.zeros(SETTINGS.length), SETTINGS)
    assert not flat.spectrum.any()
    assert not flat.power.any()
