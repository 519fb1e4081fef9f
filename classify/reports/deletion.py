"""Deletion curves and sentences on the faithfulness of explanations.

They show what `classify.explanations.faithfulness.measure` returns, as it stands in
``metrics.json`` under ``explanation``: shares of the picture in [0, 1], curves of the mean P of the
class that the network found likelier, areas under them in [0, 1].
"""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

TITLES = {"occlusion": "Occlusion", "gradcam": "Grad-CAM"}
_LINES = {"occlusion": ("#009E73", "-"), "gradcam": ("#CC79A7", "-.")}


def curves(faithfulness: Mapping[str, Any]) -> Figure:
    """Draw how fast P of the verdict goes down.

    Parameters
    ----------
    faithfulness : mapping
        See above.
    """
    figure = Figure(figsize=(4.8, 4.4), layout="constrained")
    panel = figure.subplots()
    share = _percent(faithfulness["share"])
    random = faithfulness["random"]
    panel.plot(share, _percent(random["curve"]), ":", color="#555555", label="random order")
    for method, values in faithfulness["methods"].items():
        colour, style = _LINES[method]
        label = f"{TITLES[method]} first"
        panel.plot(share, _percent(values["curve"]), style, color=colour, label=label)
    panel.set(xlabel="hidden, % of the picture", ylabel="P of the likelier class, %", xlim=(0, 100))
    panel.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def sentences(faithfulness: Mapping[str, Any]) -> dict[str, str]:
    """Say of each method whether it beats random.

    Parameters
    ----------
    faithfulness : mapping
        See above.

    Returns
    -------
    sentences : dict of str to str
        By method.
    """
    return {
        method: _sentence(TITLES[method], values, faithfulness)
        for method, values in faithfulness["methods"].items()
    }


def _sentence(title: str, values: Mapping[str, Any], faithfulness: Mapping[str, Any]) -> str:
    areas = (
        f"area under the curve {values['area']:.3f} against {faithfulness['random']['area']:.3f}"
    )
    if values["beats_random"] is None:
        groups = faithfulness["groups"]
        return f"{title}: {areas}, but {groups} independent groups of pictures are too few to tell."
    low, high = values["interval"]
    evidence = f"({areas}; difference {values['gain']:.3f}, 95 % interval {low:.3f} to {high:.3f})"
    if values["beats_random"]:
        return (
            f"{title} beats random {evidence}: what it marks matters more than what chance picks."
        )
    than = "is worse than" if high < 0 else "does not beat"
    return f"{title} {than} random {evidence}: its maps say nothing here, do not use them."


def _percent(shares: list[float]) -> list[float]:
    return [100 * share for share in shares]
