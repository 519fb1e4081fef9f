"""Pictures of a training and of its result, as PNG files for people to look at."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from classify.run import replace


def learning_curves(history: Sequence[Mapping[str, float]], path: Path) -> None:
    """Draw loss and accuracy over the epochs, with a mark at the epoch that was kept.

    Parameters
    ----------
    history : sequence of mapping
        One an epoch, with ``loss``, ``accuracy``, ``val_loss`` and ``val_accuracy``.
    path : Path
    """
    epochs = np.arange(1, len(history) + 1)
    kept = int(np.argmin([row["val_loss"] for row in history])) + 1
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for key, label in ((name, "training"), (f"val_{name}", "validation")):
            axes.plot(epochs, [row[key] for row in history], marker=".", label=label)
        axes.axvline(kept, color="grey", linestyle=":", label=f"kept: epoch {kept}")
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    axes.legend()
    _save(figure, path)


def confusion(tables: Mapping[str, np.ndarray], classes: Sequence[str], path: Path) -> None:
    """Draw confusion matrices side by side, with counts and the share of each row.

    Parameters
    ----------
    tables : mapping of str to np.ndarray, shape=(2, 2), dtype=int
        By title; rows are the truth, columns the verdict.
    classes : sequence of two str
    path : Path
    """
    figure = Figure(figsize=(3.6 * len(tables), 3.6), layout="constrained")
    panels = figure.subplots(1, len(tables), squeeze=False)[0]
    for axes, (title, table) in zip(panels, tables.items(), strict=True):
        shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (row, column), share in np.ndenumerate(shares):
            axes.text(
                column,
                row,
                f"{table[row, column]}\n{share:.0%}",
                ha="center",
                va="center",
                color="white" if share > 0.5 else "black",
            )
        axes.set(title=title, xlabel="verdict", ylabel="truth")
        axes.set_xticks([0, 1], classes)
        axes.set_yticks([0, 1], classes, rotation=90, va="center")
    _save(figure, path)


def roc(curves: Mapping[str, tuple[np.ndarray, np.ndarray]], positive: str, path: Path) -> None:
    """Draw ROC curves, with the line on which both error rates are equal.

    Parameters
    ----------
    curves : mapping of str to (np.ndarray, np.ndarray)
        False and true positive rate, in [0, 1], by the text for the legend.
    positive : str
        Name of the positive class.
    path : Path
    """
    figure = Figure(figsize=(4.8, 4.8), layout="constrained")
    axes = figure.subplots()
    for label, (false_positive, true_positive) in curves.items():
        axes.plot(false_positive, true_positive, label=label)
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", label="chance")
    axes.plot([0, 1], [1, 0], color="grey", linestyle="--", linewidth=0.8, label="equal errors")
    axes.set(
        xlabel=f"others taken for {positive} (false positive rate)",
        ylabel=f"{positive} found (true positive rate)",
        aspect="equal",
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=120)
    replace(path, data.getvalue())
