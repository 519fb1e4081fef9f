import shutil

import keras
import numpy as np
import pytest

from classify.augmentation import Reseed, augmented, plain
from classify.dataset import look_through
from classify.pictures import decode
from classify.settings import Settings

STILL = {"shear": 0.0, "zoom": 0.0, "flip": False}


@pytest.fixture(scope="module")
def split(images):
    return look_through(images, "train")


def epoch(flow, number):
    reseed = Reseed(flow)
    reseed.set_model(keras.Sequential())
    reseed.on_epoch_begin(number)
    return [flow[index] for index in range(len(flow))]


def test_plain_batches_are_the_pictures_in_order(split):
    flow = plain(split, Settings(batch=5))
    pictures = np.concatenate([flow[index][0] for index in range(len(flow))])
    labels = np.concatenate([flow[index][1] for index in range(len(flow))])
    expected = [decode(path.read_bytes()).image for path in split.paths]
    np.testing.assert_array_equal(pictures[..., 0], expected)
    np.testing.assert_array_equal(labels, split.labels)


def test_the_softmax_head_gets_one_column_a_class(split):
    labels = plain(split, Settings(head="softmax", batch=16))[0][1]
    np.testing.assert_array_equal(labels.argmax(axis=1), split.labels)


def test_without_augmentation_the_pictures_are_only_shuffled(split):
    (pictures, labels), *_ = epoch(augmented(split, Settings(batch=16, **STILL)), 0)
    expected = {decode(path.read_bytes()).image.tobytes() for path in split.paths}
    assert {picture.astype(np.uint8).tobytes() for picture in pictures} == expected
    assert labels.tolist() != split.labels.tolist()


@pytest.mark.parametrize("change", [{"shear": 5.0}, {"zoom": 0.2}, {"flip": True}])
def test_each_augmentation_changes_pictures_by_itself(split, change):
    (still, _), *_ = epoch(augmented(split, Settings(batch=16, **STILL)), 0)
    (moved, _), *_ = epoch(augmented(split, Settings(batch=16, **{**STILL, **change})), 0)
    changed = [not np.array_equal(a, b) for a, b in zip(still, moved, strict=True)]
    assert any(changed)
    if "flip" in change:
        for a, b in zip(still, moved, strict=True):
            assert np.array_equal(a, b) or np.array_equal(a[:, ::-1], b)
        assert not all(changed)


def test_moving_pixels_copies_them_and_smooths_nothing(split):
    moving = {"shear": 20.0, "zoom": 0.3, "flip": True}
    pictures, labels = epoch(augmented(split, Settings(batch=1, **moving)), 0)[0]
    values = {
        value
        for path in np.array(split.paths)[split.labels == labels[0]]
        for value in np.unique(decode(path.read_bytes()).image)
    }
    assert set(np.unique(pictures)) <= values
    grain = np.abs(np.diff(pictures[0, :, :, 0], axis=1)).mean()
    # Noise of 0 to 99 differs by 33 from pixel to pixel; interpolation would make it about 20.
    assert grain > 26


def test_an_epoch_depends_on_seed_and_number_alone(split):
    settings = Settings(batch=5)
    once = augmented(split, settings)
    first, second = epoch(once, 0), epoch(once, 1)
    again = epoch(augmented(split, settings), 1)
    for (a, label_a), (b, label_b) in zip(second, again, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(label_a, label_b)
    assert not np.array_equal(first[0][0], second[0][0])
    other = epoch(augmented(split, Settings(batch=5, seed=1)), 1)
    assert not np.array_equal(other[0][0], second[0][0])


def test_damaged_pictures_never_reach_a_batch(images, tmp_path):
    copy = shutil.copytree(images, tmp_path / "images")
    (copy / "train/real/03.png").write_bytes(b"broken")
    split = look_through(copy, "train")
    flow = plain(split, Settings(batch=4))
    assert sum(len(flow[index][0]) for index in range(len(flow))) == 15
    labels = np.concatenate([flow[index][1] for index in range(len(flow))])
    np.testing.assert_array_equal(labels, split.labels)
