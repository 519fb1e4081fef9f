"""Convolutions over a picture without its means, then a bidirectional LSTM over time.

The convolutions pool frequency more than time. The LSTM's outputs are mean- and max-pooled over
time: the mean shows what lasts, the maximum what occurs for a moment.

An LSTM and not a GRU: ONNX has an operator for it, but Keras' GRU is exported as a slow loop.

References
----------
Çakır, Parascandolo, Heittola, Huttunen and Virtanen, "Convolutional recurrent neural networks for
polyphonic sound event detection", IEEE/ACM TASLP 25, 2017.
"""

from keras import KerasTensor, layers

from classify.models.blocks import columns_to_sequence, convolution, subtract_means
from classify.settings import Settings

# One stage a row: filters and stride of its convolution, and rows and columns of its max-pooling. A
# picture of 256 x 124 is 64 x 62, 32 x 31, 32 x 31, 16 x 16, 16 x 16, 8 x 16 after the stages.
STAGES = (
    (24, 2, (2, 1)),
    (32, 1, (2, 2)),
    (48, 1, (1, 1)),
    (64, 1, (2, 2)),
    (64, 1, (1, 1)),
    (80, 1, (2, 1)),
)
UNITS = 64  # of the LSTM, in each direction


def features(pictures: KerasTensor, settings: Settings) -> KerasTensor:
    """See `classify.models`; four times `UNITS` features, means and maxima over time."""
    x = subtract_means(pictures)
    for stage, (filters, stride, pool) in enumerate(STAGES):
        x = layers.ReLU()(convolution(x, filters, stride=stride, raw=stage == 0, pool=pool))
    x = layers.Dropout(settings.dropout, seed=settings.seed)(columns_to_sequence(x))
    x = layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True))(x)
    pooled = [layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)]
    return layers.Concatenate()(pooled)
