import base64
import csv
import html.parser
import types
from dataclasses import replace

import cv2
import numpy as np
import pytest

from classify.metrics.bootstrap import rule_of_three
from classify.metrics.breakdown import Cell
from classify.metrics.false_alarms import FalseAlarms
from classify.metrics.registry import METRICS, ORACLE
from classify.metrics.report import EvaluationReport, judge_unit
from classify.metrics.robustness import ConditionReport, RobustnessReport
from classify.metrics.trials import Trials
from classify.prediction.pooling import pool_recordings
from classify.reports import html as html_report

AXES = {
    "rows": {"unit": "Hz", "ticks": [[-0.5, 8000], [7.5, 0]]},
    "columns": {"unit": "s", "ticks": [[-0.5, 0], [7.5, 2]]},
}
# Elements without an end tag.
VOID = {"img", "meta", "br"}
# Elements that stand apart from what is before them.
BLOCKS = {"br", "div", "figcaption", "figure", "h1", "h2", "h3", "p", "pre", "td", "th", "tr"}


class Page(html.parser.HTMLParser):
    """What a browser would make of a page: the elements, each with its text."""

    def __init__(self, path):
        super().__init__()
        self.source = path.read_text("utf-8")
        self.elements, self.open = [], []
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag in BLOCKS:
            self.handle_data(" ")
        self.elements.append({"tag": tag, "text": "", **dict(attributes)})
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag, "elements are closed in the order they are opened"

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag):
        return [element for element in self.elements if element["tag"] == tag]

    def text(self, name):
        """Text of the element of an id, or of the first of a tag, blanks made one."""
        found = (e for e in self.elements if name in (e.get("id"), e["tag"]))
        return " ".join(next(found)["text"].split())

    @property
    def ids(self):
        return {element["id"] for element in self.elements if "id" in element}


def write_history(folder, losses):
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "history.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["epoch", "accuracy", "loss", "val_accuracy", "val_loss"])
        rows.writerows([number, 0.7, loss, 0.6, loss + 0.1] for number, loss in enumerate(losses))


def a_run(folder, **more):
    """What the report asks of a run."""
    write_history(folder, [0.7, 0.5, 0.6])
    values = {
        "folder": folder,
        "classes": ("real", "fake"),
        "training": {"model": "cnn", "epochs": 3, "seed": 7, "keep_epoch": "last"},
        "shape": (8, 8),
        "threshold": 0.5,
        "prior": 0.5,
        "uncertain": (0.3, 0.7),
        "group": "",
        "calibration": types.SimpleNamespace(slope=0.75, offset=-0.25),
        "versions": {"keras": "3.99.1"},
        "fingerprint": "0123abcd",
        "left_out": 2,
        "scores": {"epoch": 1.0, "val_loss": 0.6},
        "validation": {"ece": 0.0321},
        "members": (),
        "caveat": "",
        "axes": AXES,
    }
    return types.SimpleNamespace(**{**values, **more})


def report_of(trials, run):
    """A report whose intervals are easy to recognise."""

    def judged(part):
        one = judge_unit(part, part.names, run.threshold, run.uncertain, resamples=0)
        ends = {name: (0.9 * value, 1.1 * value) for name, value in one.metrics.items()}
        return replace(one, interval=ends)

    return EvaluationReport(
        split="test",
        classes=run.classes,
        threshold=run.threshold,
        uncertain=run.uncertain,
        units={unit: judged(part) for unit, part in trials.items()},
        bootstrap_unit="speaker",
        resamples=1000,
    )


def some_scores(n_real=60, n_fake=90, seed=0):
    """Two pictures a recording, some of them wrong."""
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1], [n_real, n_fake])
    names = [f"test/{('real', 'fake')[label]}/{n:03d}.png" for n, label in enumerate(labels)]
    llr = rng.normal(0, 2, len(labels)) + np.where(labels == 0, 1.5, -1.5)
    return Trials(np.array(names, dtype=str), labels, llr)


