import contextlib
import csv
import io
import json
import math
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from classify.data.manifest import read
from classify.data.pictures import decode
from classify.data.splits import scan_split
from classify.metrics.calibration import fit
from classify.prediction.pooling import calibrated_trials, score
from classify.runs.history import read_history
from classify.runs.run import Calibration, load
from classify.settings import Settings, recipe
from classify.training import training
from classify.training.callbacks import CheckpointCallback
from classify.training.training import train
from classify.training.training_data import class_weights, scan_training_data
from classify.training.validation import calibrate

# The network with the fewest layers, for tests that would be the same with any: most of what a
# training of a few pictures takes is making its graph.
PLAIN = Settings(**recipe("plain"))
QUICK = replace(PLAIN, epochs=2, batch_size=8, learning_rate=0.01)


@pytest.mark.slow
def test_a_run_holds_all_that_rebuilds_it(trained, images):
    run = load(trained)
    assert {path.name for path in trained.iterdir()} >= {
        "model.keras",
        "run.json",
        "history.csv",
        "learning_curves.png",
    }
    assert not (trained / "training").exists()
    assert (run.classes, run.shape, run.threshold) == (("real", "fake"), (32, 32), 0.5)
    assert run.training["epochs"] == 3
    assert run.training["seed"] == 0
    assert len(run.fingerprint) == 64
    assert run.versions["keras"] == keras.__version__
    history = read_history(trained / "history.csv")
    assert [row["epoch"] for row in history] == [0, 1, 2]
    assert run.scores == min(history, key=lambda row: row["val_loss"])
    assert not run.demonstration


def assert_kept(run, images):
    """The network of a run has the figures that the run tells of its epoch."""
    split = scan_split(images, "validation")
    pictures = np.stack([decode(path.read_bytes()).image for path in split.paths])
    p = run.model.predict(pictures[..., np.newaxis], verbose=0)[:, 0].astype(float)
    loss = -np.log(np.where(split.labels == 1, p, 1 - p)).mean()
    accuracy = ((p > 0.5) == split.labels).mean()
    assert loss == pytest.approx(run.scores["val_loss"], abs=1e-5)
    assert accuracy == pytest.approx(run.scores["val_accuracy"])


@pytest.mark.slow
def test_the_kept_network_is_the_one_of_the_best_epoch(trained, images):
    assert_kept(load(trained), images)


def test_any_keras_can_load_the_network(trained, monkeypatch):
    for name in {name.split(".")[0] for name in sys.modules} & {"classify", "detect", "render"}:
        for module in [one for one in sys.modules if one.split(".")[0] == name]:
            monkeypatch.setitem(sys.modules, module, None)  # an import of it fails
    for name in list(keras.saving.get_custom_objects()):
        monkeypatch.delitem(keras.saving.get_custom_objects(), name)
    assert keras.models.load_model(trained / "model.keras").count_params() > 0


@pytest.mark.slow
def test_a_training_begins_with_what_trivial_facts_tell_apart(
    make_pictures, tmp_path, monkeypatch, capsys
):
    images = make_pictures(tmp_path / "images", count=40)  # fakes are brighter on top
    monkeypatch.setattr(training, "_train_one", stopped)
    with pytest.raises(KeyboardInterrupt):
        train(images, tmp_path / "run", QUICK)
    (line,) = (line for line in capsys.readouterr().err.splitlines() if "audit" in line)
    assert line.startswith("train: audit: ")
    assert "tells real from fake in 100 % of train" in line
    assert line.endswith("; see spoofsight audit")


@pytest.mark.slow
def test_the_same_seed_gives_the_same_run_and_another_another(images, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "learning_curves", stopped)
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        with pytest.raises(KeyboardInterrupt):
            train(images, tmp_path / name, replace(QUICK, seed=seed))
    histories = [(tmp_path / name / "history.csv").read_text() for name in "abc"]
    assert histories[0] == histories[1]
    assert histories[0] != histories[2]


