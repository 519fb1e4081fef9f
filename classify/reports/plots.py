"""Plots of a training and of its result.

A class or a unit (picture, recording) has the same colour in every plot. The colour-blind can tell
the colours apart, and letters are readable at the width of a phone. Scores are log-likelihood
ratios, higher = more like the first class. Rates and probabilities are in [0, 1] and drawn in per
cent.
"""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context, rcParamsDefault
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image
from scipy.special import expit, logit

from classify.files import atomic_write
from classify.metrics import classification
from classify.metrics.registry import PRIOR
from classify.runs.history import History, kept_epoch

# Of Okabe and Ito's palette.
CLASSES = ("#0072B2", "#D55E00")
UNITS = {"picture": ("#CC79A7", "--"), "recording": ("#009E73", "-")}
MEMBERS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


@rc_context(rcParamsDefault)  # whatever a matplotlibrc says
def learning_curves(history: History, keep_epoch: str, path: Path) -> None:
    """Write the plot of `learning` for one network."""
    atomic_write(path, png(learning({"": history}, keep_epoch)))


def learning(histories: Mapping[str, History], keep_epoch: str) -> Figure:
    """Draw loss and accuracy over the epochs, with a mark at the epoch that was kept.

    Parameters
    ----------
    histories : mapping of str to sequence of mapping
        By the name of the network; one mapping an epoch, with ``loss``, ``accuracy``,
        ``val_loss`` and ``val_accuracy``.
    keep_epoch : str
        By what the epoch was chosen, see `classify.runs.history.kept_epoch`.
    """
    figure = Figure(figsize=(4.8, 5.6), layout="constrained")
    panels = figure.subplots(2, 1, sharex=True)
    for index, (name, rows) in enumerate(histories.items()):
        colour, epochs = MEMBERS[index % len(MEMBERS)], np.arange(1, len(rows) + 1)
        kept = kept_epoch(rows, keep_epoch)
        for axes, key in zip(panels, ("loss", "accuracy"), strict=True):
            held_out = [row[f"val_{key}"] for row in rows]
            axes.plot(epochs, [row[key] for row in rows], "--", color=colour, alpha=0.6)
            axes.plot(epochs, held_out, "-", color=colour, label=text(name) or None)
            axes.plot(epochs[kept], held_out[kept], "o", color=colour)
            axes.set_ylabel(key)
            axes.grid(alpha=0.3)
    for style, label in (("--", "training"), ("-", "validation"), ("o", "epoch kept")):
        panels[0].plot([], [], style, color="#555555", label=label)
    panels[1].set_xlabel("epoch")
    panels[1].xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def histogram(
    labels: np.ndarray,
    llr: np.ndarray,
    classes: Sequence[str],
    threshold: float,
    uncertain: Sequence[float],
) -> Figure:
    """Draw how the scores of each class are spread, with the threshold and the uncertain band.

    Scores of the outermost 0.2 % on either side stand in the outermost bars.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
    llr : np.ndarray, shape=(n,)
    classes : sequence of two str
    threshold : float in (0, 1)
        P(second class) from which the verdict is the second class.
    uncertain : sequence of two float
        P(second class) between which there is no verdict.
    """
    figure, axes = single()
    cut = -logit(threshold)
    ends = np.percentile(llr, [0.2, 99.8])
    low, high = min(ends[0], cut - 1), max(ends[1], cut + 1)
    bins = np.linspace(low, high, 41)
    for label, (name, colour) in enumerate(zip(classes, CLASSES, strict=True)):
        scores = np.clip(llr[labels == label], low, high)
        if len(scores):
            shares = 100 * np.histogram(scores, bins)[0] / len(scores)
            axes.stairs(shares, bins, fill=True, color=colour, alpha=0.35, label=text(name))
            axes.stairs(shares, bins, color=colour, linestyle=("-", "--")[label])
    axes.axvspan(*-logit(uncertain[::-1]), color="grey", alpha=0.25, lw=0, label="uncertain")
    axes.axvline(cut, color="black", linewidth=1.2, label="threshold")
    axes.set(xlabel="llr", ylabel="share of the class, %", xlim=(low, high))
    top = axes.secondary_xaxis("top")
    marks = _marks(low, high)
    top.set_xticks(marks, [f"{100 * expit(-mark):.4g}" for mark in marks])
    top.set_xlabel(f"P({text(classes[1])}), %")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def reliability(labels: np.ndarray, llr: np.ndarray, classes: Sequence[str]) -> Figure:
    """Draw what was predicted against what was the case, both classes weighing the same.

    A point of fewer than ten scores is hollow; below, how many scores of each class it is of.

    Parameters
    ----------
    labels : np.ndarray, shape=(n,), dtype=int
        Both classes.
    llr : np.ndarray, shape=(n,)
    classes : sequence of two str
    """
    p_fake = expit(-llr)
    predicted, observed, _ = classification.reliability(labels, p_fake, PRIOR)
    bins = np.linspace(0, 1, len(predicted) + 1)
    counts = np.stack([np.histogram(p_fake[labels == label], bins)[0] for label in (0, 1)])
    total = counts.sum(axis=0)
    figure = Figure(figsize=(4.8, 5.0), layout="constrained")
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(9, 1))
    axes.plot([0, 100], [0, 100], ":", color="grey", label="perfectly calibrated")
    axes.plot(100 * predicted, 100 * observed, "-", color="#555555", linewidth=0.8)
    for few, colour, label in (
        (False, "#555555", "this detector"),
        (True, "white", "of fewer than 10"),
    ):
        at = (total > 0) & ((total < 10) == few)
        style = {"color": "#555555", "markerfacecolor": colour, "label": label}
        axes.plot(100 * predicted[at], 100 * observed[at], "o", **style)
    axes.set(ylabel=f"of which {text(classes[1])}, %", xlim=(-3, 103), ylim=(-3, 103))
    axes.set_xticks(100 * bins)
    axes.grid(alpha=0.3)
    for (label, place), count in np.ndenumerate(counts):
        number = f"{count / 1000:.0f}k" if count >= 10_000 else str(count)
        below.text(10 * place + 5, label, number, ha="center", va="center", fontsize=8)
    below.set(xlabel=f"P({text(classes[1])}), %", ylim=(1.6, -0.6))
    below.set_yticks([0, 1], [text(name) for name in classes])
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def spectrogram(image: np.ndarray, axes: Mapping[str, Any] | None) -> Figure:
    """Draw a picture with what its rows and columns stand for.

    Parameters
    ----------
    image : np.ndarray, shape=(height, width), dtype=uint8
    axes : mapping or None
        ``rows`` and ``columns``, each with ``unit`` and ``ticks``, pairs of position, in pixels
        from the centre of the top left one, and value; None where that is unknown.

    Returns
    -------
    figure : Figure
        Without colour.
    """
    figure = Figure(figsize=(3.6, 2.8), layout="constrained")
    panel = figure.subplots()
    panel.imshow(image, cmap="gray", vmin=0, vmax=255, aspect="auto")
    for name, axis in (("rows", panel.yaxis), ("columns", panel.xaxis)):
        axis.set_label_text("pixels")
        if axes is not None:
            ticks = axes[name]["ticks"]
            axis.set_ticks([at for at, _ in ticks], [f"{value:g}" for _, value in ticks])
            axis.set_label_text(axes[name]["unit"])
    return figure


