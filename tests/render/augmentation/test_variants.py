import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from render.augmentation import noise, variants
from render.augmentation.codecs import CODECS
from render.augmentation.effects import Band, Coding, Gain, Pitch, Resampling, Speed
from render.augmentation.loudness import rms
from render.augmentation.noise import ColouredNoise, RecordedNoise
from render.augmentation.reverb import Room
from render.augmentation.variants import Augmentation, apply, draw_augmentation

ROOT = Path(__file__).resolve().parents[3]
ORDER = [Speed, Pitch, Room, (ColouredNoise, RecordedNoise), Band, Gain, Resampling, Coding]
STEPS = [
    Speed(1.1),
    Speed(0.9),
    Pitch(-2.0),
    Room(0.8, -3, 1),
    *(ColouredNoise(colour, 3) for colour in noise.COLOURS),
    Band(300, 3_400, 96),
    Band(50, 7_000, 24),
    Gain(20),
    Gain(-45),
    Resampling(8_000, "QQ"),
    Resampling(44_100, "LQ"),
    *(Coding(name, codec.strengths[0]) for name, codec in CODECS.items()),
]
EACH = pytest.mark.parametrize("step", STEPS, ids=str)
SOUND = 0.1 * np.random.default_rng(0).standard_normal(8_000)


@pytest.fixture
def folder(tmp_path, write_sound):
    """Give a folder with three noises."""
    noise.files.cache_clear()
    for number in range(3):
        write_sound(tmp_path / "noises" / f"{number}.wav", seed=number)
    return tmp_path / "noises"


@pytest.fixture(scope="module")
def augmentations():
    return [draw_augmentation(f"{number}.wav", 1) for number in range(2_000)]


def place(step):
    """Place of a step in the order in which a sound meets them."""
    return next(place for place, kind in enumerate(ORDER) if isinstance(step, kind))


def correlation(one, other):
    return np.corrcoef(one, other)[0, 1]


