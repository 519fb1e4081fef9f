"""Group delay: the position of each frequency's energy within a frame, from the phases."""

import numpy as np
import scipy

from render.settings import Settings
from render.spectra import grey, stft


def group_delay(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw group delay over linear frequency and time, one row a bin of the STFT.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=settings.shape, dtype=uint8
        128 for energy in the middle of the frame, and for levels under ``settings.floor``; 255 for
        energy that lies ``settings.delay_range`` later or more, 1 for as much earlier. Rows are
        those of `render.spectrogram.linear`.

    Raises
    ------
    ValueError
        If the clip has another length or is not finite.

    Examples
    --------
    A click 2 ms after the middle of the first frame, a fifth of the 10 ms that are white:

    >>> click = np.zeros(32_000)
    >>> click[256 + 32] = 0.5
    >>> image = group_delay(click, Settings(feature="group-delay"))
    >>> image.shape, set(image[:, 0].tolist())
    ((256, 124), {153})
    """
    return grey.upright(grey.swing(delays(samples, settings)[1:], settings.delay_range))


def delays(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Compute the group delay of every bin, from the middle of its frame.

    With X the spectrum of a frame x[n] and Y that of n x[n], where n counts from the middle, the
    delay -d(phase X)/d(angular frequency) is Re(Y conj(X)) / abs(X)^2, in samples: no phase has to
    be unwrapped.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    delays : np.ndarray, shape=(1 + window // 2, frames)
        In ms; 0 where the level is at ``settings.floor``.

    References
    ----------
    Oppenheim and Schafer, "Discrete-time signal processing", on the computation of group delay.
    """
    frames = stft.frames(samples, settings)
    middle = (np.arange(settings.window) - settings.window / 2).astype(np.float32)[:, None]
    spectrum, weighted = scipy.fft.rfft(frames, axis=0), scipy.fft.rfft(frames * middle, axis=0)
    power = np.square(np.abs(spectrum))
    faintest = grey.faintest(power, settings)
    delay = (weighted * spectrum.conj()).real / np.maximum(power, faintest)
    return np.where(power > faintest, delay * (1000 / settings.rate), 0)
