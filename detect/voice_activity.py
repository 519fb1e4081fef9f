"""Voice activity detection by three numbers, simple enough to be argued with.

Speech is broad and moves: most of the telephone band sounds at once, and the spectrum changes from
one moment to the next, but no faster than a mouth can. Noise is broad, but its spectrum in one
moment says nothing of the next, however its loudness varies. Tones are narrow, even moving ones
such as a siren. Music, animals and wind can be broad and move: they pass for speech. Pauses do not
matter, for only the loud frames of a clip count.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from render.clips import SILENCE
from render.decoding.envelope import Envelope
from render.spectra.fourier import rfft

# In 2 s clips, noise reaches at most 0.5 dB, speech 3 dB and more, speech buried in noise 0.9 dB.
MOVEMENT = 0.8
# Tones, dialled digits among them, reach at most 0.3; nearly all speech reaches 0.5 and more.
BREADTH = 0.35
# In standard deviations of noise, which exceeds it in one of 150,000 clips.
SURENESS = 4.5
_FRAME = 0.032  # s
_BANDS = np.arange(100.0, 3701.0, 300.0)  # edges in Hz; the telephone band
_LOUD = 30.0  # dB below the loudest frame; quieter frames do not count
_AUDIBLE = 40.0  # dB below the strongest band of a frame; weaker bands are silent
_DEPTH = 1e-6  # floor of the power, relative to the strongest band of the clip: -60 dB


@dataclass(frozen=True)
class Activity:
    """Three measures that set speech apart from noise and tones.

    Attributes
    ----------
    movement : float
        Lasting change of the spectrum's shape, in dB. The shape is the level of each band beside
        the mean level of its 32 ms frame. The change is the square root of the covariance between
        neighbouring loud frames, averaged over the bands.
    sureness : float
        That covariance, in standard deviations of its value for noise.
    breadth : float
        Share of the bands within 40 dB of the strongest, in the median loud frame, in [0, 1].
    """

    movement: float = 0.0
    sureness: float = 0.0
    breadth: float = 0.0

    @property
    def is_speech(self) -> bool:
        """Whether all three reach their thresholds."""
        return self.movement >= MOVEMENT and self.sureness >= SURENESS and self.breadth >= BREADTH


def activity(samples: np.ndarray, rate: int) -> Activity:
    """Measure breadth and movement of a clip.

    Parameters
    ----------
    samples : np.ndarray, shape=(n,)
        Of any level; a last part under 32 ms is left out.
    rate : int
        In Hz.

    Examples
    --------
    >>> time = np.arange(32_000) / 16_000
    >>> activity(np.sin(2 * np.pi * 440 * time), 16_000).breadth
    0.083
    >>> activity(np.zeros(32_000), 16_000)
    Activity(movement=0.0, sureness=0.0, breadth=0.0)
    """
    power = _bands(samples, rate)
    if not power.max(initial=0) > 0:
        return Activity()
    least = _DEPTH * power.max()
    level = 10 * np.log10(np.maximum(power, least))
    total = 10 * np.log10(np.maximum(power.sum(axis=1), least))
    loud = total > total.max() - _LOUD
    covariance, sureness = _persistence(level - level.mean(axis=1, keepdims=True), loud)
    audible = level[loud] > level[loud].max(axis=1, keepdims=True) - _AUDIBLE
    shares = np.sort(audible.mean(axis=1))
    middle = shares[(len(shares) - 1) // 2 : len(shares) // 2 + 1]  # np.median loads numpy.ma
    return Activity(
        movement=round(math.sqrt(max(covariance, 0.0)), 3),
        sureness=round(sureness, 3),
        breadth=round(float(middle.mean()), 3),
    )


def is_silent(envelope: Envelope) -> bool:
    """Whether a recording is digital silence or constant, which `render.clips` refuses."""
    return not envelope.highest - envelope.lowest > 2 * SILENCE


def _bands(samples: np.ndarray, rate: int) -> np.ndarray:
    """Power of each band in each frame, shape (frames, bands)."""
    taper, edges = _frame(rate)
    whole = len(samples) - len(samples) % len(taper)
    # Frames do not overlap: neighbouring frames of noise must be independent.
    spectra = rfft(samples[:whole].reshape(-1, len(taper)) * taper, axis=1)
    return np.add.reduceat(np.square(np.abs(spectra)), edges, axis=1)[:, :-1]


def _persistence(shape: np.ndarray, loud: np.ndarray) -> tuple[float, float]:
    """Covariance of neighbouring loud frames in dB^2, and its distance from 0 (`sureness`)."""
    both = loud[1:] & loud[:-1]
    change = shape - shape[loud].mean(axis=0)
    variance = float(np.square(change[loud]).mean())
    if not (both.any() and variance > 0):
        return 0.0, 0.0
    covariance = float((change[1:][both] * change[:-1][both]).mean())
    # A mean of n products of independent numbers deviates from 0 by their variance / sqrt(n).
    return covariance, covariance / variance * math.sqrt(both.sum() * shape.shape[1])


@lru_cache(maxsize=4)
def _frame(rate: int) -> tuple[np.ndarray, np.ndarray]:
    """The taper of a frame, and the bins at the edges of the bands."""
    size = round(_FRAME * rate)
    edges = np.rint(_BANDS * size / rate).astype(int)
    return np.hanning(size).astype(np.float32), edges[edges < size // 2]
