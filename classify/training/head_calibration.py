"""Late fusion: both heads are calibrated on validation before their logits are averaged.

The confidence of a head says little about its accuracy. Augmentation often hides the faint lines of
the comb, so that head learns to be too unsure; the other knows the training voices by heart and is
too sure.
"""

import keras
import numpy as np
from scipy.special import expit

from classify.metrics.calibration import fit
from classify.runs.run import Calibration
from classify.settings import FUSION_HEADS
from classify.training.validation import ValidationSet


class Fusion:
    """The heads of a network of late fusion; any other network has none.

    Parameters
    ----------
    model : keras.Model
    """

    def __init__(self, model: keras.Model):
        self.heads = [layer for layer in model.layers if layer.name in FUSION_HEADS]
        self.logits = None
        if self.heads:
            outputs = keras.ops.stack([head.output for head in self.heads], axis=1)
            self.logits = keras.Model(model.input, outputs)

    def calibrate_heads(self, validation_set: ValidationSet, batch_size: int) -> np.ndarray | None:
        """Calibrate each head on the recordings, by changing its weights.

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
        calibrated = []
        for head, head_llr in zip(self.heads, llr, strict=True):
            trials = validation_set.pool(head_llr)
            calibration = fit(trials.labels, trials.llr)
            _apply(head, calibration)
            calibrated.append(calibration(head_llr))
        return expit(-np.mean(calibrated, axis=0))


def _apply(head: keras.layers.Dense, calibration: Calibration) -> None:
    """Scale and shift the weights of a head so that its logits are calibrated."""
    kernel, bias = head.get_weights()
    # A score is for the negative class: an offset of the score is taken from the positive logit.
    share = np.array([-1.0] if len(bias) == 1 else [0.5, -0.5])
    kernel, bias = kernel * calibration.slope, bias * calibration.slope
    head.set_weights([kernel, bias + share * calibration.offset])
