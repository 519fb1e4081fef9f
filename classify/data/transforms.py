"""Effects on training pictures, as a channel would have them on the sound.

Pictures are ``float32``, shape (height, width), values 0 to 255 on a scale of decibels: adding is
amplifying, and the louder of two sounds hides the other. All that is random comes from `rng`.
"""

import numpy as np

_WIDEST_BAND, _LONGEST_GAP = 1 / 5, 1 / 6  # size of one mask, as a share of the height or width
_NARROWEST = 0.4  # least share of the frequencies that a low-pass keeps
# Grey values of noise, as a share of their range. On the scale of `render`: from noise that is
# hardly seen to white noise 5 dB below the speech.
_HISS = (0.25, 0.7)
_GRAIN = 5  # standard deviation of the emptied rows of a low-pass, in dB


def add_noise(picture: np.ndarray, rng: np.random.Generator, grey_per_db: float) -> np.ndarray:
    """Add noise of a random level and spectral tilt.

    The power of Gaussian noise in a bin of a spectrogram is exponentially distributed. Each pixel
    becomes the louder of the two, which their sum exceeds by 3 dB at most.

    Parameters
    ----------
    picture : np.ndarray, shape=(height, width), dtype=float32
    rng : np.random.Generator
    grey_per_db : float
        Grey values of one decibel.

    Returns
    -------
    noisy : np.ndarray, same shape
    """
    start = rng.integers(len(_NOISE))
    grain = np.take(_NOISE, np.arange(start, start + picture.size), mode="wrap")
    level = rng.uniform(*_HISS) * 255 + rng.normal(0, 20) * np.linspace(1, -1, len(picture))
    noise = grain.reshape(picture.shape) * np.float32(grey_per_db)
    return np.maximum(picture, noise + level.astype(np.float32)[:, np.newaxis])


def low_pass(picture: np.ndarray, rng: np.random.Generator, grey_per_db: float) -> np.ndarray:
    """Empty a random number of the top rows, up to 60 %, as low-pass filters and codecs do.

    Parameters
    ----------
    picture : np.ndarray, shape=(height, width), dtype=float32
    rng : np.random.Generator
    grey_per_db : float
        Grey values of one decibel.

    Returns
    -------
    filtered : np.ndarray, same shape
    """
    rows = rng.integers(0, int((1 - _NARROWEST) * len(picture)) + 1)
    floor = rng.uniform(0, 0.25) * 255
    residue = rng.normal(floor, _GRAIN * grey_per_db, (rows, picture.shape[1])).astype(np.float32)
    filtered = picture.copy()
    filtered[:rows] = np.minimum(picture[:rows], residue)
    return filtered


def mask(picture: np.ndarray, rng: np.random.Generator, count: int) -> np.ndarray:
    """Replace random frequency bands and stretches of time by the mean of the picture.

    Parameters
    ----------
    picture : np.ndarray, shape=(height, width), dtype=float32
    rng : np.random.Generator
    count : int
        Largest number of bands, each of a fifth of the rows at most, and of stretches, each of a
        sixth of the columns at most.

    Returns
    -------
    masked : np.ndarray, same shape

    References
    ----------
    Park et al., "SpecAugment: a simple data augmentation method for automatic speech
    recognition", Interspeech 2019.
    """
    masked, mean = picture.copy(), picture.mean()
    for view, share in ((masked, _WIDEST_BAND), (masked.T, _LONGEST_GAP)):
        for _ in range(rng.integers(0, count + 1)):
            length = rng.integers(0, int(share * len(view)) + 1)
            start = rng.integers(0, len(view) - length + 1)
            view[start : start + length] = mean
    return masked


def fade(lines: np.ndarray, chance: np.ndarray, share: float) -> np.ndarray:
    """Fade one picture toward another.

    Parameters
    ----------
    lines, chance : np.ndarray, shape=(height, width), dtype=float32
    share : float in [0, 1]

    Returns
    -------
    faded : np.ndarray, same shape
        `lines` with a share of 1, `chance` with 0. In between, deviations from each row's mean are
        mixed so that their variance stays constant.
    """
    mean = chance.mean(axis=1, keepdims=True)
    other = np.float32(np.sqrt(1 - share**2))
    return mean + np.float32(share) * (lines - mean) + other * (chance - mean)


def roll(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rotate a picture in time by a random number of columns.

    Parameters
    ----------
    picture : np.ndarray, shape=(height, width)
    rng : np.random.Generator

    Returns
    -------
    rolled : np.ndarray, same shape
    """
    return np.roll(picture, rng.integers(picture.shape[1]), axis=1)


def _exponential_noise_db(count: int) -> np.ndarray:
    power = np.random.default_rng(0).exponential(size=count)
    return (10 * np.log10(np.maximum(power, 1e-6))).astype(np.float32)


_NOISE = _exponential_noise_db(1 << 18)  # once: a logarithm a pixel would cost more than all else