@pytest.mark.slow
def test_a_network_of_two_outputs_learns_what_is_plain_to_see(images, tmp_path):
    run = train(images, tmp_path / "run", replace(QUICK, epochs=6, head="softmax"))
    assert run.scores["val_accuracy"] >= 0.9


@pytest.fixture(scope="module")
def images_with_rest(images, tmp_path_factory):
    """Give the dataset of tiny pictures as one where levels are the 24 rows on top alone."""
    copy = shutil.copytree(images, tmp_path_factory.mktemp("rest") / "images")
    (copy / "render.json").write_text(json.dumps({"axes": {"rows": {"count": 24}}}))
    return copy


@pytest.mark.slow
def test_the_network_is_told_of_the_steps_of_an_epoch_and_of_the_levels(
    images_with_rest, tmp_path, monkeypatch
):
    told = []

    def build(settings, *rest):
        told.append(rest)
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "build", build)
    with pytest.raises(KeyboardInterrupt):
        train(images_with_rest, tmp_path / "run", replace(QUICK, batch_size=5))
    assert told == [((32, 32), 4, 24)]  # 4 steps of 16 pictures, the last of one alone


@pytest.mark.slow
def test_all_batch_normalizations_are_fused(images, tmp_path, monkeypatch):
    fused = []
    monkeypatch.setattr(training.backend, "fuse_normalization", fused.append)
    monkeypatch.setattr(training.backend, "feed", stopped)
    with pytest.raises(KeyboardInterrupt):
        train(images, tmp_path / "run", replace(QUICK, model="cnn"))
    kinds = {type(layer) for layer in fused}
    assert kinds == {keras.layers.BatchNormalization}
    assert len(fused) > 3


@pytest.mark.slow
def test_a_network_that_learned_in_half_precision_answers_in_single(
    images_with_rest, tmp_path, monkeypatch
):
    settings = replace(QUICK, epochs=1, fusion="late", precision="mixed_bfloat16")
    with monkeypatch.context() as patch:
        patch.setattr(training, "export", stopped)
        with pytest.raises(KeyboardInterrupt):
            train(images_with_rest, tmp_path / "run", settings)
    # What is kept of the last epoch is kept anew, for a kill may have come before.
    run = train(images_with_rest, tmp_path / "run", settings, resume=True)
    assert {layer.dtype_policy.name for layer in run.model.layers} == {"float32"}
    assert run.export["largest_difference"] < 1e-4


RENDER_JSON = '{"hop":   256}\n\n'


@pytest.fixture(scope="module")
def odd_run(images, tmp_path_factory):
    """Give a run, and its messages, of a dataset without a test split and with a broken picture."""
    folder = tmp_path_factory.mktemp("odd")
    copy = shutil.copytree(images, folder / "images")
    shutil.rmtree(copy / "test")
    (copy / "test").write_text("no folder: whoever opens it as one fails")
    (copy / "render.json").write_text(RENDER_JSON)
    (copy / "manifest.csv").write_text("path\n")
    (copy / "train/real/03.png").write_bytes(b"broken")
    with contextlib.redirect_stderr(io.StringIO()) as messages:
        run = train(copy, folder / "run", replace(QUICK, epochs=1))
    return run, messages.getvalue()


@pytest.mark.slow
def test_the_test_split_is_not_opened(odd_run):
    assert load(odd_run[0].folder).classes == ("real", "fake")


def test_the_render_settings_are_copied_unread(odd_run):
    assert (odd_run[0].folder / "render.json").read_text() == RENDER_JSON


def test_damaged_pictures_are_named_counted_and_left_out(odd_run):
    run, messages = odd_run
    assert run.left_out == 1
    assert "03.png: expected a picture, got something else" in messages


@pytest.mark.slow
def test_an_earlier_training_is_not_deleted_by_mistake(trained, images):
    with pytest.raises(ValueError, match="which holds a training: give another --to, --resume"):
        train(images, trained, QUICK)
    assert load(trained).training["epochs"] == 3


