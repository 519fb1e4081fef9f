from classify.class_names import WORDS
from classify.data.splits import SPLIT_NAMES
from render.recording import LABELS, MORE_LABELS, SPLITS


def test_recordings_and_pictures_are_told_by_the_same_words():
    words = {label: {*LABELS[label], *MORE_LABELS[label]} for label in LABELS}
    assert {word: label for label in words for word in words[label]} == WORDS
    assert SPLIT_NAMES == SPLITS
