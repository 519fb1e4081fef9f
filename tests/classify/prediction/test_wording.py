import pytest

from classify.prediction.wording import explain_refusal, explain_verdict, percent
from classify.probability import NBSP

CLASSES, UNCERTAIN = ("real", "fake"), (0.4, 0.6)


def plain(text):
    return text.replace(NBSP, " ")


@pytest.mark.parametrize(
    ("label", "p", "headline", "meaning", "limitation", "tone"),
    [
        (
            "fake",
            0.973,
            "Fake, 97.3 %",
            "P(fake) is 97.3 %",
            "not prove that it is fake",
            "fake",
        ),
        ("real", 0.09, "Real, 91.0 %", "P(fake) is 9.0 %", "not prove that it is real", "real"),
        ("uncertain", 0.55, "Uncertain", "between 40.0 % and 60.0 %", "half and half", "uncertain"),
    ],
)
def test_a_verdict_says_what_it_means_and_what_it_does_not(
    label, p, headline, meaning, limitation, tone
):
    text = explain_verdict(label, p, CLASSES, UNCERTAIN)
    assert plain(text.headline) == headline
    assert meaning in plain(text.meaning)
    assert limitation in text.limitation
    assert text.tone.value == tone
    for sentence in (text.meaning, text.limitation):
        assert sentence.endswith(".")


def test_certainty_is_never_complete():
    text = explain_verdict("fake", 1.0, CLASSES, UNCERTAIN)
    assert plain(text.headline) == "Fake, over 99.9 %"
    assert plain(percent(0.0)) == "under 0.1 %"


def test_no_speech_and_a_refusal_are_no_verdict():
    silent = explain_verdict("no speech", None, CLASSES, UNCERTAIN)
    assert (silent.headline, silent.tone.value) == ("No speech found", "no speech")
    refused = explain_refusal("expected sound, got silence")
    assert (refused.headline, refused.meaning) == ("Not judged", "expected sound, got silence.")


def test_other_classes_have_their_own_names():
    text = explain_verdict("dog", 0.9, ("cat", "dog"), UNCERTAIN)
    assert text.headline.startswith("Dog")
    assert "cat and dog equally frequent" in text.meaning
    assert "fake" not in text.meaning + text.limitation
    assert text.tone.value == "neutral"


def test_the_tone_is_of_the_class_and_not_of_its_place():
    for classes in (("real", "deepfake"), ("deepfake", "real")):  # the latter is of an older run
        for label, tone in (("real", "real"), ("deepfake", "fake")):
            assert explain_verdict(label, 0.9, classes, UNCERTAIN).tone.value == tone
    limitation = explain_verdict("human", 0.1, ("human", "cloned"), UNCERTAIN).limitation
    assert limitation.endswith("what a new generator makes can look human to it.")
