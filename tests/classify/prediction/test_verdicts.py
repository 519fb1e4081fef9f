import itertools
import shutil
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.special import expit, logit

from classify.models.build import build
from classify.prediction import verdicts
from classify.prediction.inference import Score, score_arrays, score_pictures
from classify.prediction.verdicts import Refusal, Verdict, expand, predict, verdict
from classify.runs.run import Calibration, Run, load
from classify.runs.runtime import run_keras
from classify.settings import Settings


@pytest.fixture(scope="module")
def run(trained):
    return load(trained)


def fixed(**changes):
    values = {
        "folder": None,
        "training": {},
        "classes": ("real", "fake"),
        "shape": (32, 32),
        "prior": 0.5,
        "fingerprint": "",
        **changes,
    }
    return Run(**values)


def test_scores_are_the_networks_output_in_order(run, images):
    paths = sorted((images / "test").rglob("*.png"))[::-1]
    stack = np.stack([cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in paths])
    expected = run.model.predict(stack[..., np.newaxis], verbose=0)[:, 0]
    found = list(score_pictures(run, paths))
    assert [score.path for score in found] == paths
    llr = np.stack([score.llr for score in found])
    assert llr.shape == (16, 1)
    np.testing.assert_allclose(expit(-llr[:, 0]), expected, atol=1e-6)


@pytest.mark.slow
def test_both_heads_give_the_probability_of_the_positive_class():
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 32)).astype(np.uint8)
    for head, column in (("sigmoid", 0), ("softmax", 1)):
        run = fixed()
        model = build(Settings(head=head), (32, 32), 1)
        run.__dict__["network"] = partial(run_keras, model)
        expected = model.predict_on_batch(images[..., np.newaxis])[:, column]
        np.testing.assert_allclose(expit(-score_arrays(run, images)[:, 0]), expected, rtol=1e-6)
        assert np.ptp(expected) > 0


def test_a_batch_with_refused_pictures_keeps_its_order(run, images, tmp_path, monkeypatch):
    monkeypatch.setattr("classify.prediction.inference.BATCH", 3)
    good = sorted((images / "test").rglob("*.png"))
    (tmp_path / "bad.png").touch()
    paths = [good[0], tmp_path / "bad.png", good[1], good[2], tmp_path / "none.png", good[3]]
    found = list(score_pictures(run, paths))
    assert [score.path for score in found] == paths
    assert [bool(score.reason) for score in found] == [False, True, False, False, True, False]
    alone = {score.path: score.llr for score in score_pictures(run, good[:4])}
    for score in found:
        if not score.reason:
            assert score.llr == pytest.approx(alone[score.path], abs=1e-4)


@pytest.mark.parametrize(
    ("p_fake", "label", "confidence"),
    [(0.9, "fake", 90), (0.5, "fake", 50), (0.2, "real", 80), (0.4999, "real", 50.01)],
)
def test_the_verdict_of_a_score(p_fake, label, confidence):
    found = verdict(fixed(), "x.png", np.array([-logit(p_fake)]))
    assert (found.path, found.label) == ("x.png", label)
    assert found.confidence == pytest.approx(confidence)
    assert found.p_fake == pytest.approx(p_fake)
    assert found.llr == pytest.approx(-logit(p_fake))


@pytest.mark.parametrize(
    ("p_fake", "label"),
    [(0.31, "uncertain"), (0.69, "uncertain"), (0.29, "real"), (0.71, "fake")],
)
def test_between_the_bounds_it_is_uncertain(p_fake, label):
    found = verdict(fixed(uncertain=(0.3, 0.7)), "x.png", np.array([-logit(p_fake)]))
    assert found.label == label


def test_the_verdict_is_of_the_calibrated_score():
    run = fixed(calibration=Calibration(slope=0.5, offset=-1.0))
    found = verdict(run, "x.png", np.array([1.0]))  # 0.5 * 1 - 1 = -0.5: it leans to fake
    assert (found.label, found.llr) == ("fake", -0.5)
    assert found.p_fake == pytest.approx(expit(0.5))


