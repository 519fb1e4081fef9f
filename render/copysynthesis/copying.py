"""Copy-synthesis of one recording: decode it, vocode every channel, write it in the same format.

All channels get the same random numbers, so channels with the same sound keep the same sound. A
long recording is copied in blocks of `BLOCK` seconds or more that fade into each other. Samples are
mapped from temporary files beside the copy, so memory holds one block.
"""

import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from render import splits
from render.copysynthesis import audio_format
from render.copysynthesis.audio_format import AudioFormat
from render.copysynthesis.limiter import limit_peaks
from render.decoding.deadline import Deadline
from render.decoding.decoder import blocks
from render.vocoders import registry

BLOCK = 20.0  # seconds; a block has at least so many, and less than twice as many
FADE = 0.05  # seconds


def copy(recording: Path, path: Path, method: str, seed: str) -> AudioFormat:
    """Make a copy of a recording.

    Parameters
    ----------
    recording : Path
    path : Path
        The copy's file; its folder exists.
    method : str
        Name of a vocoder, see `render.vocoders.registry`.
    seed : str
        Recording, method and seed decide how the copy sounds.

    Returns
    -------
    audio_format : AudioFormat
        The format of the copy.

    Raises
    ------
    ValueError
        If the recording cannot be read, is silent or shorter than a quarter of a second, its
        format cannot be written, or the vocoder fails.
    OSError
        If the copy cannot be written.
    """
    with _temporary(path.parent) as source_file, _temporary(path.parent) as copy_file:
        sound, rate = _decode(recording, source_file)
        shared_format = audio_format.read_format(recording, rate, sound.shape)
        samples = np.memmap(copy_file, np.float32, "w+", shape=sound.shape)
        fill(samples, sound, rate, method, seed)
        audio_format.write(path, samples, shared_format)
    return shared_format


def _temporary(folder: Path) -> AbstractContextManager[BinaryIO]:
    return tempfile.TemporaryFile(dir=folder)


def _decode(path: Path, file: BinaryIO) -> tuple[np.ndarray, int]:
    """Decode a recording into a file; map its samples, and return them with their rate in Hz."""
    peak, channels, rate = 0.0, 0, 0
    for decoded_format, block in blocks(path, Deadline()):
        rate, channels = decoded_format.rate, block.shape[1]
        peak = max(peak, float(np.abs(block).max(initial=0)))
        file.write(np.ascontiguousarray(block, np.float32).data)
    file.flush()
    if not file.tell():
        raise ValueError("expected audio, got a file without samples")
    if peak == 0:
        raise ValueError("expected sound, got digital silence")
    return np.memmap(file, np.float32, "r").reshape(-1, channels), rate


def fill(samples: np.ndarray, sound: np.ndarray, rate: int, method: str, seed: str) -> None:
    """Copy sound, block by block.

    Parameters
    ----------
    samples : np.ndarray, shape=(frames, channels), dtype=float32
        Filled with the copy.
    sound : np.ndarray, shape=(frames, channels), dtype=float32
    rate : int
        In Hz.
    method, seed : str
    """
    count = max(1, int(len(sound) // (BLOCK * rate)))
    edges = np.rint(np.linspace(0, len(sound), count + 1)).astype(int)
    fade = round(FADE * rate)
    # Neighbouring blocks are out of phase, so their powers add: sin^2 + cos^2 keeps the level.
    angle = np.linspace(0, np.pi / 2, fade, endpoint=False)[:, None]
    for number, (start, stop) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        block = _vocode(sound[start : stop + fade], rate, method, f"{number}/{seed}")
        if number:
            previous = samples[start : start + fade]
            block[:fade] = np.sin(angle) * block[:fade] + np.cos(angle) * previous
        samples[start : start + len(block)] = block


def _vocode(sound: np.ndarray, rate: int, method: str, seed: str) -> np.ndarray:
    """Vocode all channels of a block, with peaks no higher than full scale or the recording's."""
    sound = sound.astype(np.float64)
    rng_seed = int(splits.digest(seed), 16)
    copied = np.zeros_like(sound)
    for channel in range(sound.shape[1]):
        samples = sound[:, channel]
        if channel and np.array_equal(samples, sound[:, 0]):
            copied[:, channel] = copied[:, 0]
        elif samples.any():
            rng = np.random.default_rng(rng_seed)
            copied[:, channel] = registry.vocode(method, samples, rate, rng)
    return limit_peaks(copied, max(1.0, float(np.abs(sound).max())), rate)
