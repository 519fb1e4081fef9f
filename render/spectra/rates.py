"""Combs at the rates at which vocoders commonly make their frames.

`render.spectra.comb` looks for lines in any even steps, and among a thousand steps chance alone
makes one stand out as far as a faint comb does. Nearly all published vocoders have one of a dozen
rates of frames; there, a comb need not be as clear to be seen.
"""

from functools import lru_cache

import numpy as np
import scipy

from render.settings import FIELDS, Settings
from render.spectra import grey, longterm

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
_BAND = 1 / 16  # of the bands that are brought to one level, as a share of the same
_SMOOTH = 0.05  # seconds over which their level is taken
_FAINTEST = 1e-5  # level that is not raised
_GRAIN = 5.0  # by which one spectrum is rougher than the mean over frames of `longterm.spectrum`


def fields(samples: np.ndarray, spectrum: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw how much lines at the usual rates stand out.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    spectrum : np.ndarray, shape=(bins,)
        Their `longterm.spectrum`.
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=(16, settings.columns), dtype=uint8
        A field for each of ``RATES``, the slowest on the left, all equally wide: the mean of what
        stands out of `spectrum` and of a fifth of what stands out of `flat_spectrum`, which is
        five times as rough. 128 where that is nothing, 255 where it is
        ``settings.line`` or more.
    """
    flat = flat_spectrum(samples, settings)
    found = (strengths(spectrum, settings) + strengths(flat, settings) / _GRAIN) / 2
    shown = found[np.arange(settings.columns) * len(RATES) // settings.columns]
    return np.tile(grey.swing(shown, settings.line), (FIELDS, 1))


def strengths(spectrum: np.ndarray, settings: Settings) -> np.ndarray:
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


def flat_spectrum(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Spectrum of a whole clip in which every band is equally loud at every moment.

    A transform as long as the clip tells lines from what lies a Hertz beside them, if they last:
    so the sound, whose loud moments would be all that is seen, is brought to one level first, band
    by band.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    spectrum : np.ndarray, shape=(bins,), dtype=float32
        In dB, levelled as `longterm.levelled` does.
    """
    flat = _flattened(samples, settings) * _taper(settings.length)
    size = scipy.fft.next_fast_len(2 * settings.length, real=True)
    power = np.abs(scipy.fft.rfft(flat, size)) ** 2
    return longterm.levelled(longterm.decibel(power), settings.rate)


def _flattened(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Split into bands that overlap by half, divide each by its level, and add them up again.

    Each band is moved down to 0 Hz and keeps as many samples as its width asks for: that is a
    tenth of the work.
    """
    spectrum = scipy.fft.rfft(samples.astype(np.float32))
    flat, half = np.zeros_like(spectrum), max(1, round(len(spectrum) * _BAND))
    length = max(1, round(_SMOOTH * settings.rate / settings.length * 2 * half))
    for middle in range(half, len(spectrum) + half, half):
        part = slice(middle - half, min(middle + half, len(spectrum)))
        share = np.sqrt(1 - np.abs(np.arange(part.start, part.stop) - middle) / half)
        share = share.astype(np.float32)
        # Scaled as in the whole signal: the transforms' factors are those of their lengths.
        sound = scipy.fft.ifft(spectrum[part] * share, 2 * half) * np.float32(
            2 * half / len(samples) * 2
        )
        level = np.sqrt(np.maximum(scipy.ndimage.uniform_filter1d(np.abs(sound) ** 2, length), 0))
        flat[part] += scipy.fft.fft(sound / (level + _FAINTEST))[: part.stop - part.start] * share
    return scipy.fft.irfft(flat, len(samples))


@lru_cache(maxsize=4)
def _taper(length: int) -> np.ndarray:
    return np.hanning(length).astype(np.float32)


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
