import librosa
import numpy as np
import pytest

from render.settings import Settings
from render.spectra.chroma import chroma

SETTINGS = Settings(feature="chroma", seconds=1, window=2048, hop=512)


def tone(frequency, level=0.0):
    time = np.arange(16_000) / 16_000
    return 10 ** (level / 20) * np.cos(2 * np.pi * frequency * time)


# A is nine semitones above C; the bottom row, 11, is C.
@pytest.mark.parametrize(
    ("frequency", "row"), [(440.0, 2), (880.0, 2), (1_760.0, 2), (523.25, 11), (987.77, 0)]
)
def test_a_tone_is_on_the_row_of_its_pitch_class(frequency, row):
    assert (chroma(tone(frequency), SETTINGS).argmax(axis=0) == row).all()


def test_the_strongest_pitch_class_is_white_and_others_are_in_proportion():
    # E, seven semitones above A, at half the power; both on bins of their own.
    image = chroma(tone(1_760.0) + tone(2_637.0, -3.01), SETTINGS)
    assert (image[2] == 255).all()
    # The weights fall with the distance from 880 Hz: 1 octave, exp(-1/8); 1.58, exp(-0.313).
    expected = 255 * 0.5 * np.exp(-0.3134 + 0.125)
    assert image[7].mean() == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(("rate", "window"), [(16_000, 512), (22_050, 2048), (8_000, 255)])
def test_chroma_is_librosas_without_what_an_offset_adds_at_0_hertz(rate, window, sound):
    settings = Settings(feature="chroma", rate=rate, window=window, hop=window // 2, seconds=1)
    samples = sound(1, rate=rate) + 1
    power = np.abs(librosa.stft(samples, n_fft=window, hop_length=window // 2, center=False)) ** 2
    power[0] = 0
    expected = librosa.feature.chroma_stft(S=power, sr=rate, n_fft=window, tuning=0.0)
    np.testing.assert_allclose(chroma(samples, settings), 255 * expected[::-1], atol=0.51)


def test_loudness_does_not_show_above_the_floor(sound):
    loud, soft = (chroma(gain * sound(1), SETTINGS) for gain in (1, 0.01))
    assert np.abs(loud.astype(int) - soft).max() <= 1


def test_what_is_under_the_floor_fades_to_black():
    # 20 dB under the floor, the strongest is at most a hundredth of white.
    assert chroma(tone(440, -130), SETTINGS).max() <= 3
    assert chroma(tone(440, -80), SETTINGS).max() == 255
