"""Light CNN: everywhere the larger of two filters, in place of a ReLU ("max-feature-map").

The larger of two is a choice between them, where a ReLU only drops what is low. The stages are
those of the LFCC-LCNN of the ASVspoof 2019 challenge, but for the stride of the first convolution,
which makes it fast on two cores, the normalisation, which comes after every choice, and the mean
over time before the dense layer.

References
----------
Wu, He, Sun and Tan, "A light CNN for deep face representation with noisy labels", IEEE TIFS 13,
2018. Lavrentyeva et al., "STC antispoofing systems for the ASVspoof2019 challenge", Interspeech
2019, table 2.
"""

from keras import KerasTensor, layers, ops

from classify.models.blocks import SPREAD, max_pool
from classify.settings import Settings

# One choice a row: channels (of twice as many filters), side and stride of the kernel, and whether
# it is halved after. A picture of 256 x 124 is 64 x 31, 32 x 16, 16 x 8, 8 x 4 after the halvings.
STAGES = (
    (32, 5, 2, True),
    (32, 1, 1, False),
    (48, 3, 1, True),
    (48, 1, 1, False),
    (64, 3, 1, True),
    (64, 1, 1, False),
    (32, 3, 1, False),
    (32, 1, 1, False),
    (32, 3, 1, True),
)
DENSE = 80


def features(pictures: KerasTensor, settings: Settings) -> KerasTensor:
    """See `classify.models`; `DENSE` features."""
    x = layers.Rescaling(1 / SPREAD)(pictures)
    for channels, size, stride, halve in STAGES:
        two = [layers.Conv2D(channels, size, stride, padding="same")(x) for _ in range(2)]
        x = layers.Maximum()(two)
        if halve:
            x = max_pool(x)
        x = layers.BatchNormalization()(x)
    x = layers.Flatten()(ops.mean(x, axis=2))  # rows and channels
    x = layers.Dropout(settings.dropout, seed=settings.seed)(x)
    x = layers.Maximum()([layers.Dense(DENSE)(x) for _ in range(2)])
    return layers.BatchNormalization()(x)
