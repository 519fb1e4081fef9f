"""The ablation's factors follow the recipe, its figures are the evaluation's, and it goes on."""

import contextlib
import csv
import io
import re
from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from classify.settings import recipe
from render.vocoders import registry

# What of a recipe decides how a network learns, but changes no picture and no label.
LEARNING = "model weights head epochs keep_epoch batch_size balance learning_rate"
LABELS = ("real", "fake")
LEARNING += " warmup weight_decay ema precision dropout fusion copies_by_seed risk"


@pytest.fixture(scope="module")
def audio(tmp_path_factory, write_sound):
    """Give a corpus of four sources, each with 5 recordings of either class."""
    folder = tmp_path_factory.mktemp("ablation") / "audio"
    places = (("training", "a"), ("validation", "b"), ("testing", "c"), ("training", "d"))
    rows = [("path", "source", "generator")]
    for number in range(40):
        split, source = places[number % 4]
        label = ("real", "fake")[number // 4 % 2]
        path = f"{split}/{label}/{number:02d}.wav"
        write_sound(folder / path, 0.5, seed=number)
        rows.append((path, source, f"taco+{source}" if label == "fake" else "-"))
    with (folder / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder


@pytest.fixture(scope="module")
def wishes():
    """Give what copies were wished for; what is made are such that take no time."""
    from render.copysynthesis import copysynthesis

    copy_dataset, wished = copysynthesis.copy_dataset, []

    def quickly(audio, to, wish, **how):
        wished.append(wish)
        return copy_dataset(
            audio, to, replace(wish, methods=("zero_phase", "minimum_phase")), **how
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copysynthesis, "copy_dataset", quickly)
        yield wished


@pytest.fixture(scope="module")
def ablate(audio, wishes):
    """Return a function that runs the benchmark for one epoch; its status, and what it printed.

    The base is the plain recipe on the smallest pictures, so a training takes seconds.
    """
    from benchmarks.ablation import runs
    from benchmarks.ablation.__main__ import main
    from benchmarks.ablation.factors import Drawing

    def run(*options):
        call = [str(audio), str(audio.parent / "out"), "--seeds", "1", "--epochs", "1"]
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            status = main([*call, "--jobs", "1", "--only", "forge", "ensemble", *options])
        return status, printed.getvalue()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "recipe", lambda name: recipe("plain"))
        patch.setattr(runs, "BASE", Drawing(feature="lfcc", seconds=0.5, variants=0))
        yield run


@pytest.fixture(scope="module")
def done(audio, ablate):
    """Give what the first call gave, said, and left in its folder."""
    return *ablate(), audio.parent / "out"


@pytest.fixture
def scores_of_seed():
    """Return a function that makes scores of recordings, most of them of four sources."""
    from benchmarks.support.system_scores import SystemScores
    from classify.metrics.trials import Trials

    def make(seed, gap=1.0, count=120):
        rng = np.random.default_rng(seed)
        names = np.array([f"{number:03d}.wav" for number in range(count)])
        labels = np.arange(count) % 2
        sources = np.array(["x", "y", "z", ""])[np.arange(count) // 37]
        sources[:9] = "few"  # 5 real, 4 fake
        sources[81:99:2] = "only fakes"
        trials = Trials(names, labels, rng.normal(size=count) - gap * labels, {"source": sources})
        return SystemScores.of(trials, names)

    return make


def by_name(**changed):
    from benchmarks.ablation.factors import factors

    return {one.name: one for one in factors({**recipe("robust"), **changed})}


def test_every_augmentation_of_the_recipe_is_a_factor():
    known = by_name()
    augmentations = set(recipe("robust")) - set(LEARNING.split())
    for name in augmentations:
        assert set(known[name].training) == {name}
        assert known[name].training[name] != recipe("robust")[name]


def test_what_the_recipe_has_is_switched_off_and_what_it_lacks_on():
    without = by_name(mixup=0.0, masks=0, flip=False, ema=0.0)
    assert [without[name].before for name in ("mixup", "masks", "flip", "ema")] == ["off"] * 4
    assert without["mixup"].training["mixup"] > 0
    assert without["masks"].training["masks"] >= 1
    assert without["flip"].training == {"flip": True}
    have = by_name(noise=0.5, masks=3, flip=True, ema=0.1)
    assert have["noise"].training == {"noise": 0.0}
    assert have["noise"].before == "0.5"
    assert have["masks"].training == {"masks": 0}
    assert have["flip"].training == {"flip": False}
    assert have["ema"].training == {"ema": 0.0}


def test_of_a_choice_all_others_are_tried():
    assert by_name()["fusion-early"].training == {"fusion": "early"}
    assert "fusion-late" not in by_name()


def test_of_a_choice_all_but_the_base_are_tried():
    from benchmarks.ablation.factors import BASE
    from classify.settings import MODELS
    from render.representations import REPRESENTATIONS

    assert {name for name in by_name(model="cnn") if name.startswith("model-")} == {
        f"model-{name}" for name in MODELS if name != "cnn"
    }
    known = by_name(model="resnet", balance=[])
    assert "model-cnn" in known
    assert "model-resnet" not in known
    assert {"balance-source", "balance-class"} <= set(known)
    assert "balance-none" not in known
    features = [one.drawing["feature"] for one in known.values() if "feature" in one.drawing]
    assert BASE.feature not in features
    assert {*features, BASE.feature} == set(REPRESENTATIONS)


def test_every_factor_can_be_asked_for_and_changes_something():
    from benchmarks.ablation.factors import BASE, Drawing, factors, selected
    from classify.settings import Settings

    known = factors(recipe("robust"))
    assert len({one.name for one in known}) == len(known)
    assert selected(known, ["base"]) == []
    for one in known:
        assert selected(known, [one.name]) == [one]
        assert one in selected(known, [one.group])
        changed = Settings(**{**recipe("robust"), **one.training}), Drawing(**one.drawing)
        assert changed != (Settings(**recipe("robust")), BASE) or one.networks > 1


def test_the_figures_are_those_of_the_evaluation(scores_of_seed):
    from classify.metrics.breakdown import breakdown, mean_over
    from classify.metrics.registry import compute_metrics

    one = scores_of_seed(0)
    trials = one.trials
    mean = mean_over(breakdown(trials, "source", trials["group"], 0.5, 0))
    assert mean["values"] == 4 == len(one.source_masks)
    pooled = compute_metrics(trials.labels, trials.llr, 0.5)["eer"]
    assert one.error_rates.tolist() == [pooled, mean["eer"]]


def test_without_a_source_that_has_enough_the_mean_is_that_of_all(scores_of_seed):
    one = scores_of_seed(0, count=9)
    assert one.source_masks == []
    assert one.error_rates[0] == one.error_rates[1]


@pytest.mark.slow
def test_a_difference_is_of_the_same_recordings_and_seeds(scores_of_seed):
    from benchmarks.support.system_scores import difference

    base = [scores_of_seed(seed) for seed in range(2)]
    same = difference(base, base)
    assert (same.low == 0).all()
    assert (same.high == 0).all()
    better = difference([scores_of_seed(seed, 3.0) for seed in range(2)], base)
    assert (better.value < 0).all()
    assert (better.high < 0).all()
    # Where a recording is missing, it is left out of both.
    fewer = base[0][np.arange(len(base[0].trials)) != 5]
    assert difference([fewer], base[:1]).value.tolist() == [0, 0]


@pytest.mark.slow
def test_seeds_that_differ_widen_the_interval(scores_of_seed):
    from benchmarks.support.system_scores import mean_over_seeds

    # One seed three times has the interval of its recordings; others have that of seeds besides.
    one = scores_of_seed(0)
    narrow, wide = (
        mean_over_seeds([one] * 3),
        mean_over_seeds([one, scores_of_seed(0, 2.0), scores_of_seed(0, 0.0)]),
    )
    assert np.allclose(narrow.low, mean_over_seeds([one]).low)
    assert (wide.high - wide.low > 1.5 * (narrow.high - narrow.low)).all()
    assert (wide.low < wide.value).all()
    assert (wide.value < wide.high).all()
    assert wide.value == pytest.approx(
        (one.error_rates + scores_of_seed(0, 2.0).error_rates + scores_of_seed(0, 0.0).error_rates)
        / 3
    )


@pytest.mark.slow
def test_the_table_has_a_row_a_factor_and_the_plot_is_a_picture(scores_of_seed):
    from benchmarks.ablation.factors import UNCHANGED, factors
    from benchmarks.ablation.report import markdown, plot, rows, table

    listed = [UNCHANGED, *factors(recipe("robust"))]
    seeds = {f"seed-{seed}": {"validation": scores_of_seed(seed)} for seed in range(2)}
    results = {one.name: seeds for one in listed if one.name != "zoom"}
    found = {"validation": rows(listed, results, "validation")}
    text = markdown("# head", found, {"zoom": "expected this, got that"})
    names = re.findall(r"^\| [a-z]* \| ([\w-]+) \|", text, re.MULTILINE)
    assert names == ["factor", *(one.name for one in listed if one.name != "zoom")]
    assert text.endswith("## failed\n\n- zoom: expected this, got that\n")
    values = list(csv.DictReader(table(found).splitlines()))
    assert len(values) == 2 * (len(listed) - 1)
    assert values[0]["difference"] == ""
    assert float(values[2]["low"]) <= float(values[2]["value"]) <= float(values[2]["high"])
    image = cv2.imdecode(np.frombuffer(plot(found), np.uint8), cv2.IMREAD_COLOR)
    few = cv2.imdecode(
        np.frombuffer(plot({"validation": found["validation"][:2]}), np.uint8), cv2.IMREAD_COLOR
    )
    assert image.shape[0] > 3 * few.shape[0]


def test_the_scores_of_sources_left_out_are_those_that_the_training_left(tmp_path, make_pictures):
    from benchmarks.support.system_scores import score_out_of_fold

    images = make_pictures(tmp_path / "images", splits=("train",), count=2)
    rows = [
        f"train/{label}/0{n}.png,own/{label}{n},{label[0]}{n}" for label in LABELS for n in (0, 1)
    ]
    (images / "manifest.csv").write_text("\n".join(["path,recording,source", *rows]))
    (tmp_path / "run").mkdir()
    (tmp_path / "run/validation.csv").write_text(
        "name,label,llr\nown/real1,real,1.5\nown/fake0,fake,-2.0\n"
    )
    run = SimpleNamespace(folder=tmp_path / "run", classes=LABELS)
    trials = score_out_of_fold(images, run, "own/").trials
    assert trials.names.tolist() == ["fake0", "real1"]
    assert (trials.labels.tolist(), trials.llr.tolist()) == ([1, 0], [-2.0, 1.5])
    assert trials["source"].tolist() == ["f0", "r1"]


@pytest.mark.slow
def test_a_factor_that_fails_is_told_and_the_others_go_on(done):
    status, said, _ = done
    # An ensemble of three cannot be made of one.
    assert status == 1
    assert said.endswith("## failed\n\n- ensemble: expected 3 seeds or more, got 1\n")
    # The names of the recordings begin otherwise beside the copies; the same ones are compared.
    assert re.search(r"^\| sound \| forge \| on \| off \| 1 \| [01]\.\d{3} \[", said, re.M)


@pytest.mark.slow
def test_the_tables_and_the_plot_are_written(done):
    _, said, out = done
    assert (out / "ablation.md").read_text() == said
    rows = list(csv.DictReader((out / "ablation.csv").read_text().splitlines()))
    assert [row["factor"] for row in rows] == ["base", "base", "forge", "forge"]
    assert cv2.imread(str(out / "ablation.png")) is not None


@pytest.mark.slow
def test_what_is_finished_is_not_trained_again(done, ablate):
    _, said, out = done
    written = {path: path.stat().st_mtime_ns for path in out.rglob("run.json")}
    assert len(written) == 2
    assert ablate()[1] == said
    # Testing is opened when it is asked for alone, and nothing is trained for it either.
    assert "\n## testing\n" not in said
    assert "\n## testing\n" in ablate("--splits", "validation", "testing")[1]
    assert {path: path.stat().st_mtime_ns for path in out.rglob("run.json")} == written


@pytest.mark.slow
def test_copies_of_both_families_are_forged(done, wishes):
    out = done[2]
    assert {(wish.copies, wish.methods) for wish in wishes} == {(2, registry.OURS)}
    copied = (out / "forged/manifest.csv").read_text()
    assert copied.count(",zero_phase,") == copied.count(",minimum_phase,") == 10


@pytest.mark.slow
def test_another_training_is_another_run(done, audio):
    from benchmarks.ablation.factors import UNCHANGED
    from benchmarks.ablation.runs import FactorRun, Study

    def study(epochs, folds=0):
        return Study(audio, done[2], ("validation",), 1, epochs, folds, 1)

    run = FactorRun(UNCHANGED, 0)
    assert list(study(1).finished(run))[0] == "validation"
    assert not study(2).finished(run)
    assert not study(1, 3).finished(run)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (
            ["--splits", "testing", "--leave-sources-out"],
            "expected --leave-sources-out or --splits",
        ),
        (["--seeds", "0"], "expected 1 seed or more, got 0"),
        (["--only", "sheer"], "expected a factor such as shear (--help lists them), got sheer"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(audio, capsys, told, error):
    from benchmarks.ablation.__main__ import main

    assert main([str(audio), str(audio.parent / "out"), *told]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"ablation: {error}")
    assert said.count("\n") == 1


def test_nothing_is_written_among_the_recordings(audio, capsys):
    from benchmarks.ablation.__main__ import main

    assert main([str(audio), str(audio / "out"), "--seeds", "0"]) == 2
    assert capsys.readouterr().err.startswith("ablation: expected a folder outside of ")
