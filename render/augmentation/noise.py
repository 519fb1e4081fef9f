"""Additive noise, coloured or recorded, at a signal-to-noise ratio.

Samples are mono float32. Ratios are in dB, of the RMS of the clip to the RMS of the noise.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr

from render.augmentation.loudness import FAINTEST, rms
from render.hidden import is_hidden

# Rise of the power spectral density in dB per octave, which is 3 dB a power of the frequency.
COLOURS = {"white": 0, "pink": -3, "brown": -6, "blue": 3, "violet": 6}
FLAT_BELOW = 50.0  # Hz; else brown noise would be little but inaudible rumble
SUFFIXES = frozenset(".aif .aiff .au .flac .mp3 .oga .ogg .opus .w64 .wav".split())
EXCERPT = 30.0  # s that are read of a file
_CACHED = 8  # excerpts in the memory of a process, 15 MB at 16 kHz
_HASHED = 1 << 16  # bytes of a file that its hash is of


@dataclass(frozen=True)
class ColouredNoise:
    """A step that adds noise with a power-law spectrum.

    Attributes
    ----------
    colour : str
        A key of ``COLOURS``.
    ratio : float
        Signal-to-noise ratio, in dB.
    """

    colour: str
    ratio: float

    def __str__(self) -> str:
        return f"noise {self.colour} {self.ratio:g} dB"

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Add noise drawn from the generator."""
        return add_noise(samples, coloured_noise(self.colour, len(samples), rate, rng), self.ratio)


@dataclass(frozen=True)
class RecordedNoise:
    """A step that adds a piece of recorded noise.

    Attributes
    ----------
    path : Path
        The recording, any that libsndfile reads.
    name : str
        Its path below the folder of noises, with forward slashes.
    digest : str
        Its `file_hash`, which tells recordings of one name apart.
    place : float
        Position in a long recording of the excerpt that pieces are taken from, in [0, 1].
    ratio : float
        Signal-to-noise ratio, in dB.
    """

    path: Path
    name: str
    digest: str
    place: float
    ratio: float

    def __str__(self) -> str:
        readable = "".join(c if c.isprintable() and c != ";" else "?" for c in self.name)
        return f"noise {readable} ({self.digest} from {self.place:g}) {self.ratio:g} dB"

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Add a piece at a random position."""
        excerpt = load_excerpt(self.path, rate, self.place)
        start = rng.integers(max(1, len(excerpt) - len(samples) + 1))
        piece = np.resize(excerpt[start : start + len(samples)], samples.shape)
        return add_noise(samples, piece, self.ratio)


def coloured_noise(colour: str, length: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Generate noise with a power-law spectrum that is flat below 50 Hz.

    Parameters
    ----------
    colour : str
        A key of ``COLOURS``.
    length : int
        In samples.
    rate : int
        Sample rate, in Hz.
    rng : np.random.Generator

    Returns
    -------
    noise : np.ndarray, shape=(length,), dtype=float32

    Examples
    --------
    >>> coloured_noise("pink", 4, 16_000, np.random.default_rng(0)).shape
    (4,)
    """
    white = rng.standard_normal(length, dtype=np.float32)
    octaves = np.log2(np.maximum(np.fft.rfftfreq(length, 1 / rate), FLAT_BELOW) / FLAT_BELOW)
    # 3 dB an octave doubles the power with it: the amplitude is 2 to the power of octaves / 2.
    amplitude = 2 ** (octaves * COLOURS[colour] / 3 / 2)
    return np.fft.irfft(np.fft.rfft(white) * amplitude, length).astype(np.float32)


def add_noise(samples: np.ndarray, noise: np.ndarray, ratio: float) -> np.ndarray:
    """Add noise at a signal-to-noise ratio in dB; silent noise has no effect.

    Examples
    --------
    >>> add_noise(np.ones(2, np.float32), np.array([5, -5], np.float32), 20.0)
    array([1.1, 0.9], dtype=float32)
    """
    level = rms(noise)
    if level < FAINTEST:
        return samples
    return samples + noise * np.float32(rms(samples) / level * 10 ** (-ratio / 20))


@lru_cache(maxsize=_CACHED)
def files(folder: Path) -> tuple[Path, ...]:
    """List the recordings in a folder of noises, at any depth, once a process.

    Returns
    -------
    files : tuple of Path
        Sorted, so that the order is the same on every machine.

    Raises
    ------
    ValueError
        If it is no folder, or holds no file with a suffix among ``SUFFIXES``.
    """
    if not folder.is_dir():
        raise ValueError(f"expected a folder of noises, got {folder}")
    paths = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    recordings = sorted(
        (
            path
            for path in paths
            if not any(map(is_hidden, path.relative_to(folder).parts)) and path.is_file()
        ),
        key=lambda path: path.relative_to(folder).as_posix(),
    )
    if not recordings:
        raise ValueError(
            f"expected noises ({', '.join(sorted(SUFFIXES))}), got none below {folder}"
        )
    return tuple(recordings)


@lru_cache(maxsize=1 << 14)
def file_hash(path: Path) -> str:
    """Hash a file's size and beginning, as eight hexadecimal digits."""
    with path.open("rb") as file:
        beginning = file.read(_HASHED)
    text = f"{path.stat().st_size} ".encode() + beginning
    return hashlib.blake2b(text, digest_size=4).hexdigest()


@lru_cache(maxsize=_CACHED)
def load_excerpt(path: Path, rate: int, place: float) -> np.ndarray:
    """Read at most 30 s of a recording, as mono samples; a process caches eight excerpts.

    Parameters
    ----------
    path : Path
    rate : int
        Sample rate wanted, in Hz.
    place : float
        Position of the excerpt: 0 for the beginning, 1 for the end.

    Returns
    -------
    samples : np.ndarray, shape=(n,), dtype=float32

    Raises
    ------
    ValueError
        If libsndfile does not know the file, or it holds no sound or NaN or infinite samples.
    """
    try:
        with soundfile.SoundFile(path) as sound:
            length = round(EXCERPT * sound.samplerate)
            sound.seek(int(place * max(0, sound.frames - length)))
            block = sound.read(length, dtype="float32", always_2d=True)
            file_rate = sound.samplerate
    except soundfile.LibsndfileError as error:
        raise ValueError(f"expected noise that libsndfile reads, got {path} ({error})") from error
    if not len(block) or not np.isfinite(block).all():
        raise ValueError(f"expected noise of finite samples, got none or NaN in {path}")
    mono = block.mean(axis=1)
    return mono if file_rate == rate else soxr.resample(mono, file_rate, rate)
