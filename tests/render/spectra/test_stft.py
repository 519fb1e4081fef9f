import librosa
import numpy as np
import pytest

from render.settings import Settings
from render.spectra import stft


@pytest.mark.parametrize(("window", "hop"), [(512, 256), (400, 160), (441, 100), (64, 64)])
def test_the_spectrum_is_librosas(window, hop, sound):
    samples = sound(1)
    settings = Settings(seconds=1, window=window, hop=hop)
    expected = np.abs(librosa.stft(samples, n_fft=window, hop_length=hop, center=False))
    # librosa's taper is of height 1, so a sine of amplitude 1 peaks at window / 4.
    np.testing.assert_allclose(
        np.sqrt(stft.power(samples, settings)), expected / (window / 4), atol=1e-6
    )


def test_a_padded_spectrum_has_the_same_values_where_both_have_bins(sound):
    samples, settings = sound(1), Settings(seconds=1)
    np.testing.assert_allclose(
        stft.power(samples, settings, 4)[::4], stft.power(samples, settings), atol=1e-8
    )


def test_frames_are_where_their_columns_are():
    # Column 3 has its middle, the taper's highest point, at 3 * 100 + 32.
    settings = Settings(rate=4_000, seconds=0.2, window=64, hop=100 // 2)
    samples = np.zeros(800)
    samples[3 * 50 + 32] = 1
    frames = stft.frames(samples, settings)
    assert frames.shape == (64, 15)
    # Scaled by 4 / window, for a full-scale sine to peak at 1.
    assert frames[32, 3] == pytest.approx(4 / 64)
    assert frames[:, 3].nonzero()[0].tolist() == [32]


def test_precision_is_enough_for_the_quietest_level_beside_the_loudest():
    # 100 dB below a full-scale tone 1000 Hz away, where the taper leaves nothing of that tone.
    time = np.arange(16_000) / 16_000
    samples = np.cos(2 * np.pi * 1_000 * time) + 1e-5 * np.cos(2 * np.pi * 2_000 * time)
    power = stft.power(samples.astype(np.float32), Settings(seconds=1, window=512, hop=256))
    assert 10 * np.log10(power[64]) == pytest.approx(np.full(61, -100), abs=0.3)
