"""A figure over time as pixels, on which a cursor can be moved without drawing it anew.

Pixels are ``uint8`` of shape (height, width, 4): red, green, blue and opacity. Times are in s of
the recording.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import is_color_like, to_rgb, to_rgba
from matplotlib.figure import Figure

from detect.detection import Window

DPI = 150
_CURSOR = (230, 30, 60, 255)  # seen on grey, on white and on black
_LIGHT = "#fafafa"  # ink in the dark
_PALE = 0.35  # brightness under which ink cannot be read on dark paper


@dataclass(frozen=True, eq=False)
class Canvas:
    """A drawn figure.

    Attributes
    ----------
    pixels : np.ndarray, shape=(height, width, 4), dtype=uint8
    panels : tuple of (left, top, right, bottom, start_s, end_s)
        Where in the picture time runs from left to right, and from when to when.
    """

    pixels: np.ndarray
    panels: tuple[tuple[int, int, int, int, float, float], ...] = ()

    def png(self, second: float | None = None) -> bytes:
        """Write a PNG, with a cursor where one is asked for.

        Parameters
        ----------
        second : float, optional
            Where the cursor stands; outside a panel it is not drawn there.

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


def rasterise(
    figure: Figure,
    *,
    dark: bool,
    duration_s: float | None = None,
    size: tuple[float, float] | None = None,
) -> Canvas:
    """Draw a figure.

    Parameters
    ----------
    figure : Figure
        Is changed.
    dark : bool
        For dark paper: see `dark_theme`.
    duration_s : float, optional
        Panels whose horizontal axis is about this long show time.
    size : tuple of two float, optional
        Width and height in inches; default: the figure's own.

    Returns
    -------
    sheet : Canvas
    """
    if size is not None:
        figure.set_size_inches(*size)
    figure.set_dpi(DPI)
    _make_room(figure)
    if dark:
        dark_theme(figure)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba()).copy()
    return Canvas(pixels, tuple(_panels(figure, len(pixels), duration_s)))


def dark_theme(figure: Figure) -> None:
    """Make white paper transparent and dark ink light; pictures and other colours stay.

    Parameters
    ----------
    figure : Figure
    """
    for artist in figure.findobj():
        for kind in ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor"):
            get, set_ = getattr(artist, f"get_{kind}", None), getattr(artist, f"set_{kind}", None)
            if get is not None and set_ is not None:
                swapped = _swapped(get(), paper=kind == "facecolor")
                if swapped is not None:
                    set_(swapped)
    for axes in figure.axes:
        axes.tick_params(colors=_LIGHT, which="both")


def p_at(windows: Sequence[Window], second: float) -> float | None:
    """Read off what the line of the timeline says at a moment.

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
    holding = [one for one in windows if one.start_s <= second <= one.start_s + one.duration_s]
    if not holding:
        return None
    middles = [one.start_s + one.duration_s / 2 for one in holding]
    return float(np.interp(second, middles, [one.p_fake for one in holding]))


def _make_room(figure: Figure) -> None:
    """Put legends from the side of a panel below the figure: the side is narrow on a phone."""
    # What the figure says as a whole the page says as text, which can be read out.
    figure.suptitle("")
    figure.supxlabel("")
    for axes in figure.axes:
        legend = axes.get_legend()
        if legend is not None:
            handles, labels = axes.get_legend_handles_labels()
            legend.remove()
            figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)


def _swapped(colour: Any, paper: bool) -> tuple[float, ...] | None:
    """What becomes of a single colour; None where it stays, and for what is not one."""
    if isinstance(colour, np.ndarray) and colour.ndim == 2 and len(colour) == 1:
        colour = colour[0]  # the only one of a collection
    if not is_color_like(colour):
        return None  # one for each of many points
    *rgb, alpha = to_rgba(colour)
    brightness = sum(rgb) / 3
    if paper and brightness > 0.95:
        return (1.0, 1.0, 1.0, 0.0)
    if brightness < _PALE and max(rgb) - min(rgb) < 0.15:
        return (*to_rgb(_LIGHT), alpha)
    return None


def _panels(
    figure: Figure, height: int, duration: float | None
) -> list[tuple[int, int, int, int, float, float]]:
    found = []
    for axes in figure.axes:
        start, end = axes.get_xlim()
        if duration and abs(end - start - duration) <= 0.1 * duration and start < duration / 10:
            box = axes.get_window_extent()
            ends = (box.x0, height - box.y1, box.x1, height - box.y0)
            left, top, right, bottom = (round(float(one)) for one in ends)
            found.append((left, top, right, bottom, float(start), float(end)))
    return found
