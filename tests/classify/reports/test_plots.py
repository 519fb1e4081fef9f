import cv2
import numpy as np
import pytest

from classify.metrics.classification import reliability
from classify.reports import curves, plots

CLASSES = ("real", "fake")
RNG = np.random.default_rng(0)
LABELS = np.repeat([0, 1], [100, 300])
LLR = RNG.normal(0, 2, 400) + np.where(LABELS == 0, 2, -2)


def history(losses):
    return [
        {"loss": loss - 0.1, "accuracy": 1 - loss, "val_loss": loss, "val_accuracy": 0.9 - loss}
        for loss in losses
    ]


def histogram(labels=LABELS, llr=LLR, threshold=0.5, uncertain=(0.2, 0.7), classes=CLASSES):
    return plots.histogram(labels, llr, classes, threshold, uncertain)


def filled(figure):
    """Heights of the bars, by class."""
    return {
        patch.get_label(): patch.get_data().values
        for patch in figure.axes[0].patches
        if patch.get_label() in CLASSES
    }


def test_the_kept_epoch_is_the_one_of_the_lowest_validation_loss():
    figure = plots.learning({"": history([0.6, 0.3, 0.4])}, "loss")
    for axes, value in zip(figure.axes, (0.3, 0.6), strict=True):
        mark = next(line for line in axes.lines if line.get_marker() == "o")
        assert mark.get_xydata()[0] == pytest.approx([2, value])


def test_every_member_has_a_pair_of_lines():
    members = {"seed-0": history([0.6, 0.3]), "seed-1": history([0.5, 0.4, 0.3])}
    figure = plots.learning(members, "loss")
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) > 1]
    assert [(line.get_linestyle(), len(line.get_xdata())) for line in lines] == [
        *(("--", 2), ("-", 2), ("--", 3), ("-", 3))
    ]
    assert lines[0].get_color() == lines[1].get_color() != lines[2].get_color()
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["seed-0", "seed-1", "training", "validation", "epoch kept"]


@pytest.mark.slow
def test_learning_curves_are_written_as_a_png_whatever_the_user_set(tmp_path, matplotlibrc):
    plots.learning_curves(history([0.6, 0.3, 0.4]), "loss", tmp_path / "curves.png")
    curves = (tmp_path / "curves.png").read_bytes()
    assert cv2.imread(str(tmp_path / "curves.png")).std() > 10
    assert [path.name for path in tmp_path.iterdir()] == ["curves.png"]
    with matplotlibrc():
        plots.learning_curves(history([0.6, 0.3, 0.4]), "loss", tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes() == curves


@pytest.mark.parametrize("threshold", [0.5, 0.2])
def test_the_threshold_and_the_band_stand_at_their_llr(threshold):
    axes = histogram(threshold=threshold).axes[0]
    # P(fake) = 1 / (1 + e^llr), so llr = ln((1 - P) / P).
    line = next(line for line in axes.lines if line.get_label() == "threshold")
    assert line.get_xdata()[0] == pytest.approx(np.log((1 - threshold) / threshold))
    band = next(patch for patch in axes.patches if patch.get_label() == "uncertain")
    ends = band.get_x(), band.get_x() + band.get_width()
    assert ends == pytest.approx((-np.log(7 / 3), np.log(4)))


def test_the_bars_of_each_class_add_up_to_100_whatever_its_size():
    bars = filled(histogram(llr=np.where(np.arange(400) == 7, 500.0, LLR)))
    assert {name: values.sum() for name, values in bars.items()} == pytest.approx(
        {"real": 100, "fake": 100}
    )
    assert bars["real"].argmax() > bars["fake"].argmax()


def test_every_class_stands_in_the_legend():
    legend = histogram(classes=("_real", "fake")).legends[0]
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels == ["real", "fake", "uncertain", "threshold"]


def test_a_histogram_of_one_class_shows_that_class():
    assert set(filled(histogram(np.ones(5, int), np.arange(5.0)))) == {"fake"}


def test_probabilities_above_a_histogram_stand_at_their_llr():
    top = histogram().axes[0].child_axes[0]
    for place, label in zip(top.get_xticks(), top.get_xticklabels(), strict=True):
        assert float(label.get_text()) == pytest.approx(100 / (1 + np.exp(place)), rel=1e-3)


def test_the_points_of_a_reliability_diagram_weigh_both_classes_the_same():
    # 10 real and 90 fake with P(fake) 0.75: with both weighing the same, half of them are fake.
    labels = np.repeat([0, 1], [20, 90])
    llr = np.repeat([np.log(9), -np.log(3)], [10, 100])
    figure = plots.reliability(labels, llr, CLASSES)
    points = np.concatenate(
        [line.get_xydata() for line in figure.axes[0].lines if line.get_marker() == "o"]
    )
    # 10 of 20 real are in the upper bin, so the share of fakes there is 1 / (0.5 + 1).
    assert points == pytest.approx(np.array([[10, 0], [75, 100 * 2 / 3]]))


def test_a_point_of_few_is_hollow_and_the_counts_are_below():
    labels, llr = np.repeat([0, 1, 1], [30, 30, 3]), np.repeat([3.0, -3.0, 0.05], [30, 30, 3])
    figure = plots.reliability(labels, llr, CLASSES)
    hollow = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == "white"]
    assert [len(line.get_xdata()) for line in hollow] == [1]
    counts = [int(text.get_text()) for text in figure.axes[1].texts]
    assert counts == [*(30, *[0] * 9), *(0, 0, 0, 0, 3, 0, 0, 0, 0, 30)]


