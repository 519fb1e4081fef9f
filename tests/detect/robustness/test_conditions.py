import numpy as np
import pytest

from detect.robustness.conditions import (
    CLEAN,
    CONDITIONS,
    RandomCrop,
    generator,
    select,
)
from render.augmentation.effects import Gain, Speed
from render.augmentation.loudness import rms
from render.augmentation.reverb import Room

RATE = 16_000


def tone(frequency, seconds=1.0, level=0.1):
    time = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def under(name, samples, recording="a.wav"):
    return CONDITIONS[name].degrade(samples, RATE, generator(recording, name))


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_changes_a_sound_the_same_way_each_time(name, sound):
    samples = sound(5.0).astype(np.float32)
    first, again = under(name, samples), under(name, samples)
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    assert np.array_equal(first, samples) == (name == CLEAN)
    assert rms(first) > 0.005  # the quietest is -20 dB of 0.1


@pytest.mark.parametrize("ratio", [20, 10, 5])
def test_noise_is_as_loud_as_its_name_says_and_each_recording_has_its_own(ratio, sound):
    samples = sound(1.0).astype(np.float32)
    noise = under(f"noise-{ratio}", samples) - samples
    assert 20 * np.log10(rms(samples) / rms(noise)) == pytest.approx(ratio, abs=0.01)
    other = under(f"noise-{ratio}", samples, "b.wav") - samples
    assert abs(np.corrcoef(noise, other)[0, 1]) < 0.05


@pytest.mark.parametrize(
    ("name", "kept", "lost"),
    [("telephone", 1_000, 5_000), ("rate-8", 1_000, 5_000), ("rate-11", 3_000, 6_500)],
)
def test_bands_are_limited(name, kept, lost):
    assert rms(under(name, tone(kept))) == pytest.approx(rms(tone(kept)), rel=0.05)
    assert rms(under(name, tone(lost))) < 0.05 * rms(tone(lost))


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_another_speed_moves_pitch_and_length(factor):
    played = under(f"speed-{factor}", tone(1_000))
    assert len(played) == pytest.approx(RATE / factor, abs=1)
    loudest = np.abs(np.fft.rfft(played * np.hanning(len(played)))).argmax()
    assert loudest * RATE / len(played) == pytest.approx(1_000 * factor, abs=2)
    assert len(Speed(2.0, exact_length=False)(tone(1_000), RATE, generator("", ""))) == RATE // 2


def test_an_excerpt_is_as_long_as_asked_and_from_anywhere():
    samples = np.arange(2 * RATE, dtype=np.float32)
    starts = set()
    for number in range(20):
        piece = RandomCrop(1.0)(samples, RATE, generator(f"{number}.wav", ""))
        assert len(piece) == RATE
        assert (np.diff(piece) == 1).all()
        starts.add(piece[0] // 1_000)
    assert len(starts) > 5
    assert len(RandomCrop(2.0)(samples, RATE, generator("", ""))) == 2 * RATE
    assert RandomCrop(2.01)(samples, RATE, generator("", "")) is None


def test_what_is_recorded_louder_clips_and_what_is_quieter_is_rounded():
    # 12 dB are a factor of 3.981: 0.1 becomes 0.398, 0.5 would be 1.99.
    soft, loud = (
        Gain(12, restore_level=False)(tone(500, level=level), RATE, None) for level in (0.1, 0.5)
    )
    assert np.abs(soft).max() == pytest.approx(0.3981, abs=1e-3)
    assert np.abs(loud).max() == pytest.approx(1.0, abs=1e-3)
    assert np.mean(np.abs(loud) > 0.999) > 0.5
    quiet = Gain(-20, restore_level=False)(tone(500), RATE, None)
    assert np.abs(quiet).max() == pytest.approx(0.01, abs=1e-4)
    np.testing.assert_allclose(quiet * 2**15, np.rint(quiet * 2**15), atol=1e-3)


def test_recordings_are_in_different_rooms_of_one_size():
    click = np.zeros(RATE, np.float32)
    click[0] = 1.0
    first, second = (Room(0.5, 0)(click, RATE, generator(name, "x")) for name in "ab")
    assert not np.allclose(first, second, atol=1e-3)
    for tail in (first[1:], second[1:]):  # 0 dB: the tail has as much energy as the direct sound
        assert np.sum(tail**2) == pytest.approx(1.0, rel=1e-3)


def test_conditions_are_named_one_by_one_or_by_groups():
    assert select([]) == tuple(CONDITIONS)
    assert select(["noise", "mp3-64"]) == ("clean", "mp3-64", "noise-20", "noise-10", "noise-5")
    assert select(["clean"]) == ("clean",)
    with pytest.raises(ValueError, match=r"expected conditions \(clean, mp3-128, .* got mp4$"):
        select(["gsm", "mp4"])
    with pytest.raises(ValueError, match=r"groups of them \(codec, band, .*got $"):
        select([""])
