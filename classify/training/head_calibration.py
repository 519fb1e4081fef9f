"""Late fusion: each part of the picture is believed as far as it has earned on validation.

How sure a head is says little of how often it is right. Augmentation hides faint lines more often
than speech, and of what is often hidden a head learns to be little sure; voices known by heart make
the other too sure. So each logit is calibrated by itself before the mean is taken.
"""

import keras
import numpy as np

from classify.metrics.calibration import fit
from classify.runs.run import Calibration
from classify.settings import FUSION_HEADS
from classify.training.validation import ValidationSet


class Fusion:
    """The heads of a network of late fusion, to be weighed; of any other there are none.

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

    def calibrate_heads(self, held: ValidationSet, batch: int) -> None:
        """Calibrate each head on the recordings, by changing its weights.

        With answers that are no numbers, nothing is changed.

        Parameters
        ----------
        held : ValidationSet
        batch : int
            Pictures at a time.
        """
        if self.logits is None:
            return
        logits = held.answers(self.logits, batch)
        if not np.isfinite(logits).all():
            return
        negative = logits[..., 0] if logits.shape[-1] > 1 else 0
        llr = np.transpose(negative - logits[..., -1])
        for head, one in zip(self.heads, llr, strict=True):
            scored = held.pooled(one)
            _apply(head, fit(scored.labels, scored.llr))


def _apply(head: keras.layers.Dense, calibration: Calibration) -> None:
    """Let a head answer what a calibration would make of its answers."""
    kernel, bias = head.get_weights()
    # Scores are for the negative class: what is added to them, the logit of the positive one loses.
    share = np.array([-1.0] if len(bias) == 1 else [0.5, -0.5])
    kernel, bias = kernel * calibration.slope, bias * calibration.slope
    head.set_weights([kernel, bias + share * calibration.offset])
