import librosa
import numpy as np
import pytest

from render.settings import Settings
from render.spectra.cqt import amplitudes, cqt

SETTINGS = Settings(feature="cqt", seconds=1, bins=12, lowest=125)  # 72 rows to 8 kHz


def level(amplitude):
    return 20 * np.log10(np.maximum(amplitude, 1e-6))


def direct(samples, settings):
    """Correlate with every wavelet at every column, by the definition."""
    found = np.zeros(settings.shape)
    quality = 1 / (2 ** (1 / settings.bins) - 1)
    for row, column in np.ndindex(*settings.shape):
        frequency = settings.lowest * 2 ** (row / settings.bins)
        length = quality * settings.rate / frequency
        middle = column * settings.hop + settings.window / 2
        time = np.arange(
            max(0, np.ceil(middle - length / 2)), min(len(samples), middle + length / 2)
        )
        taper = (1 + np.cos(2 * np.pi * (time - middle) / length)) / length
        turn = np.exp(-2j * np.pi * frequency * (time - middle) / settings.rate)
        found[row, column] = 2 * abs((samples[time.astype(int)] * taper * turn).sum())
    return found


@pytest.mark.parametrize(
    ("rate", "window", "hop", "bins"),
    [(16_000, 512, 256, 12), (8_000, 255, 100, 12), (22_050, 64, 63, 12), (16_000, 512, 256, 2)],
)
def test_the_transform_is_its_definition(rate, window, hop, bins, sound):
    settings = Settings(
        feature="cqt", rate=rate, window=window, hop=hop, seconds=0.3, bins=bins, lowest=220
    )
    samples = sound(0.3, rate=rate)
    expected = direct(samples, settings)
    np.testing.assert_allclose(amplitudes(samples, settings), expected, atol=2e-3 * expected.max())


def test_magnitudes_are_librosas():
    # Two tones an octave, each of another level. librosa halves the rate octave by octave, which
    # takes up to 20 dB off the uppermost rows of each: they are no measure.
    rows = np.array([2, 7, 14, 19, 26, 31, 38, 43, 50, 55, 62, 67])
    time = np.arange(32_000) / 16_000
    tones = [
        10 ** (-row / 60) * np.cos(2 * np.pi * 125 * 2 ** (row / 12) * time + row) for row in rows
    ]
    samples = np.sum(tones, axis=0)
    settings = Settings(feature="cqt", seconds=2, bins=12, lowest=125)
    # librosa's Q is (r^2 + 1) / (r^2 - 1) with r = 2^(1/12), ours 1 / (r - 1).
    ratio = 2 ** (1 / 12)
    quality = 1 / (ratio - 1)
    theirs = librosa.cqt(
        samples,
        sr=16_000,
        hop_length=256,
        fmin=125,
        n_bins=72,
        bins_per_octave=12,
        filter_scale=quality * (ratio**2 - 1) / (ratio**2 + 1),
        tuning=0.0,
        scale=False,
    )
    # Its wavelets have the sum of their window, half their length, at a full-scale sine; its
    # column 1 has its middle at 256 samples, where our first is.
    lengths = quality * 16_000 / (125 * 2 ** (np.arange(72) / 12))
    theirs = 2 * np.abs(theirs[:, 1:125]) / lengths[:, None]
    ours = amplitudes(samples, settings)
    np.testing.assert_allclose(level(ours[rows, 20:-20]), level(theirs[rows, 20:-20]), atol=0.5)
    np.testing.assert_allclose(level(ours[rows, 62]), -rows / 3, atol=0.5)


@pytest.mark.parametrize("row", [0, 7, 30, 71])
def test_a_row_is_as_wide_as_its_distance_to_the_next(row):
    time = np.arange(16_000) / 16_000
    found = amplitudes(np.cos(2 * np.pi * 125 * 2 ** (row / 12) * time), SETTINGS)[:, 30]
    assert found[row] == pytest.approx(1, abs=1e-3)
    # Half a semitone's width, one bin of the wavelet's window, up: a Hann window is down by half.
    if row < 70:
        upper = 1 / (2 ** (1 / 12))
        assert found[row + 1] == pytest.approx(abs(np.sinc(1 - upper) / (1 - (1 - upper) ** 2)), 1)
        assert found[row + 2] < 0.1


@pytest.mark.parametrize(("row", "reach"), [(12, 0.0337), (36, 0.0084), (60, 0.0021)])
def test_a_click_is_seen_for_as_long_as_a_wavelet(row, reach):
    # Half of 1 / (2^(1/12) - 1) = 16.8 periods of 250, 1000 and 4000 Hz.
    settings = Settings(feature="cqt", seconds=1, bins=12, lowest=125, window=32, hop=16)
    click = np.zeros(16_000)
    click[8_000] = 1
    found = amplitudes(click, settings)[row]
    away = np.abs((np.arange(settings.columns) * 16 + 16 - 8_000) / 16_000)
    assert found.argmax() == 499
    assert (level(found[away > reach + 0.001] / found.max()) < -60).all()
    assert (level(found[away < 0.7 * reach] / found.max()) > -20).all()


def test_nothing_wraps_round_from_the_end_to_the_start():
    samples = np.zeros(16_000)
    samples[-2_000:] = np.cos(2 * np.pi * 125 * np.arange(2_000) / 16_000)
    # The longest wavelet, 2153 samples, reaches 1076 before its middle: from 12924 on, column 49.
    image = cqt(samples, SETTINGS)
    assert image[:, :48].max() == 0
    assert image[71, 58] > 200
