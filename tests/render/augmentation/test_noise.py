import numpy as np
import pytest
import soundfile
from scipy import signal

from render.augmentation import noise as noises
from render.augmentation.loudness import rms
from render.augmentation.noise import (
    COLOURS,
    ColouredNoise,
    RecordedNoise,
    add_noise,
    coloured_noise,
    file_hash,
    files,
    load_excerpt,
)

RATE = 16_000


def rng(seed=0):
    return np.random.default_rng(seed)


def tone(seconds=2.0, rate=RATE):
    return (0.1 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)).astype(
        np.float32
    )


def ratio(sound, noisy):
    """Signal-to-noise ratio in dB."""
    return 20 * np.log10(rms(sound) / rms(noisy - sound))


@pytest.fixture(autouse=True)
def forget():
    """Each test has a folder of its own, and a process lists a folder once."""
    for cache in (files, file_hash, load_excerpt):
        cache.cache_clear()


@pytest.fixture
def recorded(tmp_path, write_sound):
    """Return a function that writes a recording of noise and makes its step."""

    def make(seconds=1.0, place=0.0, its_ratio=6.0, rate=RATE, name="rain/a.wav"):
        path = write_sound(tmp_path / name, seconds, rate=rate)
        return RecordedNoise(path, name, file_hash(path), place, its_ratio)

    return make


# White noise has the same power in every Hz, pink in every octave, which is twice as wide as the
# one below: 10 lg 2 = 3.01 dB less in a Hz. Brown falls twice as fast; blue and violet rise.
@pytest.mark.parametrize(
    ("colour", "slope"),
    [("white", 0), ("pink", -3.01), ("brown", -6.02), ("blue", 3.01), ("violet", 6.02)],
)
@pytest.mark.parametrize("rate", [8_000, 48_000])
def test_the_spectrum_of_coloured_noise_falls_or_rises_steadily(colour, slope, rate):
    frequency, density = signal.welch(
        coloured_noise(colour, 20 * rate, rate, rng()), rate, nperseg=4096
    )
    inside = (frequency > 100) & (frequency < 0.45 * rate)
    fitted = np.polyfit(np.log2(frequency[inside]), 10 * np.log10(density[inside]), 1)
    assert fitted[0] == pytest.approx(slope, abs=0.1)


def test_brown_noise_is_flat_where_nobody_hears_it():
    frequency, density = signal.welch(
        coloured_noise("brown", 60 * RATE, RATE, rng()), RATE, nperseg=RATE
    )
    level = 10 * np.log10(density)
    assert level[frequency == 10] == pytest.approx(level[frequency == 40], abs=2)
    assert level[frequency == 100] == pytest.approx(level[frequency == 40] - 6, abs=2)


@pytest.mark.parametrize("colour", COLOURS)
def test_the_signal_to_noise_ratio_is_as_stated(colour):
    for expected in (0, 12, 30):
        noisy = ColouredNoise(colour, expected)(tone(), RATE, rng())
        assert noisy.dtype == np.float32
        assert ratio(tone(), noisy) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(("seconds", "rate"), [(0.3, 44_100), (2.0, 16_000), (70.0, 44_100)])
def test_a_recording_of_any_length_and_rate_is_added_as_stated(recorded, seconds, rate):
    noisy = recorded(seconds, rate=rate)(tone(), RATE, rng())
    assert ratio(tone(), noisy) == pytest.approx(6, abs=0.01)


def test_a_short_recording_is_repeated(recorded):
    noise = recorded(0.5)(tone(), RATE, rng()) - tone()
    np.testing.assert_allclose(noise[: RATE // 2], noise[RATE // 2 : RATE], atol=1e-6)


def test_a_piece_of_a_recording_is_what_the_file_holds(recorded):
    step = recorded(10)
    noise = step(tone(), RATE, rng(3)) - tone()
    whole = soundfile.read(step.path)[0]
    start = signal.correlate(whole, noise, "valid").argmax()
    piece = whole[start : start + len(noise)]
    assert np.corrcoef(noise, piece)[0, 1] > 0.999
    other = step(tone(), RATE, rng(4)) - tone()
    assert abs(np.corrcoef(noise, other)[0, 1]) < 0.1


def test_channels_are_averaged(tmp_path):
    left, right = 0.1 * rng().standard_normal((2, 8_000))
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], axis=1), RATE, subtype="FLOAT")
    np.testing.assert_allclose(
        load_excerpt(tmp_path / "a.wav", RATE, 0.0), (left + right) / 2, atol=1e-6
    )


