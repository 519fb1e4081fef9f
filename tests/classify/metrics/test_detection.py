import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from classify.metrics.detection import (
    act_dcf,
    are_decisions,
    auc,
    cllr,
    det_curve,
    eer,
    min_dcf,
)

CROSSCHECK = Path(__file__).parents[2] / "data" / "crosscheck"
METRICS = (eer, min_dcf, act_dcf, cllr, auc)
# Whole numbers, so that maps of them are exact.
SIDES = st.tuples(*[st.lists(st.integers(-50, 50), min_size=3, max_size=30)] * 2).filter(
    lambda sides: len(set(sides[0] + sides[1])) >= 3
)


def arrays(sides):
    return [np.array(side, dtype=float) for side in sides]


@pytest.mark.parametrize(
    ("bonafide", "spoof", "expected"),
    [
        ([2.0, 3.0], [0.0, 1.0], 0.0),
        ([0.0, 1.0], [2.0, 3.0], 1.0),
        # One of four on the wrong side each way.
        ([1, 3, 4, 5], [0, 1.5, 2, 2.5], 0.25),
        # Ties are split with bona fide rejected first, field notes of the reference package.
        ([1, 1, 1, 2], [0, 1, 1, 1], 0.75),
    ],
)
def test_equal_error_rate(bonafide, spoof, expected):
    assert eer(np.array(bonafide), np.array(spoof))[0] == expected


def test_the_curve_runs_from_accepting_all_to_rejecting_all():
    frr, far, thresholds = det_curve(np.array([1.0, 3.0]), np.array([0.0, 2.0]))
    assert frr.tolist() == [0, 0, 0.5, 0.5, 1]
    assert far.tolist() == [1, 0.5, 0.5, 0, 0]
    assert thresholds.tolist() == [-0.001, 0, 1, 2, 3]


def read_table(path):
    with path.open() as file:
        reader = csv.reader(file, delimiter="\t")
        next(reader)
        return dict(reader)


def test_the_reference_metrics():
    # expected.json comes from the unmodified ASVspoof 5 evaluation package.
    expected = json.loads((CROSSCHECK / "expected.json").read_text())
    assert len(expected) == 7
    for name, reference in expected.items():
        keys = read_table(CROSSCHECK / f"{name}.keys.tsv")
        scores = read_table(CROSSCHECK / f"{name}.scores.tsv")
        bonafide, spoof = (
            np.array([float(scores[trial]) for trial, its in keys.items() if its == key])
            for key in ("bonafide", "spoof")
        )
        assert (len(bonafide), len(spoof)) == (reference["n_bonafide"], reference["n_spoof"])
        values = dict(zip(("eer", "eer_threshold"), eer(bonafide, spoof), strict=True))
        values |= dict(zip(("min_dcf", "min_dcf_threshold"), min_dcf(bonafide, spoof), strict=True))
        values |= {"act_dcf": act_dcf(bonafide, spoof), "cllr_bits": cllr(bonafide, spoof)}
        for metric, value in values.items():
            assert value == pytest.approx(reference[metric], rel=0, abs=1e-9), (name, metric)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("empty", [0, 1])
def test_one_class_has_no_such_metric(metric, empty):
    sides = [np.arange(3.0), np.arange(3.0)]
    sides[empty] = np.zeros(0)
    counts = "0 bona fide, 3 spoof" if empty == 0 else "3 bona fide, 0 spoof"
    with pytest.raises(ValueError, match=f"expected scores of both classes, got {counts}"):
        metric(*sides)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_scores_that_are_no_numbers_have_no_such_metric(metric, odd):
    with pytest.raises(ValueError, match="expected finite scores"):
        metric(np.arange(3.0), np.array([1.0, odd, 2.0]))


@pytest.mark.parametrize("metric", [eer, min_dcf])
def test_decisions_are_no_scores(metric):
    # Constant scores would have an EER of 100 %, by the rule for ties.
    with pytest.raises(ValueError, match="expected at least 3 different scores, got decisions"):
        metric(np.array([1.0, 1.0]), np.array([0.0, 1.0]))
    assert are_decisions(np.ones(4))


@pytest.mark.slow
@given(SIDES)
def test_an_increasing_map_leaves_eer_and_auc_unchanged(sides):
    bonafide, spoof = arrays(sides)
    mapped = [np.exp(side / 10) for side in (bonafide, spoof)]
    assert eer(*mapped)[0] == eer(bonafide, spoof)[0]
    assert min_dcf(*mapped)[0] == min_dcf(bonafide, spoof)[0]
    assert auc(*mapped) == auc(bonafide, spoof)


@given(st.lists(st.integers(-99, 99), min_size=4, max_size=40, unique=True), st.data())
def test_swapping_labels_and_negating_scores_leaves_the_eer(scores, data):
    cut = data.draw(st.integers(1, len(scores) - 1))
    bonafide, spoof = arrays((scores[:cut], scores[cut:]))
    frr, far, _ = det_curve(bonafide, spoof)
    gap = np.abs(frr - far)
    # Where several steps are equally near to equal errors, the other direction meets the last one.
    last = np.flatnonzero(gap <= gap.min() + 1e-9)[-1]
    swapped, _ = eer(-spoof, -bonafide)
    allowed = [(frr[at] + far[at]) / 2 for at in np.flatnonzero(gap <= gap.min() + 1e-9)]
    assert min(abs(swapped - value) for value in allowed) < 1e-9
    if gap.min() < 1e-9:
        assert swapped == pytest.approx((frr[last] + far[last]) / 2)
    assert auc(-spoof, -bonafide) == pytest.approx(auc(bonafide, spoof))


@given(SIDES)
def test_the_area_is_the_one_of_scikit_learn(sides):
    bonafide, spoof = arrays(sides)
    truth = np.concatenate([np.ones(len(bonafide)), np.zeros(len(spoof))])
    expected = sklearn_metrics.roc_auc_score(truth, np.concatenate([bonafide, spoof]))
    assert auc(bonafide, spoof) == pytest.approx(expected)


@given(SIDES)
def test_the_actual_cost_is_never_below_the_lowest(sides):
    bonafide, spoof = arrays(sides)
    # Where scores tie, the reference's rule counts them against the lowest cost, not the actual.
    if len(set(sides[0]) & set(sides[1])) == 0:
        assert act_dcf(bonafide, spoof) >= min_dcf(bonafide, spoof)[0] - 1e-12
    assert 0 <= min_dcf(bonafide, spoof)[0] <= 1


def test_costs_of_large_ratios_are_finite():
    # ln 2^-1000 either way: 1000 bits for each, all wrong.
    far = 1000 * np.log(2)
    assert cllr(np.array([-far]), np.array([far])) == pytest.approx(1000)


def test_scores_that_say_nothing():
    assert cllr(np.zeros(3), np.zeros(2)) == 1
    # 0 is above tau = -0.642: all are accepted, at the normalised cost of 1.
    assert act_dcf(np.zeros(3), np.zeros(2)) == 1
