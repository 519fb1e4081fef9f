import numpy as np
import pytest

from classify.audit import duplicates
from classify.audit.duplicates import SIMILAR, correlation, exact, near, signature


def scene(seed, height=256, width=160):
    """A picture with patches as in speech: noise smoothed to some 16 by 8 pixels, grey 0 to 255."""
    rng = np.random.default_rng(seed)
    coarse = rng.standard_normal((height // 16 + 1, width // 8 + 1))
    return np.kron(100 + 40 * coarse, np.ones((16, 8)))[:height, :width]


def grey(picture):
    return np.clip(picture, 0, 255).round().astype(np.uint8)


def signatures(pictures):
    return np.stack([signature(grey(picture)) for picture in pictures])


def likeness(first, second):
    return float(correlation(signatures([first]), signatures([second]))[0])


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p + 25,  # a gain of 10 dB, where 100 dB are 255
        lambda p: p - 25,
        lambda p: p + np.linspace(-20, 20, len(p))[:, np.newaxis],  # another microphone
        lambda p: p + np.random.default_rng(9).normal(0, 10, p.shape),
        lambda p: np.where(p > 100, p, scene(9)[: len(p)].clip(0, 100)),  # another noise below
    ],
)
def test_the_same_sound_is_known_again(change):
    assert likeness(scene(0), change(scene(0))) > 0.9


@pytest.mark.parametrize("shift", [-20, -3, 7, 24])
def test_the_same_sound_is_known_again_when_cut_elsewhere(shift):
    long = scene(0, width=200)
    assert likeness(long[:, 30:160], long[:, 30 + shift : 160 + shift]) > SIMILAR


def test_other_sounds_are_not_alike():
    first, second = (signatures(map(scene, seeds)) for seeds in (range(100), range(100, 200)))
    highest = max(correlation(np.roll(first, n, axis=0), second).max() for n in range(20))
    assert highest < 0.5


@pytest.mark.parametrize(
    "common",
    [
        # The same level in every row: one voice, one channel.
        np.repeat(np.random.default_rng(7).normal(0, 70, 16), 16)[:, np.newaxis],
        # Pauses at the same times.
        np.where(np.arange(160) // 20 % 2, 0, -80),
    ],
    ids=["spectrum", "pauses"],
)
def test_what_different_sounds_have_in_common_makes_no_copies(common):
    first, second = (0.5 * scene(seed) + 60 + common for seed in (0, 1))
    assert likeness(first, second) < 0.5


def test_nothing_is_like_nothing():
    blank = signatures([np.full((32, 32), 7)])
    assert not blank.any()
    assert correlation(blank, blank).tolist() == [0]
    assert len(near(blank, blank).index) == 0


def test_copies_are_found_in_a_crowd(monkeypatch):
    monkeypatch.setattr(duplicates, "_BLOCK", 7)  # many blocks, and one that is not full
    crowd = [scene(seed) for seed in range(60)]
    ours = [scene(seed) for seed in range(100, 130)]
    for here, there in ((0, 5), (6, 59), (7, 0), (29, 30)):
        ours[here] = crowd[there] + np.random.default_rng(here).normal(0, 8, (256, 160)) + 10
    nearest = near(signatures(ours), signatures(crowd))
    assert list(zip(nearest.index, nearest.candidate, strict=True)) == [
        (0, 5),
        (6, 59),
        (7, 0),
        (29, 30),
    ]
    assert (nearest.similarity > 0.9).all()


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0), (3, 1)])
def test_small_and_empty_sets(sizes):
    none = np.zeros((0, duplicates.ROWS - 1, duplicates.COLUMNS), np.float16)
    here, there = (signatures(map(scene, range(n))) if n else none for n in sizes)
    assert near(here, there).index.tolist() == ([0] if all(sizes) else [])


def test_equal_digests_are_grouped():
    groups = exact([b"a", b"b", b"a", b"c", b"b", b"a"])
    assert [group.tolist() for group in groups] == [[0, 2, 5], [1, 4]]
    assert exact([]) == []
