import pytest

from render.splits import HELD_OUT, by_hash


def test_shares_are_kept():
    splits = by_hash([f"recording {n}" for n in range(10_000)], ["real"] * 10_000)
    # Standard deviations are 40 and 30.
    assert splits.count("train") == pytest.approx(8_000, abs=200)
    assert splits.count("validation") == pytest.approx(1_000, abs=150)


@pytest.mark.parametrize("count", [3, 4, 5, 8, 13])
@pytest.mark.parametrize("seed", range(20))
def test_few_recordings_leave_no_split_empty(count, seed):
    keys = [f"{seed}/{label}/{n}" for label in ("real", "fake") for n in range(count)]
    labels = [key.split("/")[1] for key in keys]
    splits = by_hash(keys, labels)
    for label in ("real", "fake"):
        own = {split for split, its in zip(splits, labels, strict=True) if its == label}
        assert own == {"train", "validation", "test"}


def test_two_recordings_cannot_fill_three_splits():
    assert len(by_hash(["a", "b"], ["real", "real"])) == 2


def test_equal_keys_go_together():
    splits = by_hash(["a", "b"] * 50, ["real"] * 100, HELD_OUT)
    assert len(set(splits[::2])) == len(set(splits[1::2])) == 1
