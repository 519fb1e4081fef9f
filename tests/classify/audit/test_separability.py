import numpy as np
import pytest

from classify.audit.separability import cv_folds, interval, separation

LABELS = np.repeat([0, 1], 60)
NAMES = np.arange(120).astype(str)


def separate(fact, labels=LABELS, groups=NAMES):
    return separation(np.asarray(fact), labels, groups, cv_folds(labels, groups))


@pytest.fixture
def noise():
    return np.random.default_rng(0).standard_normal((120, 1))


def test_a_fact_that_says_all_is_always_right(noise):
    assert separate(noise + 10 * LABELS[:, np.newaxis]).accuracy == 1


def test_a_fact_that_says_nothing_is_at_chance(noise):
    result = separate(noise)
    assert result.low < 0.5 < result.high


def test_neither_short_nor_long_is_found(noise):
    # The fakes lie between -1 and 1, the real ones on either side of them.
    middle = np.clip(noise, -1, 1)
    outside = np.sign(noise) * (1.5 + np.abs(noise))
    assert separate(np.where(LABELS[:, np.newaxis] == 1, middle, outside)).accuracy > 0.95


def test_a_category_is_found_whatever_its_name():
    codecs = np.array(["mp3", "aac", "FLAC/PCM_16"])[np.arange(120) % 3]
    codecs[LABELS == 1] = "opus"
    assert separate(codecs).accuracy == 1


def test_a_vector_whose_parts_say_little_says_much_together():
    # 32 bands, each moved by half a standard deviation: together by sqrt(32) / 2 = 2.8 of them, of
    # which half to either side of the border is a share of Phi(1.4) = 0.92 right.
    bands = np.random.default_rng(0).standard_normal((120, 32)) + 0.5 * LABELS[:, np.newaxis]
    assert separate(bands).accuracy == pytest.approx(0.92, abs=0.06)
    assert separate(bands[:, :1]).accuracy < 0.7


def test_that_a_number_is_missing_is_a_fact_too(noise):
    assert separate(np.where(LABELS[:, np.newaxis] == 1, np.nan, noise)).accuracy == 1


@pytest.mark.parametrize("fact", [np.full((120, 1), 7.0), np.full(120, "mp3")])
def test_what_is_the_same_for_all_is_exactly_chance(fact):
    result = separate(fact)
    assert (result.low, result.accuracy, result.high) == (0.5, 0.5, 0.5)


def test_unequal_classes_do_not_help(noise):
    # Always saying real would be right for 100 of 120.
    labels = np.repeat([0, 1], [100, 20])
    result = separate(noise, labels)
    assert result.low < 0.5 < result.high


def test_the_smaller_class_weighs_as_much_as_the_larger(noise):
    # Apart by 2 standard deviations, so that Phi(1) = 0.84 of each class can be right. Who counts
    # errors alone says hardly ever that one is of the class of 25, and comes near 0.5.
    labels = np.repeat([0, 1], [500, 25])
    numbers = np.random.default_rng(0).standard_normal((525, 1)) + 2 * labels[:, np.newaxis]
    result = separate(numbers, labels, np.arange(525).astype(str))
    assert result.accuracy == pytest.approx(0.84, abs=0.1)


def test_no_group_stands_in_two_folds_and_each_has_both_classes():
    groups = (np.arange(120) // 3).astype(str)
    parts = cv_folds(LABELS, groups)
    assert sorted(np.concatenate([test for _, test in parts])) == list(range(120))
    for train, test in parts:
        assert not set(groups[train]) & set(groups[test])
        assert set(LABELS[test]) == {0, 1}


def test_a_number_that_only_tells_speakers_apart_is_no_shortcut():
    # 6 speakers of 20 recordings, each in one class; in order of pitch the classes alternate.
    speakers = np.arange(120) // 20
    pitch = (2.0 * (speakers % 3) + LABELS)[:, np.newaxis]
    assert separate(pitch).accuracy > 0.7
    assert separate(pitch, groups=speakers.astype(str)).accuracy < 0.6


def test_the_interval_of_independent_recordings():
    # 40 of 50 right in both classes: 0.8, standard error sqrt(0.8 * 0.2 / 50 * 2 / 4) = 0.04, with
    # 100 / 99 for the degrees of freedom. Cautiously, 42 of 54: sqrt(7 / 9 * 2 / 9 / 54 * 2 / 4) is
    # 0.0400 too.
    right, labels = np.tile(np.arange(50) < 40, 2), np.repeat([0, 1], 50)
    result = interval(right, labels, np.arange(100).astype(str))
    assert result.accuracy == pytest.approx(0.8)
    assert result.high - result.accuracy == pytest.approx(1.96 * 0.04 * np.sqrt(100 / 99), rel=2e-3)
    assert result.accuracy - result.low == pytest.approx(result.high - result.accuracy)


def test_recordings_of_one_speaker_count_as_one():
    # 20 speakers of 5 recordings which are right or wrong together: as 20, not as 100. Of each
    # class 8 of 10 speakers are right: 1.96 * sqrt(0.8 * 0.2 / 10 * 2 / 4 * 20 / 19) = 0.180.
    right = np.tile(np.repeat(np.arange(10) < 8, 5), 2)
    labels, speakers = np.repeat([0, 1], 50), np.repeat(np.arange(20), 5).astype(str)
    result = interval(right, labels, speakers)
    assert (result.accuracy, result.high - result.accuracy) == pytest.approx((0.8, 0.180), abs=1e-3)


def test_all_right_is_not_certain():
    # 22 of 24: 1.96 * sqrt(11/12 * 1/12 / 24 * 2 / 4) = 0.078.
    result = interval(np.full(40, True), np.repeat([0, 1], 20), np.arange(40).astype(str))
    assert (result.low, result.accuracy, result.high) == pytest.approx((0.922, 1, 1), abs=1e-3)


def test_the_same_facts_give_the_same_figures(noise):
    assert separate(noise) == separate(noise)
