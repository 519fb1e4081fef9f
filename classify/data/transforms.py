"""What is done to the values of a training picture, as a channel would do it to the sound.

Pictures are ``float32``, shape (height, width), values 0 to 255 on a scale of decibels: adding is
amplifying, and the louder of two sounds hides the other. All that is random comes from `rng`.
"""

import numpy as np

_WIDEST_BAND, _LONGEST_GAP = 1 / 5, 1 / 6  # of what masking hides at once, as a share of a side
_NARROWEST = 0.4  # least share of the frequencies that a limited band keeps
# Grey values of noise, as a share of their range: on render's scale from noise that is hardly seen
# to white noise 5 dB below the speech.
_HISS = (0.25, 0.7)
_GRAIN = 5  # decibels by which the emptied part of a limited band varies


def add_noise(picture: np.ndarray, rng: np.random.Generator, decibel: float) -> np.ndarray:
    """Hide what is quiet behind noise of a random level and tilt.

    The power of Gaussian noise in a bin of a spectrogram is exponentially distributed. Each pixel
    becomes the louder of the two, which their sum exceeds by 3 dB at most.

    Parameters
    ----------
    picture : np.ndarray, shape=(height, width), dtype=float32
    rng : np.random.Generator
    decibel : float
        Grey values of one decibel.

    Returns
    -------
    picture : np.ndarray, same shape
    """
    start = rng.integers(len(_NOISE))
    grain = np.take(_NOISE, np.arange(start, start + picture.size), mode="wrap")
    level = rng.uniform(*_HISS) * 255 + rng.normal(0, 20) * np.linspace(1, -1, len(picture))
    noise = grain.reshape(picture.shape) * np.float32(decibel)
    return np.maximum(picture, noise + level.astype(np.float32)[:, np.newaxis])


def band_limited(picture: np.ndarray, rng: np.random.Generator, decibel: float) -> np.ndarray:
    """Empty a random part of the top, up to 60 % of it, as low-pass filters and codecs do.

    Parameters
    ----------
    picture : np.ndarray, shape=(height, width), dtype=float32
    rng : np.random.Generator
    decibel : float
        Grey values of one decibel.

    Returns
    -------
    picture : np.ndarray, same shape
    """
    rows = rng.integers(0, int((1 - _NARROWEST) * len(picture)) + 1)
    floor = rng.uniform(0, 0.25) * 255
    rest = rng.normal(floor, _GRAIN * decibel, (rows, picture.shape[1])).astype(np.float32)
    limited = picture.copy()
    limited[:rows] = np.minimum(picture[:rows], rest)
    return limited


def masked(picture: np.ndarray, rng: np.random.Generator, most: int) -> np.ndarray:
    """Hide random bands and moments behind the mean of the picture.

    Parameters
    ----------
    picture : np.ndarray, shape=(height, width), dtype=float32
    rng : np.random.Generator
    most : int
        Up to so many bands, each of a fifth of the rows at most, and as many moments, each of a
        sixth of the columns.

    Returns
    -------
    picture : np.ndarray, same shape

    References
    ----------
    Park et al., "SpecAugment: a simple data augmentation method for automatic speech
    recognition", Interspeech 2019.
    """
    hidden, mean = picture.copy(), picture.mean()
    for view, share in ((hidden, _WIDEST_BAND), (hidden.T, _LONGEST_GAP)):
        for _ in range(rng.integers(0, most + 1)):
            length = rng.integers(0, int(share * len(view)) + 1)
            start = rng.integers(0, len(view) - length + 1)
            view[start : start + length] = mean
    return hidden


def fade(lines: np.ndarray, chance: np.ndarray, share: float) -> np.ndarray:
    """Leave a share of what stands out, and let what chance leaves fill the rest.

    Parameters
    ----------
    lines, chance : np.ndarray, shape=(height, width), dtype=float32
    share : float in [0, 1]

    Returns
    -------
    worn : np.ndarray, same shape
        `lines` with a share of 1, `chance` with 0. Between them what both vary by, row by row, is
        blended, and of equal strength in both it is so in the blend.
    """
    mean = chance.mean(axis=1, keepdims=True)
    rest = np.float32(np.sqrt(1 - share**2))
    return mean + np.float32(share) * (lines - mean) + rest * (chance - mean)


def rolled(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Begin at a random moment and put what stands before it at the end.

    Parameters
    ----------
    picture : np.ndarray, shape=(height, width)
    rng : np.random.Generator

    Returns
    -------
    picture : np.ndarray, same shape
    """
    return np.roll(picture, rng.integers(picture.shape[1]), axis=1)


def _decibels(count: int) -> np.ndarray:
    power = np.random.default_rng(0).exponential(size=count)
    return (10 * np.log10(np.maximum(power, 1e-6))).astype(np.float32)


_NOISE = _decibels(1 << 18)  # drawn once, for a logarithm a pixel would cost more than all else