def draw(images, names):
    """Write a picture for each name."""
    for number, name in enumerate(names):
        (images / name).parent.mkdir(parents=True, exist_ok=True)
        # OpenCV itself cannot write to a name that is no Unicode.
        data = cv2.imencode(".png", np.full((8, 8), 20 * number % 256, np.uint8))[1]
        (images / name).write_bytes(data.tobytes())


class Evaluated:
    """An evaluation to write the report of."""

    def __init__(self, folder, pictures=None, recordings=True, **run):
        self.images = folder / "images"
        self.images.mkdir()
        self.run = a_run(folder / "mine", **run)
        pictures = some_scores() if pictures is None else pictures
        draw(self.images, pictures.names[:400])
        if recordings:
            names = np.array([f"{n // 2}.wav" for n in range(len(pictures))])
            pictures = replace(pictures, columns={"recording": names})
        trials = {"picture": pictures}
        if recordings:
            trials["recording"] = pool_recordings(pictures)
        self.report = report_of(trials, self.run)
        self.pictures = pictures

    def write(self, command="./run.sh evaluate images", **changes):
        report = replace(self.report, **changes)
        return html_report.write(self.run, self.images, report, command)

    def page(self, **changes):
        return Page(self.write(**changes))


@pytest.fixture
def quick(monkeypatch):
    """Leave the plots out, for tests of the text."""
    dot = cv2.imencode(".png", np.zeros((1, 1), np.uint8))[1].tobytes()
    monkeypatch.setattr(html_report.plots, "png", lambda *_: dot)


