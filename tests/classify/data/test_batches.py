import shutil

import numpy as np
import pytest

from classify.data.augmentation import SpectrogramDataGenerator
from classify.data.batches import BatchSequence, mixup
from classify.data.cache import PictureCache
from classify.data.pictures import decode
from classify.data.splits import scan_split
from classify.settings import Settings, recipe

MOVES = {"shear": 0.0, "zoom": 0.0, "flip": False, "roll": False}
STILL = {**MOVES, "noise": 0.0, "low_pass": 0.0, "masks": 0}


@pytest.fixture(scope="module")
def split(images):
    return scan_split(images, "train")


def batches(split, settings, **how):
    cache = PictureCache(split.paths, split.shape, "train")
    return BatchSequence(cache, split.labels, settings, grey_per_db=2.55, **how)


def epoch(flow, number):
    flow.epoch = number
    return [flow[index] for index in range(len(flow))]


def test_without_augmentation_the_pictures_are_only_shuffled(split):
    (pictures, labels), *_ = epoch(batches(split, Settings(batch_size=16, **STILL)), 0)
    expected = {decode(path.read_bytes()).image.tobytes() for path in split.paths}
    assert pictures.shape == (16, 32, 32, 1)
    assert {picture.tobytes() for picture in pictures} == expected
    assert labels[:, 0].tolist() != split.labels.tolist()


def test_every_picture_is_seen_once_an_epoch_with_its_label(split):
    found = [
        batch
        for number in (0, 1)
        for batch in epoch(batches(split, Settings(batch_size=5, **STILL)), number)
    ]
    labels = {
        decode(p.read_bytes()).image.tobytes(): one
        for p, one in zip(split.paths, split.labels, strict=True)
    }
    assert [len(pictures) for pictures, _ in found] == [5, 5, 5, 1] * 2
    for pictures, targets in found:
        assert targets[:, 0].tolist() == [labels[picture.tobytes()] for picture in pictures]


def test_the_softmax_head_gets_one_column_a_class(split):
    one = epoch(batches(split, Settings(batch_size=16)), 0)[0][1]
    two = epoch(batches(split, Settings(batch_size=16, head="softmax")), 0)[0][1]
    np.testing.assert_array_equal(two, np.hstack([1 - one, one]))


def test_classes_weigh_what_they_are_given(split):
    weights = np.array([2.0, 0.5])
    _, targets, found = epoch(batches(split, Settings(batch_size=16), class_weights=weights), 0)[0]
    np.testing.assert_array_equal(found, weights[targets[:, 0].astype(int)])


CHANGES = [
    {"shear": 5.0},
    {"zoom": 0.2},
    {"flip": True},
    {"roll": True},
    {"noise": 1.0},
    {"low_pass": 1.0},
    {"masks": 2},
    {"mixup": 1.0},
]


@pytest.mark.parametrize("change", CHANGES)
def test_each_augmentation_changes_pictures_by_itself(split, change):
    still, _ = epoch(batches(split, Settings(batch_size=16, **STILL)), 0)[0]
    moved, _ = epoch(batches(split, Settings(batch_size=16, **{**STILL, **change})), 0)[0]
    changed = [not np.array_equal(a, b) for a, b in zip(still, moved, strict=True)]
    assert any(changed)
    if "flip" in change:
        for a, b in zip(still, moved, strict=True):
            assert np.array_equal(a, b) or np.array_equal(a[:, ::-1], b)
        assert not all(changed)


def test_moving_pixels_copies_them_and_smooths_nothing(split):
    moving = {**STILL, "shear": 20.0, "zoom": 0.3, "flip": True}
    pictures, _ = epoch(batches(split, Settings(batch_size=16, **moving)), 0)[0]
    values = {v for path in split.paths for v in np.unique(decode(path.read_bytes()).image)}
    assert set(np.unique(pictures)) <= values
    grain = np.abs(np.diff(pictures[..., 0].astype(float), axis=2)).mean()
    # Noise of 0 to 99 differs by 33 from pixel to pixel; interpolation would make it about 20.
    assert grain > 26


