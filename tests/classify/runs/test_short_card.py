"""The short card says what the files of a run say, as far as it has them."""

import json

import pytest

from classify.runs.short_card import PURPOSE, short_card
from tests.conftest import ROOT

ROW = {"split": "train", "source": "radio", "label": "real", "recordings": 1_000, "minutes": 170.0}
ROW |= {"generator": ["bonafide"], "language": ["en", "de"]}
FAKE = {**ROW, "label": "fake", "source": "page", "generator": ["vits", "taco"]}
PROVENANCE = {"corpus": [ROW, FAKE, {**FAKE, "split": "test", "generator": ["unmet"]}]}
METRICS = {
    "picture": {"accuracy": 0.9, "fpr": 0.05, "fnr": 0.15},
    "interval": {"picture": {"accuracy": [0.87, 0.93]}},
    "selective": {"picture": {"uncertain": 0.25, "accuracy": 0.96}},
    "confusion": {"picture": [[95, 5], [15, 85]]},
    "false_alarms": {
        "radio": {"n_real": 20, "rate": 0.1},
        "phone": {"n_real": 30, "rate": 0.2},
        "tiny": {"n_real": 2, "rate": 1.0},
    },
    "robustness": {
        "conditions": {
            "clean": {"title": "clean", "fpr": 0.9},
            "mp3-64": {"title": "MP3 64 kbit/s", "fpr": 0.1},
            "opus-16": {"title": "Opus 16 kbit/s", "fpr": 0.4},
        }
    },
    "by": {"source": {"page": {"n_fake": 40, "fnr": 0.3}, "tiny": {"n_fake": 1, "fnr": 1.0}}},
}


def write(folder, provenance=None, metrics=None):
    (folder / "report").mkdir()
    if provenance:
        (folder / "provenance.json").write_text(json.dumps(provenance))
    if metrics:
        (folder / "report/metrics.json").write_text(json.dumps(metrics))
    return folder


def test_sources_and_figures_are_told(tmp_path):
    assert short_card(write(tmp_path, PROVENANCE, METRICS)) == [
        PURPOSE,
        "It learned from 2,000 recordings (6 hours) of 2 sources: 2 generators, 2 languages.",
        "Of 200 pictures kept back for testing it was right about 90 % (87 to 93 %).",
        "Forced to choose, it called 5 of 100 real pictures fake, and 15 of 100 fakes real.",
        "Allowed to doubt, it left 25 of 100 uncertain; 96 % of its other verdicts were right.",
        "It erred most on real speech of phone (20 % called fake) and on fakes of page (30 % "
        "called real).",
        "Under Opus 16 kbit/s it called 40 of 100 real recordings fake.",
    ]


def test_what_a_run_does_not_have_is_left_out(tmp_path):
    assert short_card(tmp_path) == [PURPOSE]
    few = {**METRICS, "false_alarms": {}, "by": {}, "robustness": {}}
    few["selective"] = {"picture": {"uncertain": 1.0}}
    assert (
        short_card(write(tmp_path, metrics=few))[-1]
        == "Allowed to doubt, it left 100 of 100 uncertain."
    )


def test_the_run_in_the_box_has_all_of_it():
    assert len(short_card(ROOT / "checkpoints/pretrained")) == 7


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "provenance.json").write_text("{")
    with pytest.raises(ValueError, match="expected JSON in .*provenance.json"):
        short_card(tmp_path)
