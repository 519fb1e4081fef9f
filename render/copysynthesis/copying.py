"""Copy-synthesis of one recording: decode it, vocode every channel, write it in the same format.

All channels get the same random numbers, so channels with the same sound keep the same sound. If
channels cancel each other, `render` takes one of them: that one is vocoded, and the others follow
it with the gain that they had, so that `render` takes the same channel of the copy. A
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
from render.decoding.channels import ChannelMeter
from render.decoding.deadline import Deadline
from render.decoding.decoder import blocks
from render.vocoders import registry

BLOCK = 20.0  # seconds; a block has at least so many, and less than twice as many
FADE = 0.05  # seconds
GAIN_FRAME = 0.05  # seconds
GAIN_RATE = 4_000  # Hz
MOST_GAIN = 2.0  # of a channel over the loudest one


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
        sound, rate, taken = _decode(recording, source_file)
        shared_format = audio_format.read_format(recording, rate, sound.shape)
        samples = np.memmap(copy_file, np.float32, "w+", shape=sound.shape)
        fill(samples, sound, rate, method, seed, taken)
        audio_format.write(path, samples, shared_format)
    return shared_format


def _temporary(folder: Path) -> AbstractContextManager[BinaryIO]:
    return tempfile.TemporaryFile(dir=folder)


def _decode(path: Path, file: BinaryIO) -> tuple[np.ndarray, int, int | None]:
    """Decode a recording into a file; map its samples, with rate in Hz and the channel to take."""
    peak, channels, rate, meter = 0.0, 0, 0, ChannelMeter()
    for decoded_format, block in meter.measure(blocks(path, Deadline())):
        rate, channels = decoded_format.rate, block.shape[1]
        peak = max(peak, float(np.abs(block).max(initial=0)))
        file.write(np.ascontiguousarray(block, np.float32).data)
    file.flush()
    if not file.tell():
        raise ValueError("expected audio, got a file without samples")
    if peak == 0:
        raise ValueError("expected sound, got digital silence")
    sound = np.memmap(file, np.float32, "r").reshape(-1, channels)
    return sound, rate, meter.envelopes().cancelled()


def fill(
    samples: np.ndarray,
    sound: np.ndarray,
    rate: int,
    method: str,
    seed: str,
    taken: int | None = None,
) -> None:
    """Copy sound, block by block.

    Parameters
    ----------
    samples : np.ndarray, shape=(frames, channels), dtype=float32
        Filled with the copy.
    sound : np.ndarray, shape=(frames, channels), dtype=float32
    rate : int
        In Hz.
    method, seed : str
    taken : int, optional
        Channel that is vocoded for all; default: each by itself.
    """
    count = max(1, int(len(sound) // (BLOCK * rate)))
    edges = np.rint(np.linspace(0, len(sound), count + 1)).astype(int)
    fade = round(FADE * rate)
    # Neighbouring blocks are out of phase, so their powers add: sin^2 + cos^2 keeps the level.
    angle = np.linspace(0, np.pi / 2, fade, endpoint=False)[:, None]
    for number, (start, stop) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        block = _vocode(sound[start : stop + fade], rate, method, f"{number}/{seed}", taken)
        if number:
            previous = samples[start : start + fade]
            block[:fade] = np.sin(angle) * block[:fade] + np.cos(angle) * previous
        samples[start : start + len(block)] = block


def _vocode(sound: np.ndarray, rate: int, method: str, seed: str, taken: int | None) -> np.ndarray:
    """Vocode all channels of a block, with peaks no higher than full scale or the recording's."""
    sound = sound.astype(np.float64)
    rng_seed = int(splits.digest(seed), 16)
    copied = np.zeros_like(sound)
    for channel in range(sound.shape[1]) if taken is None else [taken]:
        samples = sound[:, channel]
        if taken is None and channel and np.array_equal(samples, sound[:, 0]):
            copied[:, channel] = copied[:, 0]
        elif samples.any():
            rng = np.random.default_rng(rng_seed)
            copied[:, channel] = registry.vocode(method, samples, rate, rng)
    if taken is not None:
        copied = copied[:, [taken]] * _gains(sound, taken, rate)
    return limit_peaks(copied, max(1.0, float(np.abs(sound).max())), rate)


def _gains(sound: np.ndarray, taken: int, rate: int) -> np.ndarray:
    """Gain at which each channel follows one of them, by least squares over `GAIN_FRAME` s.

    As in `render.decoding.channels`, the change of the samples counts, so that hum hardly does.
    """
    size, step = max(1, round(GAIN_FRAME * rate)), max(1, round(rate / GAIN_RATE))
    starts = np.arange(0, len(sound), size)
    change = sound - np.concatenate([sound[:step], sound[:-step]])
    common = np.add.reduceat(change * change[:, [taken]], starts)
    power = common[:, [taken]]
    gains = np.divide(common, power, out=np.zeros_like(common), where=power > 0)
    gains = gains.clip(-MOST_GAIN, MOST_GAIN)
    places = np.arange(len(sound)) - size / 2
    return np.stack([np.interp(places, starts, column) for column in gains.T], axis=1)
