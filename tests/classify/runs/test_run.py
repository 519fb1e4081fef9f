import json
from pathlib import Path

import pytest

from classify.runs.run import DEMONSTRATION_CAVEAT, FORMAT, load

VALUES = {
    "format": FORMAT,
    "training": {},
    "classes": ["real", "fake"],
    "shape": [8, 8],
    "prior": 0.5,
    "fingerprint": "",
    "calibration": {"slope": 1.0, "offset": 0.0},
    "uncertain": [0.4, 0.6],
    "members": [],
}


def write(folder, **changes):
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({**VALUES, **changes}))
    (folder / "model.onnx").touch()
    return folder


def test_a_missing_run_is_answered_with_the_runs_beside_it_and_the_way_to_one(tmp_path):
    folder = tmp_path / "default"
    way = f"make it with spoofsight train IMAGES --to {folder}"
    with pytest.raises(ValueError, match=f"^expected a trained run in {folder}, .*: {way}$"):
        load(folder)
    write(tmp_path / "demo")
    write(tmp_path / "a")
    (tmp_path / "empty").mkdir()
    choice = f"choose --run {tmp_path / 'a'} or --run {tmp_path / 'demo'}, or {way}"
    with pytest.raises(ValueError, match=f"got no run.json: {choice}$"):
        load(folder)


@pytest.mark.parametrize(("members", "seeds"), [([], ""), (["seed-0", "seed-1"], " --seeds 2")])
def test_a_run_of_another_format_is_answered_with_the_command_that_trains_it(
    tmp_path, members, seeds
):
    folder = write(tmp_path / "old", members=members, format=FORMAT + 1)
    command = f"spoofsight train IMAGES --to {folder}{seeds} --overwrite"
    with pytest.raises(ValueError, match=f"format {FORMAT} in .*, got {FORMAT + 1}: .*{command}$"):
        load(folder)
    values = {name: value for name, value in VALUES.items() if name != "format"}
    (folder / "run.json").write_text(json.dumps(values))
    with pytest.raises(ValueError, match="got no number: train it anew"):
        load(folder)


def test_a_run_of_the_demonstration_has_a_caveat(tmp_path):
    assert load(write(tmp_path / "of-data")).caveat == ""
    assert load(write(tmp_path / "demo", demonstration=True)).caveat == DEMONSTRATION_CAVEAT


def test_what_is_saved_is_loaded(tmp_path):
    run = load(write(tmp_path / "run", demonstration=True, threshold=0.4))
    run.save()
    assert load(tmp_path / "run") == run


def test_a_run_below_the_project_is_named_from_elsewhere(tmp_path, monkeypatch):
    (tmp_path / "checkpoints/mine").mkdir(parents=True)
    (tmp_path / "checkpoints/mine/run.json").touch()
    monkeypatch.setattr("classify.runs.run.HOME", tmp_path)
    with pytest.raises(ValueError, match="expected the folder of a run, got the file .*run.json"):
        load(tmp_path / "checkpoints/mine/run.json")
    with pytest.raises(ValueError, match=f"choose --run {tmp_path}/checkpoints/mine, or make it"):
        load(Path("checkpoints/mine"))


def test_a_codec_has_its_own_calibration_up_to_a_bit_rate(tmp_path):
    codecs = [
        {
            "codec": "opus",
            "bit_rate_kbps": most,
            "calibration": {"slope": 1.0, "offset": offset},
            "uncertain": [0.1 * offset, 0.9],
        }
        for most, offset in ((48, 1.0), (24, 2.0))
    ]
    run = load(write(tmp_path / "run", codecs=codecs))
    for name, rate, offset in (
        *(("OGG/OPUS", 17, 2.0), ("opus", 24, 2.0), ("opus", 32, 1.0), ("opus", 64, 0.0)),
        *(("FLAC/PCM_16", 17, 0.0), ("", 0, 0.0)),
    ):
        judge = run.for_codec(name, rate)
        assert judge.calibration.offset == offset
        assert judge.uncertain == ((0.1 * offset, 0.9) if offset else (0.4, 0.6))
    assert run.for_codec("aac", 17) is run
    run.save()
    assert load(tmp_path / "run") == run
