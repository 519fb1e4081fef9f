import numpy as np
import pytest

from detect.overview import COLUMNS, overview

RATE = 16_000


def tone(frequency, seconds):
    return np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


def cut(samples, size):
    return [samples[at : at + size] for at in range(0, len(samples), size)]


@pytest.mark.parametrize("size", [1, 100, 512, 700, 10**6])
def test_where_blocks_end_makes_no_difference(size):
    samples = np.random.default_rng(0).standard_normal(20_000).astype(np.float32)[: 40 * size]
    whole = overview([samples], len(samples), RATE)
    summary = overview(cut(samples, size), len(samples), RATE)
    np.testing.assert_allclose(summary.level, whole.level, atol=1e-4)
    np.testing.assert_array_equal(summary.lowest, whole.lowest)
    np.testing.assert_array_equal(summary.highest, whole.highest)


def test_every_sample_counts_for_the_waveform():
    samples = np.zeros(100_000)
    samples[[0, 70_001, 99_999]] = 0.25, -0.5, 0.75
    summary = overview(cut(samples, 999), len(samples), RATE)
    columns = len(summary.highest)
    assert summary.seconds == 6.25
    assert (summary.highest[0], summary.highest[-1]) == (0.25, 0.75)
    assert np.flatnonzero(summary.lowest).tolist() == [70_001 * columns // 100_000]


def test_a_tone_stands_at_its_frequency_and_its_time():
    # 16000 Hz / 512 samples = 31.25 Hz a bin.
    samples = np.concatenate([tone(1_000, 5), tone(3_000, 5)])
    summary = overview(cut(samples, 4_096), len(samples), RATE)
    columns = summary.level.shape[1]
    assert (summary.level[:, : columns // 2 - 2].argmax(axis=0) == 32).all()
    assert (summary.level[:, columns // 2 + 2 :].argmax(axis=0) == 96).all()
    assert summary.level[32, 5] == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("place", [0, 7, 50, 99])
def test_a_click_stands_at_its_time(place):
    samples = np.zeros(100 * 256)
    samples[place * 256] = 1.0
    assert overview([samples], len(samples), RATE).level[100].argmax() == place


@pytest.mark.parametrize(("length", "columns"), [(1, 1), (100, 1), (5_120, 20), (10**6, COLUMNS)])
def test_there_are_no_more_columns_than_can_be_seen(length, columns):
    summary = overview([np.full(length, 0.1)], length, RATE)
    assert summary.level.shape == (257, columns)
    assert summary.lowest.shape == (columns,)
    assert np.isfinite(summary.level).all()
    assert np.isfinite(summary.lowest).all()
