"""Reverb: the direct sound, and a tail that decays exponentially.

Samples are mono float32. A room is its decay time, the ratio of direct sound to tail, and a number
that seeds the tail.
"""

from dataclasses import dataclass, replace

import numpy as np

from render.augmentation import noise

ROOMS = 1_000_000  # different tails
FIRST = 0.004  # s until the first reflection, on a path 1.4 m longer than the direct one


@dataclass(frozen=True)
class Room:
    """A step that plays a clip in a room.

    Attributes
    ----------
    decay : float
        Reverberation time T60 in s, in which the tail falls by 60 dB.
    direct : float
        Energy of the direct sound over that of the tail, in dB.
    number : int, optional
        Seed of the tail; without one, it is drawn from the random generator.
    """

    decay: float
    direct: float
    number: int | None = None

    def __str__(self) -> str:
        return f"room {self.decay:g} s, direct {self.direct:+g} dB, number {self.number}"

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Convolve with the impulse response, without the tail after the clip's end."""
        number = int(rng.integers(ROOMS)) if self.number is None else self.number
        response = impulse_response(replace(self, number=number), rate)
        from scipy import signal  # takes half a second to load, and not every clip has reverb

        return signal.oaconvolve(samples, response)[: len(samples)].astype(np.float32)


def impulse_response(room: Room, rate: int) -> np.ndarray:
    """Generate a room's impulse response: the direct sound, then pink noise under an exponential.

    The statistical model of Polack (1988): above a few hundred Hz, reflections are so dense that
    their sum is Gaussian noise with an amplitude of exp(-3 ln(10) t / T60), which falls by 60 dB in
    T60. The noise is pink, because walls and air absorb high frequencies.

    Parameters
    ----------
    room : Room
        With a number.
    rate : int
        Sample rate, in Hz.

    Returns
    -------
    response : np.ndarray, dtype=float32
        The first sample is the direct sound, 1.

    Examples
    --------
    >>> response = impulse_response(Room(0.5, 0.0, 1), 16_000)
    >>> response.shape, float(response[0]), round(float((response[1:] ** 2).sum()), 3)
    ((8064,), 1.0, 1.0)
    """
    first, length = round(FIRST * rate), round(room.decay * rate)
    rng = np.random.default_rng(room.number)
    decay = np.exp(-3 * np.log(10) * np.arange(length) / length)
    tail = noise.coloured_noise("pink", length, rate, rng) * decay
    tail *= 10 ** (-room.direct / 20) / np.sqrt(np.sum(tail**2))
    return np.concatenate([[1.0], np.zeros(first - 1), tail]).astype(np.float32)
