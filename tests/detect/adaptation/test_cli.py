import json
import sys
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from classify.models.build import build
from classify.runs.replay import ReplaySet
from classify.runs.run import Calibration, CodecCalibration, load
from classify.settings import Settings
from classify.training.adapted_run import Adaptation
from classify.training.last_layers import input_model
from detect.adaptation.cli import main
from detect.adaptation.recordings import draw_windows
from detect.detection import Detector
from detect.render_settings import overlapping
from render.demo.formant_synthesis import RATE, speaker, utterance


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """Twenty short recordings of speech-like sound, and one of silence."""
    folder = tmp_path_factory.mktemp("calls")
    for seed in range(20):
        sound = utterance(speaker(seed), np.random.default_rng(seed))[:RATE]
        soundfile.write(folder / f"{seed:02d}.wav", sound, RATE)
    soundfile.write(folder / "silence.wav", np.zeros(RATE), RATE)
    return folder


@pytest.fixture(scope="module")
def suspicious(tmp_path_factory, make_run, calls):
    """A Keras run that takes these recordings for fake, and the others that it knows rightly."""
    folder = make_run(tmp_path_factory.mktemp("runs") / "suspicious", calibration={
        "slope": 1.0, "offset": -1.0
    })  # fmt: skip
    (folder / "model.onnx").unlink()
    run_shape = tuple(json.loads((folder / "run.json").read_text())["shape"])
    model = build(Settings(model="plain"), run_shape, 1)
    model.save(folder / "model.keras")
    run = load(folder)
    _, batches = draw_windows(calls / "00.wav", overlapping(run))
    images = np.concatenate(list(batches))[..., np.newaxis]
    inputs = np.asarray(input_model(run.model)(images)).mean(axis=0)
    labels = np.arange(40) % 2
    ReplaySet(
        mean=np.zeros(len(inputs)),
        components=inputs[np.newaxis] / np.square(inputs).sum(),  # 1 for these recordings
        values=np.zeros((40, 1)),
        llr=np.where(labels == 1, -9.0, 9.0),
        labels=labels,
        sources=np.array([f"{number // 2 % 6}" for number in range(40)]),
    ).save(folder)
    return folder


@pytest.mark.slow
def test_a_run_is_adapted_to_recordings_of_a_channel(calls, suspicious, tmp_path, capsys):
    folder = tmp_path / "mine"
    # Status 1: the silent recording cannot be used.
    assert main([str(calls), "--to", str(folder), "--run", str(suspicious)]) == 1
    output, notes = capsys.readouterr()
    assert "all its recordings are taken for real" in notes
    assert "silence.wav: expected speech, got none" in notes
    assert "own, false alarms           20/20     0/20" in output
    assert f"the adapted run is in {folder}" in output
    run = load(folder)
    assert (run.adaptation["real"], run.adaptation["fake"]) == (20, 0)
    labels = [Detector(run).detect(calls / f"{seed:02d}.wav").llr > 0 for seed in (0, 7)]
    assert labels == [True, True]
    assert Detector(load(suspicious)).detect(calls / "07.wav").llr < 0
    # Now nothing is left to be mended: the run is kept.
    assert main([str(calls), "--to", str(tmp_path / "again"), "--run", str(folder)]) == 1
    assert "not adapted: 0 of 20 own recordings are judged wrongly" in capsys.readouterr().out
    assert not (tmp_path / "again").exists()


@pytest.mark.slow
def test_recordings_in_a_codec_count_as_detect_judges_them(calls, suspicious):
    codec = CodecCalibration("opus", 24, Calibration(slope=0.5, offset=1.0), (0.5, 0.5))
    adaptation = Adaptation(replace(load(suspicious), codecs=(codec,)))
    for name in ("WAV/FLOAT", "OGG/OPUS"):
        _, images = draw_windows(calls / "00.wav", overlapping(adaptation.run))
        assert adaptation.add(images, 0, name, 17)
    (sample,) = adaptation.own
    # The run's own calibration takes 1 from a raw score.
    assert sample.llr[1] == pytest.approx(0.5 * (sample.llr[0] + 1) + 1)
    assert sample.scale.tolist() == [1, 0.5]


@pytest.mark.slow
def test_fakes_are_told_by_their_folder(calls, suspicious, tmp_path, capsys):
    for number in range(20):
        target = tmp_path / "audio" / ("fake" if number < 8 else "real") / f"{number}.wav"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(calls / f"{number:02d}.wav")
    folder = tmp_path / "mine"
    assert main([str(tmp_path / "audio"), "--to", str(folder), "--run", str(suspicious)]) == 0
    output, notes = capsys.readouterr()
    assert "taken for real" not in notes
    assert "own, false alarms           12/12" in output or "not adapted: 12 of 20" in output


@pytest.mark.parametrize("count", [0, 3])
def test_few_recordings_are_refused(count, calls, suspicious, tmp_path, capsys):
    (tmp_path / "few").mkdir()
    for number in range(count):
        (tmp_path / "few" / f"{number}.wav").symlink_to(calls / f"{number:02d}.wav")
    to = tmp_path / "mine"
    assert main([str(tmp_path / "few"), "--to", str(to), "--run", str(suspicious)]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error == (
        f"adapt: expected 20 recordings with speech in {tmp_path / 'few'} or more, got {count}"
    )
    assert not to.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere", "--to", "new"], "expected recordings, got nowhere, which does not exist"),
        (["nowhere", "--to", "."], "expected a new folder, got ., which exists: give another --to"),
    ],
)
def test_wrong_calls(words, message, suspicious, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    assert main([*words, "--run", str(suspicious)]) == 2
    assert capsys.readouterr().err == f"adapt: {message}\n"


def test_a_run_without_features_is_refused(calls, hand_set, tmp_path, capsys):
    assert main([str(calls), "--to", str(tmp_path / "new"), "--run", str(hand_set)]) == 2
    assert "--resume" in capsys.readouterr().err


def test_keras_is_loaded_with_our_settings_before_a_module_imports_it(
    calls, suspicious, tmp_path, monkeypatch, capsys
):
    module = "classify.training.adapted_run"
    monkeypatch.delitem(sys.modules, module, raising=False)

    def load():
        raise ValueError("late" if module in sys.modules else "in time")

    monkeypatch.setattr("classify.backend.load", load)
    assert main([str(calls), "--to", str(tmp_path / "new"), "--run", str(suspicious)]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "adapt: in time"
