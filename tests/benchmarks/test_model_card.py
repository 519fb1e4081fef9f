"""The model card says what the files of the run say, and nothing else."""

import json
from pathlib import Path

import pytest

from benchmarks import model_card

ROOT = Path(__file__).resolve().parents[2]
PRETRAINED = ROOT / "checkpoints/pretrained"
ALARM = {"n_real": 20, "called_fake": 6, "rate": 0.3, "interval": [0.119, 0.543]}
METRICS = {
    "format": 1,
    "recording": {"eer": 0.081, "accuracy": 0.915, "fpr": 0.1, "fnr": 0.07, "ece": 0.034},
    "interval": {"recording": {"eer": [0.05, 0.12]}},
    "selective": {"recording": {"uncertain": 0.21, "accuracy": 0.957}},
    "confusion": {"recording": [[90, 10], [7, 93]]},
    "bootstrap_unit": "speaker",
    "mean_over": {"source": {"values": 7, "eer": 0.062}},
    "false_alarms": {
        "radio": ALARM,
        "studio": {**ALARM, "rate": 0.05},
        "tiny": {**ALARM, "n_real": 3, "rate": 1.0},
    },
    "robustness": {
        "conditions": {
            "clean": {"title": "clean", "eer": 0.1, "fpr": 0.3, "fnr": 0.05},
            "mp3-64": {"title": "MP3 64", "eer": 0.125, "fpr": 0.2, "fnr": 0.05},
        }
    },
    "by": {
        "kind": {
            "tts": {"n_real": 0, "n_fake": 60, "fnr": 0.05},
            "vc": {"n_real": 0, "n_fake": 40, "fnr": 0.125},
            "codec": {"n_real": 0, "n_fake": 2, "fnr": 1.0},
        },
        "source": {"voice|shop": {"n_real": 0, "n_fake": 30, "fnr": 0.9}},
    },
}
ROW = {"split": "train", "source": "radio", "label": "real", "recordings": 40, "minutes": 90.0}
ROW |= {"generator": [], "kind": [], "language": ["en", "de"], "licence": ["CC0"]}
FAKE = {**ROW, "source": "page", "label": "fake", "recordings": 1_200, "licence": []}
FAKE |= {"generator": ["vits", "taco", "glow", "fast"], "language": ["en"]}
PROVENANCE = {"command": "./run.sh bench pretrained corpus work", "commit": "0a1b", "date": "day"}
PROVENANCE |= {"copies": 0, "corpus": [ROW, FAKE, {**FAKE, "split": "test", "source": "unmet"}]}


@pytest.fixture
def run(tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report/metrics.json").write_text(json.dumps(METRICS))
    (tmp_path / "provenance.json").write_text(json.dumps(PROVENANCE))
    return tmp_path


def test_the_card_has_the_figures_and_the_sources_of_the_run(run):
    card = model_card.card(run)
    for part in (
        "`./run.sh bench pretrained corpus work` at commit `0a1b` on day",
        "- real: 40 recordings, 1.5 hours, 1 sources, 2 languages stated (de, en)",
        "- fake: 1,200 recordings",
        "100 real and 100 fake\nrecordings",
        "| EER, all recordings | 8.1 % | 5.0 to 12.0 % |",
        "| EER, mean over 7 sources | 6.2 % |  |",
        "| right, of the verdicts given | 95.7 % |  |",
        "| radio | 20 | 30.0 % | 11.9 to 54.3 % |\n| studio |",
        "| vc | 40 | 12.5 % |\n| tts | 60 | 5.0 % |",
        "| MP3 64 | 12.5 % | 20.0 % | 5.0 % |",
        "- It calls 30.0 % of the real speech of `radio` fake.",
        "- Under MP3 64 it calls 20.0 % of real speech fake.",
        "- It calls 90.0 % of the fakes of `voice|shop` real.",
        "| page | train | fake | 1200 | vits, taco, glow and 1 more | en | not stated |",
        "| radio | train | real | 40 |  | en, de | CC0 |",
        "| unmet | test |",
    ):
        assert part in card, part
    assert "tiny" not in card  # too few to tell a share
    assert "codec |" not in card
    assert "`studio`" not in card  # seldom wrong
    assert "Under clean" not in card


def test_the_card_is_written_by_the_command(run, tmp_path, capsys):
    to = tmp_path / "card.md"
    assert model_card.main([str(run), "--to", str(to)]) == 0
    assert to.read_text() == model_card.card(run)
    (run / "provenance.json").unlink()
    assert model_card.main([str(run), "--to", str(to)]) == 2
    assert "provenance.json" in capsys.readouterr().err


def test_the_card_of_the_run_in_the_box_is_true():
    if not (PRETRAINED / "run.json").is_file():
        pytest.skip("no run in checkpoints/pretrained")
    assert (ROOT / "docs/model-card.md").read_text() == model_card.card(PRETRAINED)
