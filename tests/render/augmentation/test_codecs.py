import numpy as np
import pytest
from scipy import signal

from render.augmentation import codecs
from render.augmentation.codecs import CODECS, describe, transcode

EACH = pytest.mark.parametrize(
    ("name", "strength"), [(name, each) for name in CODECS for each in CODECS[name].strengths]
)
FIRST = pytest.mark.parametrize(
    ("name", "strength"), [(name, codec.strengths[0]) for name, codec in CODECS.items()]
)
TELEPHONY = pytest.mark.parametrize("name", ["gsm", "amr", "mu-law", "a-law"])


def voice(rate, seconds=1.0):
    """Harmonics of a gliding pitch in syllables, so that no shift but none fits; level -20 dB."""
    time = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * (100 * time + 40 * time**2)
    buzz = sum(np.cos(number * phase) / number for number in range(1, 20))
    sound = buzz * (1.1 - np.cos(2 * np.pi * 3 * time))
    return (0.1 * sound / np.sqrt(np.mean(sound**2))).astype(np.float32)


def hiss(rate=16_000, seconds=1.0):
    noise = np.random.default_rng(0).standard_normal(round(seconds * rate))
    return (0.1 * noise).astype(np.float32)


def middle(samples, rate):
    """What lies from 500 to 1800 Hz: below, telephony turns phases, as it is free to."""
    band = signal.butter(4, [500, 1_800], "bandpass", fs=rate, output="sos")
    return signal.sosfiltfilt(band, samples)


def shift(late, sound, rate):
    """How much later one sound is than another, in ms, by cross-correlation."""
    late, sound = middle(late, rate), middle(sound, rate)
    lags = signal.correlation_lags(len(late), len(sound))
    return 1000 * lags[signal.correlate(late, sound).argmax()] / rate


def power(samples, rate, low, high):
    """Power spectral density in a band, in dB."""
    frequency, density = signal.welch(samples, rate, nperseg=512)
    return 10 * np.log10(density[(frequency > low) & (frequency < high)].mean() + 1e-20)


def to_noise(sound, copy):
    """Signal-to-noise ratio of a copy, in dB."""
    return 10 * np.log10(np.sum(sound**2) / np.sum((copy - sound) ** 2))


@EACH
def test_a_sound_keeps_its_length_and_its_time(name, strength):
    sound = voice(16_000)
    copy = transcode(sound, 16_000, name, strength)
    assert copy.shape == sound.shape
    assert copy.dtype == np.float32
    assert np.isfinite(copy).all()
    assert abs(shift(copy, sound, 16_000)) < 1
    assert not np.array_equal(copy, sound)


@FIRST
def test_every_rate_is_taken(name, strength):
    # The lowest and the highest rate, and in turn two of the others.
    number = list(CODECS).index(name)
    others = (8_000, 11_025, 44_100, 48_000)
    for rate in (4_000, 192_000, others[number % 4], others[(number + 2) % 4]):
        sound = voice(rate, 0.25)
        copy = transcode(sound, rate, name, strength)
        assert copy.shape == sound.shape
        assert abs(shift(copy, sound, rate)) < 1
        assert np.corrcoef(middle(copy, rate), middle(sound, rate))[0, 1] > 0.7


@FIRST
def test_every_length_is_taken(name, strength):
    for rate, length in ((16_000, 1), (16_000, 4_001), (48_000, 1), (192_000, 1), (192_000, 33)):
        assert transcode(hiss()[:length], rate, name, strength).shape == (length,)


@FIRST
def test_the_end_of_a_sound_comes_through(name, strength):
    sound = np.tile(np.float32([0.2, 0.2, 0, -0.2, -0.2, 0]), 2_720)  # 51 frames of GSM, AMR
    assert np.abs(transcode(sound, 16_000, name, strength)[-16:]).max() > 0.03


@TELEPHONY
def test_telephony_leaves_nothing_above_4_khz(name):
    copy = transcode(hiss(), 16_000, name, CODECS[name].strengths[-1])
    assert power(copy, 16_000, 4_200, 8_000) < power(copy, 16_000, 500, 3_000) - 60


@pytest.mark.parametrize(("name", "strength"), [("mp3", 128), ("vorbis", 6), ("g722", 64)])
def test_wide_band_codecs_keep_what_lies_above_4_khz(name, strength):
    copy = transcode(hiss(), 16_000, name, strength)
    assert power(copy, 16_000, 4_200, 6_800) > power(copy, 16_000, 500, 3_000) - 6


