import cv2
import numpy as np
import pytest

from classify.explanations.explanation import Explanation
from classify.explanations.occlusion import Band
from classify.reports import plots
from classify.reports.explanation_plot import draw

AXES = {
    "rows": {"unit": "Hz", "ticks": [[16, 0], [0, 4000]]},
    "columns": {"unit": "s", "ticks": [[-0.5, 0], [15.5, 1]]},
}
BAND, STRETCH = Band(2, 5, 0.4), Band(8, 11, 0.7)
IMAGE = np.full((16, 16), 128, np.uint8)


def explained(map=None, band=BAND, stretch=STRETCH, positive="fake"):
    if map is None:
        map = np.zeros((16, 16))
        map[2:6], map[10:12] = 2.0, -1.0
    return Explanation("occlusion", map, 0.9, band, stretch, positive)


def test_the_axes_are_in_hertz_and_seconds_and_the_sentence_stands_below():
    figure = draw(IMAGE, explained(), AXES)
    panel = figure.axes[0]
    assert (panel.get_ylabel(), panel.get_xlabel()) == ("Hz", "s")
    assert [tick.get_text() for tick in panel.get_yticklabels()] == ["0", "4000"]
    below = " ".join(figure.get_supxlabel().split())
    assert below == explained().sentence(AXES)
    assert "for and against “fake”" in panel.get_title()


def test_what_speaks_for_is_vermilion_and_what_speaks_against_blue():
    marks = draw(IMAGE, explained(), AXES).axes[0].images[1]
    colours = marks.to_rgba(np.array([2.0, 0.2, 0.0, -2.0]))
    assert colours[0] == pytest.approx([0xD5 / 255, 0x5E / 255, 0, 0.75], abs=0.01)
    assert colours[3] == pytest.approx([0, 0x72 / 255, 0xB2 / 255, 0.75], abs=0.01)
    assert colours[1][3] == pytest.approx(0.075, abs=0.01)
    assert colours[2][3] < 0.01


def test_the_frames_are_where_the_band_and_the_stretch_are():
    band, stretch = draw(IMAGE, explained(), AXES).axes[0].patches
    assert (band.get_xy(), band.get_width(), band.get_height()) == ((-0.5, 1.5), 16, 4)
    assert (stretch.get_xy(), stretch.get_width(), stretch.get_height()) == ((7.5, -0.5), 4, 16)


def test_an_explanation_of_nothing_is_drawn_without_frames():
    figure = draw(IMAGE, explained(np.zeros((16, 16)), None, None), None)
    assert not figure.axes[0].patches
    assert figure.axes[0].get_ylabel() == "pixels"
    data = np.frombuffer(plots.png(figure), np.uint8)
    assert cv2.imdecode(data, cv2.IMREAD_COLOR).std() > 10


def test_a_name_is_not_taken_for_mathematics():
    figure = draw(IMAGE, explained(positive=r"$\frac$"), AXES)
    assert plots.png(figure)


def test_the_same_explanation_gives_the_same_bytes():
    assert plots.png(draw(IMAGE, explained(), AXES)) == plots.png(draw(IMAGE, explained(), AXES))
