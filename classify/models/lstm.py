"""Stacked LSTMs over the columns of a picture, each column a frame.

For pictures whose rows are features of a frame, such as ``render --feature stack`` (mel bands,
MFCC and chroma), ``mfcc`` or ``lfcc``; it runs on any picture.

References
----------
Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9, 1997.
"""

from keras import KerasTensor, layers

from classify.models.blocks import columns_to_sequence
from classify.settings import Settings

UNITS = (128, 64)  # of the LSTMs, from the input on


def features(pictures: KerasTensor, settings: Settings) -> KerasTensor:
    """See `classify.models`; as many features as the last LSTM has units, averaged over time."""
    x = columns_to_sequence(layers.Rescaling(1 / 255)(pictures))
    x = layers.BatchNormalization()(x)  # of each row: they differ in range
    for layer, units in enumerate(UNITS):
        x = layers.LSTM(units, return_sequences=True)(x)
        if layer < len(UNITS) - 1:
            x = layers.Dropout(settings.dropout, seed=settings.seed)(x)
    return layers.GlobalAveragePooling1D()(x)
