import weakref
from pathlib import Path

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.clips import slices, split_into_clips, starts
from render.decoding.audio import Audio, SourceFile, scan_audio
from render.decoding.channels import ChannelMeter
from render.decoding.deadline import Deadline
from render.decoding.envelope import EnvelopeMeter
from render.settings import Settings

SETTINGS = Settings(rate=8_000, seconds=1, window=256, hop=64)
UNTRIMMED = Settings(rate=8_000, seconds=1, window=256, hop=64, trim=None)


def heard(samples, *ends):
    """A recording of samples, in blocks that end at some of them."""
    blocks = np.split(np.asarray(samples, np.float32), sorted(ends))
    meter = EnvelopeMeter()
    for block in blocks:
        meter.add(block)
    original = SourceFile(
        sample_rate=8_000, channels=1, codec="", bit_rate_kbps=0, recording_s=0, level_db=0
    )
    channels = ChannelMeter().envelopes()
    return Audio(Path("x"), 8_000, original, meter.envelope(), channels, Deadline(), tuple(blocks))


def clips(samples, settings, *ends):
    cuts = split_into_clips(heard(samples, *ends), settings)
    found = list(cuts)
    assert len(found) == len(cuts)
    return found


def whole(samples, settings):
    """Cut a recording that lies in memory whole, with librosa's trim: start, duration, samples."""
    kept, begin = samples, 0
    if settings.trim is not None:
        kept, (begin, _) = librosa.effects.trim(
            samples, top_db=settings.trim, frame_length=512, hop_length=128
        )
    if settings.level is not None:
        rms = np.sqrt(np.mean(np.square(kept, dtype=np.float64)))
        kept = kept * (10 ** (settings.level / 20) / rms)
    length, found, at = settings.length, [], 0
    while not found or at + length - settings.clip_step < len(kept):
        piece = kept[at : at + length]
        if not found or 2 * len(piece) >= length:
            repeated = np.tile(piece, -(-length // len(piece)))[:length]
            found.append(((begin + at) / settings.rate, len(piece) / settings.rate, repeated))
        at += settings.clip_step
    return found


@pytest.mark.slow
@given(
    seed=st.integers(0, 2**32),
    length=st.integers(2_500, 40_000),
    overlap=st.sampled_from([0.0, 0.25, 0.5, 0.9]),
    trim=st.sampled_from([None, 10.0, 40.0, 90.0]),
    level=st.sampled_from([None, -20.0]),
    ends=st.lists(st.integers(0, 40_000), max_size=12),
)
def test_clips_are_those_of_the_whole_recording_wherever_its_blocks_end(
    seed, length, overlap, trim, level, ends
):
    rng = np.random.default_rng(seed)
    # A loudness that wanders by tens of dB, so that the trim has something to find.
    wander = np.interp(np.arange(length), np.linspace(0, length, 9), rng.uniform(-70, 0, 9))
    samples = (10 ** (wander / 20) * rng.standard_normal(length)).astype(np.float32)
    settings = Settings(
        rate=8_000, seconds=1, window=256, hop=64, overlap=overlap, trim=trim, level=level
    )
    expected = whole(samples, settings)
    if sum(piece[1] for piece in expected[:1]) < 0.25:
        return  # refused: see below
    found = clips(samples, settings, *[min(end, length) for end in ends])
    assert [clip[:2] for clip in expected] == [(clip.start, clip.duration) for clip in found]
    for clip, (_, _, piece) in zip(found, expected, strict=True):
        np.testing.assert_allclose(clip.samples, piece, rtol=1e-6)


def test_a_clip_does_not_depend_on_the_blocks_in_its_last_bit(sound):
    samples = sound(3.3, rate=8_000)
    for one, other in zip(
        clips(samples, SETTINGS), clips(samples, SETTINGS, 1, 129, 9_000, 9_001), strict=True
    ):
        np.testing.assert_array_equal(one.samples, other.samples)
        assert one.samples.dtype == np.float32


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
    assert [(clip.start, clip.duration) for clip in found] == expected
    assert all(clip.samples.shape == (8_000,) for clip in found)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (8_000, [0]),  # a clip from 4000 on would bring nothing new
        (8_001, [0, 4_000]),
        (12_000, [0, 4_000]),
        (12_001, [0, 4_000, 8_000]),
    ],
)
def test_overlap_moves_the_starts_and_adds_no_clip_without_new_sound(length, expected):
    settings = Settings(rate=8_000, seconds=1, window=256, hop=64, overlap=0.5)
    assert list(starts(length, settings)) == expected


def test_the_starts_of_days_of_sound_take_no_memory():
    settings = Settings(rate=8_000, seconds=1, window=256, hop=64, overlap=0.9999)
    assert settings.clip_step == 1
    assert len(starts(10**10, settings)) == 10**10 - 7_999


