import librosa
import numpy as np
import pytest

from render.resynthesis import METHODS, SHORTEST, griffin_lim, phase_randomisation
from render.synthesis import RATE, speaker, utterance

ALL = pytest.mark.parametrize("name", METHODS)
VOCODERS = pytest.mark.parametrize("name", ["linear_prediction", "smoothed_envelope"])


@pytest.fixture(scope="module")
def speech():
    return utterance(speaker(2), np.random.default_rng(2))


def copied(name, samples, rate=RATE, seed=0):
    return METHODS[name](samples, rate, np.random.default_rng(seed))


def rms(samples):
    return np.sqrt(np.mean(samples**2))


def mel_levels(samples, bands=40):
    """Mel spectrogram in dB, shape=(bands, frames), 50 dB of range."""
    mel = librosa.feature.melspectrogram(y=samples, sr=RATE, n_fft=512, n_mels=bands)
    return librosa.power_to_db(mel, ref=np.max, top_db=50)


@ALL
def test_length_and_level_stay(name, speech):
    for samples in (speech, speech[: int(SHORTEST * RATE)] + 0.01, speech.astype(np.float32)):
        copy = copied(name, samples)
        assert copy.shape == samples.shape
        assert np.isfinite(copy).all()
        assert rms(copy) == pytest.approx(rms(samples), rel=1e-5)


@ALL
def test_the_waveform_changes(name, speech):
    assert abs(np.corrcoef(copied(name, speech), speech)[0, 1]) < 0.9


@ALL
def test_one_seed_gives_the_same_bytes_and_another_seed_others(name, speech):
    assert copied(name, speech).tobytes() == copied(name, speech).tobytes()
    assert copied(name, speech).tobytes() != copied(name, speech, seed=1).tobytes()


@ALL
def test_the_long_term_spectrum_stays(name, speech):
    copy, original = (
        librosa.feature.melspectrogram(y=sound, sr=RATE, n_mels=20).mean(axis=1)
        for sound in (copied(name, speech), speech)
    )
    assert np.abs(10 * np.log10(copy / original)).max() < 4  # dB


@ALL
def test_silence_stays_silent(name):
    assert not copied(name, np.zeros(RATE)).any()


@ALL
def test_any_usual_rate_is_taken(name):
    tone = 0.1 * np.sin(2 * np.pi * 200 * np.arange(4_000) / 8_000)
    assert rms(copied(name, tone, rate=8_000)) == pytest.approx(rms(tone))


@VOCODERS
def test_vocoders_keep_the_spectral_envelope(name, speech):
    difference = mel_levels(copied(name, speech), 20) - mel_levels(speech, 20)
    assert np.median(np.abs(difference)) < 3  # dB
    mismatched = mel_levels(copied(name, speech[::-1]), 20) - mel_levels(speech, 20)
    assert np.median(np.abs(mismatched)) > 6


@VOCODERS
def test_vocoders_keep_the_pitch_and_the_silences(name):
    time = np.arange(RATE) / RATE
    buzz = sum(np.cos(2 * np.pi * 150 * number * time) / number for number in range(1, 20)) / 20
    samples = np.concatenate([buzz, np.zeros(RATE // 2)])
    copy = copied(name, samples)
    pitch = librosa.yin(copy[:RATE], fmin=60, fmax=400, sr=RATE)
    assert np.median(pitch) == pytest.approx(150, rel=0.02)
    assert rms(copy[RATE + 2_000 :]) < 1e-3 * rms(copy[:RATE])


def test_phase_randomisation_keeps_the_magnitudes_roughly(speech):
    copy = phase_randomisation(speech, RATE, np.random.default_rng(0))
    difference = mel_levels(copy) - mel_levels(speech)
    # A magnitude of random phases is off by some 5.6 dB; bands of several bins by less.
    assert np.median(np.abs(difference)) < 4
    turned = np.angle(librosa.stft(copy)) - np.angle(librosa.stft(speech))
    assert abs(np.exp(1j * turned).mean()) < 0.1


def test_griffin_lim_keeps_the_mel_spectrogram(speech):
    difference = mel_levels(griffin_lim(speech, RATE, np.random.default_rng(0))) - mel_levels(
        speech
    )
    assert np.median(np.abs(difference)) < 2


@ALL
@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        (np.zeros((2, RATE)), RATE, "expected mono samples, got shape"),
        (np.zeros(3_999), RATE, "expected 0.25 s or more, got 0.250 s"),
        (np.zeros(0), RATE, "expected 0.25 s or more, got 0.000 s"),
        (np.full(RATE, np.nan), RATE, "expected finite samples, got NaN or infinity"),
        (np.zeros(RATE), 4_000, "expected a rate of 8000 Hz or more, got 4000"),
    ],
)
def test_what_cannot_be_copied_is_refused(name, samples, rate, message):
    with pytest.raises(ValueError, match=message):
        METHODS[name](samples, rate, np.random.default_rng(0))
