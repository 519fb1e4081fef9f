import json
from pathlib import Path

import numpy as np
import pytest

from classify.scorefiles.files import ScoreFile, read_scores
from classify.scorefiles.keys import KeyFile, read_keys
from classify.scorefiles.matching import match

# Scores, keys and what the ASVspoof 5 evaluation package makes of them.
CROSSCHECK = Path(__file__).parents[2] / "data" / "crosscheck"


def scores(*names, **fields):
    return ScoreFile(np.array(names), np.arange(len(names), dtype=float), **fields)


def test_the_reference_pairs_have_their_counts():
    for name, expected in json.loads((CROSSCHECK / "expected.json").read_text()).items():
        matched = match(
            read_scores(CROSSCHECK / f"{name}.scores.tsv"),
            read_keys(CROSSCHECK / f"{name}.keys.tsv"),
        )
        counts = np.bincount(matched.labels, minlength=2).tolist()
        assert counts == [expected["n_bonafide"], expected["n_spoof"]], name
        # The reference counted these shares of bona fide below its EER threshold and of spoof above
        # it, so each score has its own label: (P_miss + P_fa) / 2.
        threshold = expected["eer_threshold"]
        bonafide, spoof = (matched.llr[matched.labels == label] for label in (0, 1))
        low = ((bonafide < threshold).mean() + (spoof > threshold).mean()) / 2
        high = ((bonafide <= threshold).mean() + (spoof >= threshold).mean()) / 2
        assert low - 1e-9 <= expected["eer"] <= high + 1e-9, name


def test_labels_go_by_name_and_not_by_place():
    matched = match(scores("c", "a", "b"), KeyFile({"a": 0, "b": 1, "c": 1}))
    assert matched.names.tolist() == ["c", "a", "b"]
    assert matched.llr.tolist() == [0, 1, 2]
    assert matched.labels.tolist() == [1, 0, 1]
    assert matched.warnings == ()


def test_a_score_without_a_key_is_refused():
    with pytest.raises(ValueError, match="a key for every score, got none for 2 of 3, .* b; .* a$"):
        match(scores("a", "b", "c"), KeyFile({"a": 0}, superset=True))


def test_a_key_without_a_score_is_refused_but_of_a_superset():
    keys = {"a": 0, "b": 1, "c": 1}
    message = "for every key, got none for 2 of 3, for example b"
    with pytest.raises(ValueError, match=message):
        match(scores("a"), KeyFile(keys))
    with pytest.raises(ValueError, match=message):
        match(scores("a"), KeyFile(keys, superset=True), allow_missing=False)
    warnings = ("not every key has a score: none for 2 of 3, for example b",)
    assert match(scores("a"), KeyFile(keys, superset=True)).warnings == warnings
    assert match(scores("a"), KeyFile(keys), allow_missing=True).warnings == warnings


@pytest.mark.parametrize(
    ("names", "keys", "by"),
    [
        (["flac/A.flac", "flac/B.flac"], ["A", "B"], "part"),
        (["A", "B"], ["/data/x/A.wav", "/data/y/B.wav"], "part"),
        (["flac\\A.flac", "flac\\B.flac"], ["A.wav", "B.wav"], "part"),
        (["talk.1", "talk.2"], ["talk.1.wav", "talk.2.wav"], "part"),
        (["out/test/real/1.png", "out/test/fake/1.png"], ["real/1.png", "fake/1.png"], "2 parts"),
        (["b/real/1.png", "b/fake/2.png"], ["a/real/1.png", "a/fake/2.png"], "2 parts"),
    ],
)
def test_names_that_differ_by_folder_or_suffix_are_found(names, keys, by):
    matched = match(scores(*names), KeyFile(dict(zip(keys, (0, 1), strict=True))))
    assert matched.labels.tolist() == [0, 1]
    assert matched.names.tolist() == names
    assert matched.warnings == (f"names were compared without suffix and by their last {by}",)


@pytest.mark.parametrize(
    ("names", "keys", "message"),
    [
        (["x/1.wav", "y/1.wav"], ["1"], "none in common, and without .* 1 is several"),
        (["1"], ["real/1.wav", "fake/1.wav"], "1 is several"),
        (["A.wav", "C.wav"], ["A", "B"], "got none for 1 of 2, for example C.wav; .* such as A"),
        (["C", "D"], ["A", "B"], "got none for 2 of 2, for example C; .* such as A"),
        # One name that agrees as it is: then the others have to.
        (["A", "x/B.wav"], ["A", "B"], "got none for 1 of 2, for example x/B.wav"),
    ],
)
def test_names_that_do_not_fit_without_doubt_are_refused(names, keys, message):
    with pytest.raises(ValueError, match=message):
        match(scores(*names), KeyFile(dict.fromkeys(keys, 0)))


def test_keys_count_and_contradictions_are_told():
    labelled = scores("a", "b", labels=np.array([0, 1]), warnings=("of scores",))
    matched = match(labelled, KeyFile({"a": 1, "b": 1}, warnings=("of keys",)))
    assert matched.labels.tolist() == [1, 1]
    assert matched.warnings == (
        "of scores",
        "of keys",
        "the keys contradict 1 of 2 labels in the score file, for example of a: the keys count",
    )
    assert match(labelled, KeyFile({"a": 0, "b": 1})).warnings == ("of scores",)


def test_names_are_the_same_however_blanks_and_accents_are_written():
    names = ["Zo\u00eb_0", "b", "c"]
    matched = match(scores(*names), KeyFile({" b": 1, "Zoe\u0308_0": 0, "c": 1}))
    assert matched.labels.tolist() == [0, 1, 1]
    assert matched.names.tolist() == names
    assert matched.warnings == ()
    apart = match(scores("x/Zo\u00eb.wav"), KeyFile({" Zoe\u0308": 1}))
    assert apart.labels.tolist() == [1]
    with pytest.raises(ValueError, match="got none for 1 of 2, for example c"):
        match(scores("b ", "c"), KeyFile({"b": 1, "b ": 0}))
    with pytest.raises(ValueError, match="got none for 1 of 2, for example c "):
        match(scores("b", "c "), KeyFile({"b": 0, "b ": 0, "c": 1}))


@pytest.mark.parametrize(
    ("names", "got"),
    [
        (["x.png", "y.png", "z.png"], None),
        (["u.wav", "v.wav"], None),
        (["a/u.wav"], "none for 1 of 2, for example v.wav"),
        (["x.png", "y.png"], "none for 1 of 3, for example z.png"),
    ],
)
def test_pictures_and_recordings_of_one_table_are_counted_apart(tmp_path, names, got):
    table = tmp_path / "manifest.csv"
    table.write_text("path,label,recording\nx.png,real,u.wav\ny.png,fake,v.wav\nz.png,fake,\n")
    warnings = [text for text in match(scores(*names), read_keys(table)).warnings if "key" in text]
    assert warnings == ([f"not every key has a score: {got}"] if got else [])
