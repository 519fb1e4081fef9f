"""The demonstration corpus: synthetic sounds, to try the whole tool without any data.

"Real" files are speech-like sounds of `render.demo.formant_synthesis`. "Fake" files are copies of
them by a vocoder of `render.vocoders.classic`. Both of a pair get the same room and microphone. The
test split has one method that training lacks, ``UNSEEN``; no speaker is in two splits. Nobody spoke
here, so a network's scores on it are no evidence about real speech or real deepfakes.

Files are 16-bit mono FLAC at 16 kHz, ``{train,validation,test}/{real,fake}/NAME.flac``, both of a
pair under one name. ``manifest.csv`` has a row for each file and is written last.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from joblib import Parallel, delayed
from scipy import signal
from tqdm import tqdm

from render import png
from render.demo.formant_synthesis import RATE, speaker, utterance
from render.vocoders.classic import (
    griffin_lim,
    linear_prediction,
    phase_randomisation,
    smoothed_envelope,
)

# Only these four: all published results on the demonstration are from this corpus.
METHODS = {
    method.__name__: method
    for method in (griffin_lim, linear_prediction, smoothed_envelope, phase_randomisation)
}
# Linear prediction is unseen. It shares its excitation with the smoothed envelope, as a new vocoder
# shares parts with older ones, but its envelope with no other method.
UNSEEN = "linear_prediction"
SEEN = tuple(name for name in METHODS if name != UNSEEN)
SPEAKERS = {"train": 50, "validation": 10, "test": 20}
HEADER = ("path", "split", "label", "generator", "speaker", "utterance", "source")


class Pair(NamedTuple):
    """One utterance and its copy."""

    name: str
    split: str
    speaker: int
    method: str

    def path(self, label: str) -> str:
        """Path of the real or the fake file, relative to the corpus."""
        return f"{self.split}/{label}/{self.name}.flac"


def make(folder: Path, *, count: int = 400, seed: int = 0, jobs: int = -1) -> None:
    """Write the corpus, or its missing files.

    A complete corpus is left as it is. After an interrupted call, the missing files are added.
    Progress goes to standard error.

    Parameters
    ----------
    folder : Path
        Made if missing.
    count : int
        Utterances, 6 or more, each once as real and once as fake; two thirds are for training
        and a fifth for the test.
    seed : int
        0 or more; another seed is another corpus.
    jobs : int
        Processes; -1 for one a core. The files do not depend on it.

    Raises
    ------
    ValueError
        If the folder holds other FLAC files, such as those of another count or seed.
    """
    if count < 6 or seed < 0:
        raise ValueError(f"expected a count of 6 and a seed of 0 or more, got {count} and {seed}")
    pairs = _plan(count, seed)
    _refuse_other_files(folder, pairs)
    if (folder / "manifest.csv").exists():
        return
    for part in filter(png.is_part, folder.rglob(f"*{png.PART}")):
        part.unlink()
    for pair in pairs:
        for label in ("real", "fake"):
            (folder / pair.path(label)).parent.mkdir(parents=True, exist_ok=True)
    work = (delayed(_write_pair)(folder, pair, seed, index) for index, pair in enumerate(pairs))
    # A few utterances take less time than the start of a second process.
    written = Parallel(n_jobs=1 if count < 16 else jobs, return_as="generator_unordered")(work)
    for _ in tqdm(written, "demonstration", count, unit="utterance", disable=None):
        pass
    png.replace(folder / "manifest.csv", _manifest(pairs).encode())


def room(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add a room and a microphone to samples at ``RATE``.

    Two sounds of the same length, with generators in the same state, get the same room, band,
    level and noise. The echo is noise that decays exponentially (Polack, 1988).

    Parameters
    ----------
    samples : np.ndarray, shape=(n,)
    rng : np.random.Generator

    Returns
    -------
    samples : np.ndarray, shape=(n,)
        In [-1, 1], at an RMS level of -32 to -22 dB before the noise is added.

    Examples
    --------
    >>> heard = room(np.zeros(16_000), np.random.default_rng(0))
    >>> bool(-90 < 20 * np.log10(heard.std()) < -66)
    True
    """
    decay, distance, low, high = rng.uniform((0.1, -24, 50, 6800), (0.3, -12, 130, 7800))
    level, noise_level = rng.uniform((-32, -58), (-22, -44))
    time = np.arange(int(decay * RATE)) / RATE
    echo = rng.standard_normal(len(time)) * 10 ** (-3 * time / decay)  # -60 dB after ``decay``
    echo *= 10 ** (distance / 20) / np.linalg.norm(echo)
    echo[0] += 1
    band = signal.butter(1, (low, high), "bandpass", fs=RATE, output="sos")
    heard = signal.sosfilt(band, signal.fftconvolve(samples, echo)[: len(samples)])
    heard *= 10 ** (level / 20) / max(np.sqrt(np.mean(heard**2)), 1e-9)
    white = rng.standard_normal(len(samples))
    noise = white + signal.lfilter([0.3], [1, -0.95], white)  # more of it at low frequencies
    noise *= 10 ** ((level + noise_level) / 20) / np.std(noise)
    return np.clip(heard + noise, -1, 1)


def _plan(count: int, seed: int) -> list[Pair]:
    test, validation = count // 5, max(1, count * 2 // 15)
    sizes = {"train": count - validation - test, "validation": validation, "test": test}
    pairs: list[Pair] = []
    first = 0
    for split, size in sizes.items():
        methods = (UNSEEN, *SEEN) if split == "test" else SEEN
        for index in range(size):
            # Each round of speakers starts one method later, so every speaker gets every method.
            round_, number = divmod(index, SPEAKERS[split])
            method = methods[(round_ + number) % len(methods)]
            pairs.append(Pair(f"{seed}-{len(pairs):04d}", split, first + number, method))
        first += SPEAKERS[split]
    return pairs


def _write_pair(folder: Path, pair: Pair, seed: int, index: int) -> None:
    """Write the missing files of a pair; index and seed alone decide how they sound."""
    missing = [label for label in ("real", "fake") if not (folder / pair.path(label)).exists()]
    if not missing:
        return
    # A random stream for each stage, so that one stage does not change the next.
    voice = speaker((seed, 0, pair.speaker))
    dry = utterance(voice, np.random.default_rng((seed, 1, index)))
    for label in missing:
        rng = np.random.default_rng((seed, 2, index))
        sound = METHODS[pair.method](dry, RATE, rng) if label == "fake" else dry
        heard = room(sound, np.random.default_rng((seed, 3, index)))
        png.replace(folder / pair.path(label), _flac(heard))


def _flac(samples: np.ndarray) -> bytes:
    data = io.BytesIO()
    soundfile.write(data, samples, RATE, format="FLAC", subtype="PCM_16")
    return data.getvalue()


def _manifest(pairs: Sequence[Pair]) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(HEADER)
    for pair in pairs:
        for label, generator in (("real", "-"), ("fake", pair.method)):
            name = f"speaker{pair.speaker:02d}"
            row = (pair.path(label), pair.split, label, generator, name, pair.name, "demonstration")
            rows.writerow(row)
    return text.getvalue()


def _refuse_other_files(folder: Path, pairs: Sequence[Pair]) -> None:
    expected = {pair.path(label) for pair in pairs for label in ("real", "fake")}
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*.flac")}
    others = sorted(present - expected)
    if others:
        raise ValueError(
            f"expected no FLAC files in {folder} but those of this count and seed, "
            f"got {len(others)} others, the first {others[0]}"
        )
