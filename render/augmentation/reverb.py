"""The sound of a room: a direct sound and a tail that dies away exponentially.

Samples are mono float32. A room is its decay time, how strong the direct sound is against the
tail, and a number that stands for its walls: the same number is the same room.
"""

from dataclasses import dataclass, replace

import numpy as np

from render.augmentation import noise

ROOMS = 1_000_000  # of one size, that are told apart
FIRST = 0.004  # s until the first reflection arrives, on a way 1.4 m longer than the direct one


@dataclass(frozen=True)
class Room:
    """A step that plays a clip in a room.

    Attributes
    ----------
    decay : float
        Reverberation time T60 in s: in it the tail falls by 60 dB.
    direct : float
        Energy of the direct sound over that of the tail, in dB.
    number : int, optional
        Which of all such rooms; without one, the random generator chooses.
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
        from scipy import signal  # here, for half a second of loading is not always worth it

        return signal.oaconvolve(samples, response)[: len(samples)].astype(np.float32)


def impulse_response(room: Room, rate: int) -> np.ndarray:
    """Make a room's impulse response: the direct sound, then pink noise under an exponential.

    The statistical model of Polack (1988): above a few hundred Hz the reflections of a room are
    so dense that their sum is Gaussian noise whose level falls by 60 dB in T60, the amplitude
    that is by exp(-3 ln(10) t / T60). The noise is pink, for a talker sends the high frequencies
    forward, and walls and air swallow them.

    Parameters
    ----------
    room : Room
        With a number.
    rate : int
        Sample rate, in Hz.

    Returns
    -------
    response : np.ndarray, dtype=float32
        Begins with the direct sound, 1.

    Examples
    --------
    >>> response = impulse_response(Room(0.5, 0.0, 1), 16_000)
    >>> response.shape, float(response[0]), round(float((response[1:] ** 2).sum()), 3)
    ((8064,), 1.0, 1.0)
    """
    first, length = round(FIRST * rate), round(room.decay * rate)
    rng = np.random.default_rng(room.number)
    fall = np.exp(-3 * np.log(10) * np.arange(length) / length)
    tail = noise.coloured("pink", length, rate, rng) * fall
    tail *= 10 ** (-room.direct / 20) / np.sqrt(np.sum(tail**2))
    return np.concatenate([[1.0], np.zeros(first - 1), tail]).astype(np.float32)