def test_mp3_cuts_the_highest_frequencies_and_at_low_bit_rates_more():
    # LAME's table of low-passes: 7.25 kHz at 32 kbit/s for 16 kHz, 5.5 kHz at 16 kbit/s.
    at_32, at_16 = (transcode(hiss(), 16_000, "mp3", strength) for strength in (32, 16))
    inside = power(at_32, 16_000, 500, 3_000)
    assert power(at_32, 16_000, 7_600, 8_000) < inside - 30
    assert power(at_32, 16_000, 6_000, 7_000) > inside - 10
    assert power(at_16, 16_000, 6_000, 7_000) < inside - 30


@pytest.mark.parametrize("name", ["mp3", "aac", "opus", "vorbis", "amr"])
def test_more_bits_leave_less_noise(name):
    sound = voice(16_000) + 0.01 * hiss()
    ratios = [
        to_noise(middle(sound, 16_000), middle(transcode(sound, 16_000, name, each), 16_000))
        for each in CODECS[name].strengths
    ]
    assert ratios[-1] > ratios[0] + 0.5


@pytest.mark.parametrize(("name", "expected"), [("mu-law", 38), ("a-law", 38)])
def test_the_laws_of_g711_leave_their_signal_to_noise_ratio(name, expected):
    # Bellamy, Digital Telephony: some 38 dB, nearly whatever the level is.
    time = np.arange(8_000) / 8_000
    for amplitude in (0.1, 0.3, 0.9):
        tone = (amplitude * np.sin(2 * np.pi * 1_013 * time)).astype(np.float32)
        assert to_noise(tone, transcode(tone, 8_000, name, 64)) == pytest.approx(expected, abs=2.5)


@FIRST
def test_what_exceeds_full_scale_is_not_clipped(name, strength):
    sound = voice(16_000)
    quiet, loud = (
        middle(transcode(gain * sound, 16_000, name, strength), 16_000) for gain in (1, 40)
    )
    assert loud.std() / quiet.std() == pytest.approx(40, rel=0.2)
    assert np.corrcoef(loud, middle(sound, 16_000))[0, 1] > 0.75


@FIRST
def test_silence_stays_silent(name, strength):
    assert (
        np.abs(transcode(np.zeros(4_000, np.float32), 16_000, name, strength)).max() < 1e-3
    )  # -60 dB, GSM's hiss


@pytest.mark.parametrize(
    ("name", "strength", "rate", "at"),
    [
        ("mp3", 32, 16_000, 16_000),
        ("mp3", 32, 44_100, 44_100),
        ("mp3", 16, 44_100, 24_000),  # MPEG-1 begins at 32 kbit/s
        ("opus", 16, 22_050, 24_000),
        ("gsm", 13, 48_000, 8_000),
        ("aac", 48, 96_000, 48_000),
        ("vorbis", 2, 4_000, 16_000),
    ],
)
def test_a_sound_is_coded_at_the_lowest_rate_that_holds_it(monkeypatch, name, strength, rate, at):
    seen = []

    def turn(samples, its_rate, codec, its_strength):
        seen.append((its_rate, its_strength))
        return samples, its_rate

    monkeypatch.setitem(
        CODECS, name, codecs.Codec("", "", CODECS[name].rates, CODECS[name].strengths, turn)
    )
    transcode(hiss(rate), rate, name, strength)
    assert seen == [(at, strength)]


def test_a_codec_and_its_strength_are_named():
    assert [describe("amr", 4.75), describe("mu-law", 64)] == [
        "amr 4.75 kbit/s",
        "mu-law 64 kbit/s",
    ]


@pytest.mark.parametrize(
    ("name", "strength", "message"),
    [
        ("speex", 8, "expected a codec among mp3, aac, .*, got speex"),
        ("gsm", 12, "expected a strength of gsm among 13, got 12"),
    ],
)
def test_what_no_codec_does_is_refused(name, strength, message):
    with pytest.raises(ValueError, match=message):
        transcode(hiss(), 16_000, name, strength)


def test_an_ffmpeg_without_an_encoder_is_named(monkeypatch):
    lacking = codecs.Codec("mp3", "libnone", (16_000,), (32,), codecs._ffmpeg)
    monkeypatch.setitem(CODECS, "mp3", lacking)
    with pytest.raises(ValueError, match="expected an FFmpeg that has libnone, got"):
        transcode(hiss(), 16_000, "mp3", 32)
