"""Conditions of a robustness sweep: codecs, noise, rooms and the like.

Samples are mono float32, 1.0 is full scale, at the rate that the run draws. A condition changes a
whole recording, before it is trimmed and brought to one level.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from render import splits
from render.augmentation.effects import Band, Coding, Gain, Resampling, Speed
from render.augmentation.noise import ColouredNoise
from render.augmentation.reverb import Room
from render.augmentation.variants import TELEPHONE

CLEAN = "clean"

Degrade = Callable[[np.ndarray, int, np.random.Generator], np.ndarray | None]


@dataclass(frozen=True)
class Condition:
    """One way in which recordings are degraded.

    Attributes
    ----------
    group : str
        One word, such as ``"codec"``; empty for the clean recording.
    title : str
        Name in reports.
    degrade : function
        (samples, rate in Hz, generator) to samples, of any length; None where the recording is
        not fit for the condition.
    trimmed : bool
        Whether the recording is trimmed before, instead of after.
    """

    group: str
    title: str
    degrade: Degrade
    trimmed: bool = False


@dataclass(frozen=True)
class RandomCrop:
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
    "room-near": Condition("room", "small room, T60 0.3 s", Room(0.3, 6)),
    "room-far": Condition("room", "large room, T60 0.7 s", Room(0.7, 0)),
    "gain-low": Condition("gain", "gain -20 dB", Gain(-20, restore_level=False)),
    "gain-high": Condition("gain", "gain +12 dB, clipped", Gain(12, restore_level=False)),
    # A quick resampler, as players have: a perfect one leaves no trace of a higher rate.
    "rate-8": Condition("rate", "through 8 kHz", Resampling(8_000, "LQ")),
    "rate-11": Condition("rate", "through 11.025 kHz", Resampling(11_025, "LQ")),
    "rate-22": Condition("rate", "through 22.05 kHz", Resampling(22_050, "LQ")),
    "rate-44": Condition("rate", "through 44.1 kHz", Resampling(44_100, "LQ")),
    "speed-0.9": Condition("speed", "speed 0.9", Speed(0.9, exact_length=False)),
    "speed-1.1": Condition("speed", "speed 1.1", Speed(1.1, exact_length=False)),
    "length-0.5": Condition("length", "0.5 s of the sound", RandomCrop(0.5), trimmed=True),
    "length-1": Condition("length", "1 s of the sound", RandomCrop(1), trimmed=True),
    "length-2": Condition("length", "2 s of the sound", RandomCrop(2), trimmed=True),
    "length-3": Condition("length", "3 s of the sound", RandomCrop(3), trimmed=True),
    "length-4": Condition("length", "4 s of the sound", RandomCrop(4), trimmed=True),
}


def select(names: Iterable[str]) -> tuple[str, ...]:
    """List the conditions of these names and groups.

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
    >>> select(["room", "gsm"])
    ('clean', 'gsm', 'room-near', 'room-far')
    """
    selected = set(names)
    groups = dict.fromkeys(condition.group for condition in CONDITIONS.values() if condition.group)
    if unknown := sorted(selected - {*CONDITIONS, *groups}):
        raise ValueError(
            f"expected conditions ({', '.join(CONDITIONS)}) or groups of them "
            f"({', '.join(groups)}), got {unknown[0]}"
        )
    return tuple(
        name
        for name, condition in CONDITIONS.items()
        if name == CLEAN or not selected or {name, condition.group} & selected
    )


def generator(recording: str, condition: str) -> np.random.Generator:
    """Seed a random generator by recording and condition, the same on every machine.

    Examples
    --------
    >>> int(generator("a.wav", "noise-5").integers(1_000))
    944
    """
    return np.random.default_rng(int(splits.digest(f"{recording}\n{condition}")[:8], 16))
