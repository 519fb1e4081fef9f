import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from classify.evaluation.evaluation import evaluate
from classify.explanations import faithfulness
from classify.explanations.faithfulness import SHARES, area, measure, ranks, sample
from classify.explanations.occlusion import grid
from classify.metrics.trials import Trials
from classify.runs.run import Run, load

COUNT = 24
LABELS = np.repeat([0, 1], COUNT // 2)
NAMES = np.array([f"{n:02d}.png" for n in range(COUNT)])
PICTURES = Trials(NAMES, LABELS, np.zeros(COUNT))


@pytest.fixture
def noise(tmp_path):
    """Give a folder of noise; fakes have bright points in rows 8 to 15."""
    rng = np.random.default_rng(0)
    for name, label in zip(NAMES, LABELS, strict=True):
        image = rng.integers(0, 60, (32, 32)).astype(np.uint8)
        image[8:16, ::3] += np.uint8(180 * label)
        cv2.imwrite(str(tmp_path / name), image)
    return tmp_path


def a_run(network, folder="nowhere"):
    names = ("real", "fake")
    run = Run(
        folder=Path(folder), training={}, classes=names, shape=(32, 32), prior=0.5, fingerprint=""
    )
    run.__dict__["network"] = network
    return run


def looking(images):
    """Network that takes bright points in rows 8 to 15 for fake, hidden points for neither."""
    return 1 / (1 + np.exp(2 - images[:, 8:16].std(axis=(1, 2)) / 10))


def blind(images):
    return np.full(len(images), 0.8)


def measured(noise, network, pictures=PICTURES, groups=NAMES, **how):
    return measure(a_run(network), noise, pictures, pictures.names, groups, **how)


def test_the_explanation_of_a_network_that_looks_at_one_band_beats_random(noise):
    result = measured(noise, looking)
    occlusion = result["methods"]["occlusion"]
    assert occlusion["beats_random"] is True
    assert 0 < occlusion["interval"][0] < occlusion["gain"] < occlusion["interval"][1]
    assert occlusion["gain"] == pytest.approx(result["random"]["area"] - occlusion["area"])
    assert (result["pictures"], result["groups"], set(result["methods"])) == (
        COUNT,
        COUNT,
        {"occlusion"},
    )


def test_nothing_beats_random_for_a_network_that_looks_at_nothing(noise):
    result = measured(noise, blind)
    assert result["methods"]["occlusion"]["beats_random"] is False
    assert result["methods"]["occlusion"]["gain"] == 0
    assert result["random"]["curve"] == pytest.approx([0.8] * len(SHARES))


def test_a_map_that_is_the_wrong_way_round_is_worse_than_random(noise, monkeypatch):
    right = faithfulness.METHODS["occlusion"]
    monkeypatch.setitem(faithfulness.METHODS, "occlusion", lambda *what: -right(*what))
    occlusion = measured(noise, looking)["methods"]["occlusion"]
    assert occlusion["interval"][1] < 0
    assert occlusion["beats_random"] is False


def test_a_map_of_chance_cannot_be_told_from_random(noise, monkeypatch):
    rng = np.random.default_rng(5)
    monkeypatch.setitem(faithfulness.METHODS, "occlusion", lambda *_: rng.random((32, 32)))
    occlusion = measured(noise, looking)["methods"]["occlusion"]
    assert occlusion["interval"][0] < 0 < occlusion["interval"][1]
    assert occlusion["beats_random"] is False


def test_the_curves_begin_with_the_whole_picture_and_end_with_all_hidden(noise):
    result = measured(noise, looking)
    whole = [looking(cv2.imread(str(noise / name), 0)[np.newaxis])[0] for name in NAMES]
    sure = np.mean([max(p, 1 - p) for p in whole])
    for curve in (result["random"]["curve"], result["methods"]["occlusion"]["curve"]):
        assert curve[0] == pytest.approx(sure)
        assert len(curve) == len(result["share"]) == 11
    assert result["random"]["curve"][-1] == result["methods"]["occlusion"]["curve"][-1]


def test_tiles_are_hidden_in_the_order_of_the_map_a_tenth_at_a_time(noise, monkeypatch):
    seen = []

    def network(images):
        seen.append(images.copy())
        return blind(images)

    # From the top left to the bottom right; the network calls everything fake.
    falling = -np.arange(32 * 32, dtype=float).reshape(32, 32)
    monkeypatch.setitem(faithfulness.METHODS, "occlusion", lambda *_: falling)
    measured(noise, network, PICTURES[:1], NAMES[:1], most=1)
    whole, hidden = seen[0][0], np.concatenate(seen[1:])
    assert len(hidden) == 1 + 9 * (1 + faithfulness.ORDERS)
    tiles = grid((32, 32))
    for share, image in zip(SHARES[1:-1], hidden[1:10], strict=True):
        changed = set(np.unique(tiles[image != whole]))
        assert changed == set(range(round(64 * share)))
    orders = hidden[10:].reshape(faithfulness.ORDERS, 9, -1)
    assert len({order[0].tobytes() for order in orders}) == faithfulness.ORDERS
    for order in orders:  # as many tiles as in the order of the map
        for share, image in zip(SHARES[1:-1], order, strict=True):
            changed = np.unique(tiles.ravel()[image != whole.ravel()])
            assert len(changed) == round(64 * share)


def test_the_sample_is_bounded_seeded_and_one_picture_a_recording():
    labels = np.repeat([0, 1], [100, 300])
    recordings = np.array([str(n // 2) for n in range(400)])
    chosen = sample(labels, recordings, 60)
    assert np.bincount(labels[chosen]).tolist() == [30, 30]
    assert len(set(recordings[chosen])) == 60
    assert chosen.tolist() == sample(labels, recordings, 60).tolist()
    assert chosen.tolist() != sample(labels, recordings, 60, seed=1).tolist()
    assert (np.diff(chosen) > 0).all()


@pytest.mark.parametrize(("real", "fake", "most"), [(5, 100, (5, 56)), (100, 0, (61, 0))])
def test_what_one_class_does_not_have_is_the_other_s(real, fake, most):
    labels = np.repeat([0, 1], [real, fake])
    chosen = sample(labels, np.arange(len(labels)).astype(str), 61)
    assert np.bincount(labels[chosen], minlength=2).tolist() == list(most)


def test_one_class_alone_is_measured_too(noise):
    occlusion = measured(noise, looking, PICTURES[LABELS == 1], NAMES[LABELS == 1])["methods"]
    assert occlusion["occlusion"]["beats_random"] is True


def test_few_groups_are_not_judged(noise):
    result = measured(noise, looking, groups=np.array(["one", "two"] * (COUNT // 2)))
    assert result["groups"] == 2
    assert result["methods"]["occlusion"]["beats_random"] is None
    assert "interval" not in result["methods"]["occlusion"]


def test_the_same_seed_gives_the_same_figures(noise):
    assert measured(noise, looking) == measured(noise, looking)
    assert measured(noise, looking)["random"] != measured(noise, looking, seed=1)["random"]


def test_ranks_go_by_the_mean_of_a_tile():
    tiles = np.array([[0, 0, 1], [2, 2, 2]])
    # Means 2, 1 and 3: the last tile comes first.
    assert ranks(np.array([[0.0, 4.0, 1.0], [9.0, 9.0, -9.0]]), tiles).tolist() == [1, 2, 0]


def test_the_area_is_that_of_the_trapezoids():
    # 1 up to a tenth, a line down to 0 at two tenths, then 0: 0.1 + 0.05.
    assert area(np.array([1, 1, *[0] * 9])) == pytest.approx(0.15)


@pytest.fixture(scope="module")
def evaluated(trained, images, tmp_path_factory):
    """Give a report with both methods and its page, not to be changed."""
    run = load(shutil.copytree(trained, tmp_path_factory.mktemp("evaluated") / "run"))
    report = evaluate(images, run, "test", resamples=20, explain_pictures=6).to_json()
    return report, run.folder / "report"


@pytest.mark.slow
def test_the_evaluation_says_whether_explanations_mean_anything(evaluated):
    report, folder = evaluated
    result = report["explanation"]
    assert (result["pictures"], set(result["methods"])) == (6, {"occlusion", "gradcam"})
    assert json.loads((folder / "metrics.json").read_text())["explanation"] == result
    page = " ".join((folder / "index.html").read_text().split())
    for method, title in (("occlusion", "Occlusion"), ("gradcam", "Grad-CAM")):
        assert f'<p id="explained-{method}">{title} ' in page
        assert (
            f"{result['methods'][method]['area']:.3f} against {result['random']['area']:.3f}"
            in page
        )
    assert '<img id="deletion"' in page
    assert "6 pictures, one a recording, cut into 8 × 8 tiles" in page


@pytest.mark.slow
def test_the_evaluation_can_leave_it_out(trained, images, tmp_path):
    run = load(shutil.copytree(trained, tmp_path / "run"))
    report = evaluate(images, run, "test", resamples=0, explain_pictures=0).to_json()
    assert "explanation" not in report
    assert "explained-" not in (run.folder / "report/index.html").read_text()
