import numpy as np
import pytest

from classify.training.adaptation import (
    ErrorRates,
    Sample,
    Trial,
    choose,
    cross_validate,
    fit_shift,
)


def own(count=20, channel=(3.0, 0.0), fakes=0):
    """Recordings of one channel, the first component, which are all taken for fake."""
    labels = np.arange(count) < fakes
    noise = np.random.default_rng(1).normal(0, 0.1, (count, 2))
    return Sample(noise + channel, np.full(count, -1.0), labels.astype(int), np.full(count, "own"))


def replay(count=60, seed=0):
    """Recordings of six sources, told apart by the second component and judged rightly."""
    labels = np.arange(count) % 2
    values = np.random.default_rng(seed).normal(0, 1, (count, 2)) * [0.1, 1]
    values[:, 1] += np.where(labels == 1, -3.0, 3.0)
    sources = np.char.add("source", (np.arange(count) // 2 % 6).astype(str))
    return Sample(values, values[:, 1].copy(), labels, sources)


def test_a_channel_that_no_other_recording_is_in_becomes_real_at_no_cost():
    before, trials = cross_validate([own()], [replay()])
    trial = choose(before, trials)
    assert before.own.wrong == (20, 0)
    assert trial.own.wrong == (0, 0)
    assert trial.elsewhere.misses == before.elsewhere.misses
    shift = fit_shift(own(), replay(), trial.strength)
    assert (own().moved(shift) > 0).all()
    assert shift[0] > 2 * abs(shift[1])


def test_a_score_that_counts_half_gains_half():
    shift = fit_shift(own(), replay(), 0.5)
    half = Sample(own().values, own().llr, own().labels, own().groups, np.full(20, 0.5))
    np.testing.assert_allclose(half.moved(shift) - half.llr, (own().moved(shift) - own().llr) / 2)
    np.testing.assert_allclose(half[:5].moved(shift), half.moved(shift)[:5])
    # So it takes a larger shift to become real.
    assert fit_shift(half, replay(), 0.5)[0] > shift[0]


def test_what_sounds_like_fakes_elsewhere_is_not_made_real():
    # The channel lies where the fakes are: every shift towards real makes them real, too.
    before, trials = cross_validate([own(channel=(0.0, -3.0))], [replay()], (0.02, 20.0))
    assert trials[-1].elsewhere.misses > before.elsewhere.misses + 0.1
    trial = choose(before, trials)
    assert trial is None or trial.elsewhere.misses <= before.elsewhere.misses + 0.015


def test_fakes_of_the_channel_stay_fake():
    sample = own(count=40, fakes=20)
    sample.values[:20, 1] -= 2
    shift = fit_shift(sample, replay(), 1.0)
    assert ((sample.moved(shift) < 0) == (sample.labels == 1)).mean() > 0.9


def test_the_mean_of_the_networks_decides():
    sure = own()
    sure = Sample(sure.values, sure.llr + 3, sure.labels, sure.groups)
    before, _ = cross_validate([own(), sure], [replay(), replay(seed=1)], ())
    assert before.own.wrong == (0, 0)  # (-1 + 2) / 2 is above 0
    assert before.elsewhere.total == (60, 60)


def test_recordings_are_dealt_where_there_are_too_few_sources():
    part = replay()
    part = Sample(part.values, part.llr, part.labels, np.full(60, "demonstration"))
    before, trials = cross_validate([own()], [part])
    assert choose(before, trials).own.wrong == (0, 0)


def trial(strength, wrong, misses, false_alarms=0.1):
    of_own = ErrorRates(0, 0, (wrong, 0), (30, 0))
    return Trial(strength, of_own, ErrorRates(false_alarms, misses, (0, 0), (1, 1)))


@pytest.mark.parametrize(
    ("trials", "strength"),
    [
        ([trial(1, 5, 0.2), trial(2, 3, 0.2), trial(4, 1, 0.2)], 2),  # a third is enough
        ([trial(1, 8, 0.2), trial(2, 6, 0.2), trial(4, 6, 0.2)], 2),  # else the fewest
        ([trial(1, 5, 0.2), trial(2, 0, 0.22)], 1),  # 2 points of misses are too many
        ([trial(1, 5, 0.2), trial(2, 0, 0.2, 0.14)], 1),  # so are 4 of false alarms
        ([trial(1, 9, 0.1), trial(2, 0, 0.3)], None),  # not fewer errors, or too costly
    ],
)
def test_the_least_strength_that_helps_enough_is_chosen(trials, strength):
    chosen = choose(trial(0, 9, 0.2), trials)
    assert (chosen and chosen.strength) == strength


def test_new_recordings_are_judged_by_what_others_gave():
    # Each is wrong in a direction of its own: nothing that is learned of one helps another.
    labels, sources = np.arange(24) % 2, (np.arange(24) // 2 % 6).astype(str)
    own = Sample(np.eye(24), np.where(labels == 1, 0.5, -0.5), labels, np.full(24, "own"))
    replay = Sample(np.zeros((24, 24)), np.where(labels == 1, -5.0, 5.0), labels, sources)
    before, (trial,) = cross_validate([own], [replay], [50.0])
    assert before.wrong == trial.wrong == 24


def test_the_cost_elsewhere_is_that_of_sources_that_did_not_hold_the_move():
    # Each source of fakes holds a direction of its own, and the new recordings lie in all.
    sources = np.arange(36) % 6
    labels = np.arange(36) // 18
    values = np.where(labels[:, np.newaxis] == 1, 10 * np.eye(6)[sources], 0.0)
    groups = np.char.add(np.where(labels == 1, "fake", "real"), sources.astype(str))
    replay = Sample(values, np.where(labels == 1, -0.1, 5.0), labels, groups)
    own = Sample(np.ones((24, 6)), np.full(24, -0.5), np.zeros(24, int), np.full(24, "own"))
    before, (trial,) = cross_validate([own], [replay], [0.1])
    assert (before.elsewhere.misses, before.wrong) == (0, 24)
    assert trial.elsewhere.misses > 0.9
