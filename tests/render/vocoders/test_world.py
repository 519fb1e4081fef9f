import librosa
import numpy as np
import pytest
import pyworld

from render.demo.formant_synthesis import RATE, speaker, utterance
from render.vocoders.world import world, world_24, world_40


@pytest.fixture(scope="module")
def speech():
    return utterance(speaker(2), np.random.default_rng(2))[4_000:24_000]


def copied(samples, rate=RATE, method=world):
    return method(samples, rate, np.random.default_rng(0))


def rms(samples):
    return np.sqrt(np.mean(samples**2))


def levels(samples):
    mel = librosa.feature.melspectrogram(y=samples, sr=RATE, n_fft=512, n_mels=20)
    return librosa.power_to_db(mel, ref=np.max, top_db=50)


@pytest.mark.parametrize("method", [world, world_40, world_24])
def test_length_level_and_envelope_stay_and_the_waveform_changes(method, speech):
    copy = copied(speech, method=method)
    assert copy.shape == speech.shape
    assert rms(copy) == pytest.approx(rms(speech), rel=1e-5)
    assert np.median(np.abs(levels(copy) - levels(speech))) < 3  # dB
    assert abs(np.corrcoef(copy, speech)[0, 1]) < 0.9


def test_the_pitch_stays(speech):
    time = np.arange(RATE) / RATE
    buzz = sum(np.cos(2 * np.pi * 150 * number * time) / number for number in range(1, 20)) / 20
    pitch = librosa.yin(copied(buzz), fmin=60, fmax=400, sr=RATE)
    assert np.median(pitch) == pytest.approx(150, rel=0.02)


def test_fewer_coefficients_keep_less_of_the_envelope(speech, monkeypatch):
    envelopes = {}
    decode = pyworld.decode_spectral_envelope

    def noted(code, rate, size):
        envelopes[code.shape[1]] = decode(code, rate, size)
        return envelopes[code.shape[1]]

    monkeypatch.setattr(pyworld, "decode_spectral_envelope", noted)
    copies = {60: copied(speech), 40: copied(speech, method=world_40)}
    copies[24] = copied(speech, method=world_24)
    rough, times = pyworld.dio(speech, RATE)
    pitch = pyworld.stonemask(speech, rough, times, RATE)
    envelope = pyworld.cheaptrick(speech, pitch, times, RATE)
    fine, usual, coarse = (
        np.sqrt(np.mean((10 * np.log10(envelopes[count] / envelope)) ** 2))
        for count in (60, 40, 24)
    )
    assert 0 < fine < usual < coarse < 10  # dB
    lost = {count: np.abs(levels(copy) - levels(speech)).mean() for count, copy in copies.items()}
    assert lost[60] < lost[24]


def test_the_aperiodicity_is_coded_where_it_has_bands(speech, monkeypatch):
    coded = []
    code = pyworld.code_aperiodicity
    monkeypatch.setattr(
        pyworld, "code_aperiodicity", lambda *sound: coded.append(code(*sound)) or coded[-1]
    )
    for rate in (8_000, 16_000, 22_050):
        copied(speech, rate)
    # One band for each 3 kHz up to 3 kHz below the Nyquist frequency: 0, 1 and 2.
    assert [code.shape[1] for code in coded] == [1, 2]


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 96_000])
def test_any_usual_rate_is_taken(rate):
    tone = 0.1 * np.sin(2 * np.pi * 200 * np.arange(rate // 2) / rate)
    assert rms(copied(tone, rate)) == pytest.approx(rms(tone))


def test_silence_stays_silent_and_the_same_call_gives_the_same_bytes(speech):
    assert not copied(np.zeros(RATE)).any()
    assert copied(speech).tobytes() == copied(speech.astype(np.float64)).tobytes()
    assert copied(speech.astype(np.float32)).dtype == np.float64


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(3_999), "expected 0.25 s or more, got 0.250 s"),
        (np.full(RATE, np.inf), "expected finite samples, got NaN or infinity"),
    ],
)
def test_what_cannot_be_copied_is_refused(samples, message):
    with pytest.raises(ValueError, match=message):
        copied(samples)
