"""What several networks are made of."""

from keras import KerasTensor, layers, ops

# Grey values differ by about 60 within a picture. In units of that, what comes out of a first
# convolution is near 1, where the running statistics begin; in 255ths they would need 100 steps.
SPREAD = 64


def convolution(
    x: KerasTensor,
    filters: int,
    size: int = 3,
    stride: int = 1,
    *,
    raw: bool = False,
    halve: tuple[int, int] = (1, 1),
) -> KerasTensor:
    """Convolve, without bias, and normalise.

    Parameters
    ----------
    x : KerasTensor, shape=(batch, height, width, channels)
    filters : int
        Channels that come out.
    size : int
        Side of the kernel.
    stride : int
        Of rows and of columns.
    raw : bool
        Whether `x` are pictures from 0 to 255. They are scaled after the convolution: without
        bias it comes to the same as before it, and there onnxruntime makes it a part of the
        weights.
    halve : tuple of two int
        Of how many rows and columns the largest is kept, see `max_pool`. It comes before the
        normalisation, which has a quarter of the work then: a step of `cnn` takes two thirds of
        the time.

    Returns
    -------
    x : KerasTensor, shape=(batch, height, width, filters)
        Height and width are divided by the stride and `halve`, and rounded up.
    """
    x = layers.Conv2D(filters, size, stride, padding="same", use_bias=False)(x)
    if halve != (1, 1):
        x = max_pool(x, *halve)
    if raw:
        x = layers.Rescaling(1 / SPREAD)(x)
    return layers.BatchNormalization()(x)


def max_pool(x: KerasTensor, rows: int = 2, columns: int = 2) -> KerasTensor:
    """Keep the largest of every few rows and columns; a tiny picture never becomes none."""
    return layers.MaxPooling2D((rows, columns), padding="same")(x)


def columns_to_sequence(x: KerasTensor) -> KerasTensor:
    """Make a sequence of the columns, each with all of its rows and channels.

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
    """Take from a picture what the room and the microphone put into it, in two ways.

    A channel adds the same to all of a row: without the mean of each row over time, it is gone.
    What generators leave is finer than speech itself: without the mean of a square around each
    pixel, only what is fine is left.

    Parameters
    ----------
    pictures : KerasTensor, shape=(batch, height, width, 1)
    side : int
        Of the square, in pixels; at the edges, only what lies on the picture counts.

    Returns
    -------
    relief : KerasTensor, shape=(batch, height, width, 2)
    """
    # Over the one channel, too: onnxruntime takes a mean over the last axes in half of the time.
    rows = pictures - ops.mean(pictures, axis=(2, 3), keepdims=True)
    around = layers.AveragePooling2D((side, 1), 1, padding="same")(pictures)
    around = layers.AveragePooling2D((1, side), 1, padding="same")(around)
    return layers.Concatenate()([rows, pictures - around])
