import numpy as np
import pytest

from classify.metrics.bootstrap import (
    cluster_column,
    cluster_groups,
    draws,
    intervals,
    metric_intervals,
)
from classify.metrics.registry import METRICS, compute_metrics
from classify.metrics.trials import Trials


def scored(count, seed=0, distance=1.0):
    rng = np.random.default_rng(seed)
    labels = (rng.random(count) < 0.6).astype(int)
    return Trials(np.arange(count).astype(str), labels, rng.normal(distance * (1 - 2 * labels), 1))


def test_the_interval_of_a_share_is_the_one_of_the_binomial():
    # 400 verdicts, 80 % right: the standard error is sqrt(.8 * .2 / 400) = 0.02.
    right = np.arange(400) < 320
    ends = intervals(right.astype(int) * 0, np.arange(400), lambda at: {"share": right[at].mean()})
    low, high = ends["share"]
    assert low == pytest.approx(0.8 - 1.96 * 0.02, abs=0.006)
    assert high == pytest.approx(0.8 + 1.96 * 0.02, abs=0.006)


def test_what_belongs_together_is_drawn_together():
    groups = np.array(list("aabbbbccd"))
    labels = np.array([0, 0, 1, 1, 1, 1, 0, 0, 1])
    for index in draws(labels, groups, 50):
        times = np.bincount(index, minlength=9)
        assert times[0] == times[1]
        assert len(set(times[2:6])) == 1
        assert times[6] == times[7]
        assert (np.diff(index) >= 0).all()


def test_every_resample_has_as_many_groups_of_each_kind():
    labels = np.array([0, 0, 0, 1, 0, 1])
    groups = np.array(list("abcdee"))  # three with only real, one with only fake, one with both
    for index in draws(labels, groups, 50):
        drawn = groups[index]
        assert np.isin(drawn, ["a", "b", "c"]).sum() == 3
        assert (drawn == "d").sum() == 1
        assert (drawn == "e").sum() == 2


def test_dependent_recordings_make_wider_intervals():
    # 20 speakers, and all 25 recordings of one are right or wrong together.
    right = np.repeat(np.arange(20) < 14, 25)
    none = np.zeros(500, int)
    wide, narrow = (
        intervals(none, groups, lambda at: {"share": right[at].mean()})["share"]
        for groups in (np.repeat(np.arange(20), 25), np.arange(500))
    )
    # sqrt(.7 * .3 / 20) against sqrt(.7 * .3 / 500): 5 times.
    assert (wide[1] - wide[0]) / (narrow[1] - narrow[0]) == pytest.approx(5, rel=0.2)


def test_the_seed_decides_and_every_resample_is_another():
    labels = np.zeros(30, int)
    first, again = (list(draws(labels, np.arange(30), 5, seed=3)) for _ in range(2))
    other = list(draws(labels, np.arange(30), 5, seed=4))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert any((a != b).any() for a, b in zip(first, other, strict=True))
    assert any((first[0] != one).any() for one in first[1:])


def test_all_metrics_have_intervals_around_them():
    data = scored(500)
    ends = metric_intervals(data, data.names, 0.5, 200)
    metrics = compute_metrics(data.labels, data.llr, 0.5)
    assert tuple(ends) == tuple(METRICS)
    for name, (low, high) in ends.items():
        assert low < high
        if name != "ece":  # noise adds to it, so resamples have more
            assert low <= metrics[name] <= high, name
    assert metric_intervals(data, data.names, 0.5, 0) == {}


@pytest.mark.slow
def test_groups_stay_with_their_scores():
    # Of 200 speakers, each with one real and one fake recording, 60 are wrong on both.
    rng = np.random.default_rng(0)
    labels, speakers = np.tile([0, 1], 200), np.repeat(np.arange(200), 2)
    sign = np.where(speakers < 60, -1, 1) * (1 - 2 * labels)
    data = Trials(np.arange(400).astype(str), labels, sign * rng.uniform(1, 2, 400))
    low, high = metric_intervals(data, speakers, 0.5, 600)["accuracy"]
    narrow = metric_intervals(data, np.arange(400), 0.5, 600)["accuracy"]
    # Half as many independent parts: wider by the square root of 2.
    assert (high - low) / (narrow[1] - narrow[0]) == pytest.approx(np.sqrt(2), abs=0.15)


@pytest.mark.slow
def test_the_interval_covers_the_truth_as_often_as_it_says():
    # Normal scores at a distance of 2 standard deviations: the AUC is Phi(2 / sqrt 2) = 0.921.
    held = 0
    for seed in range(40):
        data = scored(120, seed)
        low, high = metric_intervals(data, data.names, 0.5, 200)["auc"]
        held += low <= 0.9214 <= high
    assert 33 <= held <= 40  # 38 expected


def test_a_figure_that_few_resamples_have_gets_no_interval():
    # The one score between the others is left out of 37 % of the resamples: decisions are left.
    data = Trials(
        np.arange(9).astype(str),
        np.array([0] * 4 + [1] * 5),
        np.array([1.0] * 4 + [-1.0] * 4 + [0]),
    )
    ends = metric_intervals(data, data.names, 0.5, 200)
    assert "eer" not in ends
    assert "accuracy" in ends


def test_what_is_resampled_together():
    def trials(**columns):
        names = np.array(["a.png", "b.png", "c.png"])
        columns = {name: np.array(column) for name, column in columns.items()}
        return Trials(names, np.zeros(3, int), np.zeros(3), columns)

    one = trials(recording=["x", "y", ""], source=["s", "", ""])
    assert cluster_column(one) == "source"
    expected = ["value s", "recording y", "recording c.png"]
    assert cluster_groups(one, "source").tolist() == expected
    sources = ["s", "t", "t"]
    assert cluster_column(trials(source=sources, speaker=["p", "q", "q"])) == "speaker"
    # The same everywhere: nothing to resample by.
    assert cluster_column(trials(source=sources, speaker=["p", "p", "p"])) == "source"
    assert cluster_column(trials(speaker=["", "", ""])) == "recording"
