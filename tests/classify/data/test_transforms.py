import numpy as np
import pytest

from classify.data import transforms

GREY = np.random.default_rng(0).uniform(60, 200, (48, 40)).astype(np.float32)
EFFECTS = {
    "noisy": lambda rng: transforms.add_noise(GREY, rng, 2.5),
    "low_pass": lambda rng: transforms.low_pass(GREY, rng, 2.5),
    "masked": lambda rng: transforms.mask(GREY, rng, 3),
    "rolled": lambda rng: transforms.roll(GREY, rng),
}


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_keeps_the_shape_and_its_input_and_depends_on_the_seed(name):
    before = GREY.copy()
    found = [EFFECTS[name](np.random.default_rng(seed)) for seed in (5, 5, 6)]
    assert found[0].shape == GREY.shape
    assert found[0].dtype == np.float32
    np.testing.assert_array_equal(GREY, before)
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_noise_hides_what_is_quieter_and_nothing_else():
    for seed in range(50):
        found = transforms.add_noise(GREY, np.random.default_rng(seed), 2.5)
        assert (found >= GREY).all()
    silence = np.full((200, 1000), -1e4, np.float32)
    found = transforms.add_noise(silence, np.random.default_rng(3), 2.5)
    spread = (found - found.mean(axis=1, keepdims=True)) / 2.5
    # The decibels of an exponential variable have a standard deviation of 10 / ln 10 * pi / sqrt 6.
    assert spread.std() == pytest.approx(5.57, rel=0.02)


def test_a_band_loses_rows_from_the_top_only():
    kept = []
    for seed in range(200):
        found = transforms.low_pass(GREY, np.random.default_rng(seed), 2.5)
        assert (found <= GREY).all()
        changed = np.flatnonzero((found != GREY).any(axis=1))
        kept.append(48 - len(changed))
        assert changed.tolist() == list(range(len(changed)))
    assert min(kept) == 48 - int(0.6 * 48)
    assert max(kept) == 48


def test_masks_hide_bands_and_moments_of_limited_size_behind_the_mean():
    hidden = []
    for seed in range(200):
        found = transforms.mask(GREY, np.random.default_rng(seed), 1)
        mask = found != GREY
        rows, columns = mask.all(axis=1), mask.all(axis=0)
        assert (mask == (rows[:, None] | columns)).all()
        assert rows.sum() <= 48 // 5
        assert columns.sum() <= 40 // 6
        assert mask.sum() == 0 or found[mask] == pytest.approx(GREY.mean(), rel=1e-5)
        hidden.append((rows.any(), columns.any()))
    assert 0.35 < np.mean(hidden) < 0.6  # none or one, and a mask of length 0 now and then


def test_rolling_moves_columns_round():
    found = transforms.roll(GREY, np.random.default_rng(1))
    assert any(np.array_equal(np.roll(GREY, shift, axis=1), found) for shift in range(1, 40))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 1.0])
def test_wearing_leaves_a_share_of_the_lines_and_all_of_the_grain(share):
    rng = np.random.default_rng(0)
    lines, chance = np.float32(128 + 10 * rng.standard_normal((2, 16, 2_000)))
    lines[:, 50] += 60
    found = transforms.fade(lines, chance, share)
    assert found.dtype == np.float32
    assert found[:, 50].mean() - 128 == pytest.approx(share * 60, abs=8)
    assert np.delete(found, 50, axis=1).std() == pytest.approx(10, rel=0.03)
    assert found.mean() == pytest.approx(128, abs=0.2)
