"""Variants of a training clip: other rooms, noises, lines, recorders and codecs.

The augmentation of a variant is one to three steps, in the order in which a sound meets them: speed
and pitch, room, noise, line and recorder, codec. Every second variant ends in a codec at a low
rate, as voice messages and calls do. All is drawn from the recording's name and the number of the
variant, never from a label, so both classes get the same. Every step keeps a clip's length, timing
and RMS level: loudness stays no cue.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from render import splits
from render.augmentation import noise as noises
from render.augmentation.codecs import CODECS
from render.augmentation.effects import Band, Coding, Gain, Pitch, Resampling, Speed
from render.augmentation.loudness import match_rms
from render.augmentation.reverb import Room

VERSION = 1  # raised whenever an augmentation of equal text would sound different
TELEPHONE = (300, 3_400)  # Hz
_RATES = (8_000, 11_025, 12_000, 22_050, 44_100)  # Hz, to resample through
_COUNTS = {1: 0.35, 2: 0.4, 3: 0.25}  # number of steps, and its probability


class Step(Protocol):
    """One effect on a sound; its text states every parameter."""

    def __str__(self) -> str: ...

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Change mono float32 samples into as many others."""


@dataclass(frozen=True)
class Augmentation:
    """The steps that every clip of a recording goes through in one of its variants.

    Attributes
    ----------
    steps : tuple of Step
        In order.
    seed : int
        Seed of the noise, together with the number of the clip.
    """

    steps: tuple[Step, ...]
    seed: int

    @property
    def text(self) -> str:
        """One line with all parameters: augmentations of equal text sound the same.

        Examples
        --------
        >>> Augmentation((noises.ColouredNoise("pink", 12), Coding("opus", 16)), seed=7).text
        'noise pink 12 dB; opus 16 kbit/s; seed 00000007, version 1'
        """
        return "; ".join([*map(str, self.steps), f"seed {self.seed:08x}, version {VERSION}"])


def draw_augmentation(recording: str, number: int, noise: Path | None = None) -> Augmentation:
    """Draw the augmentation of a recording's variant.

    Parameters
    ----------
    recording : str
        The recording's name.
    number : int
        Number of the variant, from 1; an even one ends in a codec at a low rate.
    noise : Path, optional
        Folder with recordings of noise; with it, half of the noise is recorded.

    Returns
    -------
    augmentation : Augmentation
        The same for the same arguments, in every process and on every machine.

    Raises
    ------
    ValueError
        If the number is below 1, or the folder holds no noise.

    Examples
    --------
    >>> draw_augmentation("a.wav", 1).text
    'room 0.16 s, direct +1 dB, number 46477; aac 64 kbit/s; seed 7912ac38, version 1'
    """
    if number < 1:
        raise ValueError(f"expected a variant number of 1 or more, got {number}")
    seed = int(splits.digest(f"{recording}\n{number}")[:8], 16)
    rng = np.random.default_rng(seed)
    count = rng.choice(list(_COUNTS), p=list(_COUNTS.values()))
    low_rate = number % 2 == 0
    kinds = [kind for kind in _KINDS if not (low_rate and kind == "coding")]
    shares = np.array([_KINDS[kind][0] for kind in kinds])
    drawn = rng.choice(len(kinds), count - low_rate, replace=False, p=shares / shares.sum())
    steps = [_KINDS[kinds[place]][1](rng, noise) for place in sorted(drawn)]
    if low_rate:
        steps.append(_low_rate_coding(rng))
    return Augmentation(tuple(steps), seed)


def apply(samples: np.ndarray, rate: int, augmentation: Augmentation, clip: int) -> np.ndarray:
    """Augment a clip.

    Parameters
    ----------
    samples : np.ndarray, shape=(n,)
        Mono, finite floats, 32 or more. They may exceed full scale: codecs scale them down.
    rate : int
        Sample rate, in Hz.
    augmentation : Augmentation
    clip : int
        Number of the clip in its recording, from 0. Noise differs from clip to clip, room and
        codec do not.

    Returns
    -------
    samples : np.ndarray, shape=(n,), same dtype
        With the RMS level of before; silence stays silence.

    Raises
    ------
    ValueError
        If the samples are not mono, or a noise or codec of the augmentation is not available.

    Examples
    --------
    >>> tone = 0.1 * np.sin(np.arange(8_000))
    >>> augmented = apply(tone, 16_000, draw_augmentation("a.wav", 1), clip=0)
    >>> augmented.shape, round(float(augmented.std() / tone.std()), 3)
    ((8000,), 1.0)
    """
    if samples.ndim != 1 or not samples.size:
        raise ValueError(f"expected mono samples, got shape {samples.shape}")
    original = augmented = samples.astype(np.float32)
    for number, step in enumerate(augmentation.steps):
        rng = np.random.default_rng([augmentation.seed, clip, number])
        augmented = match_rms(step(augmented, rate, rng), original)
    return augmented.astype(samples.dtype)


