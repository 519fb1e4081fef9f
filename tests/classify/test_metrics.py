import csv
import json

import numpy as np
import pytest

from classify.metrics import det_curve, eer, summary, to_logit, to_probability


@pytest.mark.parametrize(
    ("bonafide", "spoof", "expected"),
    [
        ([2.0, 3.0], [0.0, 1.0], 0.0),
        ([0.0, 1.0], [2.0, 3.0], 1.0),
        # One of four on the wrong side each way.
        ([1, 3, 4, 5], [0, 1.5, 2, 2.5], 0.25),
        # Ties are split with bona fide rejected first: constant scores are all wrong.
        ([1, 1], [1, 1], 1.0),
    ],
)
def test_equal_error_rate(bonafide, spoof, expected):
    assert eer(np.array(bonafide), np.array(spoof))[0] == expected


def test_an_increasing_map_changes_nothing():
    rng = np.random.default_rng(0)
    bonafide, spoof = rng.normal(1, 1, 200), rng.normal(0, 1, 300)
    assert eer(bonafide, spoof)[0] == eer(np.exp(bonafide), np.exp(spoof))[0]


def test_the_curve_runs_from_accepting_all_to_rejecting_all():
    frr, far, thresholds = det_curve(np.array([1.0, 3.0]), np.array([0.0, 2.0]))
    assert frr.tolist() == [0, 0, 0.5, 0.5, 1]
    assert far.tolist() == [1, 0.5, 0.5, 0, 0]
    assert thresholds.tolist() == [-0.001, 0, 1, 2, 3]


def test_the_reference_figures(shared):
    # expected.json comes from the unmodified ASVspoof 5 evaluation package.
    expected = json.loads((shared / "crosscheck/expected.json").read_text())
    assert len(expected) == 7
    for name, figures in expected.items():
        tables = {}
        for kind in ("keys", "scores"):
            with (shared / f"crosscheck/{name}.{kind}.tsv").open() as file:
                reader = csv.reader(file, delimiter="\t")
                next(reader)
                tables[kind] = {row[0]: row[1] for row in reader}
        sides = {
            key: np.array(
                [
                    float(tables["scores"][trial])
                    for trial, its in tables["keys"].items()
                    if its == key
                ]
            )
            for key in ("bonafide", "spoof")
        }
        rate, threshold = eer(sides["bonafide"], sides["spoof"])
        assert rate == pytest.approx(figures["eer"], abs=1e-9), name
        assert threshold == pytest.approx(figures["eer_threshold"], abs=1e-9), name


@pytest.mark.parametrize("empty", [0, 1])
def test_one_class_has_no_equal_error_rate(empty):
    sides = [np.ones(3), np.zeros(3)]
    sides[empty] = np.zeros(0)
    with pytest.raises(ValueError, match="expected scores of both classes, got"):
        eer(*sides)


def test_nan_has_no_equal_error_rate():
    with pytest.raises(ValueError, match="expected finite scores"):
        eer(np.array([1.0, np.nan]), np.zeros(3))


def test_the_summary_by_hand():
    # Truth 0 0 0 1 1, verdicts 0 0 1 1 0: one false positive, one miss.
    labels = np.array([0, 0, 0, 1, 1])
    p_fake = np.array([0.1, 0.2, 0.7, 0.9, 0.4])
    figures = summary(labels, p_fake, 0.5)
    expected = {
        "accuracy": 3 / 5,
        "balanced_accuracy": (2 / 3 + 1 / 2) / 2,
        "precision": 1 / 2,
        "recall": 1 / 2,
        "f1": 1 / 2,
        "loss": -np.log([0.9, 0.8, 0.3, 0.9, 0.4]).mean(),
        "auc": 5 / 6,  # of six pairs only (0.7, 0.4) is in the wrong order
        # Real rejected / fake accepted, from the most fake-like down: 0/1, 0/0.5, then 0.7 is
        # rejected: 1/3 and 0.5, the nearest pair.
        "eer": (1 / 3 + 1 / 2) / 2,
    }
    assert figures == pytest.approx(expected)


def test_the_threshold_moves_the_verdict_only():
    labels, p_fake = np.array([0, 1, 1]), np.array([0.1, 0.3, 0.9])
    low, high = summary(labels, p_fake, 0.2), summary(labels, p_fake, 0.95)
    assert (low["recall"], high["recall"]) == (1, 0)
    assert (low["auc"], low["loss"]) == (high["auc"], high["loss"])


def test_one_class_has_the_figures_that_mean_something():
    figures = summary(np.ones(4, int), np.array([0.9, 0.8, 0.2, 0.7]), 0.5)
    assert figures["recall"] == 0.75
    assert not {"auc", "eer", "balanced_accuracy"} & set(figures)


def test_logit_and_probability_undo_each_other():
    p = np.array([1e-7, 0.1, 0.5, 0.9, 1 - 1e-7])
    np.testing.assert_allclose(to_probability(to_logit(p)), p)
