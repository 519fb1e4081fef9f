import numpy as np
import pytest
from scipy.stats import norm

from classify.metrics import detection
from classify.reports import curves
from classify.reports.curves import Curve

CLASSES = ("real", "fake")


def scores(distance, n=400):
    """Quantiles of two normal distributions of variance 1, so many apart."""
    quantiles = norm.ppf((np.arange(n) + 0.5) / n)
    return quantiles + distance / 2, quantiles - distance / 2


def curve(bonafide, spoof, stored=(0.1, 0.2)):
    fpr, fnr, _ = detection.det_curve(bonafide, spoof)
    return Curve(fpr, fnr, detection.eer(bonafide, spoof)[0], stored)


def drawn(figure, unit):
    """The line of a unit and its marks, as arrays of x and y."""
    line = next(line for line in figure.axes[0].lines if line.get_label() == f"{unit}s")
    marks = {
        other.get_marker(): other.get_xydata()[0]
        for other in figure.axes[0].lines
        if other.get_color() == line.get_color() and other is not line
    }
    return line.get_xydata().T, marks


def test_a_roc_curve_encloses_the_auc():
    bonafide, spoof = scores(1.0)
    (x, y), _ = drawn(curves.roc({"picture": curve(bonafide, spoof)}, CLASSES), "picture")
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 100, 100)
    area = np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2) / 100**2
    assert area == pytest.approx(detection.auc(bonafide, spoof))


def test_normal_scores_of_one_variance_have_a_straight_det_curve():
    # fpr = Phi(t - d/2), fnr = Phi(-t - d/2): their deviates add up to -d at every threshold.
    (x, y), _ = drawn(curves.det({"recording": curve(*scores(2.0))}, CLASSES), "recording")
    inside = (x > norm.ppf(0.01)) & (y > norm.ppf(0.01))
    assert inside.sum() > 100
    assert (x + y)[inside] == pytest.approx(-2.0, abs=0.1)


def test_a_perfect_det_curve_lies_on_the_edge():
    figure = curves.det({"picture": curve(np.array([2.0, 3.0, 4.0]), np.zeros(3))}, CLASSES)
    (x, y), marks = drawn(figure, "picture")
    edge = figure.axes[0].get_xlim()[0]
    assert (np.minimum(x, y) == edge).all()
    assert marks["o"].tolist() == [edge, edge]


def test_the_marks_are_the_eer_and_the_stored_threshold():
    one = curve(*scores(2.0), stored=(0.3, 0.05))
    _, marks = drawn(curves.det({"picture": one}, CLASSES), "picture")
    assert norm.cdf(marks["o"]) == pytest.approx([one.eer, one.eer])
    assert norm.cdf(marks["s"]) == pytest.approx([0.3, 0.05])
    _, marks = drawn(curves.roc({"picture": one}, CLASSES), "picture")
    assert marks["s"] == pytest.approx([30, 95])


def test_what_is_marked_lies_within_the_axes():
    # Every point with two distances, and every distance with two points.
    points = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.97, 0.001)]
    distances = [-2.0, 0.1, 2.0, 12.0]
    pairs = [
        *zip(distances, points, strict=True),
        *zip(distances, points[1:] + points[:1], strict=True),
    ]
    for distance, stored in pairs:
        figure = curves.det({"picture": curve(*scores(distance), stored=stored)}, CLASSES)
        low, high = figure.axes[0].get_xlim()
        marks = drawn(figure, "picture")[1]
        shown = np.clip(stored, norm.cdf(low), 0.995)
        assert norm.cdf(marks["s"]) == pytest.approx(shown), "within the ticks it is where it is"
        for mark in marks.values():
            assert (low <= mark).all()
            assert (mark <= high).all()


def test_the_ticks_of_a_det_curve_are_per_cent_at_their_deviates():
    axes = curves.det({"picture": curve(*scores(3.0))}, CLASSES).axes[0]
    labels = [float(label.get_text()) for label in axes.get_xticklabels()]
    assert labels == pytest.approx(100 * norm.cdf(axes.get_xticks()))
    # 1 of 400 is the smallest rate there is: the axis begins at the tick below it.
    assert (labels[0], labels[-1]) == (0.1, 40)


def test_both_units_stand_in_the_legend():
    both = {unit: curve(*scores(1.0)) for unit in ("picture", "recording")}
    for figure in (curves.roc(both, CLASSES), curves.det(both, CLASSES)):
        labels = [text.get_text() for text in figure.legends[0].get_texts()]
        assert {"pictures", "recordings", "stored threshold"} <= set(labels)