def test_networks_and_clips_count_by_the_mean_of_their_scores():
    found = verdict(fixed(), "x.wav", np.array([[1.0, 2.0], [-9.0, 2.0]]))
    assert found.llr == -1.0  # (1 + 2 - 9 + 2) / 4


def test_the_threshold_decides_where_nothing_is_uncertain():
    found = verdict(fixed(threshold=0.8), "x.png", np.array([-logit(0.79)]))
    assert found.label == "real"


def test_scores_are_free_of_the_training_prior():
    # 80 % of what the loss saw was fake, and the network says 80 %: the picture told it nothing.
    run = fixed(prior=0.8)
    run.__dict__["network"] = lambda images: np.full(len(images), 0.8)
    assert score_arrays(run, np.zeros((2, 32, 32), np.uint8)) == pytest.approx(np.zeros((2, 1)))


def test_names_are_expanded_in_their_order(images, tmp_path):
    real, fake = images / "test/real", images / "test/fake"
    (tmp_path / "empty").mkdir()
    found = list(
        expand(
            [
                str(fake / "01.png"),
                str(real),
                str(fake / "0[23].png"),
                str(tmp_path / "empty"),
                str(tmp_path / "*.png"),
                "gone.png",
            ]
        )
    )
    pictures = [path for path in found if not isinstance(path, Score)]
    assert pictures[0] == fake / "01.png"
    assert pictures[1:9] == [real / f"{number:02d}.png" for number in range(8)]
    assert pictures[9:11] == [fake / "02.png", fake / "03.png"]
    refused = [path.reason for path in found if isinstance(path, Score)]
    assert refused == [
        "expected pictures, got a folder without any",
        "expected pictures, got a pattern without any",
    ]


def test_a_name_with_brackets_is_a_file_first(images, tmp_path):
    path = shutil.copy(images / "test/real/00.png", tmp_path / "a[1].png")
    assert list(expand([str(path)])) == [path]


def test_a_folder_without_end_is_predicted_as_it_is_read(run, images, monkeypatch):
    # So that memory does not grow with the number of pictures.
    good = images / "test/real/00.png"
    read = itertools.count()
    monkeypatch.setattr(verdicts, "walk", lambda folder, locked: (good for _ in read))
    found = list(itertools.islice(predict(run, [str(images)]), 200))
    assert {result.path for result in found} == {str(good)}
    assert next(read) < 400


def test_a_locked_folder_is_refused_by_name_and_the_rest_predicted(run, images, tmp_path, lock):
    shutil.copytree(images / "test", tmp_path / "test")
    lock(tmp_path / "test/fake")
    *judged, last = predict(run, [str(tmp_path)])
    assert {Path(each.path).parent.name for each in judged} == {"real"}
    reason = "expected a folder that can be read, got Permission denied"
    assert last == Refusal(str(tmp_path / "test/fake"), reason)
    lock(tmp_path / "test")
    assert list(predict(run, [str(tmp_path)])) == [Refusal(str(tmp_path / "test"), reason)]


def test_bad_input_is_refused_by_name_and_the_rest_predicted(run, images, tmp_path):
    good = images / "test/real/00.png"
    cv2.imwrite(str(tmp_path / "large.png"), np.zeros((64, 64), np.uint8))
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "damaged.png").write_bytes(good.read_bytes()[:60])
    names = [
        tmp_path / "large.png",
        good,
        tmp_path / "text.png",
        tmp_path / "damaged.png",
        tmp_path / "missing.png",
    ]
    results = list(predict(run, map(str, names)))
    assert [result.path for result in results] == [str(name) for name in names]
    assert isinstance(results[1], Verdict)
    assert [result.reason for result in results if isinstance(result, Refusal)] == [
        "expected a picture of 32 x 32 pixels, got 64 x 64 pixels",
        "expected a picture, got something else",
        "expected a picture, got a damaged PNG",
        "expected a picture, got No such file or directory",
    ]