def test_overlapping_clips_share_their_samples(sound):
    settings = Settings(rate=8_000, seconds=1, window=256, hop=64, overlap=0.25, trim=None)
    first, second, *_ = clips(sound(3, rate=8_000), settings)
    np.testing.assert_array_equal(first.samples[6_000:], second.samples[:2_000])


def test_a_short_clip_is_wrapped_not_padded(sound):
    (clip,) = clips(sound(0.4, rate=8_000), UNTRIMMED)
    np.testing.assert_array_equal(clip.samples[3_200:6_400], clip.samples[:3_200])
    np.testing.assert_array_equal(clip.samples[6_400:], clip.samples[:1_600])


def test_silence_at_the_edges_is_trimmed_and_the_start_told(sound):
    samples = np.concatenate([np.zeros(4_000), sound(1, rate=8_000), np.zeros(6_000)])
    found = clips(samples, SETTINGS)
    # Frames of 512 samples in steps of 128 reach at most one frame over either edge.
    assert 4_000 - 512 <= 8_000 * found[0].start <= 4_000
    assert len(found) == 1  # the 6000 samples of silence would be another


def test_silence_is_kept_when_asked(sound):
    (clip,) = clips(np.concatenate([np.zeros(4_000), sound(0.5, rate=8_000)]), UNTRIMMED)
    assert (clip.start, clip.duration) == (0, 1)
    assert not clip.samples[:4_000].any()


@pytest.mark.parametrize("gain", [0.02, 1.0, 7.0, 2e9])
def test_the_level_does_not_show(sound, gain):
    # Silence is trimmed and does not count: what is left has an RMS of 0.1, -20 dB.
    samples = gain * np.concatenate([sound(1, rate=8_000), np.zeros(8_000)])
    (clip,) = clips(samples, SETTINGS)
    assert np.sqrt(np.mean(clip.samples**2)) == pytest.approx(0.1, rel=0.02)


def test_the_level_shows_when_asked(sound):
    samples = (0.01 * sound(1, rate=8_000)).astype(np.float32)
    settings = Settings(rate=8_000, seconds=1, window=256, hop=64, level=None, trim=None)
    np.testing.assert_array_equal(clips(samples, settings)[0].samples, samples)


@pytest.mark.parametrize("samples", [np.zeros(8_000), np.full(8_000, 2.0**-15), np.zeros(0)])
def test_silence_is_refused(samples):
    with pytest.raises(ValueError, match="expected sound, got silence"):
        clips(samples, SETTINGS)


def test_a_constant_offset_is_no_sound(sound):
    with pytest.raises(ValueError, match=r"expected sound, got a constant offset of -0.25"):
        clips(np.full(8_000, -0.25), SETTINGS)
    assert len(clips(0.25 + 1e-3 * sound(1, rate=8_000), SETTINGS)) == 1


def test_what_is_too_short_is_refused(sound):
    with pytest.raises(ValueError, match=r"expected at least 0.25 s of sound, got 0.249 s"):
        clips(sound(0.249, rate=8_000), SETTINGS)
    assert len(clips(sound(0.25, rate=8_000), SETTINGS)) == 1


def test_a_click_in_silence_is_too_short():
    samples = np.zeros(16_000)
    samples[8_000:8_100] = 0.5
    with pytest.raises(ValueError, match=r"expected at least 0.25 s of sound"):
        clips(samples, SETTINGS)


def test_a_long_silence_before_the_sound_is_not_held():
    made, most = [], 0

    class Block(np.ndarray):
        """An array that can be watched; its slices keep it."""

    def blocks():
        nonlocal most
        for _ in range(1_000):
            made.append(weakref.ref(block := Block(1_000)))
            most = max(most, sum(each() is not None for each in made))
            yield block

    found = list(slices(blocks(), [(500_000, 500_010), (990_000, 990_010)]))
    assert [len(piece) for piece in found] == [10, 10]
    assert most <= 3


def test_clips_can_be_cut_again(write_sound, tmp_path):
    cuts = split_into_clips(
        scan_audio(write_sound(tmp_path / "x.wav", 3.0, rate=8_000), 8_000), SETTINGS
    )
    for one, other in zip(cuts, cuts, strict=True):
        np.testing.assert_array_equal(one.samples, other.samples)


def test_a_recording_that_became_shorter_meanwhile_is_refused(write_sound, tmp_path, monkeypatch):
    monkeypatch.setattr("render.decoding.audio._CACHED", 1_000)
    path = write_sound(tmp_path / "x.wav", 3.0, rate=8_000)
    cuts = split_into_clips(scan_audio(path, 8_000), SETTINGS)
    write_sound(path, 1.5, rate=8_000)
    with pytest.raises(ValueError, match="expected 16000 samples as when the recording was first"):
        list(cuts)
