"""An explanation drawn over the picture that it is of.

Vermilion speaks for the positive class, blue for the other: the colours of the classes in every
plot. The more opaque, the more. Frames stand around the rows and the columns of the sentence.
"""

import re
from collections.abc import Mapping
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from classify.explanations.explanation import Explanation
from classify.reports import plots
from classify.reports.deletion import TITLES

_OPAQUE = 0.75
_WIDTH = 64  # letters in a line of the sentence


def draw(image: np.ndarray, explanation: Explanation, axes: Mapping[str, Any] | None) -> Figure:
    """Draw what spoke for and against the positive class over the picture.

    Parameters
    ----------
    image : np.ndarray, shape=(height, width), dtype=uint8
    explanation : Explanation
        Of this picture.
    axes : mapping or None
        What rows and columns stand for, see `classify.data.render_settings.load_axes`.

    Returns
    -------
    figure : Figure
        With the measured sentence below.
    """
    figure = plots.spectrogram(image, axes)
    figure.set_size_inches(5.2, 4.4)
    panel = figure.axes[0]
    # One scale to both sides, so that nothing stays uncoloured; a map of zeros has none.
    most = float(np.abs(explanation.map).max()) or 1.0
    marks = panel.imshow(
        explanation.map, cmap=_colours(), vmin=-most, vmax=most, aspect="auto", interpolation="none"
    )
    _frame(panel, explanation, image.shape)
    bar = figure.colorbar(marks, ax=panel, ticks=[-0.9 * most, 0.9 * most], pad=0.02)
    bar.ax.set_yticklabels(["against", "for"])
    bar.ax.tick_params(length=0)
    positive = plots.text(explanation.positive)
    panel.set_title(f"{TITLES[explanation.method]}: for and against “{positive}”", fontsize=10)
    # A number stays in one line with its unit.
    sentence = re.sub(r"(\d) (k?Hz|s)\b", "\\1\u00a0\\2", explanation.sentence(axes))
    figure.supxlabel(fill(sentence, _WIDTH).replace("$", r"\$"), fontsize=9)
    return figure


def _colours() -> LinearSegmentedColormap:
    against, favour = (to_rgb(colour) for colour in plots.CLASSES)
    stops = [(*against, _OPAQUE), (*against, 0.0), (*favour, 0.0), (*favour, _OPAQUE)]
    return LinearSegmentedColormap.from_list(
        "explanation", list(zip((0, 0.5, 0.5, 1), stops, strict=True))
    )


def _frame(panel: Axes, explanation: Explanation, shape: tuple[int, ...]) -> None:
    """Mark what was hidden for the sentence."""
    height, width = shape
    around = [withStroke(linewidth=2.4, foreground="black")]  # white alone is lost on loud sound
    for part, across in ((explanation.rows, False), (explanation.columns, True)):
        if part is not None:
            start, size = part.first - 0.5, part.last - part.first + 1
            corner = (start, -0.5) if across else (-0.5, start)
            spans = (size, height) if across else (width, size)
            frame = Rectangle(corner, *spans, fill=False, path_effects=around)
            frame.set(edgecolor="white", linewidth=1.2, linestyle=(0, (4, 2)))
            panel.add_patch(frame)
