"""The loudness of a recording over time, from samples that come in blocks.

Finds the same beginning and end as `librosa.effects.trim` with frames of 512 samples, a hop of 128
and centring, without holding the samples. Only the energy of every 128 samples is kept: 11 MB for
three hours at 16 kHz.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

STEP = 128  # samples from one frame to the next
_FRAME = 4 * STEP
_FAINTEST = 1e-10  # lowest mean square of a frame, -100 dB, as in librosa


class Span(NamedTuple):
    """A part of a recording.

    Attributes
    ----------
    start, end : int
        Its first sample and the one after the last.
    energy : float
        Sum of its squared samples.
    """

    start: int
    end: int
    energy: float


@dataclass(frozen=True, eq=False)
class Envelope:
    """Loudness and extremes of a recording.

    Attributes
    ----------
    length : int
        Samples of the recording.
    lowest, highest : float
        Its extremes; both 0 without samples.
    steps : np.ndarray, shape=(length // 128 + 2,)
        Energy, the sum of squared samples, of every 128 samples; zeros follow the end.
    """

    length: int
    lowest: float
    highest: float
    steps: np.ndarray

    def loud(self, below: float | None) -> Span:
        """Find the part from the first loud frame to the last.

        Parameters
        ----------
        below : float or None
            A frame this many dB below the loudest, or more, is quiet; None takes everything.
        """
        energy = np.cumsum(self.steps)  # added one by one, independent of the blocks
        if below is None:
            return Span(0, self.length, float(energy[-1]))
        # Frame k has its centre where step k begins, and two of its four steps before that.
        padded = np.concatenate((np.zeros(2), self.steps))
        power = (padded[:-3] + padded[1:-2] + padded[2:-1] + padded[3:]) / _FRAME
        power = np.maximum(power, _FAINTEST)
        first, last = np.flatnonzero(power > power.max() * 10 ** (-below / 10))[[0, -1]]
        return Span(
            start=STEP * int(first),
            end=min(self.length, STEP * (int(last) + 1)),
            energy=float(energy[last] - energy[first] + self.steps[first]),
        )


class EnvelopeMeter:
    """Measures the envelope of a recording block by block.

    Examples
    --------
    >>> meter = EnvelopeMeter()
    >>> for level in (0.0, 0.5, 0.0):
    ...     meter.add(np.full(10_000, level))
    >>> meter.envelope().loud(40.0)
    Span(start=9856, end=20352, energy=2500.0)
    """

    def __init__(self) -> None:
        self.length = 0
        self._lowest, self._highest = 0.0, 0.0
        self._rest = np.zeros(0, np.float32)  # samples that do not fill a step yet
        self._steps: list[np.ndarray] = []

    def add(self, samples: np.ndarray) -> None:
        """Take the next samples.

        Parameters
        ----------
        samples : np.ndarray, shape=(n,)
        """
        if len(samples) == 0:
            return
        lowest, highest = float(samples.min()), float(samples.max())
        self._lowest = min(self._lowest, lowest) if self.length else lowest
        self._highest = max(self._highest, highest) if self.length else highest
        self.length += len(samples)
        self._measure(samples)

    def envelope(self) -> Envelope:
        """Return the envelope; nothing can be added afterwards."""
        # librosa's frame n // 128 is the last: it ends with step n // 128 + 1.
        steps = self.length // STEP + 2
        self._measure(np.zeros(steps * STEP - self.length, np.float32))
        return Envelope(self.length, self._lowest, self._highest, np.concatenate(self._steps))

    def _measure(self, samples: np.ndarray) -> None:
        if len(self._rest):
            samples = np.concatenate((self._rest, samples))
        whole = len(samples) - len(samples) % STEP
        self._rest = samples[whole:].copy()
        steps = samples[:whole].reshape(-1, STEP)
        # Squares and adds in float64 without an array of squares, which would cost more time.
        self._steps.append(np.einsum("ij,ij->i", steps, steps, dtype=np.float64))
