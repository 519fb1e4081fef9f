import shutil

import keras
import numpy as np
import pytest

from classify.data.pictures import decode
from classify.models.build import build
from classify.prediction.inference import score_arrays
from classify.prediction.pooling import score
from classify.runs.replay import ReplaySet, load_replay_set
from classify.runs.run import Run, load
from classify.settings import Settings
from classify.training import training
from classify.training.adaptation import cross_validate
from classify.training.adapted_run import Adaptation
from classify.training.last_layers import input_model, raw_scores, shift_scores

PICTURES = np.random.default_rng(0).integers(0, 256, (6, 32, 32)).astype(np.uint8)


def scores(model):
    """Raw scores of the pictures, from the output of the network."""
    p = np.asarray(model.predict_on_batch(PICTURES[..., np.newaxis]), float)[:, -1]
    return np.log1p(-p) - np.log(p)


@pytest.mark.slow
@pytest.mark.parametrize(("fusion", "head"), [("late", "sigmoid"), ("early", "softmax")])
def test_the_last_layers_give_the_scores_and_move_as_told(fusion, head):
    keras.utils.set_random_seed(0)
    model = build(Settings(fusion=fusion, head=head), (32, 32), 1, 24)
    keras.utils.clear_session()  # as in another process, in which the network is loaded
    inputs = input_model(model).predict_on_batch(PICTURES[..., np.newaxis])
    np.testing.assert_allclose(raw_scores(model, inputs, 0.5), scores(model), atol=1e-4)
    slopes = np.random.default_rng(1).normal(0, 0.1, inputs.shape[1])
    expected = scores(model) + inputs @ slopes + 0.7
    shift_scores(model, slopes, 0.7)
    assert np.ptp(inputs @ slopes) > 0.01
    np.testing.assert_allclose(scores(model), expected, atol=1e-3)


def validation_scores(run, images):
    """Sorted raw scores of the validation pictures, each a recording."""
    paths = sorted((images / "validation").rglob("*.png"))
    labels = {path: int(path.parent.name == "fake") for path in paths}
    return np.sort(score("test", run, images, labels).llr[:, 0])


def test_training_keeps_features_of_the_validation_recordings(trained, images):
    run, replay = load(trained), load_replay_set(trained)
    assert np.bincount(replay.labels).tolist() == [8, 8]
    assert replay.values.shape == (16, 16)
    # All components together lose nothing: a line through them gives the scores.
    rows = np.column_stack([replay.values, np.ones(16)])
    line = np.linalg.lstsq(rows, replay.llr, rcond=None)[0]
    np.testing.assert_allclose(rows @ line, replay.llr, atol=1e-2)
    np.testing.assert_allclose(np.sort(replay.llr), validation_scores(run, images), atol=1e-2)


def test_a_finished_run_gets_its_features_when_it_is_resumed(
    trained, images, quick_settings, tmp_path, monkeypatch
):
    folder = shutil.copytree(trained, tmp_path / "run")
    (folder / "features.npz").unlink()
    monkeypatch.setattr(training, "_fit", lambda *_: pytest.fail("trained again"))
    training.train(images, folder, quick_settings, resume=True)
    np.testing.assert_array_equal(load_replay_set(folder).llr, load_replay_set(trained).llr)


def test_a_network_without_features_names_the_command_that_adds_them(tmp_path):
    with pytest.raises(ValueError, match=r"expected features .* got no such file.*--resume"):
        load_replay_set(tmp_path)
    (tmp_path / "features.npz").write_bytes(b"no archive")
    with pytest.raises(ValueError, match="expected features of recordings in"):
        load_replay_set(tmp_path)


def test_features_survive_the_disk(tmp_path):
    rng = np.random.default_rng(0)
    replay = ReplaySet(
        rng.normal(size=5), 1e6 * rng.normal(size=(2, 5)), rng.normal(size=(3, 2)), np.ones(3),
        np.array([0, 1, 1]), np.array(["a", "", "b"]),
    )  # fmt: skip
    replay.save(tmp_path)
    other = load_replay_set(tmp_path)
    np.testing.assert_allclose(other.project(np.eye(5)), replay.project(np.eye(5)), rtol=1e-5)
    np.testing.assert_allclose(other.values, replay.values, atol=1e-2)
    assert other.labels.tolist() == [0, 1, 1]
    assert other.sources.tolist() == ["a", "", "b"]


def test_an_adapted_run_gives_the_scores_that_were_fitted(trained, images, tmp_path):
    run = load(trained)
    adaptation = Adaptation(run)
    # Those of the replay set itself, all as real, so that it has to move, too.
    paths = sorted((images / "validation").rglob("*.png"))
    pictures = np.stack([decode(path.read_bytes()).image for path in paths])
    for picture in pictures:
        assert adaptation.add([picture[np.newaxis]], 0)
    assert not adaptation.add([], 0)
    before, (trial,) = cross_validate(adaptation.own, adaptation.replay, [50.0])
    np.testing.assert_allclose(
        adaptation.own[0].llr, run.calibration(score_arrays(run, pictures)[:, 0]), atol=1e-3
    )
    folder = tmp_path / "mine"
    adaptation.write(folder, trial, before)
    adapted: Run = load(folder)
    assert adapted.adaptation["run"] == "trained"
    assert (adapted.adaptation["real"], adapted.adaptation["fake"]) == (16, 0)
    assert adapted.export["largest_difference"] < 1e-4  # both files hold the same network
    change = score_arrays(adapted, pictures) - score_arrays(run, pictures)
    assert change.min() > 0.01  # towards real
    replay = load_replay_set(folder)
    assert np.abs(replay.llr - load_replay_set(trained).llr).max() > 0.05
    np.testing.assert_allclose(np.sort(replay.llr), validation_scores(adapted, images), atol=1e-2)
    assert len(Adaptation(adapted).replay[0].llr) == 16
