import json
import shutil
from dataclasses import asdict

import numpy as np
import pytest

from classify.metrics.calibration import fit
from classify.prediction.inference import score_arrays, score_pictures
from classify.prediction.pooling import calibrated_trials, score
from classify.prediction.tta import views
from classify.runs import runtime
from classify.runs.run import Calibration, load
from classify.settings import Settings
from classify.training.training import train

PICTURE = np.arange(6).reshape(1, 1, 6)


def seen(count, **how):
    return [view[0, 0].tolist() for view in views(PICTURE, count, **how)]


def test_without_more_than_one_view_it_is_the_picture_itself():
    (only,) = views(PICTURE, flip=True, roll=True)
    assert only is PICTURE


def test_views_are_mirrored_and_begin_equally_far_apart():
    assert seen(2, flip=True) == [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0]]
    assert seen(3, roll=True) == [[0, 1, 2, 3, 4, 5], [2, 3, 4, 5, 0, 1], [4, 5, 0, 1, 2, 3]]
    both = seen(6, flip=True, roll=True)
    assert both[::2] == seen(3, roll=True)
    assert both[1::2] == [view[::-1] for view in both[::2]]
    # The mirrored one of the last pair is left out.
    assert seen(3, flip=True, roll=True) == [both[0], both[1], [3, 4, 5, 0, 1, 2]]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"views": 2, "flip": False}, "expected 1 view without flip and roll, got 2"),
        ({"views": 3, "flip": True}, "expected at most 2 views without roll, got 3"),
        ({"views": 0}, "expected views of at least 1, got 0"),
    ],
)
def test_a_network_is_not_asked_what_it_was_not_trained_on(how, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        Settings(**how)
    Settings(views=2, flip=True)
    Settings(views=9, flip=False, roll=True)


def with_views(trained, folder, count, **how):
    """The same run, but asked so often."""
    shutil.copytree(trained, folder)
    known = json.loads((folder / "run.json").read_text())
    known["training"] |= {"views": count, **how}
    (folder / "run.json").write_text(json.dumps(known))
    return folder


@pytest.mark.parametrize("engine", [runtime.ONNX, runtime.KERAS])
def test_a_score_is_the_mean_of_what_the_network_says_of_each_view(trained, tmp_path, engine):
    folder = with_views(trained, tmp_path / "run", 4, flip=True, roll=True)
    if engine == runtime.KERAS:
        (folder / runtime.ONNX).unlink()
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (5, 32, 32)).astype(np.uint8)
    later = np.concatenate([images[:, :, 16:], images[:, :, :16]], axis=2)
    shown = [images, images[:, :, ::-1], later, later[:, :, ::-1]]
    once = load(trained)
    each = [score_arrays(once, np.ascontiguousarray(view)) for view in shown]
    assert np.ptp(each, axis=0).min() > 0.01  # the network does tell them apart
    np.testing.assert_allclose(score_arrays(load(folder), images), np.mean(each, axis=0), atol=1e-3)


def test_a_training_records_the_views_and_is_calibrated_under_them(images, tmp_path):
    how = {"model": "plain", "epochs": 1, "batch_size": 8, "roll": True, "learning_rate": 0.01}
    once = train(images, tmp_path / "once", Settings(**how))
    run = train(images, tmp_path / "run", Settings(**how, views=4))
    assert json.loads((tmp_path / "run/run.json").read_text())["training"]["views"] == 4
    # The network is the same: nothing of its training depends on how it will be asked.
    assert run.scores == once.scores
    paths = sorted((images / "validation").rglob("*.png"))
    truth = {path: int(path.parent.name == "fake") for path in paths}
    pictures = score("test", run, images, truth)
    line = fit(pictures.labels, pictures.llr[:, 0])
    assert asdict(run.calibration) == pytest.approx(asdict(line))
    assert asdict(run.calibration) != pytest.approx(asdict(once.calibration))
    found = calibrated_trials(run, pictures, {})["picture"].llr
    asked = np.array([one.llr[0] for one in score_pictures(load(tmp_path / "run"), paths)])
    np.testing.assert_allclose(found, run.calibration(asked))
    assert not np.allclose(asked, [one.llr[0] for one in score_pictures(once, paths)])


def test_every_network_of_an_ensemble_is_asked_so_often(trained, tmp_path):
    names = ["seed-0", "seed-1"]
    for name in names:
        known = json.loads((with_views(trained, tmp_path / name, 2) / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps({**known, "members": names}))
    picture = np.random.default_rng(0).integers(0, 256, (1, 32, 32)).astype(np.uint8)
    alone = load(trained)
    mean = (score_arrays(alone, picture) + score_arrays(alone, picture[:, :, ::-1].copy())) / 2
    np.testing.assert_allclose(
        score_arrays(load(tmp_path), picture), np.repeat(mean, 2, axis=1), atol=1e-4
    )


def test_a_run_from_before_there_were_views_has_one(trained, tmp_path):
    folder = with_views(trained, tmp_path / "run", 1)
    known = json.loads((folder / "run.json").read_text())
    del known["training"]["views"]
    (folder / "run.json").write_text(json.dumps(known))
    picture = np.random.default_rng(0).integers(0, 256, (1, 32, 32)).astype(np.uint8)
    assert score_arrays(load(folder), picture) == score_arrays(load(trained), picture)
    assert load(folder).calibration != Calibration()
