import numpy as np
import pytest

from classify.data.folds import deal
from classify.settings import Folds


def corpus(seed=0, sources=60):
    """Labels, sources and recordings of pictures; most sources are of one class alone."""
    rng = np.random.default_rng(seed)
    labels, groups, recordings = [], [], []
    for source in range(sources):
        classes = [(0,), (1,), (0, 1)][source % 3]
        for number in range(rng.integers(1, 40)):
            label = classes[number % len(classes)]
            for _ in range(rng.integers(1, 4)):
                labels.append(label)
                groups.append(f"source-{source:02d}")
                recordings.append(f"{source}-{number}.wav")
    order = rng.permutation(len(labels))
    return np.array(labels)[order], np.array(groups)[order], np.array(recordings)[order]


@pytest.mark.parametrize("count", [2, 4, 7])
def test_every_source_lies_in_one_fold_and_both_classes_are_dealt_evenly(count):
    labels, groups, recordings = corpus()
    fold = deal(labels, groups, recordings, count)
    assert set(fold) == set(range(count))
    assert all(len(np.unique(fold[groups == group])) == 1 for group in np.unique(groups))
    for label in (0, 1):
        _, first = np.unique(recordings[labels == label], return_index=True)
        sizes = np.bincount(fold[labels == label][first], minlength=count)
        assert sizes.max() < 1.1 * sizes.min()


def test_the_order_of_the_pictures_does_not_matter():
    labels, groups, recordings = corpus()
    order = np.random.default_rng(1).permutation(len(labels))
    fold = deal(labels, groups, recordings, 4)
    np.testing.assert_array_equal(
        deal(labels[order], groups[order], recordings[order], 4), fold[order]
    )


def test_without_sources_recordings_are_dealt():
    labels, groups, recordings = corpus()
    fold = deal(labels, np.full(len(labels), ""), recordings, 4)
    assert all(len(np.unique(fold[recordings == name])) == 1 for name in np.unique(recordings))
    assert any(len(np.unique(fold[groups == group])) == 4 for group in np.unique(groups))


def test_too_few_sources_are_an_error():
    groups = np.array(["a", "b", "c", "a", "b"])
    with pytest.raises(ValueError, match="^expected 3 groups of recordings of each class or more"):
        deal(np.array([0, 0, 0, 1, 1]), groups, np.arange(5).astype(str), 3)
    with pytest.raises(ValueError, match="^expected 2 folds or more, got 1$"):
        Folds(1)