@pytest.mark.slow
def test_a_finished_run_is_resumed_to_itself(trained, images, quick_settings, monkeypatch):
    monkeypatch.setattr(training, "_fit", lambda *_: pytest.fail("trained again"))
    assert train(images, trained, quick_settings, resume=True) == load(trained)
    with pytest.raises(ValueError, match="expected to go on with epochs 3, got 2"):
        train(images, trained, replace(quick_settings, epochs=2), resume=True)


@pytest.mark.slow
def test_a_run_is_calibrated_on_the_validation_recordings(images, tmp_path):
    copy = shutil.copytree(images, tmp_path / "images")
    paths = sorted((copy / "validation").rglob("*.png"))
    rows = [f"{p.relative_to(copy).as_posix()},{p.parent.name}{int(p.stem) // 2}," for p in paths]
    rows += [f"{p.relative_to(copy)},,demonstration" for p in (copy / "train").rglob("*.png")]
    (copy / "manifest.csv").write_text("path,recording,source\n" + "\n".join(rows) + "\n")
    run = train(copy, tmp_path / "run", replace(QUICK, epochs=1))
    assert run.validation["recordings"] == 8  # of two pictures each
    assert run.calibration != Calibration()
    assert run.uncertain[0] < 0.5 < run.uncertain[1]
    assert run.demonstration
    assert load(tmp_path / "run") == run
    raw = calibrated_trials(
        replace(run, calibration=Calibration()), validation(run, copy), read(copy)
    )
    assert run.calibration == fit(raw["recording"].labels, raw["recording"].llr)


def validation(run, images):
    paths = sorted((images / "validation").rglob("*.png"))
    return score("test", run, images, {p: int(p.parent.name == "fake") for p in paths})


@pytest.fixture(scope="module")
def ensemble(images, tmp_path_factory):
    """Give an ensemble, interrupted at its second network and resumed, and the first's times."""
    folder, settings = tmp_path_factory.mktemp("ensemble") / "run", replace(QUICK, epochs=1, seed=4)
    board = folder.parent / "board"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "calibrate", interrupted_at(2))
        with pytest.raises(KeyboardInterrupt):
            train(images, folder, settings, seeds=2, tensorboard=board)
    first = folder / "seed-4/model.keras"
    times = [first.stat().st_mtime_ns]
    run = train(images, folder, settings, seeds=2, resume=True, tensorboard=board)
    return run, settings, [*times, first.stat().st_mtime_ns]


@pytest.mark.slow
def test_several_seeds_become_an_ensemble_of_the_same_networks(ensemble, images, tmp_path):
    run, settings, _ = ensemble
    assert load(run.folder) == run
    assert [member.training["seed"] for member in run.members] == [4, 5]
    scored = validation(run, images)
    found = calibrated_trials(run, scored, {})["picture"]
    expected = run.calibration(scored.llr.mean(axis=1))
    np.testing.assert_array_equal(found.llr, expected)
    assert not (run.folder / "model.keras").exists()
    with pytest.raises(ValueError, match="which holds a training"):
        train(images, run.folder, settings, seeds=2)
    with pytest.raises(ValueError, match="with several seeds in .*, got a training of one network"):
        train(images, run.folder, settings, resume=True)
    # One of its networks, trained alone in the place of an ensemble.
    folder = shutil.copytree(run.folder, tmp_path / "alone")
    (folder / "mine.txt").write_text("kept")
    alone = train(images, folder, replace(settings, seed=5), overwrite=True)
    assert not alone.members
    assert not (folder / "seed-4").exists()
    assert (folder / "mine.txt").read_text() == "kept"
    np.testing.assert_allclose(scored.llr[:, 1], validation(alone, images).llr[:, 0], atol=1e-5)


@pytest.mark.slow
def test_tensorboard_reads_the_figures_of_every_network(ensemble):
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    tensors = pytest.importorskip("tensorboard.util.tensor_util")
    folder = ensemble[0].folder
    for name in ("seed-4", "seed-5"):
        (epoch,) = read_history(folder / name / "history.csv")
        for part, figure in (("train", "loss"), ("validation", "val_loss")):
            board = events.EventAccumulator(str(folder.parent / "board" / name / part)).Reload()
            (tensor,) = board.Tensors("epoch_loss")
            assert tensor.step == 0
            value = float(tensors.make_ndarray(tensor.tensor_proto))
            assert value == pytest.approx(epoch[figure], abs=1e-6)


