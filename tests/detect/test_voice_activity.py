import csv
import random

import numpy as np
import pytest
import soundfile
from scipy import signal

from detect.voice_activity import activity, is_silent
from render.clips import starts
from render.decoding.envelope import EnvelopeMeter
from render.demo.formant_synthesis import speaker, utterance
from render.settings import Settings

RATE = 16_000
TIME = np.arange(2 * RATE) / RATE
DTMF = ((697, 1209), (770, 1336), (852, 1477), (941, 1633))


def white(seed=0):
    return 0.1 * np.random.default_rng(seed).standard_normal(len(TIME))


def tone(*frequencies):
    return 0.1 * sum(np.sin(2 * np.pi * frequency * TIME) for frequency in frequencies)


def on_off(times):
    """1 and 0 in turn, so many times a second."""
    return np.floor(2 * times * TIME) % 2


def dialled():
    step = (4 * TIME).astype(int) % 4
    return sum(np.where(step == key, tone(*pair), 0) for key, pair in enumerate(DTMF)) * on_off(4)


NO_SPEECH = {
    "silence": 0 * TIME,
    "white noise": white(),
    "brown noise": signal.lfilter([1], [1, -0.99], white()),
    "telephone noise": signal.sosfilt(
        signal.butter(8, (300, 3_400), "band", fs=RATE, output="sos"), white()
    ),
    "noise that swells": white() * np.sin(2 * np.pi * 2 * TIME) ** 2,
    "bursts of noise": white() * on_off(2),
    "last bits": np.random.default_rng(0).integers(-2, 3, len(TIME)) / 2**15,
    "clicks": (np.arange(len(TIME)) % 4_000 == 0) + 1e-3 * white(),
    "tone": tone(440),
    "tone in noise": tone(440) + 0.01 * white(),
    "dial tone": tone(350, 440),
    "busy tone": tone(480, 620) * on_off(2),
    "busy tone in noise": tone(480, 620) * on_off(2) + 0.01 * white(),
    "digits dialled": dialled(),
    "siren": np.sin(2 * np.pi * (800 * TIME + 50 * np.sin(2 * np.pi * TIME))),
    "hum": sum(tone(50 * number) / number for number in range(1, 20)),
    "buzz": np.sign(tone(150)),
}


@pytest.mark.parametrize("name", NO_SPEECH)
def test_noise_and_tones_are_no_speech_at_any_level(name):
    for gain in (1.0, 1e-4):
        measured = activity((gain * NO_SPEECH[name]).astype(np.float32), RATE)
        assert not measured.is_speech, measured


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.2, 0.5, 2])
def test_no_noise_is_taken_for_speech_however_short(seconds):
    rng = np.random.default_rng(0)
    clips = rng.standard_normal((1_000, round(seconds * RATE)))
    measured = [activity(clip, RATE) for clip in clips]
    assert not any(noise.is_speech for noise in measured)
    # Sureness is in standard deviations.
    assert np.std([noise.sureness for noise in measured]) == pytest.approx(1.0, abs=0.15)


def test_speech_buried_in_noise_is_speech():
    sound = utterance(speaker(0), np.random.default_rng(0))[: len(TIME)]
    noise = white() * np.std(sound) / np.std(white())
    assert activity(sound + noise, RATE).is_speech
    assert not activity(sound + 100 * noise, RATE).is_speech


@pytest.mark.parametrize("seed", range(3))
def test_synthetic_speech_is_speech_at_any_rate(seed):
    sound = utterance(speaker(seed), np.random.default_rng(seed))
    for rate in (8_000, 16_000, 22_050, 44_100):
        measured = activity(signal.resample_poly(sound, rate, RATE).astype(np.float32), rate)
        assert measured.is_speech, measured


def test_a_voice_behind_a_wall_is_speech():
    sound = utterance(speaker(1), np.random.default_rng(1))
    wall = signal.butter(8, 1_500, fs=RATE, output="sos")
    measured = activity(signal.sosfilt(wall, sound), RATE)
    assert measured.breadth < 0.6  # 1.5 kHz of 3.7 kHz are left
    assert measured.is_speech


def test_a_clip_of_less_than_a_frame_is_no_speech():
    assert not activity(np.ones(100, np.float32), RATE).is_speech
    assert not activity(np.ones(0, np.float32), RATE).is_speech


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (np.zeros(99), True),
        (np.full(99, 0.5), True),
        (np.arange(99) % 3 / 2**15, True),  # the last bit of 16
        (np.arange(99) % 4 / 2**15, False),
        (np.arange(99) / 99, False),
    ],
)
def test_silence_is_what_render_refuses(samples, expected):
    meter = EnvelopeMeter()
    meter.add(samples.astype(np.float32))
    assert is_silent(meter.envelope()) is expected


def loud_seconds(samples, rate):
    """Time within 30 dB of the loudest 32 ms: a word in silence is short, however long its clip."""
    size = round(0.032 * rate)
    frames = samples[: len(samples) - len(samples) % size].reshape(-1, size)
    power = np.square(frames).mean(axis=1)
    return 0.032 * np.count_nonzero(power > power.max() / 1_000)


def test_speech_is_found_in_real_recordings(shared):
    with (shared / "corpus/manifest.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["split"] != "testing"]
    settings = Settings(overlap=1.0)
    missed = {True: [], False: []}
    for row in random.Random(0).sample(rows, 200):
        samples, rate = soundfile.read(shared / "corpus" / row["path"], dtype="float32")
        clips = [samples[at : at + settings.length] for at in starts(len(samples), settings)]
        if not any(activity(clip, rate).is_speech for clip in clips):
            missed[loud_seconds(samples, rate) < 0.7].append(row["path"])
    # A codec language model that went astray: nearly steady noise, and no speech to anybody's ear.
    assert missed[False] == ["training/fake/speechtokenizer_demo-0003.flac"]
    # Of one word in silence so few frames are left that noise could change as much by chance:
    # half a second of "Jarvis", the wake word.
    assert missed[True] == ["training/real/picovoice_wakeword-0017.flac"]
