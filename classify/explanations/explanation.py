"""A picture in, what in it spoke for or against "fake" out.

Two methods: occlusion hides part by part and asks the network again, which works for every network
and without Keras; Grad-CAM looks at the features of the last convolution. Whatever the method, the
sentence is measured: it says what became of P(fake) when a band or a stretch was hidden.

"Fake" is the positive class, whatever its name. Rows are counted from the top, columns from the
left, from 0.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from classify.data.pictures import size
from classify.explanations.axis_labels import describe_range
from classify.explanations.gradcam import gradcam
from classify.explanations.occlusion import SMALLEST, Band, ask, occlude, strongest
from classify.prediction.verdicts import probability
from classify.runs.run import Run

METHODS: dict[str, Callable[[Run, np.ndarray], np.ndarray]] = {
    "occlusion": occlude,
    "gradcam": gradcam,
}
DEFAULT = "occlusion"


@dataclass(frozen=True, eq=False)
class Explanation:
    """What spoke for and against "fake" in one picture.

    Attributes
    ----------
    method : str
        ``"occlusion"`` or ``"gradcam"``.
    map : np.ndarray, shape=(height, width), dtype=float
        Above 0 where the picture speaks for fake, below 0 for real. Occlusion: by how many nats
        hiding a window there lowers ln p(fake) - ln p(real). Grad-CAM: of meaning only relative to
        each other, see `classify.explanations.gradcam.gradcam`.
    p_fake : float in [0, 1]
        Of the whole picture, calibrated.
    band : Band or None
        The rows whose hiding changes P(fake) most; None where no band of up to a quarter of the
        picture changes it by 0.02.
    stretch : Band or None
        The columns, likewise.
    positive : str
        Name of the positive class.
    """

    method: str
    map: np.ndarray
    p_fake: float
    band: Band | None
    stretch: Band | None
    positive: str = "fake"

    def sentence(self, axes: Mapping[str, Any] | None) -> str:
        """Say what was measured.

        Parameters
        ----------
        axes : mapping or None
            What rows and columns stand for, see `classify.data.render_settings.load_axes`.

        Returns
        -------
        sentence : str
            One, without a full stop.

        Examples
        --------
        >>> without = np.zeros((256, 124))
        >>> Explanation("occlusion", without, 0.93, Band(20, 91, 0.41), None).sentence(None)
        'P(fake) falls from 0.93 to 0.41 when rows 20-91 are hidden'
        """
        found = [
            (
                "falls" if one.p_fake_without < self.p_fake else "rises",
                f"to {_chance(one.p_fake_without)} when {_hidden(axes, name, one)}",
            )
            for name, one in (("rows", self.band), ("columns", self.stretch))
            if one is not None
        ]
        name, start = f"P({self.positive})", _chance(self.p_fake)
        if not found:
            return (
                f"{name} stays at {start}: hiding a quarter of the height or of the width, "
                f"wherever, changes it by less than {SMALLEST}"
            )
        (verb, rest), *others = found
        more = (rest if other == verb else f"{other} {rest}" for other, rest in others)
        return ", and ".join([f"{name} {verb} from {start} {rest}", *more])


def explain(run: Run, image: np.ndarray, method: str | None = None) -> Explanation:
    """Find out what in a picture the verdict rests on.

    Parameters
    ----------
    run : Run
        Of an ensemble, scores and maps are averaged.
    image : np.ndarray, shape=run.shape, dtype=uint8
    method : str, optional
        ``"occlusion"``, the default, or ``"gradcam"``, which needs Keras and a convolution.

    Returns
    -------
    explanation : Explanation

    Raises
    ------
    ValueError
        If the picture has another size, there is no such method, or Grad-CAM is impossible.
    """
    if image.shape != tuple(run.shape) or image.dtype != np.uint8:
        raise ValueError(
            f"expected a picture of {size(run.shape)}, uint8, got shape {image.shape}, "
            f"{image.dtype}"
        )
    method = DEFAULT if method is None else method
    if method not in METHODS:
        raise ValueError(f"expected a method among {', '.join(METHODS)}, got {method}")
    (evidence,) = ask(run, image, [np.zeros(image.shape, bool)])
    return Explanation(
        method=method,
        map=METHODS[method](run, image),
        p_fake=probability(-evidence),
        band=strongest(run, image, axis=0),
        stretch=strongest(run, image, axis=1),
        positive=run.classes[1],
    )


def _hidden(axes: Mapping[str, Any] | None, name: str, band: Band) -> str:
    where = describe_range(axes, name, band.first, band.last)
    several = where.startswith(name) or " and " in where
    return f"{where} {'are' if several else 'is'} hidden"


def _chance(p: float) -> str:
    """A probability, never as 0 or 1."""
    return "under 0.01" if p < 0.005 else "over 0.99" if p > 0.995 else f"{p:.2f}"
