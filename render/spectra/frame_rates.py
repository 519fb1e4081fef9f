"""Combs at the rates at which vocoders commonly make their frames.

`render.spectra.comb` looks for lines in any even steps, and among a thousand steps chance alone
makes one stand out as far as a faint comb does. Nearly all published vocoders have one of a dozen
rates of frames; there, a comb need not be as clear to be seen.
"""

from functools import lru_cache

import numpy as np
import scipy

from render.settings import Settings
from render.spectra import ltas

# Frames a second of published vocoders: sample rate over hop.
RATES = (
    22_050 / 512,
    48_000 / 1_024,
    16_000 / 320,
    16_000 / 256,
    22_050 / 300,
    24_000 / 320,
    24_000 / 300,
    22_050 / 256,
    24_000 / 256,
    24_000 / 240,
    22_050 / 200,
    16_000 / 128,
)
_LOWEST, _HIGHEST = 3 / 16, 0.9625  # where lines are looked for, as shares of the highest frequency
_GRAIN = 5.0  # by which one spectrum is rougher than the mean over frames of `longterm.spectrum`


def line_strengths(spectrum: np.ndarray, flat: np.ndarray, settings: Settings) -> np.ndarray:
    """Find how far the lines at each rate stand out, in two ways.

    Parameters
    ----------
    spectrum : np.ndarray, shape=(bins,)
        `longterm.spectrum` of a clip.
    flat : np.ndarray, shape=(settings.length + 1,), dtype=complex64
        Spectrum in `render.spectra.whitening.Whitened`, of the same clip.
    settings : Settings

    Returns
    -------
    strengths : np.ndarray, shape=(len(RATES),)
        Mean of the strengths in `spectrum` and of a fifth of those in `flat_spectrum`, which is
        five times as rough.
    """
    whole = spectrum_strengths(flat_spectrum(flat, settings), settings) / _GRAIN
    return (spectrum_strengths(spectrum, settings) + whole) / 2


def spectrum_strengths(spectrum: np.ndarray, settings: Settings) -> np.ndarray:
    """Find how far the lines at each rate stand out of a spectrum.

    Parameters
    ----------
    spectrum : np.ndarray, shape=(bins,)
        In dB, levelled, from 0 Hz to the Nyquist frequency.
    settings : Settings

    Returns
    -------
    strengths : np.ndarray, shape=(len(RATES),)
        Mean level of the multiples of each rate less that half way between them, in dB, times the
        square root of their number: the clearer, the more of them there are.
    """
    return _weights(settings.rate, len(spectrum)) @ spectrum


def flat_spectrum(flat: np.ndarray, settings: Settings) -> np.ndarray:
    """Spectrum of a whole clip in which every band is equally loud at every moment.

    A transform as long as the clip tells lines from what lies a Hertz beside them, if they last.

    Parameters
    ----------
    flat : np.ndarray, shape=(settings.length + 1,), dtype=complex64
        Spectrum in `render.spectra.whitening.Whitened`.
    settings : Settings

    Returns
    -------
    spectrum : np.ndarray, shape=(bins,), dtype=float32
        In dB, levelled as `longterm.levelled` does.
    """
    return ltas.detrend(ltas.decibel(np.abs(flat) ** 2), settings.rate)


@lru_cache(maxsize=4)
def _weights(rate: int, bins: int) -> "scipy.sparse.csr_array":
    """Weight of every bin for every rate, shape (rates, bins)."""
    nyquist = rate / 2
    rows, places, values = [], [], []
    for row, step in enumerate(RATES):
        low, high = _LOWEST * nyquist / step, _HIGHEST * nyquist / step
        lines = np.arange(int(low) + 1, int(high) + 1)
        for away, value in ((0.0, 1.0), (-0.5, -0.5), (0.5, -0.5)):
            at = np.rint((lines + away) * step / nyquist * (bins - 1)).astype(int)
            rows.append(np.full(len(lines), row))
            places.append(at)
            values.append(np.full(len(lines), value / np.sqrt(max(len(lines), 1))))
    entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(places))
    return scipy.sparse.coo_array(entries, shape=(len(RATES), bins)).tocsr()
