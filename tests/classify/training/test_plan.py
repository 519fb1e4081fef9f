"""Folds and refits: what each network learns from, what judges it, how folds come together."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import keras
import numpy as np
import pytest

from classify.data import manifest
from classify.prediction.inference import score_pictures
from classify.runs.replay import load_replay_set
from classify.runs.run import Calibration, CodecCalibration, Run, load
from classify.settings import Folds, Settings, recipe
from classify.training import training
from classify.training.plan import Plan, plan_folds, plan_seeds
from classify.training.replay import unmet_scores
from classify.training.training import train
from classify.training.training_data import scan_training_data

QUICK = {"epochs": 1, "batch_size": 8, "seed": 3, "risk": 0.2, "fusion": "late"}
SETTINGS = Settings(**{**recipe("plain"), **QUICK})
FOLDS = Folds(2)


@pytest.fixture(scope="module")
def dataset(make_pictures, tmp_path_factory):
    """Give a dataset of six sources, with a variant and a copy of some training pictures.

    The rows below the 24 on top have a head of their own.
    """
    folder = make_pictures(tmp_path_factory.mktemp("folds") / "images")
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))
    rows = ["path,recording,source,variant,vocoder_type"]
    for number, name in enumerate(name for name in names if not name.startswith("test/")):
        label = name.split("/")[1]
        source = f"{label}-{number % 3}" if number % 4 else "both"
        variant = int(name.startswith("train/") and number % 5 == 0)
        copy = "neural" if name.startswith("train/fake") and number % 7 == 0 else ""
        rows.append(f"{name},{name}.wav,{source},{variant},{copy}")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    (folder / "render.json").write_text(json.dumps({"axes": {"rows": {"count": 24}}}))
    return folder


@pytest.fixture(scope="module")
def run(dataset, tmp_path_factory):
    """Give a run of two folds, of which the second was trained first, by itself."""
    folder = tmp_path_factory.mktemp("folds") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "export", lambda *_: {})  # which would take longer than the rest
        train(dataset, folder, SETTINGS, folds=FOLDS, fold=2)
        assert not (folder / "run.json").exists()
        keras.utils.clear_session()
        trained = train(dataset, folder, SETTINGS, folds=FOLDS, resume=True)
    codecs = (CodecCalibration("opus", 24.0, Calibration(offset=1.0), (0.3, 0.7)),)
    calibrated = replace(trained, segments={"threshold": 1.0}, codecs=codecs)
    calibrated.save()
    return calibrated


def test_a_network_meets_no_source_of_its_fold(dataset):
    data = scan_training_data(dataset)
    plan = plan_folds(data, SETTINGS, FOLDS)
    judged = []
    for member in plan.members:
        part = member.make_data()
        learned, left_out = (
            set(manifest.values(data.rows, split.names, "source"))
            for split in (part.train, part.validation)
        )
        assert learned
        assert left_out
        assert not learned & left_out
        for column in ("variant", "vocoder_type"):
            values = manifest.values(data.rows, part.validation.names, column)
            assert set(values) <= {"", "0"}
        judged += part.validation.names
    originals = [
        name
        for name in data.train.names + data.validation.names
        if data.rows[name]["variant"] == "0" and not data.rows[name]["vocoder_type"]
    ]
    assert sorted(judged) == sorted(originals)
    assert len(originals) < len(data.train.names + data.validation.names)
    assert [member.settings.seed for member in plan.members] == [3, 4]


def test_a_column_of_too_few_values_is_named(dataset):
    expected = r"^expected 9 groups .*, got \d of one class, by the column source: --group takes "
    with pytest.raises(ValueError, match=expected):
        plan_folds(scan_training_data(dataset), SETTINGS, Folds(9))


@pytest.mark.slow
def test_every_recording_is_scored_by_the_network_that_has_not_met_it(run, dataset):
    lines = (run.folder / "validation.csv").read_text().splitlines()[1:]
    scores = {name: float(llr) for name, _, llr in (line.split(",") for line in lines)}
    assert len(scores) == len(lines) == run.validation["recordings"]
    plan = plan_folds(scan_training_data(dataset), SETTINGS, FOLDS)
    for member, trained in zip(plan.members, run.members, strict=True):
        pictures = score_pictures(trained, member.make_data().validation.paths)
        for picture in pictures:
            name = f"{picture.path.relative_to(dataset).as_posix()}.wav"
            expected = run.calibration(picture.llr[0])
            np.testing.assert_allclose(scores[name], expected, rtol=1e-5)


@pytest.mark.slow
def test_folds_trained_one_by_one_come_together(run, dataset):
    assert load(run.folder) == run
    assert [member.folder.name for member in run.members] == ["fold-1", "fold-2"]
    assert [member.fold for member in run.members] == ["1/2", "2/2"]
    assert (run.group, run.fold) == ("source", "")
    # Once more, they keep what a benchmark has calibrated since.
    assert run.segments
    assert train(dataset, run.folder, SETTINGS, folds=FOLDS, resume=True) == run
    with pytest.raises(ValueError, match="^expected to go on with fold 1/2, got 1/3$"):
        train(dataset, run.folder, SETTINGS, folds=Folds(3), resume=True)
    with pytest.raises(ValueError, match="^expected to go on with group source, got recording$"):
        train(dataset, run.folder, SETTINGS, folds=Folds(2, "recording"), resume=True)
    with pytest.raises(ValueError, match="with several folds in .* of several seeds$"):
        train(dataset, run.folder, SETTINGS, seeds=2, resume=True)


@pytest.mark.slow
def test_folds_or_seeds(dataset, tmp_path):
    with pytest.raises(ValueError, match="^expected folds or seeds, got 2 folds and 2 seeds$"):
        train(dataset, tmp_path / "run", SETTINGS, seeds=2, folds=FOLDS)
    with pytest.raises(ValueError, match="^expected a fold from 1 to 2, got 3$"):
        train(dataset, tmp_path / "run", SETTINGS, folds=FOLDS, fold=3)
    with pytest.raises(ValueError, match="^expected risk of at least 0 and under 1, got 1$"):
        replace(SETTINGS, risk=1)


@pytest.fixture(scope="module")
def refit(run, dataset, tmp_path_factory):
    """Give a run of two seeds that learned from all and has its calibration from the folds."""
    folder = tmp_path_factory.mktemp("folds") / "refit"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "export", lambda *_: {})
        return train(dataset, folder, SETTINGS, seeds=2, refit=run.folder)


@pytest.mark.slow
def test_a_refit_learns_from_all_and_takes_the_calibration_of_the_folds(refit, run, dataset):
    data = scan_training_data(dataset)
    plan = plan_seeds(data, SETTINGS, 2, run)
    assert sorted(plan.members[0].make_data().train.names) == sorted(
        data.train.names + data.validation.names
    )
    assert [member.folder.name for member in refit.members] == ["seed-3", "seed-4"]
    for one in (refit, *refit.members):
        assert load(one.folder) == one
        names = ("calibration", "threshold", "uncertain", "validation", "group")
        for name in (*names, "codecs", "segments"):
            assert getattr(one, name) == getattr(run, name)
        scores = (one.folder / "validation.csv").read_bytes()
        assert scores == (run.folder / "validation.csv").read_bytes()
    for member in refit.members:
        assert member.heads == plan.heads
        assert len(member.heads) == 2


@pytest.mark.slow
def test_the_features_of_a_refit_have_the_scores_of_networks_that_had_not_met_them(refit, run):
    scores = unmet_scores(run)
    for member in refit.members:
        replay = load_replay_set(member.folder)
        np.testing.assert_allclose(sorted(replay.llr), sorted(scores.values()), rtol=1e-4)


@pytest.mark.slow
def test_a_refit_goes_on_where_it_was(refit, run, dataset, tmp_path, capsys):
    again = train(dataset, refit.folder, SETTINGS, seeds=2, refit=run.folder, resume=True)
    assert again == refit
    said = capsys.readouterr().err
    assert f"from validation too: figures of epochs flatter, those of {run.folder} count\n" in said
    # Folds that were calibrated for splices since.
    folder, folds = tmp_path / "refit", tmp_path / "folds"
    shutil.copytree(refit.folder, folder)
    shutil.copytree(run.folder, folds)
    segments = {"threshold": 3.0, "scale": 0.5}
    replace(load(folds), segments=segments).save()
    again = train(dataset, folder, SETTINGS, seeds=2, refit=folds, resume=True)
    assert [one.segments for one in (again, *again.members)] == [segments] * 3
    assert load(folder / "seed-3").segments == segments


def test_the_heads_of_a_refit_are_calibrated_as_those_of_the_folds_on_average(dataset):
    folds = [
        make_run(fold=f"{number}/2", heads=(Calibration(number, 1.0), Calibration(4.0, -number)))
        for number in (1, 2)
    ]
    plan = Plan(settings=SETTINGS, make_data=lambda: None, judge=make_run(members=tuple(folds)))
    assert plan.heads == (Calibration(1.5, 1.0), Calibration(4.0, -1.5))
    assert Plan(settings=SETTINGS, make_data=lambda: None).heads == ()


def make_run(**values):
    training = {**asdict(SETTINGS), "balance": list(SETTINGS.balance)}
    known = {"training": training, "classes": ("real", "fake"), "shape": (8, 8), "prior": 0.5}
    return Run(folder=Path("folds"), **known, fingerprint="", **values)


def test_a_refit_of_something_else_is_refused(dataset, tmp_path):
    data = scan_training_data(dataset)
    folds = (make_run(fold="1/2"), make_run(fold="2/2"))
    with pytest.raises(ValueError, match="^expected a training with --folds in folds, got one wit"):
        plan_seeds(data, SETTINGS, 1, make_run())
    with pytest.raises(ValueError, match="^expected a training with all folds in folds, got fold"):
        plan_seeds(data, SETTINGS, 1, folds[0])
    with pytest.raises(ValueError, match="^expected epochs 1 as in folds, got 2$"):
        plan_seeds(data, replace(SETTINGS, epochs=2), 1, make_run(members=folds))
    with pytest.raises(ValueError, match="^expected the pictures that folds learned from, got oth"):
        plan_seeds(data, replace(SETTINGS, seed=9), 1, make_run(members=folds))
    with pytest.raises(ValueError, match="^expected folds or a refit, got 2 folds and other$"):
        train(dataset, tmp_path / "run", SETTINGS, folds=FOLDS, refit=Path("other"))
