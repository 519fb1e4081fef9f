"""The constant-Q transform: every row is a wavelet of equally many periods.

A wavelet is a sine under a Hann window of Q = 1 / (2^(1 / bins) - 1) periods. So a row is as wide
as its distance to the next; low rows are sharp in frequency, high ones in time.

The wavelets are applied to the spectrum of the whole clip, where each is a narrow band that is
evaluated once a hop, for any hop. In loud parts that follows the definition to 0.02 dB, while
librosa's halving of the rate takes up to 20 dB off the rows right below each half. It is over ten
times as fast.
"""

import math
from functools import lru_cache

import numpy as np
import scipy

from render.settings import Settings
from render.spectra import grey, stft
from render.spectra.filterbank import hann

_REACH = 16  # bins of the window's spectrum on either side of its peak, down to -79 dB


def cqt(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Draw level over logarithmic frequency and time, one row a wavelet of constant Q.

    Columns have the same middle as those of the STFT; before and after the clip is silence.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    image : np.ndarray, shape=settings.shape, dtype=uint8
        0 at ``settings.floor`` and below, 255 at ``settings.ceiling`` and above. Row ``r`` from
        the bottom shows ``lowest * 2 ** (r / bins)`` Hz.

    Raises
    ------
    ValueError
        If the clip has another length or is not finite.

    References
    ----------
    Brown, "Calculation of a constant Q spectral transform", 1991; Brown and Puckette, "An
    efficient algorithm for the calculation of a constant Q transform", 1992.

    Examples
    --------
    >>> tone = 0.1 * np.sin(2 * np.pi * 1_000 * np.arange(32_000) / 16_000)
    >>> image = cqt(tone, Settings(feature="cqt"))
    >>> image.shape, 167 - int(image[:, 62].argmax()), int(image[:, 62].max())
    ((168, 124), 96, 230)
    """
    return grey.levels(np.square(amplitudes(samples, settings)), settings)


def amplitudes(samples: np.ndarray, settings: Settings) -> np.ndarray:
    """Constant-Q transform of a clip, without its phases.

    Parameters
    ----------
    samples : np.ndarray, shape=(settings.length,)
    settings : Settings

    Returns
    -------
    amplitudes : np.ndarray, shape=(rows, frames), dtype=float32
        1.0 is a full-scale sine.

    Raises
    ------
    ValueError
        As `cqt`.
    """
    sound = stft.single(samples, settings)
    turns = _turns(settings)
    length = turns * settings.hop
    spectrum = scipy.fft.fft(sound, length)
    # A wavelet of few periods reaches beyond 0 Hz or the Nyquist frequency, where the spectrum
    # repeats: it is extended to -length // 2 .. length.
    spectrum = np.concatenate([spectrum[length - length // 2 :], spectrum])
    rows = np.empty((settings.octave_rows, turns), np.complex64)
    for row, (first, response) in enumerate(_wavelets(settings)):
        rows[row] = _fold(spectrum[first : first + len(response)] * response, turns)
    return np.abs(scipy.fft.ifft(rows, axis=1)[:, : settings.columns])


def _fold(band: np.ndarray, turns: int) -> np.ndarray:
    """Add up the frequencies that alias when only every hop-th sample is kept, shape (turns,).

    With a transform of turns x hop samples, frequency f turns f / turns times from one such sample
    to the next. The start of the band changes only the phase of the result.
    """
    padded = np.zeros(-(-len(band) // turns) * turns, band.dtype)
    padded[: len(band)] = band
    return padded.reshape(-1, turns).sum(axis=0)


def _turns(settings: Settings) -> int:
    """Length of the transform in hops: the clip, and silence as long as the longest wavelet."""
    return scipy.fft.next_fast_len(
        math.ceil((settings.length + settings.longest_kernel) / settings.hop)
    )


def _wavelets(settings: Settings) -> tuple[tuple[int, np.ndarray], ...]:
    """First bin and values of every row's band, for a wavelet centred in the first column."""
    return _responses(
        settings.rate,
        settings.window,
        settings.hop,
        settings.lowest,
        settings.bins,
        settings.octave_rows,
        _turns(settings),
    )


@lru_cache(maxsize=1)
def _responses(
    rate: int, window: int, hop: int, lowest: float, bins: int, rows: int, turns: int
) -> tuple[tuple[int, np.ndarray], ...]:
    length, responses = turns * hop, []
    for row in range(rows):
        centre = lowest * 2 ** (row / bins) * length / rate
        # One bin of the wavelet's window, in bins of the transform.
        bin_width = centre * (2 ** (1 / bins) - 1)
        first = max(-(length // 2), math.ceil(centre - _REACH * bin_width))
        last = min(length - 1, math.floor(centre + _REACH * bin_width))
        bin_number = np.arange(first, last + 1)
        shift = np.exp(2j * np.pi * bin_number * (window / 2 / length))
        # A real sine has half its amplitude at the positive frequency; see `amplitudes` for hop.
        response = 2 / hop * hann((bin_number - centre) / bin_width) * shift
        responses.append((first + length // 2, response.astype(np.complex64)))
    return tuple(responses)