def test_no_more_than_a_stretch_of_a_recording_is_read_and_few_are_held(tmp_path):
    ramp = np.linspace(0, 0.9, 8_000 * 60)
    for number in range(12):
        soundfile.write(tmp_path / f"{number}.wav", ramp, 8_000)
    for place, begin in [(0.0, 0.0), (0.5, 0.225), (1.0, 0.45)]:
        # The excerpt is 30 s of the 60 s, which rise by 0.9: it begins where its place says.
        piece = load_excerpt(tmp_path / "0.wav", 8_000, place)
        assert len(piece) == 30 * 8_000
        assert piece[0] == pytest.approx(begin, abs=1e-3)
    for number in range(12):
        load_excerpt(tmp_path / f"{number}.wav", 8_000, 0.0)
    assert load_excerpt.cache_info().currsize == noises._CACHED


@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_a_recording_is_resampled(tmp_path, rate):
    soundfile.write(tmp_path / "a.wav", tone(1.0, rate), rate, subtype="FLOAT")
    np.testing.assert_allclose(
        load_excerpt(tmp_path / "a.wav", RATE, 0.0)[1_000:-1_000],
        tone(1.0)[1_000:-1_000],
        atol=1e-3,
    )


def test_a_stretch_is_read_from_disk_once(recorded):
    step = recorded()
    first = step(tone(), RATE, rng())
    step.path.unlink()
    np.testing.assert_array_equal(step(tone(), RATE, rng()), first)


def test_silence_adds_nothing_and_gets_nothing():
    assert add_noise(tone(), np.zeros(len(tone()), np.float32), 0) is not None
    np.testing.assert_array_equal(add_noise(tone(), np.zeros(len(tone()), np.float32), 0), tone())
    assert not ColouredNoise("white", 0)(np.zeros(100, np.float32), RATE, rng()).any()


def test_the_files_of_a_folder_are_found_at_any_depth_and_sorted(tmp_path, write_sound):
    names = ["a/b.ogg", "a/z.FLAC", "b.wav", "c.wav", "d/c/a.wav", "d/d.aiff", "e.wav"]
    for name in np.random.default_rng(0).permutation(names):
        write_sound(tmp_path / name)
    for name in ("LICENSE", "a/notes.txt", "._b.wav"):
        (tmp_path / name).write_text("no noise")
    (tmp_path / "folder.wav").mkdir()
    found = [path.relative_to(tmp_path).as_posix() for path in files(tmp_path)]
    assert found == names


def test_another_recording_under_the_same_name_has_another_hash(tmp_path, write_sound):
    path = write_sound(tmp_path / "a.wav", 3, seed=1)
    first = file_hash(path)
    file_hash.cache_clear()
    assert file_hash(write_sound(path, 3, seed=1)) == first
    file_hash.cache_clear()
    assert file_hash(write_sound(path, 3, seed=2)) != first


def test_a_longer_file_of_the_same_beginning_has_another_hash(tmp_path):
    for name, size in (("a.au", 70_000), ("b.au", 70_000), ("c.au", 70_001)):
        (tmp_path / name).write_bytes(b"a" * size)
    hashes = [file_hash(tmp_path / name) for name in ("a.au", "b.au", "c.au")]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_step_says_what_it_does_in_one_line():
    assert str(ColouredNoise("pink", 12)) == "noise pink 12 dB"
    step = RecordedNoise(None, "a\nb;c\udcff.wav", "0123abcd", 0.25, 5)
    assert str(step) == "noise a?b?c?.wav (0123abcd from 0.25) 5 dB"


def test_a_folder_without_noises_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected a folder of noises, got .*nowhere"):
        files(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="expected noises .*.wav.*, got none below"):
        files(tmp_path)


def test_a_noise_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "a.wav").write_text("no noise")
    with pytest.raises(ValueError, match="expected noise that libsndfile reads, got .*a.wav"):
        load_excerpt(tmp_path / "a.wav", RATE, 0.0)
    for samples in (np.zeros(0), np.array([0.1, np.nan])):
        soundfile.write(tmp_path / "b.wav", samples, RATE, subtype="FLOAT")
        with pytest.raises(ValueError, match="expected noise of finite samples, got none or NaN"):
            load_excerpt(tmp_path / "b.wav", RATE, 0.0)
