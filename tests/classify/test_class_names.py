from itertools import product

import pytest

from classify.class_names import WORDS, fake_name, is_fake_known, order_classes

REAL = ("real", "bonafide", "genuine", "human")
FAKE = ("fake", "spoof", "generated", "synthetic", "deepfake")


@pytest.mark.parametrize(
    ("real", "fake"),
    [
        *product(REAL, FAKE),
        *(("human", "ai"), ("genuine", "attack"), ("original", "deepfake"), ("natural", "cloned")),
        *(("real_speech", "fake_speech"), ("Bona-Fide", "SPOOFED"), ("1-real", "0-fakes")),
        *(
            ("RealSpeech", "AISpeech"),
            ("human_voice", "human_deepfake"),
            ("bona_fide_x", "y"),
        ),
        *(
            ("LJSpeech", "AIVoice"),
            ("vctk", "set of fakes"),
            ("real", "real_time_cloned"),
            ("non-fake", "fake"),
        ),
        *(("human_original", "human_ai"), ("ai challenge real", "ai challenge fake")),
    ],
)
def test_words_say_which_class_is_fake(real, fake):
    for names in ((real, fake), (fake, real)):
        assert fake_name(names) == fake
        assert order_classes(names) == order_classes(names, fake.upper()) == (real, fake)
    assert is_fake_known((real, fake))
    assert not is_fake_known((fake, real))  # as an older run may have them


@pytest.mark.parametrize(
    "names",
    [("cats", "dogs"), ("0", "1"), ("real", "human"), ("fake_a", "fake_b"), ("realm", "unreal")],
)
def test_other_names_are_ordered_by_the_alphabet_or_as_asked(names):
    assert fake_name(names) is None
    assert order_classes(names[::-1]) == tuple(sorted(names))
    assert order_classes(names, names[0]) == names[::-1]
    assert not is_fake_known(names)


def test_a_positive_class_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="expected fake, as its name says, for the .*, got real$"):
        order_classes(("real", "fake"), "real")
    with pytest.raises(ValueError, match="expected cats or dogs for the positive class, got bats$"):
        order_classes(("dogs", "cats"), "bats")


def test_every_word_is_understood_alone():
    for word, label in WORDS.items():
        assert fake_name((word, "other")) == (word if label == "fake" else "other")