def test_the_line_of_a_reliability_diagram_is_the_metric():
    figure = plots.reliability(LABELS, LLR, CLASSES)
    predicted, observed, _ = reliability(LABELS, 1 / (1 + np.exp(LLR)), 0.5)
    line = figure.axes[0].lines[1].get_xydata().T
    np.testing.assert_allclose(line, 100 * np.stack([predicted, observed]))


def test_a_picture_stands_upright_with_its_axes():
    image = np.zeros((8, 4), np.uint8)
    image[0] = 255  # the highest frequency
    ticks = {"unit": "Hz", "ticks": [[-0.5, 4000], [7.5, 0]]}
    axes = {"rows": ticks, "columns": {"unit": "s", "ticks": [[-0.5, 0], [3.5, 0.5]]}}
    panel = plots.spectrogram(image, axes).axes[0]
    low, high = panel.get_ylim()
    assert low > high, "row 0 is on top"
    assert [label.get_text() for label in panel.get_yticklabels()] == ["4000", "0"]
    assert panel.get_yticks().tolist() == [-0.5, 7.5]
    assert (panel.get_ylabel(), panel.get_xlabel()) == ("Hz", "s")
    assert [label.get_text() for label in panel.get_xticklabels()] == ["0", "0.5"]


def test_a_picture_of_unknown_axes_counts_pixels():
    panel = plots.spectrogram(np.zeros((8, 4), np.uint8), None).axes[0]
    assert (panel.get_ylabel(), panel.get_xlabel()) == ("pixels", "pixels")


def test_brightness_is_absolute():
    # A dim picture is not stretched: 0 stays black and 255 would be white.
    image = plots.spectrogram(np.full((8, 4), 90, np.uint8), None).axes[0].images[0]
    assert image.get_clim() == (0, 255)


@pytest.mark.slow
def test_a_figure_gives_the_same_file_again_and_a_smaller_one_without_colour():
    first, again = (plots.png(histogram()) for _ in range(2))
    assert first == again
    grey = plots.png(histogram(), grey=True)
    assert len(grey) < len(first)
    assert cv2.imdecode(np.frombuffer(grey, np.uint8), cv2.IMREAD_UNCHANGED).ndim == 2


@pytest.mark.slow
@pytest.mark.parametrize("classes", [CLASSES, (r"$\x$", "_a class of a very long name")])
@pytest.mark.parametrize("n", [3, 400])
def test_no_figure_collapses_and_no_name_is_taken_for_mathematics(classes, n):
    half = np.concatenate([np.arange(n // 2), 399 - np.arange(n - n // 2)])
    labels, llr = LABELS[half], LLR[half]
    curve = curves.Curve(np.array([0, 0.2, 1]), np.array([1, 0.1, 0]), 0.15, (0.2, 0.1))
    for figure in (
        histogram(labels, llr, classes=classes),
        plots.reliability(labels, llr, classes),
        plots.learning({name: history([0.5, 0.4]) for name in classes}, "loss"),
        curves.roc({"picture": curve}, classes),
        curves.det({"picture": curve}, classes),
    ):
        figure.draw_without_rendering()
        main = figure.axes[0].get_position()
        assert main.width > 0.5
        assert main.height * len(figure.axes) > 0.5
        edge = figure.bbox.padded(1)
        for axes in figure.axes:
            box = axes.get_tightbbox()
            assert edge.containsx(box.x0)
            assert edge.containsx(box.x1)
            assert edge.containsy(box.y0)
            assert edge.containsy(box.y1)
        for legend in figure.legends:
            assert edge.containsx(legend.get_window_extent().x0)
            assert edge.containsx(legend.get_window_extent().x1)
