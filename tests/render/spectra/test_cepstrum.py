import librosa
import numpy as np
import pytest
import scipy.fft

from render.settings import Settings
from render.spectra import cepstrum, filterbank
from render.spectra.cepstrum import lfcc, mfcc

MFCC = Settings(feature="mfcc", seconds=1, bands=40, coefficients=13, cepstrum_range=20)
LFCC = Settings(feature="lfcc", seconds=1, bands=40, coefficients=13, cepstrum_range=20)
# Rows of a picture from the bottom: coefficients, deltas, delta-deltas.
BLOCKS = {"coefficients": slice(26, 39), "deltas": slice(13, 26), "delta-deltas": slice(0, 13)}


@pytest.fixture(scope="module")
def samples(sound):
    """Noise that is shaped over frequency and swells over time."""
    noise = np.convolve(sound(1), [1, 0.9, 0.7, 0.3], "same")
    return noise * (1.2 + np.sin(2 * np.pi * 3 * np.arange(16_000) / 16_000))


def values(image, block, limit=20):
    """Signed values of a block, coefficient 0 first, shape (13, frames)."""
    return (image[BLOCKS[block]][::-1].astype(float) - 128) / 127 * limit


def power(samples, settings):
    spectrum = librosa.stft(samples, n_fft=512, hop_length=256, center=False)
    return np.abs(spectrum * 4 / 512) ** 2 / 1.5


def test_mfcc_are_librosas(samples):
    weights = librosa.filters.mel(sr=16_000, n_fft=512, n_mels=40, norm=None)
    level = librosa.power_to_db(weights @ power(samples, MFCC), amin=1e-11, top_db=None)
    # Ours are amplitudes of cosines, theirs orthonormal: sqrt(40 / 2) times as great.
    expected = librosa.feature.mfcc(S=level, n_mfcc=13) / np.sqrt(20)
    # A grey level is 20 / 127 = 0.157 dB.
    image = mfcc(samples, MFCC)
    np.testing.assert_allclose(
        values(image, "coefficients")[1:], expected[1:].clip(-20, 20), atol=0.08
    )


def test_lfcc_are_those_of_a_bank_of_equal_triangles(samples):
    centres = np.linspace(0, 8_000, 42)
    bank = [np.interp(np.arange(257) * 31.25, centres[i : i + 3], [0, 1, 0]) for i in range(40)]
    level = 10 * np.log10(np.maximum(bank @ power(samples, LFCC), 1e-11))
    expected = scipy.fft.dct(level, axis=0, norm="ortho")[:13] / np.sqrt(20)
    image = lfcc(samples, LFCC)
    np.testing.assert_allclose(
        values(image, "coefficients")[1:], expected[1:].clip(-20, 20), atol=0.08
    )


@pytest.mark.parametrize("draw", [mfcc, lfcc])
def test_coefficient_0_is_the_mean_level_and_drawn_as_levels_are(draw, samples):
    settings = {mfcc: MFCC, lfcc: LFCC}[draw]
    bank = {mfcc: filterbank.mel, lfcc: filterbank.linear}[draw](settings).toarray() * 1.5
    level = 10 * np.log10(bank @ power(samples, settings)).mean(axis=0)
    grey = draw(samples, settings)[-1].astype(float)
    np.testing.assert_allclose(grey, (level + 110) * 2.55, atol=0.51)


@pytest.mark.parametrize(("order", "factor"), [(1, 4), (2, 8)])
def test_deltas_are_librosas_to_the_very_ends(order, factor, sound):
    rows = sound(1)[:600].reshape(12, 50)
    # Theirs are derivatives to one column; four columns are our unit, and of the second
    # derivative half, as in Taylor's series: 4^2 / 2.
    expected = factor * librosa.feature.delta(rows, order=order)
    np.testing.assert_allclose(cepstrum.deltas(rows, order), expected, atol=1e-6)


def test_deltas_of_a_parabola_are_its_slope_and_its_bend():
    time = np.arange(20.0)
    rows = (0.5 * time**2)[None]
    # Over four columns it rises by 4 t and bends off its tangent by 4^2 / 2.
    np.testing.assert_allclose(cepstrum.deltas(rows, 1)[0, 4:16], 4 * time[4:16], rtol=1e-5)
    np.testing.assert_allclose(cepstrum.deltas(rows, 2)[0], np.full(20, 8), rtol=1e-4)


@pytest.mark.parametrize("draw", [mfcc, lfcc])
def test_blocks_of_deltas_are_deltas_of_the_coefficients(draw, samples):
    settings = {mfcc: MFCC, lfcc: LFCC}[draw]
    image = draw(samples, settings)
    static = values(image, "coefficients")[1:]
    for order, block in ((1, "deltas"), (2, "delta-deltas")):
        # Rounded coefficients: 0.157 dB / sqrt(12) each, averaged over nine columns.
        expected = cepstrum.deltas(static, order)
        np.testing.assert_allclose(values(image, block)[1:], expected, atol=0.5)


@pytest.mark.parametrize("count", [2, 7])
def test_a_rippled_spectrum_has_that_one_coefficient(count):
    bands = np.arange(40) + 0.5
    level = -60 + 5 * np.cos(np.pi * count * bands / 40)
    found = cepstrum.coefficients(level[:, None], 13).ravel()
    expected = np.zeros(13)
    expected[0], expected[count] = -60, 5
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_noise_of_one_level_hardly_changes(sound):
    # A band of mel adds 2 to 20 bins, each with a sd of 5.6 dB or less over their number; a
    # coefficient averages 40 bands, a delta nine columns: under a decibel.
    image = mfcc(sound(1), MFCC)
    assert np.abs(values(image, "deltas")[1:]).mean() < 1
    swelling = sound(1) * np.linspace(0.001, 1, 16_000) ** 2
    rising = values(mfcc(swelling, MFCC), "deltas")[0]
    assert (rising[:40] > np.abs(values(image, "deltas")[0]).max()).all()


def test_a_louder_sound_moves_coefficient_0_alone(samples):
    # 20 dB are 51 of 255 grey levels over 100 dB.
    loud, soft = (mfcc(gain * samples, MFCC).astype(int) for gain in (1, 0.1))
    assert np.abs(loud[-1] - soft[-1] - 51).max() <= 1
    assert np.abs(loud[:-1] - soft[:-1]).max() <= 1


def test_coefficient_1_tells_low_from_high():
    # A cosine that is 1 at the lowest band and -1 at the highest.
    time = np.arange(16_000) / 16_000
    low, high = (mfcc(np.cos(2 * np.pi * f * time), MFCC) for f in (300, 6_000))
    assert values(low, "coefficients")[1].min() > 0 > values(high, "coefficients")[1].max()
