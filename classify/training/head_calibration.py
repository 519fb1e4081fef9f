"""Late fusion: both heads are calibrated on validation before their logits are averaged.

The confidence of a head says little about its accuracy. Augmentation often hides the faint lines of
the comb, so that head learns to be too unsure; the other knows the training voices by heart and is
too sure. The comb's logit counts less in the average, as it is wrong more often; the share was
chosen with sources left out, see docs/lab-notes.md.
"""

from collections.abc import Sequence

import keras
import numpy as np
from scipy.special import expit

from classify.metrics.calibration import fit
from classify.runs.run import Calibration
from classify.settings import FUSION_HEADS
from classify.training.validation import ValidationSet

SHARES = (0.7, 0.3)  # of the heads in the average, in the order of FUSION_HEADS


class Fusion:
    """The heads of a network of late fusion; any other network has none.

    Parameters
    ----------
    model : keras.Model
    given : sequence of Calibration
        One a head, to be applied in place of those fitted on recordings; default: none.

    Attributes
    ----------
    calibrations : tuple of Calibration
        What was done to the logit of each head; empty at first.
    """

    def __init__(self, model: keras.Model, given: Sequence[Calibration] = ()):
        self.given = given
        self.calibrations: tuple[Calibration, ...] = ()
        self.heads = [layer for layer in model.layers if layer.name in FUSION_HEADS]
        self.logits = None
        if self.heads:
            outputs = keras.ops.stack([head.output for head in self.heads], axis=1)
            self.logits = keras.Model(model.input, outputs)

    def calibrate_heads(self, validation_set: ValidationSet, batch_size: int) -> np.ndarray | None:
        """Calibrate each head, on the recordings or as given, by changing its weights.

        Parameters
        ----------
        validation_set : ValidationSet
        batch_size : int
            Pictures at a time.

        Returns
        -------
        p : np.ndarray, shape=(n,), or None
            P(positive class) of the pictures after the calibration. None if nothing was changed:
            there is one head, or a logit is not finite.
        """
        if self.logits is None:
            return None
        logits = validation_set.outputs(self.logits, batch_size)
        if not np.isfinite(logits).all():
            return None
        negative = logits[..., 0] if logits.shape[-1] > 1 else 0
        llr = np.transpose(negative - logits[..., -1])
        pooled = [validation_set.pool(of_head) for of_head in llr]
        self.apply(self.given or [fit(trials.labels, trials.llr) for trials in pooled])
        calibrated = [one(of_head) for one, of_head in zip(self.calibrations, llr, strict=True)]
        return expit(-np.average(calibrated, axis=0, weights=SHARES))

    def apply(self, calibrations: Sequence[Calibration]) -> None:
        """Change the weights of the heads so that their mean is that of calibrated logits.

        Parameters
        ----------
        calibrations : sequence of Calibration
            One a head.
        """
        self.calibrations = tuple(calibrations)
        for head, calibration, share in zip(self.heads, calibrations, SHARES, strict=True):
            _scale(head, calibration, share * len(SHARES))


def _scale(head: keras.layers.Dense, calibration: Calibration, factor: float) -> None:
    """Calibrate the logits of a head, and multiply them by a factor."""
    kernel, bias = head.get_weights()
    # A score is for the negative class: an offset of the score is taken from the positive logit.
    share = np.array([-1.0] if len(bias) == 1 else [0.5, -0.5])
    kernel, bias = kernel * calibration.slope, bias * calibration.slope
    head.set_weights([factor * kernel, factor * (bias + share * calibration.offset)])
