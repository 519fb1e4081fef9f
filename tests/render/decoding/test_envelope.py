import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.decoding.envelope import EnvelopeMeter


def envelope(samples, *ends):
    meter = EnvelopeMeter()
    for block in np.split(samples, sorted(ends)):
        meter.add(block)
    return meter.envelope()


@given(
    seed=st.integers(0, 2**32),
    length=st.integers(1, 20_000),
    below=st.floats(0.5, 120),
    loudness=st.floats(-130, 20),
    ends=st.lists(st.integers(0, 20_000), max_size=9),
)
def test_the_loud_part_is_that_of_librosa(seed, length, below, loudness, ends):
    rng = np.random.default_rng(seed)
    wander = np.interp(np.arange(length), np.linspace(0, length, 7), rng.uniform(-90, 0, 7))
    samples = 10 ** ((loudness + wander) / 20) * rng.standard_normal(length)
    _, (start, end) = librosa.effects.trim(samples, top_db=below, frame_length=512, hop_length=128)
    found = envelope(samples, *[min(each, length) for each in ends]).loud(below)
    assert (found.start, found.end) == (start, end)
    assert found.energy == pytest.approx(np.square(samples[start:end]).sum(), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("length", [1, 127, 128, 129, 256, 511, 512, 513, 1_280])
def test_nothing_is_cut_off_of_even_loudness_whatever_the_length(length):
    found = envelope(np.ones(length)).loud(40.0)
    assert found == (0, length, length)


def test_everything_is_loud_when_nothing_is_to_be_cut_off():
    samples = np.concatenate([np.zeros(1_000), np.ones(1_000), np.zeros(1_000)])
    assert envelope(samples).loud(None) == (0, 3_000, 1_000)


def test_the_extremes_are_those_of_all_blocks():
    found = envelope(np.array([0.5, 0.25, 1.0, 0.75]), 1, 2, 3)
    assert (found.length, found.lowest, found.highest) == (4, 0.25, 1.0)
    assert found.loud(None).energy == 0.25 + 0.0625 + 1 + 0.5625


def test_nothing_has_no_loudness():
    found = EnvelopeMeter().envelope()
    assert (found.length, found.lowest, found.highest) == (0, 0, 0)
    assert found.loud(40.0) == (0, 0, 0)


def test_the_result_is_the_same_to_the_last_bit_wherever_blocks_end():
    samples = np.random.default_rng(0).standard_normal(50_000).astype(np.float32)
    one, other = envelope(samples), envelope(samples, 1, 130, 131, 30_000, 49_999)
    np.testing.assert_array_equal(one.steps, other.steps)
    assert one.loud(40.0) == other.loud(40.0)
    assert one.steps.nbytes < samples.nbytes / 60  # so that three hours take 11 MB
