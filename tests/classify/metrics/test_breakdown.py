import numpy as np
import pytest

from classify.metrics.breakdown import breakdown, mean_over
from classify.metrics.trials import Trials


def case(rows):
    """Rows of name, label, llr, generator, source."""
    names, labels, llr, generators, sources = zip(*rows, strict=True)
    columns = {"generator": np.array(generators), "source": np.array(sources)}
    return Trials(np.array(names), np.array(labels), np.array(llr, dtype=float), columns)


TRIALS = case(
    [
        ("r1", 0, 5, "bonafide", "a"),
        ("r2", 0, 3, "bonafide", "a"),
        ("r3", 0, -2, "bonafide", "b"),
        ("r4", 0, 1, "bonafide", "b"),
        ("f1", 1, -3, "vits", "a"),
        ("f2", 1, -4, "vits", "a"),
        ("f3", 1, 2, "wavegrad", "b"),
        ("f4", 1, -1, "wavegrad", "b"),
        ("f5", 1, 4, "freevc", "c"),
        ("f6", 1, -5, "freevc", "c"),
        ("f7", 1, -6, "", ""),
    ]
)


def cells(column):
    return breakdown(TRIALS, column, TRIALS.names, 0.5, 50)


def test_each_value_stands_against_the_real_ones_of_its_source():
    by_value = cells("generator")
    assert {
        value: (cell.n_real, cell.n_fake, cell.real_from) for value, cell in by_value.items()
    } == {
        "vits": (2, 2, "same source"),
        "wavegrad": (2, 2, "same source"),
        "freevc": (4, 2, "all"),
        "bonafide": (4, 0, ""),
    }
    assert cells("source")["a"].real_from == "same source"


def test_an_unknown_source_is_no_source_in_common():
    trials = case(
        [
            ("r1", 0, 1, "-", ""),
            ("r2", 0, 2, "-", "a"),
            ("f1", 1, -1, "x", ""),
            ("f2", 1, 0, "x", ""),
        ]
    )
    cell = breakdown(trials, "generator", trials.names, 0.5, 0)["x"]
    assert (cell.n_real, cell.real_from) == (2, "all")


def test_figures_are_those_of_the_value_and_the_worst_comes_first():
    by_value = cells("generator")
    assert by_value["vits"].metrics["eer"] == 0
    # Real -2 and 1 against fake 2 and -1: both orders wrong, either threshold errs on half.
    assert by_value["wavegrad"].metrics["eer"] == pytest.approx(0.5)
    assert by_value["wavegrad"].metrics["fnr"] == 0.5
    assert list(by_value)[0] == "wavegrad"
    assert list(by_value)[-2:] == ["vits", "bonafide"]
    low, high = by_value["freevc"].interval["eer"]
    assert low <= by_value["freevc"].metrics["eer"] <= high


def test_a_value_with_only_real_ones_has_their_error():
    only = cells("generator")["bonafide"]
    assert only.metrics["fpr"] == 0.25  # r3
    assert only.interval == {}
    assert "eer" not in only.metrics


def test_the_mean_leaves_out_values_with_few_recordings():
    assert mean_over(cells("generator")) == {}
    rows = [(f"r{n}", 0, n, "-", "a") for n in range(1, 6)]
    rows += [(f"a{n}", 1, -n, "good", "a") for n in range(1, 6)]
    rows += [(f"b{n}", 1, 9, "bad", "a") for n in range(5)]
    rows += [(f"c{n}", 1, 9, "rare", "a") for n in range(4)]
    trials = case(rows)
    means = mean_over(breakdown(trials, "generator", trials.names, 0.5, 0))
    assert means["values"] == 2
    assert means["fnr"] == pytest.approx((0 + 1) / 2)
    assert means["eer"] == pytest.approx((0 + 1) / 2)
