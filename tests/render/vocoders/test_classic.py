import librosa
import numpy as np
import pytest

from render.demo.formant_synthesis import RATE, speaker, utterance
from render.vocoders import classic
from render.vocoders.classic import SHORTEST, griffin_lim, phase_randomisation
from render.vocoders.registry import MODULES

METHODS = [name for name, module in MODULES.items() if module == "render.vocoders.classic"]
ALL = pytest.mark.parametrize("name", METHODS)
VOCODERS = pytest.mark.parametrize("name", ["linear_prediction", "smoothed_envelope"])
PHASES = pytest.mark.parametrize("name", ["zero_phase", "minimum_phase"])


@pytest.fixture(scope="module")
def speech():
    return utterance(speaker(2), np.random.default_rng(2))[4_000:24_000]


def copied(name, samples, rate=RATE, seed=0):
    return getattr(classic, name)(samples, rate, np.random.default_rng(seed))


def rms(samples):
    return np.sqrt(np.mean(samples**2))


def mel_levels(samples, bands=40):
    """Mel spectrogram in dB, shape=(bands, frames), 50 dB of range."""
    mel = librosa.feature.melspectrogram(y=samples, sr=RATE, n_fft=512, n_mels=bands)
    return librosa.power_to_db(mel, ref=np.max, top_db=50)


@pytest.mark.slow
@ALL
def test_length_and_level_stay(name, speech):
    for samples in (speech, speech[: int(SHORTEST * RATE)] + 0.01, speech.astype(np.float32)):
        copy = copied(name, samples)
        assert (copy.shape, copy.dtype) == (samples.shape, np.float64)
        assert np.isfinite(copy).all()
        assert rms(copy) == pytest.approx(rms(samples), rel=1e-5)


@pytest.mark.slow
@ALL
def test_the_waveform_changes(name, speech):
    assert abs(np.corrcoef(copied(name, speech), speech)[0, 1]) < 0.9


@pytest.mark.slow
@ALL
def test_one_seed_gives_the_same_bytes_and_another_seed_others(name, speech):
    first, again, other = (copied(name, speech, seed=seed).tobytes() for seed in (0, 0, 1))
    assert first == again
    assert first != other


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
    assert np.median(np.abs(mismatched)) > 5


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


def distance(name, samples):
    """Log-spectral distance of a copy, in dB, where the original is within 50 dB of its peak."""
    copy, original = (
        librosa.amplitude_to_db(np.abs(librosa.stft(sound, n_fft=512)), ref=np.max, top_db=50)
        for sound in (copied(name, samples), samples)
    )
    return np.sqrt(np.mean((copy - original) ** 2))


@pytest.mark.slow
def test_more_mel_bands_keep_more(speech):
    coarse, usual, fine = (
        distance(name, speech) for name in ("griffin_lim_40", "griffin_lim", "griffin_lim_128")
    )
    assert coarse > usual > fine


def test_a_shorter_frame_keeps_a_click_shorter():
    clicks = np.zeros(RATE)
    clicks[4_000::4_000] = 0.5

    def spread(name):
        """Part of the energy that is farther than 10 ms from a click."""
        energy = copied(name, clicks) ** 2
        return energy[np.abs((np.arange(RATE) + 2_000) % 4_000 - 2_000) > 160].sum() / energy.sum()

    assert spread("griffin_lim_short") < 0.8 * spread("griffin_lim")


HARMONICS = 125 * np.arange(1, 64)  # Hz; a period is 128 samples


def buzz(levels, seed=1):
    """Harmonics of given levels in random phase, in a little noise."""
    rng = np.random.default_rng(seed)
    phases = rng.uniform(-np.pi, np.pi, len(HARMONICS))
    waves = np.cos(2 * np.pi * np.outer(HARMONICS, np.arange(RATE) / RATE) + phases[:, None])
    return 0.1 * (levels @ waves) / rms(levels @ waves) + 1e-4 * rng.standard_normal(RATE)


def spectrum(samples):
    """Complex amplitudes of the harmonics, over 60 whole periods."""
    return np.fft.rfft(samples[4_000 : 4_000 + 60 * 128])[60 * np.arange(1, 64)]


@PHASES
def test_new_phases_keep_magnitudes_and_pitch(name):
    sound = buzz(np.ones(63))
    copy = copied(name, sound)
    level = 20 * np.log10(np.abs(spectrum(copy)) / np.abs(spectrum(sound)))
    assert np.median(np.abs(level)) < 1.5  # dB
    pitch = librosa.yin(copy, fmin=60, fmax=400, sr=RATE)
    assert np.median(pitch) == pytest.approx(125, rel=0.01)


def test_zero_phases_peak_together():
    # 63 cosines of amplitude 1 that peak together: 63 over an RMS of sqrt(63 / 2), that is 11.2.
    def crest(samples):
        return np.abs(samples[4_000:12_000]).max() / rms(samples[4_000:12_000])

    sound = buzz(np.ones(63))
    assert crest(sound) < 5
    assert crest(copied("zero_phase", sound)) == pytest.approx(11.2, rel=0.15)


def test_minimum_phase_delays_a_resonance():
    # A resonator of 700 Hz, 100 Hz wide, answers late where it answers most: its group delay
    # exceeds that of other frequencies by up to 1 / (pi 100 Hz) = 3.2 ms, here smoothed.
    resonator = 1 / ((2j * np.pi * HARMONICS + 100 * np.pi) ** 2 + (2 * np.pi * 700) ** 2)

    def delay(samples):
        """Mean group delay from 500 to 875 Hz over that from 2 to 4 kHz, in ms."""
        steps = np.angle(samples[:-1] / samples[1:]) / (2 * np.pi * 125) * 1_000  # of 8 ms
        steps = (steps - np.median(steps) + 4) % 8 - 4
        return steps[3:6].mean() - steps[15:31].mean()

    sound = buzz(np.abs(resonator))
    assert 1 < delay(resonator) < 3.2
    assert 0.3 < delay(spectrum(copied("minimum_phase", sound))) < 3.2
    assert abs(delay(spectrum(copied("zero_phase", sound)))) < 0.1


REFUSED = (
    (np.zeros((2, RATE)), RATE, "expected mono samples, got shape"),
    (np.zeros(3_999), RATE, "expected 0.25 s or more, got 0.250 s"),
    (np.zeros(0), RATE, "expected 0.25 s or more, got 0.000 s"),
    (np.full(RATE, np.nan), RATE, "expected finite samples, got NaN or infinity"),
    (np.zeros(RATE), 4_000, "expected a rate of 8000 Hz or more, got 4000"),
)


@ALL
def test_what_cannot_be_copied_is_refused(name):
    for samples, rate, message in REFUSED:
        with pytest.raises(ValueError, match=message):
            copied(name, samples, rate)
