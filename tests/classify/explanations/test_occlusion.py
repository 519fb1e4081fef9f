import numpy as np
import pytest
from scipy.special import logit

from classify.explanations import occlusion
from classify.explanations.occlusion import Band, ask, grid, hide, occlude, strongest
from classify.runs.run import Calibration, Run


def a_run(network, shape=(32, 32), **how):
    """Make a run of a network that is a function from pictures to P(fake)."""
    names = ("real", "fake")
    run = Run(
        folder=None, training={}, classes=names, shape=shape, prior=0.5, fingerprint="", **how
    )
    run.__dict__["network"] = network
    return run


def looks_at(rows, columns):
    """Network that takes bright points there for fake, and looks nowhere else."""
    return lambda images: images[:, rows, columns].mean(axis=(1, 2)) / 255


def dotted(rows=slice(None), columns=slice(None)):
    """Dark picture with one bright point in four there; the median of each row is dark."""
    image = np.full((32, 32), 40, np.uint8)
    image[rows, columns][:, ::4] = 240
    return image


def test_hidden_points_have_the_median_of_their_row_and_the_others_stay():
    image = np.array([[1, 2, 9], [50, 70, 60]], np.uint8)
    mask = np.array([[True, False, True], [False, False, True]])
    assert hide(image, mask[np.newaxis])[0].tolist() == [[2, 2, 2], [50, 70, 60]]
    assert hide(image, mask[np.newaxis]).dtype == np.uint8


@pytest.mark.parametrize("shape", [(256, 124), (33, 17), (3, 100), (1, 1)])
def test_tiles_cover_the_picture_and_are_of_one_size_up_to_a_pixel(shape):
    tiles = grid(shape)
    count = min(8, shape[0]) * min(8, shape[1])
    assert np.unique(tiles).tolist() == list(range(count))
    for axis in (0, 1):
        extents = {len(np.unique(np.where(tiles == n)[axis])) for n in range(count)}
        assert max(extents) - min(extents) <= 1


def test_the_score_is_that_of_the_hidden_picture_calibrated():
    run = a_run(looks_at(slice(0, 4), slice(0, 4)), calibration=Calibration(0.5, 1.0))
    image = dotted()
    masks = np.zeros((2, 32, 32), bool)
    masks[1, :4, :4] = True
    # One point in four has 240 and the others 40: 90 on average; hidden, 40. llr = -logit(p).
    expected = [-(0.5 * -logit(level / 255) + 1.0) for level in (90, 40)]
    assert ask(run, image, masks) == pytest.approx(expected)


def test_pictures_are_scored_in_batches_and_stay_in_order(monkeypatch):
    seen = []

    def network(images):
        seen.append(len(images))
        return images.mean(axis=(1, 2)) / 255

    image = dotted()
    masks = [np.arange(32)[:, np.newaxis] + np.zeros(32) < n for n in range(5)]
    whole = ask(a_run(network), image, masks)
    monkeypatch.setattr(occlusion, "BATCH", 2)
    assert ask(a_run(network), image, iter(masks)).tolist() == whole.tolist()
    assert seen == [5, 2, 2, 1]
    assert (np.diff(whole) < 0).all()


def test_the_map_is_what_hiding_the_windows_around_each_tile_takes_away():
    # A tile is 4 x 4 pixels. All four windows of tile (2, 4) hide it, but only two of those of the
    # tiles beside it, and one of those of the tiles at its corners.
    explained = occlude(a_run(looks_at(slice(8, 12), slice(16, 20))), dotted())
    lost = logit(90 / 255) - logit(40 / 255)
    expected = np.zeros((8, 8))
    expected[1:4, 3:6] = lost * np.array([[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]])
    assert explained == pytest.approx(np.kron(expected, np.ones((4, 4))))


def test_the_map_reaches_into_the_corners():
    explained = occlude(a_run(looks_at(slice(28, 32), slice(0, 4))), dotted())
    lost = logit(90 / 255) - logit(40 / 255)
    assert explained[28:, :4] == pytest.approx(lost)
    assert explained[24:28, :4] == pytest.approx(lost / 2)


def test_the_map_of_what_speaks_against_is_below_0():
    network = looks_at(slice(8, 12), slice(16, 20))
    explained = occlude(a_run(lambda images: 1 - network(images)), dotted())
    assert explained.min() == pytest.approx(-(logit(90 / 255) - logit(40 / 255)))
    assert explained.max() == 0


@pytest.mark.parametrize(("axis", "first", "last"), [(0, 8, 13), (1, 16, 21), (0, 30, 31)])
def test_the_strongest_band_is_exactly_the_one_looked_at(axis, first, last):
    at = [slice(None), slice(None)]
    at[axis] = slice(first, last + 1)
    band = strongest(a_run(looks_at(*at)), dotted(), axis)
    assert (band.first, band.last) == (first, last)
    assert band.p_fake_without == pytest.approx(40 / 255)


@pytest.mark.parametrize(("share", "last"), [(0.95, 9), (0.85, 11)])
def test_a_narrower_band_that_does_nearly_as_much_is_preferred(share, last):
    strong, weak = looks_at(slice(8, 10), slice(None)), looks_at(slice(10, 12), slice(None))
    run = a_run(lambda images: share * strong(images) + (1 - share) * weak(images))
    band = strongest(run, dotted(), 0)
    assert (band.first, band.last) == (8, last)


def test_the_strongest_band_may_be_one_whose_hiding_raises_p_fake():
    network = looks_at(slice(8, 12), slice(None))
    band = strongest(a_run(lambda images: 1 - network(images)), dotted(), 0)
    assert band == Band(8, 11, pytest.approx(1 - 40 / 255))


def test_no_band_is_named_where_none_changes_anything():
    blind = a_run(lambda images: np.full(len(images), 0.9))
    assert strongest(blind, dotted(), 0) is strongest(blind, dotted(), 1) is None


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (17, 250)])
def test_pictures_of_any_size_have_a_strongest_band(shape):
    image = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    run = a_run(lambda images: np.where((images == image).all(axis=(1, 2)), 0.9, 0.1), shape)
    for axis in (0, 1):
        band = strongest(run, image, axis)
        assert band is None or 0 <= band.first <= band.last < shape[axis]
    assert occlude(run, image).shape == shape


def test_the_networks_of_an_ensemble_are_averaged():
    first, second = (a_run(looks_at(slice(at, at + 4), slice(None))) for at in (0, 8))
    run = a_run(None, members=(first, second))
    both = occlude(run, dotted())
    assert both == pytest.approx((occlude(first, dotted()) + occlude(second, dotted())) / 2)
    assert both[0, 0] > 0 < both[8, 0]
