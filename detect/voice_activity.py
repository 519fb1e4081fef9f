"""Whether a clip holds speech: three numbers, simple enough to be argued with.

Speech is broad and moves: most of the telephone band sounds at once, and its spectrum changes from
one moment to the next, but no faster than a mouth can. Noise is broad, yet what changes in it in
one moment says nothing of the next, however its loudness comes and goes; a tone is narrow, also one
that moves, a dial tone or a siren. Music, animals and wind can be both, and are not told from
speech. Only the loud part of a clip counts, so that pauses do not.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import fft

from render.clips import SILENCE
from render.decoding.envelope import Envelope

# Of 2 s clips, noise comes to at most 0.5 dB and speech to 3 dB and more; buried in noise, to 0.9.
MOVEMENT = 0.8
# Tones come to 0.3 and less, dialled digits among them; nearly all speech to 0.5 and more.
BREADTH = 0.35
# Standard deviations of what noise comes to, which is once in 150,000 clips.
SURENESS = 4.5
_FRAME = 0.032  # s
_BANDS = np.arange(100.0, 3701.0, 300.0)  # edges in Hz; what a telephone lets through
_LOUD = 30.0  # dB below the loudest frame to which a frame counts
_AUDIBLE = 40.0  # dB below a frame's strongest band to which a band sounds
_DEPTH = 1e-6  # power beside the strongest band's under which levels are not told apart, -60 dB


@dataclass(frozen=True)
class Activity:
    """What sets speech apart.

    Attributes
    ----------
    movement : float
        How much the shape of the spectrum changes from one 32 ms frame to another and stays so
        for the next, in dB: the square root of the covariance of neighbouring loud frames, of a
        band's level beside the frame's mean level, averaged over the bands.
    sureness : float
        That covariance in standard deviations of what it is of noise.
    breadth : float
        Share of the bands within 40 dB of the strongest, in the median loud frame, in [0, 1].
    """

    movement: float = 0.0
    sureness: float = 0.0
    breadth: float = 0.0

    @property
    def is_speech(self) -> bool:
        """Whether there is enough of all."""
        return self.movement >= MOVEMENT and self.sureness >= SURENESS and self.breadth >= BREADTH


def activity(samples: np.ndarray, rate: int) -> Activity:
    """Measure how broad a clip is and how much it moves.

    Parameters
    ----------
    samples : np.ndarray, shape=(n,)
        Of any level; a rest of less than 32 ms is left out.
    rate : int
        In Hz.

    Returns
    -------
    activity : Activity

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
    return Activity(
        movement=round(math.sqrt(max(covariance, 0.0)), 3),
        sureness=round(sureness, 3),
        breadth=round(float(np.median(audible.mean(axis=1))), 3),
    )


def silent(envelope: Envelope) -> bool:
    """Whether a recording is digital silence or a constant, which `render.clips` refuses."""
    return not envelope.highest - envelope.lowest > 2 * SILENCE


def _bands(samples: np.ndarray, rate: int) -> np.ndarray:
    """Power of each band in each frame, shape (frames, bands)."""
    taper, edges = _frame(rate)
    whole = len(samples) - len(samples) % len(taper)
    # Frames do not overlap: neighbours in noise must have nothing in common.
    spectra = fft.rfft(samples[:whole].reshape(-1, len(taper)) * taper, axis=1)
    return np.add.reduceat(np.square(np.abs(spectra)), edges, axis=1)[:, :-1]


def _persistence(shape: np.ndarray, loud: np.ndarray) -> tuple[float, float]:
    """Covariance of neighbouring loud frames in dB^2, and how sure it is that it is not 0."""
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
    """The taper of a frame, and the bins at which bands begin; the last is where the last ends."""
    size = round(_FRAME * rate)
    edges = np.rint(_BANDS * size / rate).astype(int)
    return np.hanning(size).astype(np.float32), edges[edges < size // 2]