def test_a_training_without_tensorboard_is_refused_before_it_starts(images, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ModuleNotFoundError, match="tensorboard"):
        train(images, tmp_path / "run", QUICK, tensorboard=tmp_path / "board")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_network_sees_what_is_for_all_and_what_is_its_turn(
    images_with_rest, tmp_path, monkeypatch, capsys
):
    whole = shutil.copytree(images_with_rest, tmp_path / "whole")
    kinds = [("real", "classic"), ("fake", "classic"), ("fake", "neural"), ("fake", "classic")]
    copied = {whole / f"train/{label}/{at:02d}.png": kind for at, (label, kind) in enumerate(kinds)}
    assert all(path.is_file() for path in copied)
    own = [f"{path.relative_to(whole).as_posix()},{kind}" for path, kind in copied.items()]
    (whole / "manifest.csv").write_text("\n".join(["path,vocoder_type", *own, ""]))
    settings = replace(QUICK, epochs=1, batch_size=4, balance=("label",), noise=1.0)
    monkeypatch.setattr(training, "learning_curves", stopped)
    for seed, kind in ((1, "classic"), (5, "")):
        part = shutil.copytree(whole, tmp_path / f"part-{seed}")
        for path, other in copied.items():
            if other != kind:
                (part / path.relative_to(whole)).unlink()
        histories = []
        for dataset, column in ((whole, "vocoder_type"), (part, "")):
            folder = tmp_path / f"{dataset.name}-{seed}-run"
            with pytest.raises(KeyboardInterrupt):
                train(dataset, folder, replace(settings, seed=seed, copies_by_seed=column))
            histories.append(read_history(folder / "history.csv"))
        assert histories[0] == histories[1]
    said = [line for line in capsys.readouterr().err.splitlines() if "other seeds" in line]
    count = sum(1 for _ in (whole / "train").rglob("*.png"))
    assert said[0] == (
        f"train: seed 1: 1 of {count} training pictures are for networks of other seeds "
        "(vocoder_type)"
    )


@pytest.mark.slow
def test_an_interrupted_ensemble_goes_on_with_the_network_it_was_at(ensemble):
    run, _, (before, after) = ensemble
    assert len(run.members) == 2
    assert before == after


def stopped(*_):
    raise KeyboardInterrupt


def interrupted_at(call):
    calls = []

    def calibrated(run, scored):
        calls.append(run)
        if len(calls) == call:
            raise KeyboardInterrupt
        return calibrate(run, scored)

    return calibrated


@pytest.mark.slow
def test_a_network_that_is_no_better_than_chance_is_warned_of(tmp_path, make_pictures, capsys):
    images = make_pictures(tmp_path / "images")
    for name in ("real", "fake"):
        (images / "validation" / name).rename(images / "validation" / f"was-{name}")
    (images / "validation/was-real").rename(images / "validation/fake")
    (images / "validation/was-fake").rename(images / "validation/real")
    run = train(images, tmp_path / "run", replace(QUICK, epochs=3))
    assert "no better than chance" in capsys.readouterr().err
    assert run.calibration.slope == pytest.approx(0.001)


def copy_in(monkeypatch, epoch, copy):
    """Copy a training in the epoch of the given number, as a kill would leave it."""
    ordinary = CheckpointCallback.on_epoch_end

    def on_epoch_end(self, number, logs=None):
        if number == epoch:
            shutil.copytree(self.folder, copy)
        ordinary(self, number, logs)

    monkeypatch.setattr(CheckpointCallback, "on_epoch_end", on_epoch_end)


