"""Light CNN: the maximum of two filters ("max-feature-map") in place of every ReLU.

The stages are those of the LFCC-LCNN of the ASVspoof 2019 challenge, with three changes: the first
convolution has a stride, for speed on two cores; every maximum is normalised; and the mean over
time comes before the dense layer.

References
----------
Wu, He, Sun and Tan, "A light CNN for deep face representation with noisy labels", IEEE TIFS 13,
2018. Lavrentyeva et al., "STC antispoofing systems for the ASVspoof2019 challenge", Interspeech
2019, table 2.
"""

from keras import KerasTensor, layers, ops

from classify.models.blocks import SPREAD, max_pool
from classify.settings import Settings

# One stage a row: channels (from twice as many filters), side and stride of the kernel, and whether
# max-pooling halves its output: to 64 x 31, 32 x 16, 16 x 8, 8 x 4 for a picture of 256 x 124.
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
        pair = [layers.Conv2D(channels, size, stride, padding="same")(x) for _ in range(2)]
        x = layers.Maximum()(pair)
        if halve:
            x = max_pool(x)
        x = layers.BatchNormalization()(x)
    x = layers.Flatten()(ops.mean(x, axis=2))  # rows and channels
    x = layers.Dropout(settings.dropout, seed=settings.seed)(x)
    x = layers.Maximum()([layers.Dense(DENSE)(x) for _ in range(2)])
    return layers.BatchNormalization()(x)
