import librosa
import numpy as np
import pytest

from render.demo.formant_synthesis import (
    RATE,
    STEP,
    VOWELS,
    Speaker,
    glottal_pulses,
    speaker,
    utterance,
    vocal_tract,
)


def strongest(sound, lowest, highest):
    """Frequency of the highest peak of the spectrum between two bounds, in Hz."""
    level = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE)
    level[(frequency < lowest) | (frequency > highest)] = 0
    return frequency[level.argmax()]


@pytest.mark.parametrize("pitch", [90, 140, 230])
def test_a_sustained_voice_has_the_pitch_asked_for(pitch):
    voice = Speaker(pitch=pitch)
    pulses = glottal_pulses(np.full(RATE, float(pitch)), voice, np.random.default_rng(0))
    # Jitter is 1 %, averaged over some hundred periods.
    assert strongest(pulses, 60, 1.5 * pitch) == pytest.approx(pitch, rel=0.01)
    found = librosa.yin(pulses, fmin=60, fmax=400, sr=RATE)
    assert np.median(found) == pytest.approx(pitch, rel=0.02)


def test_an_utterance_moves_about_the_pitch_of_its_speaker():
    for pitch in (100, 200):
        samples = utterance(Speaker(pitch=pitch), np.random.default_rng(1))
        found = librosa.yin(samples, fmin=60, fmax=400, sr=RATE, frame_length=1024)
        loud = librosa.feature.rms(y=samples, frame_length=1024, hop_length=256)[0] > 0.05
        assert np.median(found[loud]) == pytest.approx(pitch, rel=0.15)


def test_jitter_smears_the_harmonics():
    def peak(jitter):
        voice = Speaker(jitter=jitter, shimmer=0)
        pulses = glottal_pulses(np.full(RATE, 120.0), voice, np.random.default_rng(0))
        level = np.abs(np.fft.rfft(pulses * np.hanning(RATE)))
        return level[3590:3611].max() / level[3530:3671].mean()  # the 30th harmonic: 3600 Hz

    assert peak(0) > 2 * peak(0.02)


@pytest.mark.parametrize("formant", [0, 1, 2])
def test_a_formant_moves_the_spectral_peak(formant):
    for frequency in VOWELS[0, formant] * np.array([0.95, 1.0, 1.1]):
        formants = np.tile(VOWELS[0], (200, 1))
        formants[:, formant] = frequency
        noise = np.random.default_rng(0).standard_normal(200 * STEP)
        sound = vocal_tract(noise, formants)
        power = np.abs(librosa.stft(sound, n_fft=512)) ** 2
        frequencies = np.fft.rfftfreq(512, 1 / RATE)
        near = np.abs(frequencies - frequency) < 150
        peak = frequencies[near][power.mean(axis=1)[near].argmax()]
        assert abs(peak - frequency) <= RATE / 512 + 10  # a bin, and what the slope pulls


def test_the_vocal_tract_has_unit_gain_at_0_hz_while_its_formants_move():
    formants = np.linspace(VOWELS[0], VOWELS[3], 200)
    sound = vocal_tract(np.ones(200 * STEP), formants)
    # A filter that clicks at every change of its coefficients would leave 1 by far.
    assert np.abs(sound[20 * STEP :] - 1).max() < 0.02


def test_a_source_of_another_length_is_refused():
    with pytest.raises(ValueError, match="expected 800 source samples, got 799"):
        vocal_tract(np.ones(799), np.tile(VOWELS[0], (10, 1)))


@pytest.mark.slow
def test_utterances_last_two_seconds_and_are_silent_at_their_ends():
    for seed in range(10):
        samples = utterance(speaker(seed), np.random.default_rng(seed))
        assert 2 * RATE <= len(samples) <= 3.4 * RATE
        assert np.abs(samples).max() == pytest.approx(0.5)
        assert np.abs(samples[: RATE // 50]).max() < 1e-3


def test_the_generator_alone_decides():
    def draw(seed):
        return utterance(speaker(0), np.random.default_rng(seed)).tobytes()

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    assert speaker((3, 4)) == speaker((3, 4))
    assert speaker((3, 4)) != speaker((3, 5))


def test_high_voices_have_short_tracts():
    voices = [speaker(seed) for seed in range(100)]
    pitch, tract = np.array([(voice.pitch, voice.tract) for voice in voices]).T
    assert np.corrcoef(pitch, tract)[0, 1] > 0.7


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"pitch": 20}, "expected a pitch of 40 to 500 Hz, got 20"),
        ({"jitter": -0.1}, "expected jitter, shimmer and breath of 0 or more"),
        ({"opening": 1}, "expected opening in"),
        ({"tempo": 0}, "tempo above 0"),
    ],
)
def test_impossible_speakers_are_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        Speaker(**setting)
