"""Convolutions over a picture without its means, then mean- and max-pooling of every row over time.

The mean shows what lasts, such as grain; the maximum what occurs for a moment. Rows stay separate
to the end, because the same grain means something else in low frequencies, in high ones and in the
comb.
"""

from keras import KerasTensor, layers, ops

from classify.models.blocks import convolution, subtract_means
from classify.settings import Settings

# One convolution a row: filters, stride, and whether its output is max-pooled to half the size. The
# first has a stride and no other has its size, which makes the network fast on two cores. The last
# two are not pooled, to leave Grad-CAM some resolution: 16 x 8 for a picture of 256 x 124.
STAGES = (
    (16, 2, True),
    (32, 1, True),
    (32, 1, False),
    (64, 1, True),
    (64, 1, False),
    (96, 1, False),
    (96, 1, False),
)
# For the comb, where a line is bright or not there. A comb of 32 x 249 becomes 4 x 32.
COMB_STAGES = ((16, 2, True), (32, 1, True), (64, 1, False))


def features(pictures: KerasTensor, settings: Settings) -> KerasTensor:
    """See `classify.models`; for each row, twice as many features as the last stage has filters."""
    return _rows(pictures, STAGES)


def comb_features(pictures: KerasTensor) -> KerasTensor:
    """Features of the comb alone, for late fusion with any other body.

    Parameters
    ----------
    pictures : KerasTensor, shape=(batch, height, width, 1)

    Returns
    -------
    features : KerasTensor, shape=(batch, features)
        For each row, twice as many as the last stage has filters.
    """
    return _rows(pictures, COMB_STAGES)


def _rows(pictures: KerasTensor, stages: tuple[tuple[int, int, bool], ...]) -> KerasTensor:
    x = subtract_means(pictures)
    for stage, (filters, stride, halve) in enumerate(stages):
        pool = (2, 2) if halve else (1, 1)
        x = layers.ReLU()(convolution(x, filters, stride=stride, raw=stage == 0, pool=pool))
    pooled = [layers.Flatten()(pool_over(x, axis=2)) for pool_over in (ops.mean, ops.max)]
    return layers.Concatenate()(pooled)
