import numpy as np
import pytest
import soxr

from render.settings import Settings
from render.spectra import upsampling
from render.spectra.upsampling import PARTS, SAMPLE_RATES
from render.spectra.whitening import whiten

SETTINGS = Settings(feature="comb")


def noise(length=SETTINGS.length, seed=0):
    return 0.01 * np.random.default_rng(seed).standard_normal(length)


def raised(whole, part, left=0.3, settings=SETTINGS, seed=0):
    """Noise made at a part of a rate and raised to it, with some of its copies `left` in it."""
    low = noise(round(settings.seconds * whole / part) + 1, seed)
    high = np.zeros(len(low) * part)
    high[::part] = low
    spectrum = np.fft.rfft(high)
    spectrum[len(spectrum) // part :] *= left  # all images of a zero-stuffed sound
    return soxr.resample(np.fft.irfft(spectrum), whole, settings.rate)[: settings.length]


def strengths(samples, settings=SETTINGS):
    found = upsampling.replica_strengths(whiten(samples, settings).spectrum, settings)
    return found.reshape(len(SAMPLE_RATES), len(PARTS))


@pytest.mark.parametrize("which", range(len(SAMPLE_RATES)))
@pytest.mark.parametrize("place", range(len(PARTS)))
def test_a_stage_is_found_at_its_sample_rate_and_part_and_above(which, place):
    found = strengths(raised(SAMPLE_RATES[which], PARTS[place]))
    assert found.argmax() // len(PARTS) == which
    assert found[which, : place + 1].min() > 8
    # Where everything stands four times, chance does, too.
    assert found[which, place + 1 :].max(initial=0) < found[which, place] / 3


def test_chance_varies_by_about_one_around_nothing():
    found = np.array([strengths(noise(seed=n)) for n in range(20)])
    assert 0.7 < found.std() < 1.3
    assert abs(found.mean()) < 0.3


@pytest.mark.parametrize("quality", ["HQ", "MQ", "LQ"])
@pytest.mark.parametrize("through", [8_000, 11_025, 22_050, 44_100])
def test_a_resampler_leaves_nothing_that_is_looked_for(through, quality):
    there = soxr.resample(noise(), 16_000, through, quality)
    back = soxr.resample(there, through, 16_000, quality)
    assert strengths(back[: SETTINGS.length]).max() < 4


@pytest.mark.parametrize(("distance", "counts"), [(6_000, True), (8_000, False), (12_000, False)])
def test_copies_half_a_sample_rate_away_do_not_count(distance, counts):
    spectrum = np.fft.rfft(noise())
    middle, top = distance, min(2 * distance, len(spectrum) - 1)  # bins of half a Hertz
    # What lies below half the distance stands above it once more, turned over.
    spectrum[middle:top] += 0.5 * spectrum[2 * middle - top + 1 : middle + 1][::-1].conj()
    assert (strengths(np.fft.irfft(spectrum)).max() > 8) == counts


def test_a_click_is_no_copy_though_all_its_bins_are_in_step():
    samples = noise() * 1e-2
    samples[12_345] = 1
    assert strengths(samples).max() < 4


def test_copies_40_db_below_what_they_are_copies_of_are_found_all_the_same():
    assert strengths(raised(22_050, 4, left=0.01) + noise(seed=1) * 1e-4)[1, 0] > 8


def test_loudness_does_not_matter():
    samples = raised(24_000, 4)
    np.testing.assert_allclose(strengths(samples / 10), strengths(samples), rtol=0.1, atol=0.5)


@pytest.mark.parametrize("rate", [22_050, 48_000])
def test_any_sample_rate_will_do(rate):
    settings = Settings(feature="comb", rate=rate)
    assert strengths(raised(24_000, 4, settings=settings), settings)[2, 0] > 8
