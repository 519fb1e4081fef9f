"""Convolutions over the relief of a picture, then the mean and the most over time of every row.

The mean tells what is there all the time, as grain is; the most what is there for a moment. Rows
stay apart to the end, for the same grain means one thing in low frequencies, another in high ones
and a third in the comb.
"""

from keras import KerasTensor, layers, ops

from classify.models.blocks import convolution, subtract_means
from classify.settings import Settings

# One convolution a row: filters, stride, and whether it is halved after. The first stride, and that
# the first is alone at its size, make it fast on two cores. The last two are not halved, so that
# Grad-CAM has places to tell apart: a picture of 256 x 124 is 16 x 8 there.
STAGES = (
    (16, 2, True),
    (32, 1, True),
    (32, 1, False),
    (64, 1, True),
    (64, 1, False),
    (96, 1, False),
    (96, 1, False),
)
# For what stands below the levels: a place there is bright, or it is not. 32 x 249 is 4 x 32 there.
COMB_STAGES = ((16, 2, True), (32, 1, True), (64, 1, False))


def features(pictures: KerasTensor, settings: Settings) -> KerasTensor:
    """See `classify.models`; of every row twice as many features as the last stage has filters."""
    return _rows(pictures, STAGES)


def comb_features(pictures: KerasTensor) -> KerasTensor:
    """Features of the rows below the levels alone, for late fusion, with whatever body for all.

    Parameters
    ----------
    pictures : KerasTensor, shape=(batch, height, width, 1)

    Returns
    -------
    features : KerasTensor, shape=(batch, features)
        Of every row twice as many as the last stage has filters.
    """
    return _rows(pictures, COMB_STAGES)


def _rows(pictures: KerasTensor, stages: tuple[tuple[int, int, bool], ...]) -> KerasTensor:
    x = subtract_means(pictures)
    for stage, (filters, stride, halve) in enumerate(stages):
        kept = (2, 2) if halve else (1, 1)
        x = layers.ReLU()(convolution(x, filters, stride=stride, raw=stage == 0, halve=kept))
    over_time = [layers.Flatten()(reduced(x, axis=2)) for reduced in (ops.mean, ops.max)]
    return layers.Concatenate()(over_time)
