import numpy as np
import pytest

from render.clips import bounds, clips, to_level, trim
from render.settings import Settings

SETTINGS = Settings(rate=8_000, seconds=1, window=256, hop=64)


def seconds(found):
    return [(clip.start, clip.duration) for clip in found]


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (2.0, [(0, 1), (1, 1)]),
        (2.5, [(0, 1), (1, 1), (2, 0.5)]),  # half a clip is kept
        (2.499, [(0, 1), (1, 1)]),  # less is dropped
        (0.3, [(0, 0.3)]),  # unless there is nothing else
    ],
)
def test_cutting(sound, length, expected):
    found = clips(sound(length, rate=8_000), SETTINGS)
    assert seconds(found) == expected
    assert all(clip.samples.shape == (8_000,) for clip in found)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (8_000, [(0, 8_000)]),  # a clip from 4000 on would bring nothing new
        (8_001, [(0, 8_000), (4_000, 8_001)]),
        (12_000, [(0, 8_000), (4_000, 12_000)]),
        (12_001, [(0, 8_000), (4_000, 12_000), (8_000, 12_001)]),
    ],
)
def test_overlap_moves_the_starts_and_adds_no_clip_without_new_sound(length, expected):
    settings = Settings(rate=8_000, seconds=1, window=256, hop=64, overlap=0.5)
    assert bounds(length, settings) == expected


def test_overlapping_clips_share_their_samples(sound):
    settings = Settings(rate=8_000, seconds=1, window=256, hop=64, overlap=0.25, trim=None)
    first, second, *_ = clips(sound(3, rate=8_000), settings)
    np.testing.assert_array_equal(first.samples[6_000:], second.samples[:2_000])


def test_a_short_clip_is_wrapped_not_padded(sound):
    (clip,) = clips(
        sound(0.4, rate=8_000), Settings(rate=8_000, seconds=1, window=256, hop=64, trim=None)
    )
    np.testing.assert_array_equal(clip.samples[3_200:6_400], clip.samples[:3_200])
    np.testing.assert_array_equal(clip.samples[6_400:], clip.samples[:1_600])


def test_silence_at_the_edges_is_trimmed_and_the_start_told(sound):
    samples = np.concatenate([np.zeros(4_000), sound(1, rate=8_000), np.zeros(6_000)])
    kept, start = trim(samples, 40.0)
    # librosa frames of 512 samples in steps of 128 reach at most one frame over either edge.
    assert 4_000 - 512 <= start <= 4_000
    assert 8_000 <= len(kept) <= 8_000 + 1_024
    assert clips(samples, SETTINGS)[0].start == start / 8_000


def test_silence_is_kept_when_asked(sound):
    samples = np.concatenate([np.zeros(4_000), sound(1, rate=8_000)])
    kept, start = trim(samples, None)
    assert (len(kept), start) == (12_000, 0)


@pytest.mark.parametrize("gain", [0.01, 1.0, 7.0])
def test_the_level_does_not_show(sound, gain):
    samples = to_level(gain * sound(1), -20.0)
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.1)


def test_the_level_shows_when_asked(sound):
    samples = 0.01 * sound(1, rate=8_000)
    settings = Settings(rate=8_000, seconds=1, window=256, hop=64, level=None, trim=None)
    np.testing.assert_array_equal(clips(samples, settings)[0].samples, samples)


@pytest.mark.parametrize("samples", [np.zeros(8_000), np.full(8_000, 2.0**-15), np.zeros(0)])
def test_silence_is_refused(samples):
    with pytest.raises(ValueError, match="expected sound, got silence"):
        clips(samples, SETTINGS)


def test_what_is_too_short_is_refused(sound):
    with pytest.raises(ValueError, match=r"expected at least 0.25 s of sound, got 0.249 s"):
        clips(sound(0.249, rate=8_000), SETTINGS)
    assert len(clips(sound(0.25, rate=8_000), SETTINGS)) == 1


def test_a_click_in_silence_is_too_short(sound):
    samples = np.zeros(16_000)
    samples[8_000:8_100] = 0.5
    with pytest.raises(ValueError, match=r"expected at least 0.25 s of sound"):
        clips(samples, SETTINGS)