@pytest.fixture
def evaluated(tmp_path, quick):
    return Evaluated(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Give an evaluation and its page, with everything, not to be changed."""
    one = Evaluated(tmp_path_factory.mktemp("whole"))
    return one, one.page()


def test_a_run_of_the_demonstration_is_warned_of(tmp_path, quick):
    page = Evaluated(tmp_path, caveat="it means nothing").page()
    assert page.text("caveat") == "Warning: it means nothing."


def test_the_report_lies_in_the_run(evaluated):
    assert evaluated.write() == evaluated.run.folder / "report" / "index.html"
    assert [path.name for path in (evaluated.run.folder / "report").iterdir()] == ["index.html"]


@pytest.mark.slow
def test_the_report_refers_to_nothing_outside(whole):
    _, page = whole
    assert not page.open, "every element is closed"
    tags = {element["tag"] for element in page.elements}
    assert not tags & {"script", "link", "iframe", "object", "embed", "a", "base", "form"}
    for element in page.elements:
        for name, value in element.items():
            assert not name.startswith("on")
            if name in ("src", "href", "srcset", "poster", "background"):
                assert value.startswith("data:image/png;base64,")
    assert len(page.all("img")) > 8
    style = page.text("style")
    for word in ("url(", "@import", "http"):
        assert word not in style
    policy = next(e for e in page.all("meta") if "http-equiv" in e)
    assert policy["content"].startswith("default-src 'none'; img-src data:")


def test_every_picture_of_the_report_can_be_decoded(whole):
    _, page = whole
    for element in page.all("img"):
        data = base64.b64decode(element["src"].partition(",")[2], validate=True)
        assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) is not None
        assert element["alt"]
    assert {"learning", "roc", "det", "histogram-picture", "reliability-recording"} <= page.ids


def test_the_curves_are_those_of_the_scores(evaluated, monkeypatch):
    seen = {}
    monkeypatch.setattr(html_report.curves, "det", lambda found, classes: seen.update(found))
    evaluated.write()
    assert list(seen) == ["picture", "recording"]
    for unit, curve in seen.items():
        found = evaluated.report.units[unit].metrics
        assert found["fpr"] != found["fnr"]
        assert (curve.eer, curve.stored) == (found["eer"], (found["fpr"], found["fnr"]))
        # At some threshold both rates are what they are at the stored one.
        assert ((curve.fpr == found["fpr"]) & np.isclose(curve.fnr, found["fnr"])).any()


@pytest.mark.slow
def test_the_same_evaluation_gives_the_same_bytes_whatever_the_user_set(whole, matplotlibrc):
    one, page = whole
    with matplotlibrc():
        assert one.write().read_bytes().decode() == page.source


@pytest.mark.slow
def test_the_report_of_100_000_scores_is_small(tmp_path):
    pictures = some_scores(40_000, 60_000)
    at = html_report.mistakes(pictures, 0.5)
    one = Evaluated(tmp_path, pictures, recordings=False)
    draw(one.images, pictures.names[at])
    path = one.write(by={"speaker": {str(n): Cell(9, 9, {"fpr": 0.1}) for n in range(5_000)}})
    assert path.stat().st_size < 5e6
    page = Page(path)
    assert "40,000 real and 60,000 fake pictures" in page.text("header")
    assert "The other 4,900 are in metrics.json." in " ".join(page.text("body").split())


def test_every_metric_is_there_with_its_intervals_and_its_direction(whole):
    evaluated, page = whole
    for name, metric in METRICS.items():
        row = page.text(name)
        for unit, part in evaluated.report.units.items():
            value = part.metrics[name]
            low, high = 0.9 * value, 1.1 * value
            if metric.percent:
                expected = f"{100 * value:.1f} % {100 * low:.1f} to {100 * high:.1f} %"
            else:
                expected = f"{value:.3f} {low:.3f} to {high:.3f}"
            assert expected in row, (unit, name)
        assert metric.title in row
        assert metric.words.format(real="real", fake="fake") in row
        assert f"{'higher' if metric.higher_is_better else 'lower'} is better" in row


def test_oracle_figures_stand_apart_from_those_at_the_stored_threshold(whole):
    evaluated, page = whole
    source = page.source
    order = [source.index(text) for text in ("at the stored threshold<", "Oracle metrics<")]
    places = {name: source.index(f'<tr id="{name}"') for name in METRICS}
    after = {name for name, place in places.items() if place > order[1]}
    assert after == {name for name, metric in METRICS.items() if metric.group == ORACLE}
    assert min(places.values()) > order[0]
    found = evaluated.report.units["recording"].oracle
    assert f"{100 * found['accuracy_at_eer']:.1f} %" in page.text("accuracy_at_eer")
    assert f"{abs(found['eer_threshold']):.3f}" in page.text("eer_threshold")
    assert "the stored one is at 0.000" in page.text("eer_threshold")


def test_the_verdict_is_the_first_thing(whole):
    _, page = whole
    assert page.text("verdict").startswith("On the 30 real and 45 fake recordings of the test")
    assert page.source.index('id="verdict"') < page.source.index("<table")
    assert "60 real and 90 fake pictures, clips of 30 real and 45 fake recordings" in page.text(
        "header"
    )
    assert f"up to {100 * rule_of_three(45):.1f} %" in " ".join(page.text("body").split())


def test_the_uncertain_share_is_told_for_each_unit(whole):
    evaluated, page = whole
    text = page.text("body")
    assert "Between P(fake) 0.3 and 0.7 the answer is “uncertain”" in text
    for unit, part in evaluated.report.units.items():
        found = part.selective
        share, right = (f"{100 * found[name]:.1f} %" for name in ("uncertain", "accuracy"))
        expected = f"Of the {unit}s {share} are uncertain; of the others {right} are judged"
        assert expected in text


def test_names_are_text_and_never_markup(tmp_path, quick):
    nasty = "<script>alert(\"1\") & 'x'</script>"
    classes = ("<b>real", 'fa"ke&amp;')
    pictures = Trials(
        np.array([f"{nasty[:-9]}{n}.png" for n in range(6)]),
        np.repeat([0, 1], 3),
        -np.arange(6.0) + 2,
    )
    one = Evaluated(tmp_path, pictures, classes=classes)
    cell = Cell(1, 2, {"eer": 0.5}, real_from=nasty)
    page = one.page(command=f"./run.sh evaluate {nasty}", by={nasty: {nasty: cell}})
    assert {"script", "b"} & {e["tag"] for e in page.elements} == {"b"}
    assert not page.open
    body = page.text("body")
    assert f"./run.sh evaluate {nasty}" in body
    assert f"By {nasty}" in body
    assert f"against {nasty}" in body
    assert f"tells {classes[1]} from {classes[0]}" in page.text("h1")
    captions = [e["text"] for e in page.all("figcaption")]
    assert any(pictures.names[2] in text for text in captions)
    assert any(e["alt"] == f"Spectrogram of {pictures.names[2]}" for e in page.all("img"))


def test_a_name_that_is_no_unicode_is_shown_escaped(tmp_path, quick):
    name = b"\xff.png".decode("utf-8", "surrogateescape")
    pictures = Trials(np.array([name, "b.png"]), np.array([1, 0]), np.array([2.0, 1.0]))
    one = Evaluated(tmp_path, pictures, recordings=False)
    assert r"\udcff.png" in one.page().text("body")


def confident(pictures, threshold=0.5):
    """P(the verdict) where it is wrong, by name."""
    p_fake = 1 / (1 + np.exp(pictures.llr))
    called = p_fake >= threshold
    wrong = called != (pictures.labels == 1)
    sure = np.where(called, p_fake, 1 - p_fake)
    return dict(zip(pictures.names[wrong], sure[wrong], strict=True))


@pytest.mark.parametrize("threshold", [0.5, 0.8])
def test_mistakes_are_mistakes_the_most_confident_first(threshold):
    pictures = some_scores()
    at = html_report.mistakes(pictures, threshold)
    wrong = confident(pictures, threshold)
    shown = [wrong[name] for name in pictures.names[at]]
    assert len(shown) == 12
    assert shown == sorted(shown, reverse=True)
    for label in (0, 1):
        kind = [wrong[n] for n in pictures.names[at][pictures.labels[at] == label]]
        others = [wrong[n] for n in pictures.names[pictures.labels == label] if n in wrong]
        assert kind == sorted(others, reverse=True)[: len(kind)]
        assert len(kind) >= min(6, len(others))


def test_a_kind_that_is_rare_leaves_its_room_to_the_other():
    labels = np.repeat([0, 1], [20, 2])
    pictures = Trials(np.arange(22).astype(str), labels, np.where(labels == 0, -1.0, 0.5))
    at = html_report.mistakes(pictures, 0.5)
    assert np.bincount(labels[at]).tolist() == [10, 2]
    only = pictures[labels == 0]
    assert len(html_report.mistakes(only, 0.5)) == 12


def test_a_recording_shows_its_most_confident_mistake_only():
    llr, columns = np.array([-1.0, -3.0, -2.0, 4.0]), {"recording": np.array(list("xxyx"))}
    pictures = Trials(np.array(list("abcd")), np.zeros(4, int), llr, columns)
    at = html_report.mistakes(pictures, 0.5)
    assert pictures.names[at].tolist() == ["b", "c"]


def test_scores_beyond_all_probabilities_keep_their_order():
    # exp(-800) is 0 and 1 - exp(-800) is 1 in double precision.
    pictures = Trials(np.array(list("abc")), np.zeros(3, int), np.array([-800.0, -900.0, -850.0]))
    assert pictures.names[html_report.mistakes(pictures, 0.5)].tolist() == [
        "b",
        "c",
        "a",
    ]


def test_a_shown_mistake_says_what_it_was_and_what_it_was_called(tmp_path, quick):
    pictures = Trials(
        np.array(["a.png", "b.png", "c.png", "d.png", "e.png"]),
        np.array([0, 0, 1, 1, 1]),
        np.array([-3.0, 2.0, 0.4, -5.0, 9.0]),
    )
    page = Evaluated(tmp_path, pictures, recordings=False).page()
    captions = [" ".join(e["text"].split()) for e in page.all("figcaption")]
    assert captions[-3:] == [
        "fake called real, P(fake) < 0.1 % e.png",  # 1 / (1 + e^9) = 0.00012
        "real called fake, P(fake) 95.3 % a.png",  # 1 / (1 + e^-3)
        "fake called real (uncertain), P(fake) 40.1 % c.png",  # 1 / (1 + e^0.4)
    ]


@pytest.mark.slow
def test_mistakes_are_shown_by_their_own_picture(tmp_path):
    one = Evaluated(tmp_path)
    at = html_report.mistakes(one.pictures, 0.5)
    for number, name in enumerate(one.pictures.names[at]):
        cv2.imwrite(str(one.images / name), np.full((8, 8), 20 * number, np.uint8))
    shown = [e for e in one.page().all("img") if e["alt"].startswith("Spectrogram")]
    assert len(shown) == len(at) == 12
    for number, element in enumerate(shown):
        data = base64.b64decode(element["src"].partition(",")[2])
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        middle = image[image.shape[0] // 2, image.shape[1] // 2]
        assert middle == pytest.approx(20 * number, abs=1)


def test_a_mistake_that_is_gone_is_named(evaluated):
    at = html_report.mistakes(evaluated.pictures, 0.5)[0]
    (evaluated.images / evaluated.pictures.names[at]).unlink()
    with pytest.raises(FileNotFoundError, match=str(evaluated.pictures.names[at])):
        evaluated.write()


def test_no_mistake_is_told_too(tmp_path, quick):
    pictures = Trials(np.array(["a.png", "b.png"]), np.array([0, 1]), np.array([2.0, -2.0]))
    assert "There are none" in Evaluated(tmp_path, pictures).page().text("body")


@pytest.mark.slow
@pytest.mark.parametrize("label", [0, 1])
def test_one_class_has_a_report_without_what_compares_two(tmp_path, quick, label):
    pictures = some_scores(*((40, 0), (0, 40))[label])
    page = Evaluated(tmp_path, pictures).page()
    assert f"All recordings here are {('real', 'fake')[label]}" in page.text("left-out")
    assert {"roc", "det", "eer", "auc", "ece", "reliability-picture"} & page.ids == set()
    assert {"accuracy", "histogram-picture", "learning"} <= page.ids
    assert "nan" not in page.text("body")


@pytest.mark.slow
def test_scores_that_are_decisions_have_no_curves(tmp_path, quick):
    pictures = some_scores()
    hard = Trials(pictures.names, pictures.labels, np.sign(pictures.llr))
    page = Evaluated(tmp_path, hard, recordings=False).page()
    assert "fewer than three different values" in page.text("left-out")
    assert {"roc", "det", "eer"} & page.ids == set()
    assert {"auc", "reliability-picture"} <= page.ids


def test_nothing_is_said_of_what_is_left_out_where_nothing_is(evaluated):
    assert "left-out" not in evaluated.page().ids


def test_without_a_manifest_there_are_pictures_only(tmp_path, quick):
    page = Evaluated(tmp_path, recordings=False, axes=None).page()
    assert "histogram-recording" not in page.ids
    assert "recordings" not in page.text("verdict")
    assert page.text("accuracy").count("to") == 1


@pytest.mark.slow
def test_an_ensemble_shows_its_seeds_and_its_members(tmp_path, quick, monkeypatch):
    histories = []
    monkeypatch.setattr(html_report.plots, "learning", lambda rows, _: histories.append([*rows]))
    one = Evaluated(tmp_path)
    assert "Several seeds" not in one.page().text("body")
    training = {"keep_epoch": "last"}
    one.run.members = tuple(
        a_run(tmp_path / "mine" / f"seed-{n}", training={"seed": n, **training}) for n in (4, 5, 6)
    )
    (tmp_path / "mine" / "history.csv").unlink()
    seeds = {"picture": (0.123, 0.0214), "recording": (0.1, 0.02)}
    units = one.report.units.items()
    page = one.page(units={unit: replace(part, seeds={"eer": seeds[unit]}) for unit, part in units})
    text = page.text("body")
    assert "3 networks were trained with different seeds" in text
    assert "Equal error rate (EER) 12.3 % ± 2.1 % 10.0 % ± 2.0 %" in text
    assert "Seed 4, 5, 6" in text
    assert histories == [[""], ["seed-4", "seed-5", "seed-6"]]


@pytest.mark.slow
def test_the_marked_epoch_is_the_one_that_the_run_says(tmp_path, quick, monkeypatch):
    marked = []
    monkeypatch.setattr(
        html_report.plots, "learning", lambda _, keep_epoch: marked.append(keep_epoch)
    )
    words = {"last": "the last one", "loss": "the one with the lowest validation loss"}
    for keep_epoch, said in words.items():
        folder = tmp_path / keep_epoch
        folder.mkdir()
        one = Evaluated(folder, training={"seed": 7, "keep_epoch": keep_epoch})
        assert f"The network of the marked epoch was kept, {said}." in one.page().text("body")
    assert marked == ["last", "loss"]


def test_a_run_without_its_history_has_no_learning_curves(evaluated):
    (evaluated.run.folder / "history.csv").unlink()
    assert "learning" not in evaluated.page().ids


def test_the_breakdown_keeps_its_order_and_says_what_it_was_judged_against(evaluated):
    zeta = {"eer": 0.4, "fpr": 0.25, "fnr": 0.5}
    cells = {
        "zeta": Cell(30, 9, zeta, {"eer": (0.31, 0.52)}, "all"),
        "alpha": Cell(12, 1234, {"eer": 0.1, "fpr": 0.2}, real_from="same source"),
        "last": Cell(3, 0, {"fpr": 0.0}, real_from=""),
    }
    page = evaluated.page(
        by={"generator": cells}, mean_over={"generator": {"values": 2, "eer": 0.25, "fpr": 0.225}}
    )
    rows = [" ".join(e["text"].split()) for e in page.all("tr")]
    start = next(n for n, row in enumerate(rows) if row.startswith("zeta"))
    pooled = evaluated.report.main.metrics
    assert rows[start : start + 5] == [
        "zeta 30 real, 9 fake; against all 40.0 % 31.0 to 52.0 % 25.0 % 50.0 %",
        "alpha 12 real, 1,234 fake; against same source 10.0 % 20.0 % –",
        "last 3 real, 0 fake – 0.0 % –",
        "Mean of the 2 with at least 5 of each class 25.0 % 22.5 % –",
        "Pooled everything together "
        + " ".join(f"{100 * pooled[name]:.1f} %" for name in ("eer", "fpr", "fnr")),
    ]


def test_the_confusion_matrix_has_counts_and_shares_of_the_rows(whole):
    evaluated, page = whole
    (tn, fp), _ = evaluated.report.units["picture"].confusion
    rows = [" ".join(e["text"].split()) for e in page.all("tr")]
    start = rows.index("Pictures called real called fake")
    assert rows[start + 1] == f"real 60 {tn} {100 * tn / 60:.1f} % {fp} {100 * fp / 60:.1f} %"


def test_the_report_says_how_to_reproduce_it(evaluated):
    page = Page(evaluated.write(command="./run.sh evaluate images --by 'my column'"))
    assert page.text("pre") == "./run.sh evaluate images --by 'my column'"
    text = page.text("body")
    for expected in (
        "Seed 7",
        "epochs 3, keep_epoch last, model cnn",
        "keras 3.99.1",
        "0123abcd",
        "damaged 2",
        "llr = 0.75 × raw llr + (-0.25)",
        "fake from P(fake) = 0.5 on; uncertain from 0.3 to 0.7",
        "ece 0.0321",
        "epoch 2, val_loss 0.6",
        "1,000 resamplings of these data by speaker",
    ):
        assert expected in text, expected


def test_a_run_without_an_uncertain_band_says_so(tmp_path, quick):
    page = Evaluated(tmp_path, uncertain=(0.5, 0.5)).page()
    assert "This run knows no “uncertain”" in page.text("body")


def a_sweep(title="noise, 5 dB"):
    """What a robustness sweep over two sources comes to."""

    def one(group, title, eer, change):
        metrics = {"eer": eer, "change": change}
        rates = {"hter": 0.2, "fpr": 0.1, "fnr": 0.3}
        by = {
            "<vits>": Cell(9, 11, metrics),
            "wavenet": Cell(9, 11, {**metrics, "eer": eer / 2}),
        }
        mean = {"values": 2, "eer": 0.75 * eer, "change": change}
        ends = {"eer": (eer - 0.05, eer + 0.05)} | ({"change": (-0.02, 0.2)} if group else {})
        return ConditionReport(group, title, Cell(9, 11, {**metrics, **rates}, ends), by, mean)

    return RobustnessReport(
        source="<b>audio</b>",
        recordings=20,
        refused=0,
        column="source",
        bootstrap_unit="speaker",
        conditions={
            "clean": one("", "clean", 0.123, 0.0),
            "noise": one("noise", title, 0.345, 0.222),
            "better": one("codec", "GSM", 0.115, -0.008),
            "silent": ConditionReport("length", "4 s", Cell(0, 0)),
        },
    )


def test_a_sweep_is_a_map_of_colours_with_the_numbers_in_it(evaluated):
    page = evaluated.page(robustness=a_sweep())
    assert not page.open
    text = page.text("robustness")
    assert "it rises most with noise, 5 dB, by +22.2 points" in text
    assert "20 recordings of <b>audio</b> were degraded" in text
    cells = [e for e in page.all("td") if "background-color" in e.get("style", "")]
    assert len(cells) == 3 * 4
    assert [" ".join(e["text"].split()) for e in cells] == [
        *("12.3", "9.2", "12.3", "6.2"),
        *("34.5 +22.2", "25.9 +22.2", "34.5 +22.2", "17.2 +22.2"),
        *("11.5 −0.8", "8.6 −0.8", "11.5 −0.8", "5.8 −0.8"),
    ]
    assert len({e["style"] for e in cells[:4] if "12.3" in e["text"]}) == 1
    heads = [e["text"] for e in page.all("span")]
    assert {"all", "mean", "<vits>", "wavenet"} <= set(heads)
    assert "4 s 0 recordings – – – –" in text
    assert "clean 9 real, 11 fake 12.3 % 7.3 to 17.3 % – 20.0 % 10.0 % 30.0 %" in text
    assert "noise, 5 dB 34.5 % 29.5 to 39.5 % +22.2 −2.0 to +20.0 20.0 %" in text
    assert "4 s 0 real, 0 fake – – – – –" in text


def test_without_a_sweep_there_is_no_word_of_it(whole):
    _, page = whole
    assert "robustness" not in page.ids
    assert "degraded" not in page.text("body")


def test_false_alarms_and_risk_have_their_place(whole, tmp_path, quick):
    evaluated, page = whole
    assert "Risk-coverage curve" in page.source
    assert "false-alarms" not in page.source  # no source is known
    alarms = {f"s{n:03d}": FalseAlarms(8, 2, (0.032, 0.651)) for n in range(101)}
    table = " ".join(Evaluated(tmp_path).page(false_alarms=alarms).text("false-alarms").split())
    assert "Real called fake, by source" in table
    assert "s000 2 8 25.0 % 3.2 to 65.1 % s001" in table.replace("\u00a0", " ")
    assert table.endswith("The other 1 are in metrics.json.")
