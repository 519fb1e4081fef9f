import json

import numpy as np
import pytest

from classify.evaluation.robustness import ConditionScores, figures

NAN = float("nan")


def degraded(*conditions, labels=(0, 0, 0, 0, 1, 1, 1, 1), sources=None):
    """Scores of recordings a, b, ... under the conditions clean, c1, c2, ..."""
    names = np.array(list("abcdefghijklmnopqrst")[: len(labels)])
    titles = {f"c{n}": ("noise", f"title {n}") for n in range(1, len(conditions))}
    return ConditionScores(
        conditions={"clean": ("", "clean"), **titles},
        names=names,
        labels=np.array(labels),
        llr=np.array(conditions, float),
        refused=0,
        source="audio",
        columns={"source": np.array(sources)} if sources else {},
    )


def judged(found, columns=("source",), resamples=0):
    return figures(found, found.names, columns, 0.5, resamples)


PERFECT = (4, 3, 2, 1, -1, -2, -3, -4)
# Of four and four, one on the other side each: 1 of 4 is wrong either way at the threshold 0.
ONE_WRONG = (4, 3, 2, -1, 1, -2, -3, -4)


def test_a_condition_is_held_against_clean():
    found = judged(degraded(PERFECT, ONE_WRONG))
    assert (found["recordings"], found["refused"], found["column"]) == (8, 0, None)
    clean, noisy = found["conditions"].values()
    assert {name: clean[name] for name in ("eer", "hter", "fpr", "fnr")} == dict.fromkeys(
        ("eer", "hter", "fpr", "fnr"), 0.0
    )
    assert (noisy["group"], noisy["title"]) == ("noise", "title 1")
    assert (noisy["n_real"], noisy["n_fake"]) == (4, 4)
    assert (noisy["fpr"], noisy["fnr"], noisy["hter"]) == (0.25, 0.25, 0.25)
    assert (noisy["eer"], noisy["change"]) == (0.25, 0.25)
    assert "by" not in noisy


def test_a_shift_of_all_scores_is_an_error_of_the_threshold_and_not_of_the_eer():
    shifted = np.array(PERFECT) + 10
    noisy = judged(degraded(PERFECT, shifted))["conditions"]["c1"]
    assert (noisy["eer"], noisy["change"]) == (0.0, 0.0)
    assert (noisy["fpr"], noisy["fnr"], noisy["hter"]) == (0.0, 1.0, 0.5)


def test_only_what_was_judged_counts_and_clean_is_of_the_same_recordings():
    # Without d and e, those that clean has wrong, clean is perfect and nothing changes.
    rest = [NAN if score in (-1, 1) else score for score in ONE_WRONG]
    clean, noisy = judged(degraded(ONE_WRONG, rest))["conditions"].values()
    assert (clean["eer"], noisy["eer"], noisy["change"]) == (0.25, 0.0, 0.0)
    assert (noisy["n_real"], noisy["n_fake"]) == (3, 3)


def test_values_of_a_column_are_judged_and_averaged():
    labels = [0] * 5 + [1] * 5 + [0] * 5 + [1] * 5
    clean = [3, 4, 5, 6, 7, -3, -4, -5, -6, -7] * 2
    # One of five real ones of the first source lies below all its fakes, the second is as it was.
    noisy = [-9, 4, 5, 6, 7, 9, -4, -5, -6, -7, *clean[10:]]
    sources = ["s"] * 10 + ["t"] * 10
    found = judged(degraded(clean, noisy, labels=labels, sources=sources), ("source",))
    assert found["column"] == "source"
    one = found["conditions"]["c1"]
    assert one["by"]["s"]["eer"] == one["by"]["s"]["change"] == pytest.approx(0.2)
    assert (one["by"]["s"]["n_real"], one["by"]["s"]["n_fake"]) == (5, 5)
    assert one["by"]["t"]["eer"] == one["by"]["t"]["change"] == 0.0
    assert one["mean"] == pytest.approx({"values": 2, "eer": 0.1, "change": 0.1})


def test_the_first_column_that_tells_recordings_apart_is_taken():
    same = degraded(PERFECT, sources=["s"] * 8)
    assert judged(same, ("speaker", "source"))["column"] is None
    two = degraded(PERFECT, sources=["s"] * 4 + ["t"] * 4)
    assert judged(two, ("speaker", "source"))["column"] == "source"


def test_intervals_are_paired():
    rng = np.random.default_rng(0)
    clean = rng.normal(0, 2, 20) + np.repeat([1.5, -1.5], 10)
    labels = np.repeat([0, 1], 10)
    short = np.where(np.arange(20) % 3, clean, NAN)
    found = degraded(clean, clean, clean + rng.normal(0, 4, 20), short, labels=labels)
    one = judged(found, resamples=200)["conditions"]
    low, high = one["clean"]["interval"]["eer"]
    assert low <= one["clean"]["eer"] <= high
    assert low < high
    assert "change" not in one["clean"]["interval"]
    # The same scores in every resample: no change, and that is sure.
    assert one["c1"]["interval"] == {"eer": (low, high), "change": (0.0, 0.0)}
    low, high = one["c2"]["interval"]["change"]
    assert low < one["c2"]["change"] < high
    assert one["c3"]["interval"]["change"] == (0.0, 0.0)
    assert judged(found)["conditions"]["c2"]["interval"] == {}


@pytest.mark.parametrize("labels", [[0] * 8, [1] * 8])
def test_one_class_has_error_rates_only(labels):
    one = judged(degraded(PERFECT, ONE_WRONG, labels=labels), resamples=10)["conditions"]["c1"]
    assert one["fnr" if labels[0] else "fpr"] == 0.5
    assert not {"eer", "change", "mean"} & set(one)
    assert one["interval"] == {}


def test_a_condition_that_no_recording_is_fit_for_has_no_figures():
    found = judged(degraded(PERFECT, [NAN] * 8, sources=["s", "t"] * 4), resamples=10)
    one = found["conditions"]["c1"]
    assert one == {
        "group": "noise",
        "title": "title 1",
        "n_real": 0,
        "n_fake": 0,
        "interval": {},
    }
    assert "NaN" not in json.dumps(found)
