"""The benchmark of the input says how long a network waits for it, in training and evaluation."""

import re

import pytest

from benchmarks import input_pipeline

ROW = r" +(\d+) /s +(\d+) /s +(\d+) /s +(-?[\d.]+)% bar 15%: (met|MISSED)$"


@pytest.mark.slow
def test_a_row_a_verb_with_the_speeds_and_the_share(bench, make_pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(input_pipeline, "SCORED", 128)
    images = make_pictures(tmp_path / "images", count=32, splits=("train", "test"))
    status, text = bench("input_pipeline", images, "--recipe", "plain", "--rounds", 1)
    rows = [re.search(f"^{verb}{ROW}", text, re.MULTILINE) for verb in ("train", "evaluate")]
    assert all(rows), text
    assert all(int(speed) > 0 for row in rows for speed in row.groups()[:3])
    missed = [row[5] == "MISSED" for row in rows]
    assert missed == [float(row[4]) > 15 for row in rows]
    assert status == any(missed)


def test_the_share_is_what_an_input_from_memory_saves(capsys):
    # Rounds of 10 of 100, of 20 of 100 and of 45 of 50 s: the middle one counts, a fifth.
    seconds = {
        "train real": [100.0, 100.0, 50.0],
        "train memory": [90.0, 80.0, 5.0],
        "train alone": [10.0, 10.0, 10.0],
    }
    assert not input_pipeline._print_row("train", 1_000, seconds)
    row = re.fullmatch(f"train{ROW}", capsys.readouterr().out.rstrip())
    assert row.groups() == ("10", "12", "100", "20.0", "MISSED")
    seconds["train memory"] = [90.0, 86.0, 5.0]
    assert input_pipeline._print_row("train", 1_000, seconds)
    assert "14.0% bar 15%: met" in capsys.readouterr().out
