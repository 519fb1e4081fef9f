"""Modulation: pulses in the power of a sound at the frame rates of vocoders.

A vocoder's filters leave lines (`render.spectra.frame_rates`) and pulses: filtered noise is louder
at some positions within a frame than at others. Noise has no lines, but its power then beats at the
frame rate and its multiples.
"""

import numpy as np

from render.settings import Settings
from render.spectra.fourier import rfft
from render.spectra.frame_rates import RATES
from render.spectra.moving_average import moving_average

_HIGHEST = 1 / 16  # highest multiple, as a share of the Nyquist frequency
_PADDING = 2  # zero padding of the transform, as a factor
_AROUND = 6.0  # Hz on either side of a multiple that it is compared with
_FAINTEST = 1e-9  # power of rounding errors


def modulation_strengths(power: np.ndarray, settings: Settings) -> np.ndarray:
    """Compute the strength of the pulses at each rate, over all bands.

    Parameters
    ----------
    power : np.ndarray, shape=(bands, columns)
        Of `render.spectra.whitening.Whitened`.
    settings : Settings

    Returns
    -------
    strengths : np.ndarray, shape=(len(RATES),)
        Mean 0 and deviation of about 1 by chance.
    """
    bands, columns = power.shape
    beats = power - power.mean(axis=1, keepdims=True)
    beats *= np.hanning(columns).astype(np.float32)
    beats = np.square(np.abs(rfft(beats, _PADDING * columns))) + _FAINTEST
    step = settings.rate / settings.length / _PADDING
    width = 2 * round(_AROUND / step) + 1
    excess = (beats / moving_average(beats, width)).mean(axis=0) - 1
    strengths = np.zeros(len(RATES))
    for number, rate in enumerate(RATES):
        multiples = np.arange(rate, settings.rate / 2 * _HIGHEST, rate)
        bins = np.rint(multiples / step).astype(int)
        strengths[number] = excess[bins].sum() * np.sqrt(bands / max(len(bins), 1))
    return strengths
