"""Convolutions that pool frequency more than time, then a bidirectional LSTM over time.

An LSTM and not a GRU: ONNX has an operator for it, but Keras' GRU is exported as a slow loop.

References
----------
Çakır, Parascandolo, Heittola, Huttunen and Virtanen, "Convolutional recurrent neural networks for
polyphonic sound event detection", IEEE/ACM TASLP 25, 2017.
"""

from keras import KerasTensor, layers

from classify.models.blocks import columns_to_sequence, convolution
from classify.settings import Settings

# One stage a row: filters and stride of its convolution, and rows and columns of its max-pooling. A
# picture of 256 x 124 is 64 x 62, 32 x 31, 8 x 31, 4 x 31 after the stages.
STAGES = ((32, 2, (2, 1)), (64, 1, (2, 2)), (96, 1, (4, 1)), (96, 1, (2, 1)))
UNITS = 64  # of the LSTM, in each direction


def features(pictures: KerasTensor, settings: Settings) -> KerasTensor:
    """See `classify.models`; twice `UNITS` features, means over time."""
    x = pictures
    for stage, (filters, stride, pool) in enumerate(STAGES):
        x = layers.ReLU()(convolution(x, filters, stride=stride, raw=stage == 0, pool=pool))
    x = layers.Dropout(settings.dropout, seed=settings.seed)(columns_to_sequence(x))
    x = layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True))(x)
    return layers.GlobalAveragePooling1D()(x)
