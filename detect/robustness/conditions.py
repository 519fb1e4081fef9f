"""What happens to a recording on its way to a detector: the conditions of a robustness sweep.

Samples are mono float32, 1.0 is full scale, at the rate that the run draws. A condition changes a
whole recording, before it is trimmed and brought to one level, as whoever passes it on would.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import soxr

from render import splits
from render.augmentation.effects import Band, Coding, Gain, Resampling
from render.augmentation.noise import ColouredNoise
from render.augmentation.reverb import Room
from render.augmentation.variants import TELEPHONE

CLEAN = "clean"
_WALLS = 1_000_000  # rooms of one size that are told apart

Degrade = Callable[[np.ndarray, int, np.random.Generator], np.ndarray | None]


@dataclass(frozen=True)
class Condition:
    """One way in which sounds are degraded.

    Attributes
    ----------
    group : str
        What it has to do with, in one word; empty for none.
    title : str
        What it is called for people.
    degrade : function
        (samples, rate in Hz, generator) to samples, of any length; None where the recording is
        not fit for the condition.
    trimmed : bool
        Whether it takes what is left of a recording once that is trimmed, to be trimmed no more.
    """

    group: str
    title: str
    degrade: Degrade
    trimmed: bool = False


@dataclass(frozen=True)
class Excerpt:
    """A piece of a recording, from a place that the generator chooses.

    Attributes
    ----------
    seconds : float
        Length of the piece. A recording that is shorter is not fit.
    """

    seconds: float

    def __call__(
        self, samples: np.ndarray, rate: int, rng: np.random.Generator
    ) -> np.ndarray | None:
        """Cut it out."""
        length = round(self.seconds * rate)
        if len(samples) < length:
            return None
        start = rng.integers(len(samples) - length + 1)
        return samples[start : start + length]


@dataclass(frozen=True)
class Pace:
    """Play faster or slower, which moves pitch and tempo together; the length changes with it.

    Attributes
    ----------
    factor : float
        Above 1 is faster and higher.
    """

    factor: float

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Play at another speed."""
        return soxr.resample(samples, self.factor, 1.0)


@dataclass(frozen=True)
class Loudness:
    """Record louder or more quietly in 16 bits, and leave it so.

    Attributes
    ----------
    level : float
        In dB, over the recording's own level; what exceeds full scale is clipped.
    """

    level: float

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Record it."""
        return Gain(self.level)(samples, rate, rng) * np.float32(10 ** (self.level / 20))


@dataclass(frozen=True)
class Chamber:
    """Play in a room of a size; which of all such rooms, the generator chooses.

    Attributes
    ----------
    decay, direct : float
        See `render.augmentation.reverb.Room`.
    """

    decay: float
    direct: float

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Play it there."""
        room = Room(self.decay, self.direct, int(rng.integers(_WALLS)))
        return room(samples, rate, rng)


def _same(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    return samples


CONDITIONS = {
    CLEAN: Condition("", "clean", _same),
    "mp3-128": Condition("codec", "MP3 128 kbit/s", Coding("mp3", 128)),
    "mp3-64": Condition("codec", "MP3 64 kbit/s", Coding("mp3", 64)),
    "mp3-32": Condition("codec", "MP3 32 kbit/s", Coding("mp3", 32)),
    "aac-64": Condition("codec", "AAC 64 kbit/s", Coding("aac", 64)),
    "aac-32": Condition("codec", "AAC 32 kbit/s", Coding("aac", 32)),
    "opus-32": Condition("codec", "Opus 32 kbit/s", Coding("opus", 32)),
    "opus-16": Condition("codec", "Opus 16 kbit/s", Coding("opus", 16)),
    "vorbis-2": Condition("codec", "Vorbis quality 2", Coding("vorbis", 2)),
    "gsm": Condition("codec", "GSM 13 kbit/s", Coding("gsm", 13)),
    "mu-law": Condition("codec", "mu-law 64 kbit/s", Coding("mu-law", 64)),
    "telephone": Condition("band", "telephone, 300 to 3400 Hz", Band(*TELEPHONE, slope=48)),
    "noise-20": Condition("noise", "white noise, SNR 20 dB", ColouredNoise("white", 20)),
    "noise-10": Condition("noise", "white noise, SNR 10 dB", ColouredNoise("white", 10)),
    "noise-5": Condition("noise", "white noise, SNR 5 dB", ColouredNoise("white", 5)),
    "room-near": Condition("room", "small room, T60 0.3 s", Chamber(0.3, 6)),
    "room-far": Condition("room", "large room, T60 0.7 s", Chamber(0.7, 0)),
    "gain-low": Condition("gain", "gain -20 dB", Loudness(-20)),
    "gain-high": Condition("gain", "gain +12 dB, clipped", Loudness(12)),
    # A quick resampler, as players have: a perfect one leaves no trace of a higher rate.
    "rate-8": Condition("rate", "through 8 kHz", Resampling(8_000, "LQ")),
    "rate-11": Condition("rate", "through 11.025 kHz", Resampling(11_025, "LQ")),
    "rate-22": Condition("rate", "through 22.05 kHz", Resampling(22_050, "LQ")),
    "rate-44": Condition("rate", "through 44.1 kHz", Resampling(44_100, "LQ")),
    "speed-0.9": Condition("speed", "speed 0.9", Pace(0.9)),
    "speed-1.1": Condition("speed", "speed 1.1", Pace(1.1)),
    "length-0.5": Condition("length", "0.5 s of the sound", Excerpt(0.5), trimmed=True),
    "length-1": Condition("length", "1 s of the sound", Excerpt(1), trimmed=True),
    "length-2": Condition("length", "2 s of the sound", Excerpt(2), trimmed=True),
    "length-3": Condition("length", "3 s of the sound", Excerpt(3), trimmed=True),
    "length-4": Condition("length", "4 s of the sound", Excerpt(4), trimmed=True),
}


def chosen(names: Iterable[str]) -> tuple[str, ...]:
    """List the conditions that names stand for.

    Parameters
    ----------
    names : iterable of str
        Conditions and groups of them; none for all.

    Returns
    -------
    conditions : tuple of str
        Clean first, then in the order of ``CONDITIONS``.

    Raises
    ------
    ValueError
        If a name is unknown.

    Examples
    --------
    >>> chosen(["room", "gsm"])
    ('clean', 'gsm', 'room-near', 'room-far')
    """
    wanted = set(names)
    known = {*CONDITIONS, *(each.group for each in CONDITIONS.values())} - {""}
    if unknown := sorted(wanted - known):
        groups = dict.fromkeys(each.group for each in CONDITIONS.values() if each.group)
        raise ValueError(
            f"expected conditions ({', '.join(CONDITIONS)}) or groups of them "
            f"({', '.join(groups)}), got {unknown[0]}"
        )
    return tuple(
        name
        for name, each in CONDITIONS.items()
        if name == CLEAN or not wanted or {name, each.group} & wanted
    )


def chance(recording: str, condition: str) -> np.random.Generator:
    """Make the generator of a recording under a condition, the same on every machine.

    Examples
    --------
    >>> int(chance("a.wav", "noise-5").integers(1_000))
    944
    """
    return np.random.default_rng(int(splits.digest(f"{recording}\n{condition}")[:8], 16))
