import json
import shutil

import pytest

from classify.runs.run import load
from detect.service.card import card
from tests.classify.runs.test_short_card import METRICS, PROVENANCE


def test_the_card_says_what_the_run_is_and_how_well_it_did(hand_set, tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(hand_set, folder)
    values = card(load(folder))
    assert values["name"] == "mine"
    assert values["classes"] == ["real", "fake"]
    assert values["uncertain"] == [0.4, 0.6]
    assert (values["metrics"], values["provenance"]) == (None, None)
    json.dumps(values)
    (folder / "report").mkdir()
    (folder / "report/metrics.json").write_text(json.dumps(METRICS))
    (folder / "provenance.json").write_text(json.dumps(PROVENANCE))
    values = card(load(folder))
    assert (values["metrics"], values["provenance"]) == (METRICS, PROVENANCE)
    assert (
        "Forced to choose, it called 5 of 100 real pictures fake, and 15 of 100 fakes real."
        in values["short_card"]
    )
    (folder / "provenance.json").write_text("{")
    with pytest.raises(ValueError, match="expected JSON in .*provenance.json, got"):
        card(load(folder))
