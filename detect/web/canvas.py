"""A figure over time as pixels, on which a cursor can be moved without drawing it anew.

Pixels are ``uint8`` of shape (height, width, 4): red, green, blue and opacity. Times are in s of
the recording.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import cv2
import matplotlib.style
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from detect.detection import Window

DPI = 150
_CURSOR = (230, 30, 60, 255)  # seen on grey, on white and on black
_DARK = {"figure.facecolor": "none", "axes.facecolor": "none", "grid.color": "#b0b0b0"}


@dataclass(frozen=True, eq=False)
class Canvas:
    """A drawn figure.

    Attributes
    ----------
    pixels : np.ndarray, shape=(height, width, 4), dtype=uint8
    panels : tuple of (left, top, right, bottom, start_s, end_s)
        Boxes, in pixels, in which time runs from left to right, from start to end.
    """

    pixels: np.ndarray
    panels: tuple[tuple[int, int, int, int, float, float], ...] = ()

    def png(self, second: float | None = None) -> bytes:
        """Write a PNG, with a cursor if there is a second.

        Parameters
        ----------
        second : float, optional
            Time of the cursor; panels that do not show it have none.

        Returns
        -------
        data : bytes
        """
        pixels = self.pixels
        if second is not None:
            pixels = pixels.copy()
            for left, top, right, bottom, start, end in self.panels:
                if start <= second <= end:
                    at = left + round((second - start) / (end - start) * (right - left))
                    pixels[top:bottom, max(0, at - 1) : at + 2] = _CURSOR
        # Pixels repeat a lot in a figure: a fast compression is nearly as good as a slow one.
        swapped = cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA)
        done, data = cv2.imencode(".png", swapped, [cv2.IMWRITE_PNG_COMPRESSION, 2])
        if not done:
            raise ValueError(f"expected pixels that make a PNG, got shape {pixels.shape}")
        return data.tobytes()


def theme(*, dark: bool) -> AbstractContextManager[None]:
    """Let figures that are made within look as always, or light on transparent on a dark page.

    Matplotlib's settings belong to the whole process: one thread at a time may be within.

    Parameters
    ----------
    dark : bool
        If False, figures are as always.

    Returns
    -------
    context : context manager
    """
    styles: list[Any] = ["dark_background", _DARK] if dark else []
    return matplotlib.style.context(styles, after_reset=True)  # whatever a matplotlibrc says


def rasterise(
    figure: Figure,
    *,
    duration_s: float | None = None,
    size: tuple[float, float] | None = None,
) -> Canvas:
    """Draw a figure.

    Parameters
    ----------
    figure : Figure
        Is changed.
    duration_s : float, optional
        Panels whose horizontal axis is about this long show time.
    size : tuple of two float, optional
        Width and height in inches; default: the figure's own.
    """
    if size is not None:
        figure.set_size_inches(*size)
    figure.set_dpi(DPI)
    _make_room(figure)
    renderer = FigureCanvasAgg(figure)
    renderer.draw()
    pixels = np.asarray(renderer.buffer_rgba()).copy()
    return Canvas(pixels, tuple(_panels(figure, len(pixels), duration_s)))


def p_at(windows: Sequence[Window], second: float) -> float | None:
    """Read P off the line of the timeline.

    Parameters
    ----------
    windows : sequence of Window
        In order of time.
    second : float

    Returns
    -------
    p : float or None
        P(positive class), interpolated between the middles of the windows that hold the moment;
        None where no window with speech does.

    Examples
    --------
    >>> windows = [Window(0.0, 2.0, 0.9, -2.2), Window(1.0, 2.0, 0.5, 0.0)]
    >>> [p_at(windows, second) for second in (0.5, 1.0, 1.5, 2.5, 9.0)]
    [0.9, 0.9, 0.7, 0.5, None]
    """
    around = [
        window
        for window in windows
        if window.start_s <= second <= window.start_s + window.duration_s
    ]
    if not around:
        return None
    middles = [window.start_s + window.duration_s / 2 for window in around]
    return float(np.interp(second, middles, [window.p_fake for window in around]))


def _make_room(figure: Figure) -> None:
    """Put legends from the side of a panel below the figure: the side is narrow on a phone."""
    # The page says title and sentence as text, which a screen reader reads out.
    figure.suptitle("")
    figure.supxlabel("")
    for axes in figure.axes:
        legend = axes.get_legend()
        if legend is not None:
            handles, labels = axes.get_legend_handles_labels()
            legend.remove()
            figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)


def _panels(
    figure: Figure, height: int, duration: float | None
) -> list[tuple[int, int, int, int, float, float]]:
    panels = []
    for axes in figure.axes:
        start, end = axes.get_xlim()
        if duration and abs(end - start - duration) <= 0.1 * duration and start < duration / 10:
            box = axes.get_window_extent()
            edges = (box.x0, height - box.y1, box.x1, height - box.y0)
            left, top, right, bottom = (round(float(edge)) for edge in edges)
            panels.append((left, top, right, bottom, float(start), float(end)))
    return panels
