"""Whether explanations mean anything, drawn and in words, from what was measured.

What was measured is what `classify.explanations.faithfulness.measure` returns, as it stands in
``metrics.json`` under ``explanation``: shares of the picture in [0, 1], curves of the mean P of the
class that the network found likelier, areas under them in [0, 1].
"""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

TITLES = {"occlusion": "Occlusion", "gradcam": "Grad-CAM"}
_LINES = {"occlusion": ("#009E73", "-"), "gradcam": ("#CC79A7", "-.")}


def curves(found: Mapping[str, Any]) -> Figure:
    """Draw how fast P of the verdict goes down.

    Parameters
    ----------
    found : mapping
        See above.

    Returns
    -------
    figure : Figure
    """
    figure = Figure(figsize=(4.8, 4.4), layout="constrained")
    panel = figure.subplots()
    share = [100 * one for one in found["share"]]
    random = found["random"]
    panel.plot(share, _percent(random["curve"]), ":", color="#555555", label="random order")
    for method, its in found["methods"].items():
        colour, style = _LINES[method]
        label = f"{TITLES[method]} first"
        panel.plot(share, _percent(its["curve"]), style, color=colour, label=label)
    panel.set(xlabel="hidden, % of the picture", ylabel="P of the likelier class, %", xlim=(0, 100))
    panel.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def sentences(found: Mapping[str, Any]) -> dict[str, str]:
    """Say of each method whether it beats random.

    Parameters
    ----------
    found : mapping
        See above.

    Returns
    -------
    sentences : dict of str to str
        By method.
    """
    return {
        method: _sentence(TITLES[method], its, found) for method, its in found["methods"].items()
    }


def _sentence(title: str, its: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    areas = f"area under the curve {its['area']:.3f} against {found['random']['area']:.3f}"
    if its["beats_random"] is None:
        groups = found["groups"]
        return f"{title}: {areas}, but {groups} independent groups of pictures are too few to tell."
    low, high = its["interval"]
    evidence = f"({areas}; difference {its['gain']:.3f}, 95 % interval {low:.3f} to {high:.3f})"
    if its["beats_random"]:
        return (
            f"{title} beats random {evidence}: what it marks matters more than what chance picks."
        )
    than = "is worse than" if high < 0 else "does not beat"
    return f"{title} {than} random {evidence}: its maps say nothing here, do not use them."


def _percent(values: list[float]) -> list[float]:
    return [100 * value for value in values]
