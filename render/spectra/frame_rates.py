"""Combs at the frame rates of published vocoders.

`render.spectra.comb` tries a thousand steps, of which one is as strong as a faint comb by chance
alone. Nearly all published vocoders have one of a dozen frame rates; at these, a fainter comb is
significant.
"""

from functools import lru_cache

import numpy as np

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
_LOWEST, _HIGHEST = 3 / 16, 0.9625  # range of the lines, as shares of the Nyquist frequency
_GRAIN = 5.0  # roughness of one spectrum over that of the mean of frames in `ltas.spectrum`


def line_strengths(spectrum: np.ndarray, flat: np.ndarray, settings: Settings) -> np.ndarray:
    """Compute the strength of the lines at each rate, as the mean of two estimates.

    Parameters
    ----------
    spectrum : np.ndarray, shape=(bins,)
        `render.spectra.ltas.spectrum` of a clip.
    flat : np.ndarray, shape=(settings.length + 1,), dtype=complex64
        Spectrum in `render.spectra.whitening.Whitened`, of the same clip.
    settings : Settings

    Returns
    -------
    strengths : np.ndarray, shape=(len(RATES),)
        Mean of the strengths in `spectrum` and a fifth of the strengths in `flat_spectrum`, which
        is five times as rough.
    """
    whole_clip = spectrum_strengths(flat_spectrum(flat, settings), settings) / _GRAIN
    return (spectrum_strengths(spectrum, settings) + whole_clip) / 2


def spectrum_strengths(spectrum: np.ndarray, settings: Settings) -> np.ndarray:
    """Compute the strength of the lines at each rate in a spectrum.

    Parameters
    ----------
    spectrum : np.ndarray, shape=(bins,)
        In dB, detrended, from 0 Hz to the Nyquist frequency.
    settings : Settings

    Returns
    -------
    strengths : np.ndarray, shape=(len(RATES),)
        Mean level at the multiples of each rate minus the level half way between them, in dB,
        times the square root of their number.
    """
    rows, columns, weights = _weights(settings.rate, len(spectrum))
    return np.bincount(rows, weights * spectrum[columns], len(RATES))


def flat_spectrum(flat: np.ndarray, settings: Settings) -> np.ndarray:
    """Spectrum of a whole clip, whitened over time and frequency.

    A transform as long as the clip separates steady lines from energy a Hertz beside them.

    Parameters
    ----------
    flat : np.ndarray, shape=(settings.length + 1,), dtype=complex64
        Spectrum in `render.spectra.whitening.Whitened`.
    settings : Settings

    Returns
    -------
    spectrum : np.ndarray, shape=(bins,), dtype=float32
        In dB, detrended as in `render.spectra.ltas.detrend`.
    """
    return ltas.detrend(ltas.decibel(np.abs(flat) ** 2), settings.rate)


@lru_cache(maxsize=4)
def _weights(rate: int, bins: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights of the bins for the rates: number of the rate, bin, and weight."""
    nyquist = rate / 2
    rows, columns, values = [], [], []
    for row, step in enumerate(RATES):
        low, high = _LOWEST * nyquist / step, _HIGHEST * nyquist / step
        lines = np.arange(int(low) + 1, int(high) + 1)
        for offset, value in ((0.0, 1.0), (-0.5, -0.5), (0.5, -0.5)):
            rows.append(np.full(len(lines), row))
            columns.append(np.rint((lines + offset) * step / nyquist * (bins - 1)).astype(int))
            values.append(np.full(len(lines), value / np.sqrt(max(len(lines), 1))))
    places = np.concatenate(rows) * bins + np.concatenate(columns)
    places, entry = np.unique(places, return_inverse=True)
    return places // bins, places % bins, np.bincount(entry, np.concatenate(values))