def _speed(rng: np.random.Generator, noise: Path | None) -> Speed:
    return Speed(1 + _signed(rng, 3, 10) / 100)


def _pitch(rng: np.random.Generator, noise: Path | None) -> Pitch:
    return Pitch(_signed(rng, 5, 20) / 10)


def _room(rng: np.random.Generator, noise: Path | None) -> Room:
    decay = round(float(np.exp(rng.uniform(np.log(0.15), np.log(0.8)))), 2)
    return Room(decay, _between(rng, -3, 9), _between(rng, 1, 999_999))


def _noise(rng: np.random.Generator, noise: Path | None) -> Step:
    ratio = _between(rng, 3, 30)
    colour, recorded, file, place = rng.random(4)  # always four, so that later draws are the same
    if noise is None or recorded < 0.5:
        return noises.ColouredNoise(list(noises.COLOURS)[int(colour * len(noises.COLOURS))], ratio)
    paths = noises.files(noise)
    path = paths[int(file * len(paths))]
    name = path.relative_to(noise).as_posix()
    return noises.RecordedNoise(path, name, noises.file_hash(path), round(place, 3), ratio)


def _band(rng: np.random.Generator, noise: Path | None) -> Band:
    slope = 24 * 2 ** _between(rng, 0, 2)
    if rng.random() < 0.4:
        return Band(*TELEPHONE, slope)
    return Band(10 * _between(rng, 5, 30), 100 * _between(rng, 34, 70), slope)


def _gain(rng: np.random.Generator, noise: Path | None) -> Gain:
    return Gain(_between(rng, 8, 20) if rng.random() < 0.6 else -_between(rng, 20, 45))


def _resampling(rng: np.random.Generator, noise: Path | None) -> Resampling:
    # None of these rates is 16 kHz or twice it, where cubics would change nothing.
    through = _between(rng, 0, len(_RATES) - 1)
    return Resampling(_RATES[through], str(rng.choice(["QQ", "LQ", "MQ"])))


def _coding(rng: np.random.Generator, noise: Path | None) -> Coding:
    codec = str(rng.choice(list(_CODINGS), p=list(_CODINGS.values())))
    return Coding(codec, float(rng.choice(CODECS[codec].strengths)))


def _low_rate_coding(rng: np.random.Generator) -> Coding:
    codec = str(rng.choice(list(_LOW_RATE), p=list(_LOW_RATE.values())))
    rates = CODECS[codec].strengths
    return Coding(codec, float(rng.choice([rate for rate in rates if rate <= _LOW])))


def _between(rng: np.random.Generator, low: int, high: int) -> int:
    return int(rng.integers(low, high + 1))


def _signed(rng: np.random.Generator, low: int, high: int) -> int:
    return _between(rng, low, high) * (1 if rng.random() < 0.5 else -1)


# Codecs weigh most: they differ most between collections.
_CODINGS = {
    "mp3": 0.25,
    "aac": 0.15,
    "opus": 0.2,
    "vorbis": 0.1,
    "gsm": 0.07,
    "amr": 0.07,
    "mu-law": 0.06,
    "a-law": 0.05,
    "g722": 0.05,
}
# Voice messages are Opus; calls are AMR, GSM or Opus.
_LOW_RATE = {"opus": 0.55, "amr": 0.15, "gsm": 0.08, "mp3": 0.1, "aac": 0.12}
_LOW = 32  # kbit/s
# In the order of application: share of one-step augmentations, and function that draws the step.
_KINDS: dict[str, tuple[float, Callable[[np.random.Generator, Path | None], Step]]] = {
    "speed": (0.07, _speed),
    "pitch": (0.06, _pitch),
    "room": (0.15, _room),
    "noise": (0.2, _noise),
    "band": (0.12, _band),
    "gain": (0.06, _gain),
    "resampling": (0.09, _resampling),
    "coding": (0.25, _coding),
}
