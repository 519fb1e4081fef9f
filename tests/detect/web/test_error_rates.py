import json
from dataclasses import replace

import numpy as np
import pytest

from classify.probability import NBSP
from classify.runs.run import load
from detect.web import error_rates
from detect.web.error_rates import (
    Rates,
    Scores,
    describe_rates,
    describe_threshold,
    threshold_steps,
)


@pytest.fixture
def run(make_run, tmp_path):
    run = load(make_run(tmp_path / "run"))
    (run.folder / "report").mkdir()
    return run


def test_errors_are_counted_as_the_threshold_says():
    # P 0.2, 0.5, 0.8 of real and 0.4, 0.9 of fake: from 0.5 on, two are false alarms, one a miss.
    scores = Scores(np.array([0, 0, 0, 1, 1], bool), np.array([0.2, 0.5, 0.8, 0.4, 0.9]))
    assert scores.rates(0.5) == Rates(2, 3, 1, 2)
    assert scores.rates(0.5).fpr == pytest.approx(2 / 3)
    assert scores.rates(0.5).fnr == 0.5
    assert scores.rates(0.51) == Rates(1, 3, 1, 2)
    assert scores.rates(0.001) == Rates(3, 3, 0, 2)
    assert scores.rates(0.999) == Rates(0, 3, 2, 2)


def test_a_class_that_is_not_there_has_no_rate():
    rates = Scores(np.array([True]), np.array([0.9])).rates(0.5)
    assert rates.fpr is None
    assert rates.fnr == 0.0


def test_scores_are_read_with_their_direction(run):
    # llr 2.2 speaks for real: P(fake) = 1 / (1 + e^2.2) = 0.0998.
    (run.folder / "report/scores.csv").write_text('name,label,llr\na,real,2.2\n"b,c",Fake,-2.2\n')
    scores = error_rates.read_scores(run)
    assert scores.labels.tolist() == [False, True]
    assert scores.p == pytest.approx([0.0998, 0.9002], abs=1e-4)


def test_a_run_that_was_not_evaluated_has_neither(run):
    assert error_rates.read_scores(run) is None
    assert error_rates.stored_rates(run) is None


@pytest.mark.parametrize(
    "text",
    [
        "name,label,llr\na,spoof,1\n",
        "name,label,llr\na,real,loud\n",
        "name,label\na,real\n",
        "name,label,llr\na\n",
    ],
)
def test_a_damaged_table_is_refused_with_its_row(run, text):
    (run.folder / "report/scores.csv").write_text(text)
    with pytest.raises(ValueError, match="expected the columns name, label .real or fake. and llr"):
        error_rates.read_scores(run)


def test_a_table_without_rows_is_refused(run):
    (run.folder / "report/scores.csv").write_text("name,label,llr\n")
    with pytest.raises(ValueError, match="expected scores in .*, got none"):
        error_rates.read_scores(run)


def test_the_errors_at_the_stored_threshold_are_those_of_recordings_if_there_are(run):
    path = run.folder / "report/metrics.json"
    path.write_text(json.dumps({"format": 1, "confusion": {"picture": [[70, 10], [20, 60]]}}))
    assert error_rates.stored_rates(run) == Rates(10, 80, 20, 80)
    tables = {"picture": [[70, 10], [20, 60]], "recording": [[8, 2], [1, 4]]}
    path.write_text(json.dumps({"format": 1, "confusion": tables}))
    assert error_rates.stored_rates(run) == Rates(2, 10, 1, 5)


@pytest.mark.parametrize(
    "text",
    ["nonsense", "[]", '{"format": 1}', '{"format": 1, "confusion": {"picture": [1, 2]}}'],
)
def test_a_damaged_report_is_refused(run, text):
    (run.folder / "report/metrics.json").write_text(text)
    with pytest.raises(ValueError, match="expected the report of an evaluation in"):
        error_rates.stored_rates(run)


def test_a_report_of_another_format_is_refused_with_the_command_that_helps(run):
    (run.folder / "report/metrics.json").write_text('{"confusion": {}}')
    with pytest.raises(ValueError, match="expected format 1 in .*, got 0: spoofsight evaluate"):
        error_rates.stored_rates(run)


def test_the_steps_are_sorted_and_hold_the_stored_threshold(run):
    assert threshold_steps(0.5) == sorted(set(threshold_steps(0.5)))
    assert 0.37 in threshold_steps(replace(run, threshold=0.37).threshold)
    assert 0.37 not in threshold_steps(0.5)


def plain(text):
    return text.replace(NBSP, " ")


def test_error_rates_are_said_for_the_classes_that_are_there():
    fpr, fnr = describe_rates(Rates(2, 80, 8, 40), ("real", "fake"), 0.5)
    assert plain(fpr) == "At 0.5, 2.5 % of the real are called fake (FPR): 2 of 80."
    assert plain(fnr) == "At 0.5, 20.0 % of the fake are called real (FNR): 8 of 40."
    assert len(describe_rates(Rates(0, 0, 8, 40), ("real", "fake"), 0.5)) == 1


def test_the_rates_of_a_threshold_come_from_the_scores_of_the_evaluation(run):
    assert describe_threshold(run, 0.5) == [
        "How often it errs is not known: spoofsight evaluate measures it."
    ]
    report = run.folder / "report"
    metrics = '{"format": 1, "confusion": {"recording": [[9, 1], [2, 8]]}}'
    (report / "metrics.json").write_text(metrics)
    sentences = describe_threshold(run, 0.5)
    assert "1 of 10" in sentences[0]
    assert "For" not in "".join(sentences)
    other = "".join(describe_threshold(run, 0.9))
    assert "At 0.9" not in other  # the figures of 0.5 are not passed off as those of 0.9
    assert "For 0.9 they are not known" in other
    (report / "scores.csv").write_text("name,label,llr\na,real,1\nb,fake,-1\n")
    # P(fake) 0.27 and 0.73.
    assert "At 0.9, 100.0 %" in plain(describe_threshold(run, 0.9)[1])
    assert "At 0.2, 100.0 %" in plain(describe_threshold(run, 0.2)[0])