@pytest.mark.parametrize(("shear", "zx", "zy"), [(9.0, 1, 1), (0, 0.8, 1.15), (-6.0, 1.1, 0.9)])
def test_pictures_move_as_in_keras(shear, zx, zy):
    ours = SpectrogramDataGenerator(Settings(), 1.0)
    keras = SpectrogramDataGenerator.__base__(interpolation_order=0)
    rows, columns = np.mgrid[:60, :60]
    picture = (3 * rows + columns).astype(np.uint8)
    how = {"shear": shear, "zx": zx, "zy": zy, "flip_horizontal": True}
    expected = keras.apply_transform(picture[..., np.newaxis], how)[..., 0]
    found = ours.apply_transform(picture, how)
    # Half-way between two pixels either is right: 3 for a row, 1 for a column.
    assert np.abs(found.astype(int) - expected).max() <= 4
    assert (found == expected).mean() > 0.8


@pytest.mark.parametrize("how", ["noise", "low_pass"])
def test_other_rows_give_way_to_chance_as_far_as_levels_are_hidden(how):
    generator = SpectrogramDataGenerator(Settings(**{**STILL, how: 1.0}), 2.55, spectrogram_rows=20)
    grain = np.random.default_rng(0).integers(100, 156, (30, 400)).astype(np.uint8)
    lines = grain.copy()
    lines[20:, ::40] = 250
    plain = np.random.default_rng(1).integers(100, 156, (30, 400)).astype(np.uint8)
    shares = []
    for seed in range(20):
        found = generator.augment(lines, plain, np.random.default_rng(seed))
        shares.append((found[:20] == lines[:20]).mean())
        rest = found[20:] - plain[20:].mean(axis=1, keepdims=True)
        assert rest[:, ::40].mean() == pytest.approx(shares[-1] * (250 - 128), abs=6)
        if shares[-1] == 1:
            np.testing.assert_array_equal(found, lines)
        if shares[-1] == 0:
            np.testing.assert_array_equal(found[20:], plain[20:])
    assert np.ptp(shares) > 0.5


def test_chance_is_what_pictures_of_the_negative_class_show(split):
    settings = Settings(**{**STILL, "noise": 1.0}, batch_size=16)
    flow = batches(split, settings, spectrogram_rows=16)
    flow.cache._pictures[:, :16] = 0  # whatever noise there is hides all of it
    flow.cache._pictures[split.labels == 0, 16:] = 50
    flow.cache._pictures[split.labels == 1, 16:] = 200
    pictures, _ = epoch(flow, 0)[0]
    assert pictures[:, :16].mean() > 20
    assert (pictures[:, 16:] == 50).all()


def test_an_epoch_depends_on_seed_and_number_alone(split):
    settings = Settings(
        **{**recipe("robust"), "batch_size": 5, "mixup": 0.4, "noise": 0.5, "low_pass": 0.5}
    )
    once = batches(split, settings)
    first, second = epoch(once, 0), epoch(once, 1)
    again = epoch(batches(split, settings), 1)
    for (a, label_a), (b, label_b) in zip(second, again, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(label_a, label_b)
    assert not np.array_equal(first[0][0], second[0][0])
    other = epoch(batches(split, Settings(batch_size=5, seed=1)), 1)
    assert not np.array_equal(other[0][0], second[0][0])


def test_blending_takes_most_of_the_picture_itself():
    rng = np.random.default_rng(0)
    pictures = np.arange(64, dtype=np.float32).reshape(64, 1, 1) * np.ones((1, 2, 2), np.float32)
    targets = (np.arange(64) % 2).astype(np.float32)
    found, blended = mixup(pictures, targets, 1.0, rng)
    assert found.dtype == blended.dtype == np.float32
    assert ((blended > 0.5) == (targets > 0.5)).all()
    # A uniform share leaves 1/4 to the other on average, which is of the other class half the time.
    assert 0.05 < np.minimum(blended, 1 - blended).mean() < 0.2
    assert not np.array_equal(found, pictures)


def test_damaged_pictures_never_reach_a_batch(images, tmp_path):
    copy = shutil.copytree(images, tmp_path / "images")
    (copy / "train/real/03.png").write_bytes(b"broken")
    split = scan_split(copy, "train")
    flow = batches(split, Settings(batch_size=4))
    assert sum(len(flow[index][0]) for index in range(len(flow))) == 15


def test_pictures_that_do_not_fit_are_read_whenever_they_are_asked_for(split):
    kept = PictureCache(split.paths, split.shape, "train")
    read = PictureCache(split.paths, split.shape, "train", memory_bytes=1000)
    np.testing.assert_array_equal(kept[[3, 1, 3]], read[[3, 1, 3]])
