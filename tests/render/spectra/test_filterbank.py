import librosa
import numpy as np
import pytest

from render.settings import Settings
from render.spectra import filterbank


@pytest.mark.parametrize("frequency", [0, 123.0, 1_000, 1_000.1, 7_999.0, 24_000])
def test_the_mel_scale_is_librosas(frequency):
    mel = filterbank.hz_to_mel(frequency)
    assert mel == pytest.approx(librosa.hz_to_mel(frequency))
    assert filterbank.mel_to_hz(np.array([mel]))[0] == pytest.approx(frequency)


@pytest.mark.parametrize(
    ("rate", "window", "bands"),
    [(16_000, 512, 80), (8_000, 256, 20), (22_050, 1024, 128), (48_000, 441, 30)],
)
def test_mel_bands_are_librosas(rate, window, bands):
    settings = Settings(rate=rate, window=window, hop=window, bands=bands)
    ours = filterbank.mel(settings).toarray() * 1.5
    theirs = librosa.filters.mel(sr=rate, n_fft=window, n_mels=bands, norm=None)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_linear_bands_are_equal_triangles():
    # Edges 0, 1000, 2000, 3000, 4000 Hz, bins every 250 Hz: four bins up, four down.
    settings = Settings(rate=8_000, window=32, hop=32, bands=3)
    weights = filterbank.linear(settings).toarray() * 1.5
    triangle = [0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25]
    for band in range(3):
        np.testing.assert_allclose(weights[band, 4 * band + 1 : 4 * band + 8], triangle, rtol=1e-6)
    assert (weights > 0).sum() == 21


@pytest.mark.parametrize("bank", [filterbank.mel, filterbank.linear])
def test_bands_without_a_bin_are_refused(bank):
    # Linear: 253 bands have 254 steps over 256 bins, 1.008 each, and reach a bin either side; 256
    # bands have 257 steps, under a bin each: still one in every two.
    message = r"expected a bin in each band, got \d+ of 250 bands without one: use fewer bands"
    settings = Settings(feature="mel", bands=250)
    if bank is filterbank.mel:
        with pytest.raises(ValueError, match=message):
            bank(settings)
    else:
        assert (bank(settings).toarray().max(axis=1) > 0).all()


def test_the_spectrum_of_a_hann_window_is_what_a_transform_finds():
    window, padding = 256, 16
    taper = np.hanning(window + 1)[:-1]
    spectrum = np.abs(np.fft.rfft(taper, padding * window)) / (window / 2)
    offsets = np.arange(len(spectrum)) / padding
    # The formula is for windows of many samples.
    np.testing.assert_allclose(np.abs(filterbank.hann(offsets[:160])), spectrum[:160], atol=1e-4)


def test_a_low_octave_row_is_found_between_two_bins():
    # 125 Hz / 4 = 31.25 Hz a bin; the row of 62.5 Hz is on bin 2 and reaches no other.
    settings = Settings(feature="log", rate=8_000, window=64, hop=64, lowest=62.5, bins=24)
    weights = filterbank.logarithmic(settings, 4).toarray()
    assert weights[0].nonzero()[0].tolist() == [2]
    assert weights[0, 2] == pytest.approx(1)
    # The next, 64.3 Hz, lies on 2.06: 94 % of bin 2 and 6 % of bin 3.
    assert weights[1].nonzero()[0].tolist() == [2, 3]
    share = weights[1, 3] / weights[1].sum()
    assert share == pytest.approx(2 * 2 ** (1 / 24) - 2, rel=1e-5)
