"""How loud a recording is from beginning to end, of samples that come in blocks.

Finds what `librosa.effects.trim` finds with frames of 512 samples in steps of 128, centred, without
ever holding the recording. Frames are made of the energies of steps, sums of squared samples; of
the frames, only those are kept that can be the first or the last above a threshold, whatever it
is: those louder than all before them, and those louder than all after them. Of n frames of noise
these are about 2 ln(n).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

STEP = 128  # samples from one frame to the next
_FRAME = 4 * STEP
_FAINTEST = 1e-10  # mean square that a frame is given for at least, -100 dB, as librosa does
# Rows of a table of frames: number, mean square, energy of the step that begins at the frame's
# centre, energy of all steps up to and including that one.
_NUMBER, _POWER, _STEP, _THROUGH = range(4)


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
    """What a `EnvelopeMeter` has seen.

    Attributes
    ----------
    length : int
        Samples of the recording.
    lowest, highest : float
        Its extremes; both 0 without samples.
    energy : float
        Sum of its squared samples.
    rising, falling : np.ndarray, shape=(4, n)
        The frames louder than all before them, and those louder than all after them.
    """

    length: int
    lowest: float
    highest: float
    energy: float
    rising: np.ndarray
    falling: np.ndarray

    def loud(self, below: float | None) -> Span:
        """Find the part from the first loud frame to the last.

        Parameters
        ----------
        below : float or None
            A frame this many dB below the loudest, or more, is quiet; None takes everything.

        Returns
        -------
        stretch : Span
        """
        if below is None:
            return Span(0, self.length, self.energy)
        threshold = max(self.rising[_POWER, -1], _FAINTEST) * 10 ** (-below / 10)
        first = self.rising[:, _above(self.rising, threshold)[0]]
        last = self.falling[:, _above(self.falling, threshold)[-1]]
        return Span(
            start=STEP * int(first[_NUMBER]),
            end=min(self.length, STEP * (int(last[_NUMBER]) + 1)),
            energy=float(last[_THROUGH] - first[_THROUGH] + first[_STEP]),
        )


class EnvelopeMeter:
    """Sums up a recording block by block; the result does not depend on where blocks end.

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
        self._lowest, self._highest, self._energy = 0.0, 0.0, 0.0
        self._rest = np.zeros(0, np.float32)  # samples that do not fill a step yet
        self._recent = np.zeros(2)  # energies of the steps that the next frame begins with
        self._frames = 0
        self._rising = self._falling = np.zeros((4, 0))

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
        self._take(samples)

    def envelope(self) -> Envelope:
        """Sum up; nothing can be added afterwards."""
        # librosa's frame n // 128 is the last: it ends with step n // 128 + 1.
        steps = self.length // STEP + 2
        self._take(np.zeros(steps * STEP - self.length, np.float32))
        return Envelope(
            self.length, self._lowest, self._highest, self._energy, self._rising, self._falling
        )

    def _take(self, samples: np.ndarray) -> None:
        if len(self._rest):
            samples = np.concatenate((self._rest, samples))
        whole = len(samples) - len(samples) % STEP
        self._rest = samples[whole:].copy()
        if whole:
            steps = samples[:whole].reshape(-1, STEP)
            # Squares and adds in float64 without an array of squares, which would cost more time.
            self._take_steps(np.einsum("ij,ij->i", steps, steps, dtype=np.float64))

    def _take_steps(self, energies: np.ndarray) -> None:
        steps = np.concatenate((self._recent, energies))
        self._recent = steps[-3:]
        # Added one after the other, so that the sums are the same wherever blocks end.
        sums = np.cumsum(np.append(self._energy, energies))
        self._energy = float(sums[-1])
        power = (steps[:-3] + steps[1:-2] + steps[2:-1] + steps[3:]) / _FRAME
        number = self._frames + np.arange(len(power))
        self._frames += len(power)
        # A frame ends with the step after the one that begins at its centre.
        through = sums[:-1][len(energies) - len(power) :]
        frames = np.stack((number, power, steps[2:-1], through))
        self._rising = _louder_than_before(np.hstack((self._rising, frames)))
        self._falling = _louder_than_before(np.hstack((self._falling, frames))[:, ::-1])[:, ::-1]


def _louder_than_before(frames: np.ndarray) -> np.ndarray:
    power = frames[_POWER]
    loudest = np.maximum.accumulate(power)
    return frames[:, np.append(True, power[1:] > loudest[:-1])[: len(power)]]


def _above(frames: np.ndarray, threshold: float) -> np.ndarray:
    return np.flatnonzero(np.maximum(frames[_POWER], _FAINTEST) > threshold)
