import numpy as np
import pytest

from classify.data.sampling import epoch_order, sampling_weights, seed_subset


def test_without_shares_every_picture_comes_once():
    found = epoch_order(None, 10, 10, np.random.default_rng(0))
    assert sorted(found) == list(range(10))
    assert found.tolist() != sorted(found)


@pytest.mark.parametrize("draws", [1000, 7])
def test_pictures_come_as_often_as_their_share_asks_for(draws):
    share = np.random.default_rng(1).dirichlet(np.ones(50))
    found = epoch_order(share, 50, draws, np.random.default_rng(2))
    counts = np.bincount(found, minlength=50)
    assert len(found) == draws
    assert np.abs(counts - share * draws).max() < 1


def test_a_rare_picture_comes_now_and_then():
    share = np.array([0.001, 0.999])
    seen = [0 in epoch_order(share, 2, 100, np.random.default_rng(seed)) for seed in range(300)]
    assert 0.04 < np.mean(seen) < 0.2  # 100 draws of 0.001


def test_neighbours_are_not_drawn_together():
    share = np.full(1000, 1 / 1000)
    found = epoch_order(share, 1000, 500, np.random.default_rng(0))
    assert len(set(found)) == 500
    assert np.unique(np.diff(np.sort(found))).size > 2


def test_groups_within_groups_share_equally():
    labels = np.array([0, 0, 0, 0, 1, 1])
    sources = np.array(["a", "a", "a", "b", "b", "b"])
    speakers = np.array(["x", "x", "y", "x", "x", "y"])
    found = sampling_weights([labels, sources, speakers], 6)
    assert found.tolist() == [1 / 16, 1 / 16, 1 / 8, 1 / 4, 1 / 4, 1 / 4]


def test_without_groups_all_pictures_are_alike():
    assert sampling_weights([], 4).tolist() == [0.25] * 4


def test_where_all_fakes_would_be_left_out_there_are_no_turns():
    values, labels = np.array(["", "", "neural", "classic"]), np.array([0, 0, 1, 1])
    assert all(seed_subset(values, labels, seed).all() for seed in range(3))


def test_without_values_everything_is_seen_by_all():
    assert seed_subset(np.array(["", ""]), np.array([0, 1]), 7).all()