@EACH
def test_every_step_alone_keeps_length_and_level_at_every_rate(step):
    # The lowest, the usual and the highest rate, and in turn one of the others.
    rates = (4_000, 16_000, 192_000, (8_000, 44_100, 48_000)[STEPS.index(step) % 3])
    if isinstance(step, Resampling):
        rates += (step.through,)
    for rate in rates:
        sound = 0.1 * np.random.default_rng(0).standard_normal(rate // 4)
        augmented = apply(sound, rate, Augmentation((step,), 1), clip=0)
        assert augmented.shape == sound.shape
        assert augmented.dtype == sound.dtype
        assert np.isfinite(augmented).all()
        assert rms(augmented) == pytest.approx(rms(sound), rel=1e-4)
        # Resampling to the same rate, or by cubics to a whole multiple of it, changes nothing.
        is_idle = isinstance(step, Resampling) and step.through % rate == 0
        assert np.allclose(augmented, sound, atol=1e-6) == is_idle


@EACH
def test_no_step_fails_on_strange_sounds_and_each_is_deterministic(step):
    strange = {
        "silence": np.zeros(4_000),
        "direct current": np.ones(4_000),
        "faint": 1e-30 * SOUND,
        "far too loud": 300 * SOUND,
        "32 samples": SOUND[:32],
        "one impulse": np.eye(1, 4_000)[0],
    }
    for name, sound in strange.items():
        augmented = apply(sound, 16_000, Augmentation((step,), 1), clip=0)
        assert augmented.shape == sound.shape, name
        assert np.isfinite(augmented).all(), name
        assert rms(augmented) <= rms(sound) * 1.001 + 1e-9, name
    once, again = (apply(SOUND, 16_000, Augmentation((step,), 1), clip=0) for _ in range(2))
    assert once.tobytes() == again.tobytes()


def test_the_samples_given_are_left_alone():
    sound = SOUND.astype(np.float32)
    for step in STEPS:
        apply(sound, 16_000, Augmentation((step,), 1), clip=0)
    np.testing.assert_array_equal(sound, SOUND.astype(np.float32))


@pytest.mark.slow
def test_augmentations_and_sounds_are_the_same_in_another_process():
    script = """if True:
        import hashlib, numpy as np
        from render.augmentation.variants import apply, draw_augmentation
        sound = 0.1 * np.random.default_rng(0).standard_normal(8_000)
        for number in range(1, 13):
            drawn = draw_augmentation("speech/a.wav", number)
            print(drawn.text, hashlib.sha256(apply(sound, 16_000, drawn, 3).tobytes()).hexdigest())
    """
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    expected = []
    for number in range(1, 13):
        drawn = draw_augmentation("speech/a.wav", number)
        sound = apply(SOUND, 16_000, drawn, 3)
        expected.append(f"{drawn.text} {hashlib.sha256(sound.tobytes()).hexdigest()}")
    assert done.stdout.splitlines() == expected


def test_a_variant_of_another_number_or_recording_is_another():
    texts = {
        draw_augmentation(name, number).text for name in ("a.wav", "b.wav") for number in (1, 2, 11)
    }
    assert len(texts) == 6


def test_every_clip_has_noise_of_its_own_in_one_room():
    noisy, played = (
        Augmentation((ColouredNoise("white", 0),), 1),
        Augmentation((Room(0.3, 0, 1),), 1),
    )
    first, second = (apply(SOUND, 16_000, noisy, clip) for clip in (0, 1))
    # At 0 dB half of the power is sound, the same in both, and half is noise.
    assert correlation(first, second) == pytest.approx(0.5, abs=0.05)
    np.testing.assert_array_equal(apply(SOUND, 16_000, played, 0), apply(SOUND, 16_000, played, 1))


def test_augmentations_of_equal_text_sound_the_same_and_the_seed_is_in_the_text():
    noisy = [Augmentation((ColouredNoise("white", 0),), seed) for seed in (1, 1, 2)]
    sounds = [apply(SOUND, 16_000, each, 0).tobytes() for each in noisy]
    assert sounds[0] == sounds[1] != sounds[2]
    assert noisy[0].text == noisy[1].text != noisy[2].text


def test_a_text_names_the_version(monkeypatch):
    before = draw_augmentation("a.wav", 1).text
    monkeypatch.setattr(variants, "VERSION", variants.VERSION + 1)
    after = draw_augmentation("a.wav", 1).text
    assert before.endswith(f"version {variants.VERSION - 1}")
    assert after.endswith(f"version {variants.VERSION}")


@pytest.mark.slow
def test_texts_are_one_line(augmentations):
    assert all(each.text.isprintable() for each in augmentations)


def test_2000_augmentations_use_every_step_codec_and_colour(augmentations):
    steps = [step for each in augmentations for step in each.steps]
    assert Counter(map(place, steps)).keys() == set(range(len(ORDER)))
    assert min(Counter(map(place, steps)).values()) > 150
    codings = {(step.codec, step.strength) for step in steps if isinstance(step, Coding)}
    assert codings == {(name, each) for name, its in CODECS.items() for each in its.strengths}
    assert {step.colour for step in steps if isinstance(step, ColouredNoise)} == set(noise.COLOURS)
    assert {step.quality for step in steps if isinstance(step, Resampling)} == {"QQ", "LQ", "MQ"}
    bands = [step for step in steps if isinstance(step, Band)]
    assert 0.25 < np.mean([(step.low, step.high) == (300, 3_400) for step in bands]) < 0.55


def test_what_is_drawn_stays_in_its_range(augmentations):
    steps = [step for each in augmentations for step in each.steps]
    ranges = {
        Speed: ("factor", 0.9, 1.1),
        Pitch: ("semitones", -2, 2),
        Room: ("decay", 0.15, 0.8),
        ColouredNoise: ("ratio", 3, 30),
        Gain: ("level", -45, 20),
    }
    for kind, (name, low, high) in ranges.items():
        drawn = [getattr(step, name) for step in steps if isinstance(step, kind)]
        assert low <= min(drawn) < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < max(drawn) <= high
    assert not any(abs(step.factor - 1) < 0.029 for step in steps if isinstance(step, Speed))
    assert not any(abs(step.semitones) < 0.5 for step in steps if isinstance(step, Pitch))


def test_one_to_three_steps_come_in_the_order_of_a_sounds_way(augmentations):
    assert {len(each.steps) for each in augmentations} == {1, 2, 3}
    for each in augmentations:
        places = [place(step) for step in each.steps]
        assert places == sorted(set(places))


def test_every_second_variant_ends_in_a_codec_at_a_low_rate():
    variants = [draw_augmentation(f"{number}.wav", 2).steps for number in range(1_000)]
    assert {len(steps) for steps in variants} == {1, 2, 3}
    assert max(steps[-1].strength for steps in variants) == 32
    assert {steps[-1].codec for steps in variants} == {"opus", "amr", "gsm", "mp3", "aac"}
    assert not any(isinstance(step, Coding) for steps in variants for step in steps[:-1])
    others = [draw_augmentation(f"{number}.wav", 3).steps for number in range(1_000)]
    assert not all(isinstance(steps[-1], Coding) for steps in others)


@pytest.mark.slow
def test_real_and_fake_get_the_same_augmentations():
    # Only the name is known, and names often hold the label: 4000 of each must not differ.
    counts = [
        Counter(
            place(step) if place(step) < 7 else step.codec
            for number in range(4_000)
            for step in draw_augmentation(f"training/{label}/file{number}.wav", 1).steps
        )
        for label in ("real", "fake")
    ]
    table = [[each[kind] for kind in sorted(counts[0], key=str)] for each in counts]
    assert stats.chi2_contingency(table).pvalue > 0.01


@pytest.mark.slow
def test_half_of_the_noises_come_from_the_folder_and_nothing_else_changes(folder):
    pairs = [
        (draw_augmentation(f"{n}", 1), draw_augmentation(f"{n}", 1, folder)) for n in range(1_000)
    ]
    recorded, made, names = 0, 0, Counter()
    for without, with_folder in pairs:
        for one, other in zip(without.steps, with_folder.steps, strict=True):
            if isinstance(other, RecordedNoise):
                assert one.ratio == other.ratio
                recorded, names[other.name] = recorded + 1, names[other.name] + 1
            else:
                made += isinstance(other, ColouredNoise)
                assert one == other
    assert recorded / (recorded + made) == pytest.approx(0.5, abs=0.1)
    assert sorted(names) == ["0.wav", "1.wav", "2.wav"]


def test_a_text_names_the_noise_but_not_where_it_lies(folder):
    texts = [draw_augmentation(f"{number}", 1, folder).text for number in range(100)]
    named = [text for text in texts if ".wav" in text]
    assert named
    assert not any(str(folder.parent) in text for text in named)


def test_an_augmentation_with_a_noise_of_the_folder_is_applied(folder):
    augmentations = [draw_augmentation(f"{number}", 1, folder) for number in range(60)]
    theirs = [each for each in augmentations if ".wav" in each.text]
    for each in theirs:
        assert np.isfinite(apply(SOUND, 16_000, each, 0)).all()


@pytest.mark.parametrize("shape", [(0,), (2, 100)])
def test_samples_that_are_not_mono_are_refused(shape):
    with pytest.raises(ValueError, match="expected mono samples, got shape"):
        apply(np.zeros(shape), 16_000, draw_augmentation("a.wav", 1), 0)


def test_a_number_below_1_is_refused():
    with pytest.raises(ValueError, match="expected a variant number of 1 or more, got 0"):
        draw_augmentation("a.wav", 0)
