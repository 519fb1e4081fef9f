import json

import numpy as np
import pytest

from classify.evaluation.robustness import ConditionScores, judge_conditions

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


def judged(scores, columns=("source",), resamples=0):
    return judge_conditions(scores, "recording", columns, 0.5, resamples)


PERFECT = (4, 3, 2, 1, -1, -2, -3, -4)
# Of four and four, one on the other side each: 1 of 4 is wrong either way at the threshold 0.
ONE_WRONG = (4, 3, 2, -1, 1, -2, -3, -4)


def test_a_condition_is_held_against_clean():
    report = judged(degraded(PERFECT, ONE_WRONG))
    assert (report.recordings, report.refused, report.column) == (8, 0, None)
    clean, noisy = report.conditions.values()
    names = ("eer", "hter", "fpr", "fnr", "change")
    assert clean.pooled.metrics == dict.fromkeys(names, 0.0)
    assert (noisy.group, noisy.title) == ("noise", "title 1")
    assert (noisy.pooled.n_real, noisy.pooled.n_fake) == (4, 4)
    assert noisy.pooled.metrics == dict.fromkeys(names, 0.25)
    assert noisy.by == {}


def test_a_shift_of_all_scores_is_an_error_of_the_threshold_and_not_of_the_eer():
    shifted = np.array(PERFECT) + 10
    noisy = judged(degraded(PERFECT, shifted)).conditions["c1"].pooled.metrics
    assert (noisy["eer"], noisy["change"]) == (0.0, 0.0)
    assert (noisy["fpr"], noisy["fnr"], noisy["hter"]) == (0.0, 1.0, 0.5)


def test_only_what_was_judged_counts_and_clean_is_of_the_same_recordings():
    # Without d and e, those that clean has wrong, clean is perfect and nothing changes.
    rest = [NAN if score in (-1, 1) else score for score in ONE_WRONG]
    conditions = judged(degraded(ONE_WRONG, rest)).conditions
    clean, noisy = (conditions[name].pooled for name in ("clean", "c1"))
    assert clean.metrics["eer"] == 0.25
    assert (noisy.metrics["eer"], noisy.metrics["change"]) == (0.0, 0.0)
    assert (noisy.n_real, noisy.n_fake) == (3, 3)


def test_values_of_a_column_are_judged_and_averaged():
    labels = [0] * 5 + [1] * 5 + [0] * 5 + [1] * 5
    clean = [3, 4, 5, 6, 7, -3, -4, -5, -6, -7] * 2
    # One of five real ones of the first source lies below all its fakes, the second is as it was.
    noisy = [-9, 4, 5, 6, 7, 9, -4, -5, -6, -7, *clean[10:]]
    sources = ["s"] * 10 + ["t"] * 10
    report = judged(degraded(clean, noisy, labels=labels, sources=sources), ("source",))
    assert report.column == "source"
    noisy = report.conditions["c1"]
    changed, same = noisy.by["s"], noisy.by["t"]
    assert changed.metrics["eer"] == changed.metrics["change"] == pytest.approx(0.2)
    assert (changed.n_real, changed.n_fake) == (5, 5)
    assert same.metrics["eer"] == same.metrics["change"] == 0.0
    assert noisy.mean == pytest.approx({"values": 2, "eer": 0.1, "change": 0.1})


def test_the_first_column_that_tells_recordings_apart_is_taken():
    same = degraded(PERFECT, sources=["s"] * 8)
    assert judged(same, ("speaker", "source")).column is None
    two = degraded(PERFECT, sources=["s"] * 4 + ["t"] * 4)
    assert judged(two, ("speaker", "source")).column == "source"


def test_intervals_are_paired():
    rng = np.random.default_rng(0)
    clean = rng.normal(0, 2, 20) + np.repeat([1.5, -1.5], 10)
    labels = np.repeat([0, 1], 10)
    short = np.where(np.arange(20) % 3, clean, NAN)
    scores = degraded(clean, clean, clean + rng.normal(0, 4, 20), short, labels=labels)
    conditions = judged(scores, resamples=200).conditions
    clean, same, noisy, part = (condition.pooled for condition in conditions.values())
    low, high = clean.interval["eer"]
    assert low <= clean.metrics["eer"] <= high
    assert low < high
    assert "change" not in clean.interval
    # The same scores in every resample: no change, and that is sure.
    assert same.interval == {"eer": (low, high), "change": (0.0, 0.0)}
    low, high = noisy.interval["change"]
    assert low < noisy.metrics["change"] < high
    assert part.interval["change"] == (0.0, 0.0)
    assert judged(scores).conditions["c2"].pooled.interval == {}


@pytest.mark.parametrize("labels", [[0] * 8, [1] * 8])
def test_one_class_has_error_rates_only(labels):
    report = judged(degraded(PERFECT, ONE_WRONG, labels=labels), resamples=10)
    noisy = report.conditions["c1"]
    assert noisy.pooled.metrics == {"fnr" if labels[0] else "fpr": 0.5}
    assert noisy.mean == noisy.pooled.interval == {}


def test_a_condition_that_no_recording_is_fit_for_has_no_metrics():
    report = judged(degraded(PERFECT, [NAN] * 8, sources=["s", "t"] * 4), resamples=10)
    empty = {"n_real": 0, "n_fake": 0, "interval": {}}
    assert report.conditions["c1"].to_json() == {"group": "noise", "title": "title 1", **empty}
    assert "NaN" not in json.dumps(report.to_json())
