"""One recording in, one resynthesised copy of it out, in the same container.

Every channel is copied by itself, with the same random numbers, so that channels that are one
sound stay so. A long recording is copied in blocks of some `BLOCK` seconds that fade into each
other; no more than one block is held in memory, the rest in a temporary file beside the copy.
"""

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np

from render import splits
from render.copysynthesis import container
from render.copysynthesis.container import Container
from render.copysynthesis.limiter import limit_peaks
from render.copysynthesis.sample_file import SampleFile
from render.decoding.deadline import Deadline
from render.decoding.decoder import blocks
from render.vocoders import registry

BLOCK = 20.0  # seconds, at least, and less than twice that
FADE = 0.05  # seconds


def copy(original: Path, place: Path, method: str, seed: str) -> Container:
    """Make a copy of a recording.

    Parameters
    ----------
    original : Path
    place : Path
        Where the copy goes; its folder exists.
    method : str
        Name of a vocoder, see `render.vocoders.registry`.
    seed : str
        Together with the recording and the method, it decides how the copy sounds.

    Returns
    -------
    container : Container
        How both are stored.

    Raises
    ------
    ValueError
        If the recording cannot be read, is silent or shorter than a quarter of a second, its
        container cannot be written again, or the vocoder fails.
    OSError
        If the copy cannot be written.
    """
    with _spooled(original, place.parent) as sound, _temporary(place.parent) as file:
        form = container.describe(original, len(sound))
        made = SampleFile(file, sound.channels)
        fill(made, sound, form.rate, method, seed)
        container.write(place, made, form)
    return form


def fill(made: SampleFile, sound: SampleFile, rate: int, method: str, seed: str) -> None:
    """Copy sound, block by block.

    Parameters
    ----------
    made, sound : SampleFile
    rate : int
        In Hz.
    method, seed : str
    """
    count = max(1, int(len(sound) // (BLOCK * rate)))
    edges = np.rint(np.linspace(0, len(sound), count + 1)).astype(int)
    fade = round(FADE * rate)
    # What fades is out of step, so powers add: sin^2 + cos^2 keeps the level.
    turn = np.linspace(0, np.pi / 2, fade, endpoint=False)[:, None]
    for number, (start, stop) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        piece = _block(sound[start : stop + fade], rate, method, f"{number}/{seed}")
        if number:
            past = made[start : start + fade]
            piece[:fade] = np.sin(turn) * piece[:fade] + np.cos(turn) * past
        made[start : start + len(piece)] = piece


def _block(sound: np.ndarray, rate: int, method: str, seed: str) -> np.ndarray:
    """Copy all channels of a block, with peaks no higher than full scale or the original's."""
    sound = sound.astype(np.float64)
    number = int(splits.digest(seed), 16)
    made = np.zeros_like(sound)
    for channel in range(sound.shape[1]):
        own, first = sound[:, channel], sound[:, 0]
        if channel and np.array_equal(own, first):
            made[:, channel] = made[:, 0]
        elif own.any():
            rng = np.random.default_rng(number)
            made[:, channel] = registry.resynthesise(method, own, rate, rng)
    return limit_peaks(made, max(1.0, float(np.abs(sound).max())), rate)


@contextmanager
def _spooled(path: Path, folder: Path) -> Iterator[SampleFile]:
    """Every channel of a recording, at its own rate."""
    decoded = blocks(path, Deadline())
    first = next(decoded, None)
    if first is None:
        raise ValueError("expected audio, got a file without samples")
    peak = 0.0
    with _temporary(folder) as file:
        spool = SampleFile(file, first[1].shape[1])
        for _, block in chain([first], decoded):
            spool[len(spool) :] = block
            peak = max(peak, float(np.abs(block).max(initial=0)))
        if peak == 0:
            raise ValueError("expected sound, got digital silence")
        yield spool


def _temporary(folder: Path) -> AbstractContextManager[BinaryIO]:
    return tempfile.TemporaryFile(dir=folder)