def png(figure: Figure, dpi: int = 150, grey: bool = False) -> bytes:
    """Turn a figure into a PNG file.

    Parameters
    ----------
    figure : Figure
    dpi : int
        Pixels an inch.
    grey : bool
        Leave the colours out, which makes the file smaller.

    Returns
    -------
    data : bytes
        The same for the same figure.
    """
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=dpi)
    if grey:
        image = Image.open(data).convert("L")
        data = io.BytesIO()
        image.save(data, "png", optimize=True)
    return data.getvalue()


def text(name: str) -> str:
    r"""Make a name fit for a plot: short, not left out of a legend, not taken for mathematics.

    Examples
    --------
    >>> text("_fake"), text("$5 voices"), text("a_very_long_folder_name")
    ('fake', '\\$5 voices', 'a_very_long_fo…')
    """
    name = name.lstrip("_")
    return (name if len(name) <= 15 else f"{name[:14]}…").replace("$", r"\$")


def single() -> tuple[Figure, Axes]:
    """Make a figure of one panel, high enough for a legend below it."""
    figure = Figure(figsize=(4.8, 5.0), layout="constrained")
    return figure, figure.subplots()


def _marks(low: float, high: float) -> list[float]:
    """Scores of round probabilities, far enough apart to be labelled."""
    marks: list[float] = []
    for size in logit([0.5, 0.9, 0.99, 0.999, 0.9999]):
        for mark in (-size, size):
            if low <= mark <= high and all(abs(mark - m) >= (high - low) / 8 for m in marks):
                marks.append(float(mark))
    return sorted(marks)
