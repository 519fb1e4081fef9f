"""A clip of sound in, a grey picture out.

Samples are mono floats, 1.0 is full scale. Pictures are ``uint8``: the top row is the highest
frequency, the left column the clip's start. Levels are absolute unless the settings say relative,
in dB relative to a full-scale sine: silence is black, and a quiet clip stays dark. All
representations have the same columns: see `render.spectra.stft`. `render.representations` lists
them. What needs SciPy is imported where it is used.
"""

import numpy as np

from render.representations import REPRESENTATIONS, load
from render.settings import Settings
from render.spectra import grey, stft
from render.spectra.comb import comb

_PADDING = 4  # windows in the transform of log, so that its lowest rows have their own bins


def linear(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw level over linear frequency and time, one row a bin of the STFT.

    The bin at 0 Hz is left out: it is the offset of a sound card.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=settings.shape, dtype=uint8
        0 at ``settings.floor`` and below, 255 at ``settings.ceiling`` and above. Row ``r`` shows
        ``rate / window * (window // 2 - r)`` Hz, the top row the Nyquist frequency.

    Raises
    ------
    ValueError
        If the clip has another length or is not finite.

    Examples
    --------
    >>> tone = 0.1 * np.sin(2 * np.pi * 2_000 * np.arange(32_000) / 16_000)
    >>> image = linear(tone, Settings())
    >>> image.shape, int(image[:, 0].argmax()), int(image.max())
    ((128, 249), 96, 230)
    """
    return grey.levels(stft.power(samples, settings)[1:], settings)


def mel(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw level over mel frequency (Slaney's scale) and time, one row a band.

    The bands are triangles of height 1 that sum to 1, so that a tone has the same level on the
    centre of every band.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=settings.shape, dtype=uint8
        0 at ``settings.floor`` and below, 255 at ``settings.ceiling`` and above.

    Raises
    ------
    ValueError
        If the clip has another length or is not finite, or if the window is too short for that
        many bands.

    Examples
    --------
    >>> tone = 0.1 * np.sin(2 * np.pi * 2_000 * np.arange(32_000) / 16_000)
    >>> mel(tone, Settings(feature="mel")).shape
    (80, 124)
    """
    from render.spectra import filterbank

    return grey.levels(filterbank.mel(settings) @ stft.power(samples, settings), settings)


def log(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw level over logarithmic frequency and time: the STFT, one row a step of the octave.

    A low row has the width of the window's resolution, a high one its distance to the next.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=settings.shape, dtype=uint8
        0 at ``settings.floor`` and below, 255 at ``settings.ceiling`` and above. Row ``r`` from
        the bottom shows ``lowest * 2 ** (r / bins)`` Hz; a sine there has its own level.

    Raises
    ------
    ValueError
        If the clip has another length or is not finite.

    Examples
    --------
    >>> tone = 0.1 * np.sin(2 * np.pi * 2_000 * np.arange(32_000) / 16_000)
    >>> image = log(tone, Settings(feature="log"))
    >>> image.shape, 167 - int(image[:, 62].argmax()), int(image.max())
    ((168, 124), 120, 230)
    """
    from render.spectra import filterbank

    weights = filterbank.logarithmic(settings, _PADDING)
    return grey.levels(weights @ stft.power(samples, settings, _PADDING), settings)


def stack(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw mel, MFCC and chroma one above the other.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=settings.shape, dtype=uint8
        From the top: ``bands`` rows of `mel`, ``3 * coefficients`` of `mfcc`, 12 of `chroma`.

    Raises
    ------
    ValueError
        As any of them.

    Examples
    --------
    >>> stack(np.zeros(32_000), Settings(feature="stack")).shape
    (152, 124)
    """
    from render.spectra.cepstrum import mfcc
    from render.spectra.chroma import chroma

    return np.vstack([part(samples, settings) for part in (mel, mfcc, chroma)])


def linear_comb(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw the linear spectrogram and below it the comb of the whole clip.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=settings.shape, dtype=uint8
        From the top: ``window // 2`` rows of `linear`, 32 of `comb`. Columns are time in the one
        and steps in the other.

    Raises
    ------
    ValueError
        As either.

    Examples
    --------
    >>> linear_comb(np.zeros(32_000), Settings(feature="linear-comb")).shape
    (160, 249)
    """
    return np.vstack([linear(samples, settings), comb(samples, settings)])


def draw(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw a clip in the representation that the settings name.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=settings.shape, dtype=uint8

    Examples
    --------
    >>> int(draw(np.zeros(32_000), Settings(feature="linear")).max())
    0
    """
    return load(REPRESENTATIONS[settings.feature].draw)(samples, settings)