@pytest.fixture(scope="module")
def resumed(images_with_rest, tmp_path_factory):
    """Give a training of all that a recipe can do, and a copy of it broken off and resumed."""
    folder = tmp_path_factory.mktemp("resumed")
    whole, broken = folder / "whole", folder / "broken"
    everything = {**recipe("robust"), "mixup": 0.3, "noise": 0.5, "low_pass": 0.5, "model": "plain"}
    settings = Settings(**{**everything, "epochs": 4, "batch_size": 8, "learning_rate": 0.02})
    with pytest.MonkeyPatch.context() as patch:
        copy_in(patch, 2, broken)
        train(images_with_rest, whole, settings)
    assert not (broken / "run.json").exists()
    # The third epoch is in the log already, but was never finished.
    assert len(read_history(broken / "history.csv")) == 3
    train(images_with_rest, broken, settings, resume=True)
    return whole, broken


@pytest.mark.slow
def test_a_resumed_training_is_the_uninterrupted_one(resumed):
    histories = [read_history(folder / "history.csv") for folder in resumed]
    for rows in histories:
        assert [row["epoch"] for row in rows] == [0, 1, 2, 3]
    whole, broken = (np.array([list(row.values()) for row in rows]) for rows in histories)
    np.testing.assert_allclose(broken, whole, rtol=1e-6)
    models = [load(folder).model for folder in resumed]
    assert "comb" in {layer.name for layer in models[0].layers}
    assert not any(layer.activity_regularizer for layer in models[0].layers)
    weights = [model.get_weights() for model in models]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.slow
def test_the_last_epoch_is_kept_where_that_is_asked_for(resumed, images_with_rest):
    run = load(resumed[0])
    assert run.training["keep_epoch"] == "last"
    history = read_history(run.folder / "history.csv")
    assert run.scores == history[-1]
    assert min(history, key=lambda row: row["val_loss"]) != history[-1]
    assert_kept(run, images_with_rest)


@pytest.fixture(scope="module")
def unfinished(images, tmp_path_factory):
    """Give a training that broke off between its last epoch and keeping the best network."""
    folder = tmp_path_factory.mktemp("unfinished") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CheckpointCallback, "keep_best", lambda self: None)
        patch.setattr(training, "learning_curves", stopped)
        with pytest.raises(KeyboardInterrupt):
            train(images, folder, QUICK)
    return folder


@pytest.mark.slow
def test_a_network_lost_between_epoch_and_best_is_restored(unfinished, images, tmp_path):
    folder = shutil.copytree(unfinished, tmp_path / "run")
    assert not (folder / "model.keras").exists()
    train(images, folder, QUICK, resume=True)
    assert_kept(load(folder), images)


@pytest.mark.slow
def test_resuming_something_else_is_refused(unfinished, images, make_pictures, tmp_path):
    other = make_pictures(tmp_path / "other", seed=9)
    with pytest.raises(ValueError, match="expected to go on with zoom 0.2, got 0.1"):
        train(images, unfinished, replace(QUICK, zoom=0.1), resume=True)
    with pytest.raises(ValueError, match="expected to go on with the same pictures"):
        train(other, unfinished, QUICK, resume=True)


KILLED = """
import os, signal, sys
from classify.cli import main
from classify.training.callbacks import CheckpointCallback

ordinary = CheckpointCallback.on_epoch_end

def on_epoch_end(self, epoch, logs=None):
    if epoch == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    ordinary(self, epoch, logs)

CheckpointCallback.on_epoch_end = on_epoch_end
main(sys.argv[1:])
"""


@pytest.mark.slow
def test_a_killed_training_goes_on_and_logs_every_epoch_once(images, tmp_path):
    run = tmp_path / "run"
    options = ["--recipe", "plain", "--epochs", "4", "--batch-size", "8", "--seed", "7"]
    command = [sys.executable, "-c", KILLED, "train", str(images), "--to", str(run), *options]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (run / "run.json").exists()
    assert len(read_history(run / "history.csv")) == 3
    train(images, run, replace(PLAIN, epochs=4, batch_size=8, seed=7), resume=True)
    with (run / "history.csv").open(newline="") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == [str(n) for n in range(4)]
    assert json.loads((run / "run.json").read_text())["training"]["epochs"] == 4


