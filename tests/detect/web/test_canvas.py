import cv2
import numpy as np
import pytest
from matplotlib import rcParams
from matplotlib.figure import Figure

from detect.detection import Window
from detect.web.canvas import DPI, Canvas, p_at, rasterise, theme

RED = (230, 30, 60, 255)


def figure():
    drawing = Figure(figsize=(3, 2))
    above, below = drawing.subplots(2, 1)
    above.plot([0, 10], [0, 1], color=rcParams["text.color"], label="line")
    above.legend()
    above.set_xlim(0, 10)
    below.imshow(np.full((4, 4), 90, np.uint8), vmin=0, vmax=255, cmap="gray")
    drawing.suptitle("name")
    return drawing


def decoded(data):
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA)


def red_columns(pixels):
    return np.flatnonzero((pixels == RED).all(axis=2).any(axis=0))


def test_a_canvas_has_the_size_that_is_asked_for():
    assert rasterise(figure()).pixels.shape == (2 * DPI, 3 * DPI, 4)
    assert rasterise(figure(), size=(4, 3)).pixels.shape == (3 * DPI, 4 * DPI, 4)


def test_only_panels_over_the_time_of_the_recording_show_a_cursor():
    assert len(rasterise(figure(), duration_s=10.0).panels) == 1
    assert rasterise(figure(), duration_s=30.0).panels == ()
    assert rasterise(figure()).panels == ()


def test_the_cursor_stands_where_its_second_is():
    drawn = rasterise(figure(), duration_s=10.0)
    ((left, top, right, bottom, start, end),) = drawn.panels
    assert (start, end) == (0.0, 10.0)
    for second in (0.0, 2.5, 10.0):
        pixels = decoded(drawn.png(second))
        expected = left + second / 10 * (right - left)
        assert red_columns(pixels).mean() == pytest.approx(expected, abs=1.5)
        rows = np.flatnonzero((pixels == RED).all(axis=2).any(axis=1))
        assert (rows[0], rows[-1]) == (top, bottom - 1)


def test_without_a_second_or_outside_there_is_no_cursor_and_nothing_stays_of_one():
    drawn = rasterise(figure(), duration_s=10.0)
    clean = drawn.png()
    assert not len(red_columns(decoded(clean)))
    drawn.png(5.0)
    assert drawn.png() == clean
    assert drawn.png(11.0) == clean


def test_a_canvas_is_written_without_loss():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 4), dtype=np.uint8)
    assert (decoded(Canvas(pixels).png()) == pixels).all()


@pytest.mark.parametrize("dark", [False, True])
def test_a_canvas_does_not_depend_on_the_settings_of_the_user(dark, matplotlibrc):
    with theme(dark=dark):
        plain = rasterise(figure()).png()
    with matplotlibrc(), theme(dark=dark):
        assert rasterise(figure()).png() == plain


def test_a_dark_canvas_has_no_paper_light_ink_and_the_same_pictures():
    light = rasterise(figure(), duration_s=10.0)
    with theme(dark=True):
        dark = rasterise(figure(), duration_s=10.0)
    ((left, top, right, bottom, *_),) = light.panels
    inside = top + 4, left + 4
    for place in ((0, 0), inside):
        assert light.pixels[place].tolist() == [255, 255, 255, 255]
        assert dark.pixels[place][3] == 0
    ink = [
        (canvas.pixels[..., 3] == 255) & (canvas.pixels[..., 0] < 10) for canvas in (light, dark)
    ]
    assert ink[0].sum() > 100  # the line, the axes, the letters are black
    assert ink[1].sum() == 0
    assert (dark.pixels[..., :3][ink[0]] > 240).mean() > 0.95  # and light where it is dark
    grey = [
        (abs(canvas.pixels[..., :3].astype(int) - 90) <= 1).all(axis=2) for canvas in (light, dark)
    ]
    assert grey[0].sum() > 1_000
    assert (grey[0] & grey[1]).sum() > 0.99 * grey[0].sum()


def test_legends_stand_below_the_panels_and_the_name_is_left_to_the_page():
    drawing = figure()
    rasterise(drawing)
    assert drawing.axes[0].get_legend() is None
    assert [text.get_text() for text in drawing.legends[0].get_texts()] == ["line"]
    assert drawing.get_suptitle() == ""


def test_p_at_a_moment_is_where_the_line_is():
    windows = [Window(0.0, 2.0, 0.8, 0.0), Window(1.0, 2.0, 0.2, 0.0), Window(5.0, 2.0, 0.4, 0.0)]
    # The middles are at 1, 2 and 6 s; a quarter of the way from 0.8 to 0.2 is 0.65.
    assert p_at(windows, 1.25) == pytest.approx(0.65)
    assert p_at(windows, 1.0) == 0.8
    assert p_at(windows, 0.0) == 0.8
    assert p_at(windows, 2.9) == 0.2
    assert p_at(windows, 4.0) is None  # nobody speaks there
    assert p_at(windows, 6.9) == 0.4
    assert p_at([], 0.0) is None
