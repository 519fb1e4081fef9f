import json
import shutil

import pytest

from classify.runs.run import load
from detect.service.card import card


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
    (folder / "report/metrics.json").write_text('{"split": "test"}')
    (folder / "provenance.json").write_text('{"corpus": []}')
    values = card(load(folder))
    assert (values["metrics"], values["provenance"]) == ({"split": "test"}, {"corpus": []})
    (folder / "provenance.json").write_text("{")
    with pytest.raises(ValueError, match="expected JSON in .*provenance.json, got"):
        card(load(folder))