def test_the_last_epoch_is_not_kept_before_it_is_the_last(tmp_path, monkeypatch):
    kept = []
    monkeypatch.setattr(CheckpointCallback, "keep_best", lambda self: kept.append(len(self.rows)))
    (tmp_path / "training").mkdir()
    for select, expected in (("last", [2]), ("loss", [1, 2])):
        callback = CheckpointCallback(tmp_path, [], replace(QUICK, keep_epoch=select), None)
        callback.set_model(SimpleNamespace(save=lambda path: path.write_bytes(b"")))
        for epoch in range(2):
            callback.on_epoch_end(epoch, {"loss": 1.0, "val_loss": 1.0})
        callback.on_train_end()
        assert kept == expected
        kept.clear()


def test_a_loss_that_is_no_number_ends_the_training(tmp_path):
    with pytest.raises(ValueError, match="expected a finite val_loss, got nan in epoch 4"):
        CheckpointCallback(tmp_path, [], QUICK, None).on_epoch_end(
            3, {"loss": 0.1, "val_loss": float("nan")}
        )


def test_splits_that_do_not_match_are_refused(make_pictures, tmp_path):
    make_pictures(tmp_path / "images", splits=("train",))
    make_pictures(tmp_path / "images", splits=("validation",), shape=(32, 40))
    with pytest.raises(
        ValueError, match="one size in train and validation, got 32 x 32 .* 32 x 40"
    ):
        train(tmp_path / "images", tmp_path / "run", QUICK)


def test_the_classes_of_two_splits_may_differ_in_case(make_pictures, tmp_path):
    make_pictures(tmp_path, ("cats", "Dogs"), splits=("train",), count=1)
    make_pictures(tmp_path, ("Cats", "dogs"), splits=("validation",), count=1)
    data = scan_training_data(tmp_path)
    assert data.train.classes == ("cats", "Dogs")
    assert [path.parent.name for path in data.validation.paths] == ["Cats", "dogs"]


def test_the_positive_class_is_the_fake_one_or_the_one_asked_for(make_pictures, tmp_path, capsys):
    for names, positive, last, told in (
        (("deepfake", "real"), None, "deepfake", ""),
        (("cats", "dogs"), None, "dogs", "; --positive cats chooses the other\n"),
        (("cats", "dogs"), "Cats", "cats", ""),
    ):
        images = make_pictures(tmp_path / f"{last}-{positive}", names, count=1)
        split = scan_training_data(images, positive).train
        assert split.classes[1] == last
        assert [path.parent.name for path in split.paths] == [*split.classes]
        err = capsys.readouterr().err
        assert err.endswith(told) if told else not err


def test_class_weights_make_both_classes_equal():
    labels = np.array([0] * 30 + [1] * 10)
    weights = class_weights(labels)
    assert 30 * weights[0] == pytest.approx(10 * weights[1])
    assert sum(weights[label] for label in labels) == pytest.approx(40)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"model": "my net"}, "expected a model among cnn, .* keras.applications, got my net"),
        ({"head": "two"}, "expected head among sigmoid, softmax, got two"),
        ({"fusion": "none"}, "expected fusion among early, late, got none"),
        ({"epochs": 0}, "expected epochs of at least 1, got 0"),
        ({"dropout": 1.0}, "expected dropout of at least 0 and under 1, got 1.0"),
        ({"noise": 1.5}, "expected noise of 0 to 1, got 1.5"),
        ({"masks": -1}, "expected masks of at least 0, got -1"),
        ({"keep_epoch": "eer"}, "expected keep_epoch among last, loss, got eer"),
        ({"mixup": math.nan}, "expected mixup of at least 0, got nan"),
        ({"warmup": 1.0, "epochs": 1}, "expected warmup under 1 epochs, got 1.0"),
        ({"learning_rate": 0.0}, "expected a learning rate above 0, got 0.0"),
        ({"shear": 90.0}, "expected shear of at least 0 and under 90, got 90.0"),
        ({"seed": -1}, "expected seed of at least 0 and under 2147483648, got -1"),
    ],
)
def test_settings_out_of_range_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        Settings(**wrong)
