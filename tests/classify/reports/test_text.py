from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classify.metrics.breakdown import Cell
from classify.metrics.false_alarms import FalseAlarms
from classify.metrics.report import EvaluationReport, UnitReport
from classify.metrics.robustness import ConditionReport, RobustnessReport
from classify.reports import text as text_tables
from classify.runs.run import Run

CELL = Cell(9, 5, {"eer": 0.4, "fpr": 0.1, "fnr": 0.2}, real_from="same source")
PICTURES = UnitReport(
    trials=None,
    metrics={"accuracy": 0.75, "eer": 0.3},
    interval={"accuracy": (0.7, 0.8)},
    oracle={"eer_threshold": 1.0, "accuracy_at_eer": 0.7},
    selective={"uncertain": 0.2, "accuracy": 0.9},
    confusion=[[8, 2], [3, 7]],
    risk_coverage=(np.array([0.5, 1.0]), np.array([0.0, 0.25])),
)
REPORT = EvaluationReport(
    split="test",
    classes=("real", "fake"),
    threshold=0.5,
    uncertain=(0.25, 0.75),
    units={"picture": PICTURES},
    bootstrap_unit="speaker",
    resamples=1_000,
    by={"generator": {f"g{n:02d}": CELL for n in range(12)}},
    mean_over={"generator": {"values": 12, "eer": 0.4, "hter": 0.15}},
    false_alarms={f"s{n:02d}": FalseAlarms(8, 2, (0.032, 0.651)) for n in range(11)},
)


def written(**changes):
    return text_tables.evaluation(replace(REPORT, **changes))


def test_every_part_of_an_evaluation_is_told():
    text = " ".join(written().split())
    for part in (
        "accuracy 0.750 [0.700, 0.800]",
        "eer 0.300",
        "auc - ",
        "fake real 8 2 fake 3 7",
        "uncertain: 20.0%; of the rest 90.0% are right",
        "the threshold that the truth chooses 70.0% would be right",
        "g09 9 5 0.400 0.100 0.200 same source",
        "and 2 more, in the report",
        "real called fake called of s00 2 8 0.250 [0.032, 0.651] s01",
        "s09 2 8 0.250 [0.032, 0.651] and 1 more, in the report",
        "mean over 12 with enough recordings: EER 0.400, HTER 0.150",
        "verdict fake from P(fake) = 0.5; uncertain between 0.250 and 0.750",
        "[ ]: 95 % of 1,000 resamples, drawn by speaker",
    ):
        assert part in text, part
    assert "g10" not in text
    assert "alone" not in text


def test_metrics_that_flatter_are_said_to():
    assert "these metrics flatter" in written(split="validation")
    assert "flatter" not in written()


def test_the_networks_of_an_ensemble_are_told_with_their_spread():
    text = written(units={"picture": replace(PICTURES, seeds={"eer": (0.31, 0.012)})})
    assert "its networks alone: EER 0.310 +- 0.012" in text


def test_without_resamples_no_brackets_are_explained():
    assert "[ ]" not in written(resamples=0, units={"picture": replace(PICTURES, interval={})})


def test_one_value_has_no_mean():
    assert "mean over" not in written(mean_over={"generator": {"values": 1, "eer": 0.4}})


@pytest.mark.parametrize(
    ("validation", "line"),
    [
        (
            {"recordings": 40, "eer": 0.1, "accuracy": 0.9, "accuracy_at_eer": 0.85, "ece": 0.04},
            "validation, 40 recordings: EER 0.100, accuracy 0.900 (0.850 at the EER point), "
            "ECE 0.040",
        ),
        ({"recordings": 3, "accuracy": 1.0}, "validation, 3 recordings: accuracy 1.000"),
    ],
)
def test_the_outcome_of_a_training(validation, line):
    run = Run(
        folder=Path("runs/a"),
        training={},
        classes=("real", "fake"),
        shape=(2, 2),
        prior=0.5,
        fingerprint="",
        scores={"epoch": 4, "val_loss": 0.5, "val_accuracy": 0.8},
        validation=validation,
    )
    first, second = text_tables.training(run).splitlines()
    assert first == "runs/a: kept epoch 5, validation loss 0.500, accuracy 0.800"
    assert second == line


def test_a_sweep_is_a_line_a_condition():
    metrics = {"eer": 0.1, "change": 0.0, "hter": 0.225, "fpr": 0.1, "fnr": 0.3}
    gsm = {**metrics, "eer": 0.3, "change": 0.2}
    conditions = {
        "clean": ConditionReport("", "clean", Cell(9, 9, metrics, {"eer": (0.05, 0.15)})),
        "gsm": ConditionReport(
            "codec", "GSM", Cell(9, 9, gsm, {"eer": (0.25, 0.35), "change": (0.1, 0.3)})
        ),
        "silent": ConditionReport("length", "4 s", Cell(0, 0)),
    }
    sweep = RobustnessReport(
        source="audio",
        recordings=18,
        refused=0,
        column=None,
        conditions=conditions,
        bootstrap_unit="speaker",
    )
    lines = written(robustness=sweep).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("robustness"))
    head, *rows = lines[start : start + 4]
    assert rows[0].split() == "clean 18 0.100 [0.050, 0.150] 0.225 0.100 0.300".split()
    assert rows[1].split()[:7] == ["GSM", "18", "0.300", "[0.250,", "0.350]", "+0.200", "[+0.100,"]
    assert rows[2].split() == ["4", "s", "0", "-", "-", "-", "-"]
    for name, text in (("EER", "0.300"), ("change", "+0.200"), ("HTER", "0.225")):
        assert head.index(name) == rows[1].index(text), name
    assert lines[start + 4].startswith("The EER of the recordings as they are is 10.0 %; it rises")
