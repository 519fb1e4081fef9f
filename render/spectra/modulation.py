"""Pulses: how far the loudness of a sound beats at the rates of vocoders' frames.

Where a vocoder's filters join, frame after frame, not only lines are left, see
`render.spectra.frame_rates`: noise that went through them is louder at some places of a frame than
at others. It has no lines of its own, but its power beats at the rate of the frames and at
multiples of it.
"""

import numpy as np
import scipy

from render.settings import Settings
from render.spectra.frame_rates import RATES

_HIGHEST = 1 / 16  # of the multiples that count, as a share of half the sample rate
_PADDING = 2  # columns in the transform for each that is there
_AROUND = 6.0  # Hz on either side of a multiple with which it is compared
_FAINTEST = 1e-9  # power of a beat under which there is nothing but rounding


def modulation_strengths(power: np.ndarray, settings: Settings) -> np.ndarray:
    """Find how far the power of all bands beats at each rate.

    Parameters
    ----------
    power : np.ndarray, shape=(bands, columns)
        Of `render.spectra.whitening.Whitened`.
    settings : Settings

    Returns
    -------
    strengths : np.ndarray, shape=(len(RATES),)
        About 0 for chance, by which they vary by about 1.
    """
    bands, columns = power.shape
    beats = power - power.mean(axis=1, keepdims=True)
    beats *= np.hanning(columns).astype(np.float32)
    beats = np.square(np.abs(scipy.fft.rfft(beats, _PADDING * columns))) + _FAINTEST
    step = settings.rate / settings.length / _PADDING
    around = 2 * round(_AROUND / step) + 1
    excess = (beats / scipy.ndimage.uniform_filter1d(beats, around)).mean(axis=0) - 1
    found = np.zeros(len(RATES))
    for place, rate in enumerate(RATES):
        at = np.rint(np.arange(rate, settings.rate / 2 * _HIGHEST, rate) / step).astype(int)
        found[place] = excess[at].sum() * np.sqrt(bands / max(len(at), 1))
    return found
