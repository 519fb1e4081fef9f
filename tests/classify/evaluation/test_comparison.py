import dataclasses
import shutil

import numpy as np
import pytest
from scipy.special import expit

from classify.evaluation.comparison import compare, sentence, shared_trials
from classify.metrics.comparison import McNemar, differences, mcnemar
from classify.metrics.trials import Trials
from classify.reports import text as text_tables
from classify.runs.run import load

BOTH = (0.5, 0.5)


def scored(labels, llr):
    return Trials(np.arange(len(labels)).astype(str), np.array(labels), np.array(llr, dtype=float))


def test_mcnemar_counts_what_only_one_is_right_on():
    labels = [0] * 10
    a = scored(labels, [1] * 8 + [-1] * 2)
    b = scored(labels, [1] * 2 + [-1] * 6 + [1] * 1 + [-1])
    # Only a on 6, only b on 1: two-sided exact p of 1 or fewer of 7, 2 * (1 + 7) / 2^7.
    assert mcnemar(a, b, BOTH) == McNemar(6, 1, pytest.approx(16 / 128))
    assert mcnemar(a, a, BOTH).p == 1


def test_each_system_is_judged_at_its_own_threshold():
    labels, llr = [0, 1], [0.0, -1.0]
    same = scored(labels, llr)
    assert mcnemar(same, same, (0.5, 0.6)) == McNemar(0, 1, 1.0)


def pair(distance_a, distance_b, count=300):
    """Two systems that share what makes a recording hard."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 2
    hard, noise = rng.normal(0, 1, count), rng.normal(0, 0.1, (2, count))
    return [
        scored(labels, (1 - 2 * labels) * distance + hard + own)
        for distance, own in zip((distance_a, distance_b), noise, strict=True)
    ]


def test_a_paired_interval_is_narrower_than_the_figures_own():
    a, b = pair(1.0, 1.4)
    change = differences(a, b, BOTH, np.arange(300), 200)
    assert change.difference["eer"] == change.b["eer"] - change.a["eer"]
    assert change.difference["eer"] < 0 < change.difference["auc"]
    low, high = change.interval["auc"]
    assert 0 < low < change.difference["auc"] < high
    again = differences(a, a, BOTH, np.arange(300), 50)
    assert set(again.difference.values()) == {0}
    assert set(again.interval.values()) == {(0, 0)}


def compared(a, b):
    return differences(a, b, BOTH, np.arange(len(a)), 200), mcnemar(a, b, BOTH)


@pytest.mark.parametrize(
    ("a", "b", "start"),
    [
        (1.0, 1.6, "By EER, runs/b is better by 0."),
        (1.6, 1.0, "By EER, runs/a is better by 0."),
        (1.0, 1.0, "Neither is surely better by EER: that of runs/b is "),
    ],
)
def test_the_sentence_says_what_follows(a, b, start):
    text = sentence(*compared(*pair(a, b)), "runs/a", "runs/b")
    assert text.startswith(start)
    surely = "differs (McNemar p = " if a != b else "does not differ surely (McNemar p = "
    assert surely in text


def test_the_sentence_without_an_equal_error_rate_speaks_of_accuracy():
    a, b = (scored([1] * 40, [-1] * right + [1] * (40 - right)) for right in (10, 38))
    text = sentence(*compared(a, b), "x", "y")
    assert text.startswith("By accuracy, y is better by 0.700")


def test_two_runs_on_the_same_recordings(trained, images, tmp_path):
    a = load(trained)
    other = dataclasses.replace(a, calibration=dataclasses.replace(a.calibration, offset=50.0))
    report = compare(images, a, other, "test", 20)
    assert (report.n_real, report.n_fake, report.refused) == (8, 8, 0)
    # The same network, but b calls everything real: the same ranking, other verdicts.
    assert report.differences.difference["eer"] == 0
    assert report.differences.b["accuracy"] == 0.5
    text = text_tables.comparison(report, "one", "two", ("cats", "dogs"))
    assert text.splitlines()[:2] == ["A  one", "B  two"]
    assert ": 8 cats and 8 dogs pictures" in text
    assert report.sentence in text
    values = report.to_json()
    assert values["difference"] == report.differences.difference
    assert values["mcnemar"]["p"] == report.mcnemar.p
    assert not {"differences", "refused"} & set(values)


def test_what_only_one_run_can_score_is_left_out(trained, images, tmp_path):
    copy = shutil.copytree(images, tmp_path / "images")
    (copy / "test/real/00.png").write_bytes(b"broken")
    run = load(trained)
    report = compare(copy, run, run, "test", 0)
    assert (report.n_real, report.refused) == (7, 1)


def test_recordings_are_matched_by_name_and_class():
    a = Trials(np.array(["x", "y", "z"]), np.array([0, 0, 1]), np.array([1.0, 2.0, 3.0]))
    b = Trials(np.array(["z", "w", "x"]), np.array([1, 0, 0]), np.array([30.0, 40.0, 10.0]))
    first, second = shared_trials(a, b)
    assert first.names.tolist() == second.names.tolist() == ["x", "z"]
    assert (first.llr.tolist(), second.llr.tolist()) == ([1, 3], [10, 30])
    with pytest.raises(ValueError, match="expected recordings that both runs can score, got none"):
        shared_trials(a, Trials(b.names, 1 - b.labels, b.llr))


def test_runs_of_other_classes_cannot_be_compared(trained, images):
    run = load(trained)
    other = dataclasses.replace(run, classes=("cat", "dog"))
    with pytest.raises(ValueError, match="classes real and fake, got cat and dog"):
        compare(images, run, other)


def test_the_threshold_is_one_of_probabilities():
    # At 0.7 the verdict is fake from llr = -0.847 down.
    edge = -np.log(0.7 / 0.3)
    assert expit(-edge) == pytest.approx(0.7)
    one = scored([1], [edge + 0.01])
    assert mcnemar(one, one, (0.7, 0.5)).only_b == 1
