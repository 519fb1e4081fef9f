"""The benchmark of convergence says how soon the robust training is as good as the plain one."""

import re
import sys

import pytest

from benchmarks import convergence


def _stand_in(monkeypatch, **eers):
    """Trainings of these EERs, an epoch of the plain one 10 s long, of the robust one 7 s."""

    def epochs(scratch, recipe, more):
        for number, eer in enumerate(eers[recipe], 1):
            yield convergence.Epoch(number, number * {"plain": 10.0, "robust": 7.0}[recipe], eer)
            asked.append((recipe, number))

    asked = []
    monkeypatch.setattr(convergence, "_draw", lambda *_: None)
    monkeypatch.setattr(convergence, "_epochs", epochs)
    return asked


def test_share_of_the_time_to_the_best_plain_epoch(monkeypatch, capsys):
    asked = _stand_in(monkeypatch, plain=[0.4, 0.3, 0.35], robust=[0.5, 0.3, 0.1])
    assert convergence.main(["audio"]) == 1
    said = capsys.readouterr().out
    assert "plain: EER 0.300 in epoch 2, after 20 s" in said
    assert "robust: EER 0.300 in epoch 2, after 14 s" in said
    assert "share of the time 0.70, bar 0.33: MISSED" in said
    assert ("robust", 3) not in asked  # stopped where it is level


def test_within_a_third(monkeypatch, capsys):
    _stand_in(monkeypatch, plain=[0.4, 0.3, 0.29], robust=[0.2])
    assert convergence.main(["audio"]) == 0
    assert "share of the time 0.23, bar 0.33: met" in capsys.readouterr().out


def test_a_robust_training_that_is_never_as_good_is_said(monkeypatch, capsys):
    _stand_in(monkeypatch, plain=[0.2], robust=[0.5, 0.3, 0.4])
    assert convergence.main(["audio"]) == 1
    assert "robust: never as good, EER 0.300 in epoch 2" in capsys.readouterr().out


def test_epochs_are_those_that_train_tells(monkeypatch, tmp_path, capsys):
    """The lines are those of train's own progress, and the command is one that train takes."""
    from classify.arguments import parser
    from classify.training.progress import Progress

    progress = Progress(epochs=2, steps=4, batch_size=8, done=0)
    progress.seconds = 1.0
    for epoch, eer in enumerate((0.5, 0.25)):
        progress.on_epoch_end(epoch, {"loss": 0.7, "val_loss": 0.6, "val_eer": eer})
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2

    def command(module, *arguments):
        options = parser().parse_args([str(argument) for argument in arguments])
        assert (module, options.verb) == ("classify", "train")
        assert (options.dataset, options.folder) == (tmp_path / "plain", tmp_path / "run-plain")
        assert (options.recipe, options.epochs) == ("plain", 2)
        return {"args": [sys.executable, "-c", f"print({lines[0]!r}); print({lines[1]!r})"]}

    monkeypatch.setattr(convergence, "module_command", command)
    epochs = list(convergence._epochs(tmp_path, "plain", ["--epochs", 2]))
    assert [(epoch.number, epoch.eer) for epoch in epochs] == [(1, 0.5), (2, 0.25)]
    assert 0 < epochs[0].seconds < epochs[1].seconds


@pytest.mark.slow
def test_pictures_that_cannot_be_drawn_are_said(tmp_path, capsys):
    assert convergence.main([str(tmp_path / "none")]) == 2
    assert re.match("convergence: expected pictures of .*none, got: .+", capsys.readouterr().err)


def test_a_training_that_fails_is_said(tmp_path):
    with pytest.raises(ValueError, match="expected epochs of the plain recipe, got: .*--epochs"):
        list(convergence._epochs(tmp_path, "plain", ["--epochs", "many"]))


def test_a_training_that_dies_halfway_is_said(monkeypatch, tmp_path):
    said = "epoch 1 of 20: loss 0.6 val_eer 0.250"
    dies = {"args": [sys.executable, "-c", f"print({said!r}); raise SystemExit('out of memory')"]}
    monkeypatch.setattr(convergence, "module_command", lambda *_: dies)
    with pytest.raises(ValueError, match="expected epochs of the plain recipe, got: out of memory"):
        list(convergence._epochs(tmp_path, "plain", []))


def test_a_training_is_ended_where_no_more_is_asked_for(monkeypatch, tmp_path):
    said = "epoch 1 of 20: loss 0.6 val_eer 0.250"
    lasts = f"import time; print({said!r}, flush=True); time.sleep(600)"
    monkeypatch.setattr(
        convergence, "module_command", lambda *_: {"args": [sys.executable, "-c", lasts]}
    )
    epochs = convergence._epochs(tmp_path, "robust", [])
    assert next(epochs).eer == 0.25
    epochs.close()  # hangs for as long as the training lives
