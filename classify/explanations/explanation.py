"""Explanation of a verdict: which parts of a picture spoke for or against "fake".

There are two methods. Occlusion hides part by part and scores the rest, which works for every
network and without Keras. Grad-CAM weighs the features of the last convolution. The sentence is
measured the same way for both: it says how P(fake) changed when rows or columns were hidden.

"Fake" is the positive class, whatever its name. Rows are counted from the top, columns from the
left, from 0.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from classify.explanations.axis_labels import describe_range
from classify.explanations.gradcam import gradcam
from classify.explanations.occlusion import SMALLEST, Band, ask, occlude, strongest
from classify.prediction.inference import require_picture
from classify.prediction.verdicts import probability
from classify.runs.run import Run

METHODS: dict[str, Callable[[Run, np.ndarray], np.ndarray]] = {
    "occlusion": occlude,
    "gradcam": gradcam,
}
DEFAULT = "occlusion"


@dataclass(frozen=True, eq=False)
class Explanation:
    """Evidence for and against "fake" in one picture.

    Attributes
    ----------
    method : str
        ``"occlusion"`` or ``"gradcam"``.
    map : np.ndarray, shape=(height, width), dtype=float
        Above 0 where the picture speaks for fake, below 0 for real. Occlusion: how many nats of
        ln p(fake) - ln p(real) hiding a window there takes away. Grad-CAM: only ratios mean
        something, see `classify.explanations.gradcam.gradcam`.
    p_fake : float in [0, 1]
        P(fake) of the whole picture, calibrated.
    rows : Band or None
        Rows whose hiding changes P(fake) most; None if no band of up to a quarter of the picture
        changes it by 0.02.
    columns : Band or None
        Columns, likewise.
    positive : str
        Name of the positive class.
    """

    method: str
    map: np.ndarray
    p_fake: float
    rows: Band | None
    columns: Band | None
    positive: str = "fake"

    def sentence(self, axes: Mapping[str, Any] | None) -> str:
        """Say how P(fake) changes when the rows and the columns are hidden.

        Parameters
        ----------
        axes : mapping or None
            See `classify.data.render_settings.load_axes`.

        Returns
        -------
        sentence : str
            One sentence, without a full stop.

        Examples
        --------
        >>> heat = np.zeros((256, 124))
        >>> Explanation("occlusion", heat, 0.93, Band(20, 91, 0.41), None).sentence(None)
        'P(fake) falls from 0.93 to 0.41 when rows 20-91 are hidden'
        """
        changes = [
            (
                "falls" if band.p_fake_without < self.p_fake else "rises",
                f"to {_chance(band.p_fake_without)} when {_hidden(axes, name, band)}",
            )
            for name, band in (("rows", self.rows), ("columns", self.columns))
            if band is not None
        ]
        name, start = f"P({self.positive})", _chance(self.p_fake)
        if not changes:
            return (
                f"{name} stays at {start}: hiding a quarter of the height or of the width, "
                f"wherever, changes it by less than {SMALLEST}"
            )
        (verb, end), *others = changes
        clauses = (end if other == verb else f"{other} {end}" for other, end in others)
        return ", and ".join([f"{name} {verb} from {start} {end}", *clauses])


def explain(run: Run, image: np.ndarray, method: str | None = None) -> Explanation:
    """Explain the verdict on a picture.

    Parameters
    ----------
    run : Run
        Scores and maps of an ensemble are averaged.
    image : np.ndarray, shape=run.shape, dtype=uint8
    method : str, optional
        ``"occlusion"``, the default, or ``"gradcam"``, which needs Keras and a convolution.

    Raises
    ------
    ValueError
        If the picture has another size, there is no such method, or Grad-CAM is impossible.
    """
    require_picture(run, image)
    method = DEFAULT if method is None else method
    if method not in METHODS:
        raise ValueError(f"expected a method among {', '.join(METHODS)}, got {method}")
    (evidence,) = ask(run, image, [np.zeros(image.shape, bool)])
    return Explanation(
        method=method,
        map=METHODS[method](run, image),
        p_fake=probability(-evidence),
        rows=strongest(run, image, axis=0),
        columns=strongest(run, image, axis=1),
        positive=run.classes[1],
    )


def _hidden(axes: Mapping[str, Any] | None, name: str, band: Band) -> str:
    where = describe_range(axes, name, band.first, band.last)
    several = where.startswith(name) or " and " in where
    return f"{where} {'are' if several else 'is'} hidden"


def _chance(p: float) -> str:
    """A probability, never as 0 or 1."""
    return "under 0.01" if p < 0.005 else "over 0.99" if p > 0.995 else f"{p:.2f}"
