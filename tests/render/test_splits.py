from collections import Counter

import pytest

from render.splits import HELD_OUT, SHARES, digest, fill_empty, place


def test_shares_are_kept():
    splits = Counter(place(f"recording {n}", SHARES) for n in range(10_000))
    # Standard deviations are 40 and 30.
    assert splits["train"] == pytest.approx(8_000, abs=200)
    assert splits["validation"] == pytest.approx(1_000, abs=150)


def test_nothing_moves_where_no_split_is_empty():
    assert fill_empty({"a": "train", "b": "validation", "c": "test"}, SHARES) == {}


def test_two_keys_cannot_fill_three_splits():
    assert fill_empty({"a": "train", "b": "train"}, SHARES) == {}


@pytest.mark.parametrize("full", ["train", "validation", "test"])
def test_only_as_many_keys_move_as_splits_are_empty(full):
    keys = {str(number): full for number in range(9)}
    moved = fill_empty(keys, SHARES)
    assert sorted(moved.values()) == sorted(set(SHARES) - {full})
    assert len({**keys, **moved}) == 9


def test_the_key_next_to_the_border_moves():
    keys = {str(number): "train" for number in range(9)}
    ((moved, split),) = fill_empty(keys, HELD_OUT).items()
    assert split == "validation"
    assert moved == max(keys, key=digest)  # hexadecimal digits sort as their numbers
