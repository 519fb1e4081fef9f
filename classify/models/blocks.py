"""Building blocks that several networks share."""

from keras import KerasTensor, layers, ops

# Grey values differ by about 60 within a picture. In units of this, the outputs of a first
# convolution are near 1, where the running statistics begin. Divided by 255, they would need 100
# steps to get there.
SPREAD = 64


def convolution(
    x: KerasTensor,
    filters: int,
    size: int = 3,
    stride: int = 1,
    *,
    raw: bool = False,
    pool: tuple[int, int] = (1, 1),
) -> KerasTensor:
    """Convolve, without bias, and normalise.

    Parameters
    ----------
    x : KerasTensor, shape=(batch, height, width, channels)
    filters : int
        Output channels.
    size : int
        Side of the kernel.
    stride : int
        In rows and columns.
    raw : bool
        Whether `x` are pictures from 0 to 255. They are scaled after the convolution, where
        onnxruntime can fold the factor into the weights; without bias the result is the same.
    pool : tuple of two int
        Rows and columns of the max-pooling, see `max_pool`. It precedes the normalisation, which
        then has a quarter of the work: a step of `cnn` takes two thirds of the time.

    Returns
    -------
    x : KerasTensor, shape=(batch, height, width, filters)
        Height and width are divided by the stride and `pool`, and rounded up.
    """
    x = layers.Conv2D(filters, size, stride, padding="same", use_bias=False)(x)
    if pool != (1, 1):
        x = max_pool(x, *pool)
    if raw:
        x = layers.Rescaling(1 / SPREAD)(x)
    return layers.BatchNormalization()(x)


def max_pool(x: KerasTensor, rows: int = 2, columns: int = 2) -> KerasTensor:
    """Max-pool rows and columns; with padding, so that a tiny picture does not become empty."""
    return layers.MaxPooling2D((rows, columns), padding="same")(x)


def columns_to_sequence(x: KerasTensor) -> KerasTensor:
    """Turn the columns into a sequence, each step with all rows and channels of its column.

    Parameters
    ----------
    x : KerasTensor, shape=(batch, height, width, channels)

    Returns
    -------
    x : KerasTensor, shape=(batch, width, height * channels)
    """
    _, height, width, channels = x.shape
    return layers.Reshape((width, height * channels))(layers.Permute((2, 1, 3))(x))


def subtract_means(pictures: KerasTensor, side: int = 9) -> KerasTensor:
    """Subtract from each pixel the mean of its row, and the mean of a square around it.

    A channel (room, microphone) adds the same value to a whole row, so the first difference does
    not depend on it. The second is a high-pass in time and frequency: traces of generators are
    finer than speech itself.

    Parameters
    ----------
    pictures : KerasTensor, shape=(batch, height, width, 1)
    side : int
        Side of the square, in pixels; at the edges only pixels of the picture count.

    Returns
    -------
    differences : KerasTensor, shape=(batch, height, width, 2)
    """
    # Over the single channel too: onnxruntime takes a mean over the last axes in half the time.
    rows = pictures - ops.mean(pictures, axis=(2, 3), keepdims=True)
    around = layers.AveragePooling2D((side, 1), 1, padding="same")(pictures)
    around = layers.AveragePooling2D((1, side), 1, padding="same")(around)
    return layers.Concatenate()([rows, pictures - around])
