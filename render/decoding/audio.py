"""An audio file in, mono samples at one rate out, with the format of the file.

Channels are averaged. Samples are float32, 1.0 is full scale. A recording of any length is read in
bounded memory: a first pass checks and measures it, a second one, if it is long, reads its samples.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from render.decoding import decoder
from render.decoding.deadline import Deadline
from render.decoding.decoder import Format
from render.decoding.envelope import Envelope, EnvelopeMeter

_CACHED = 1 << 21  # samples that are kept in memory, about 2 minutes at 16 kHz
_FAINTEST = 1e-10  # lowest amplitude that a level is computed of, -200 dB


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """Format and level of a file, before it is mixed, resampled, trimmed and normalised.

    None of this makes speech generated, but in a careless collection each can give the class away.
    Numbers are rounded, so that they are equal on every machine.

    Attributes
    ----------
    sample_rate : int
        In Hz.
    channels : int
    codec : str
        libsndfile's format and subtype, such as ``"FLAC/PCM_16"``, or FFmpeg's codec, such as
        ``"aac"``.
    bit_rate_kbps : int
        In kbit/s; size over duration where the file states none.
    recording_s : float
        Duration in s, to the millisecond.
    level_db : float
        RMS over all channels in dB relative to full scale, to 0.1 dB; -200 for digital silence.
    warnings : tuple of str
        Reasons to doubt that the file holds what it should, one plain clause each.
    """

    sample_rate: int
    channels: int
    codec: str
    bit_rate_kbps: int
    recording_s: float
    level_db: float
    warnings: tuple[str, ...] = ()

    @property
    def properties(self) -> dict[str, Any]:
        """Format and level by name, without the warnings: what pictures and manifest hold."""
        return {name: value for name, value in vars(self).items() if name in PROPERTIES}


PROPERTIES = tuple(field.name for field in fields(SourceFile) if field.name != "warnings")


@dataclass(frozen=True, eq=False)
class Audio:
    """A recording after its first pass: file format, envelope and samples.

    Attributes
    ----------
    path : Path
    rate : int
        Of the samples, in Hz.
    source_file : SourceFile
    envelope : Envelope
        Of the samples, at their rate.
    deadline : Deadline
        Holds for both passes together.
    cached : tuple of np.ndarray, or None
        All samples, in blocks, if they are few.
    """

    path: Path
    rate: int
    source_file: SourceFile
    envelope: Envelope
    deadline: Deadline
    cached: tuple[np.ndarray, ...] | None

    @property
    def length(self) -> int:
        """Number of samples."""
        return self.envelope.length

    def blocks(self) -> Iterator[np.ndarray]:
        """Read the samples, in order; a long recording is decoded again.

        Yields
        ------
        block : np.ndarray, shape=(n,), dtype=float32

        Raises
        ------
        ValueError
            If the file has changed or time is over.
        """
        if self.cached is not None:
            yield from self.cached
            return
        yield from _mono(decoder.blocks(self.path, self.deadline), self.rate)


def scan_audio(path: Path, rate: int, deadline: float | None = None) -> Audio:
    """Decode a recording once, in blocks, to check and measure it.

    Parameters
    ----------
    path : Path
    rate : int
        Sample rate wanted, in Hz.
    deadline : float, optional
        Value of ``time.monotonic()`` after which the recording is given up.

    Raises
    ------
    ValueError
        If `render.decoding.decoder.blocks` refuses the file, or it has no samples.
    """
    watch, file_meter, meter = Deadline(deadline), _FileMeter(), EnvelopeMeter()
    cached: list[np.ndarray] = []
    for block in _mono(file_meter.measure(decoder.blocks(path, watch)), rate):
        meter.add(block)
        if meter.length <= _CACHED:
            cached.append(block)
        else:
            cached.clear()
    if meter.length == 0:
        raise ValueError("expected audio, got a file without samples")
    return Audio(
        path=path,
        rate=rate,
        source_file=file_meter.source_file(path.stat().st_size),
        envelope=meter.envelope(),
        deadline=watch,
        cached=tuple(cached) if meter.length <= _CACHED else None,
    )


def read(path: Path, rate: int) -> tuple[np.ndarray, SourceFile]:
    """Read a recording whole.

    Parameters
    ----------
    path : Path
    rate : int
        Sample rate wanted, in Hz.

    Returns
    -------
    samples : np.ndarray, shape=(n,), dtype=float32
    source_file : SourceFile

    Raises
    ------
    ValueError
        As for `scan_audio`.
    """
    audio = scan_audio(path, rate)
    return np.concatenate(list(audio.blocks())), audio.source_file


class _FileMeter:
    """Measures blocks of a file on their way from the decoder."""

    def __init__(self) -> None:
        self.format = Format(0, "", 0)
        self.channels, self.frames, self.energy = 0, 0, 0.0

    def measure(
        self, blocks: Iterable[tuple[Format, np.ndarray]]
    ) -> Iterator[tuple[Format, np.ndarray]]:
        for file_format, block in blocks:
            self.format, self.channels = file_format, block.shape[1]
            self.frames += len(block)
            self.energy += float(np.einsum("ij,ij->", block, block, dtype=np.float64))
            yield file_format, block

    def source_file(self, size: int) -> SourceFile:
        """Format and level of the file, which has `size` bytes."""
        seconds = self.frames / self.format.rate
        rms = np.sqrt(self.energy / self.frames / self.channels)
        return SourceFile(
            sample_rate=self.format.rate,
            channels=self.channels,
            codec=self.format.codec,
            bit_rate_kbps=round((self.format.bit_rate or 8 * size / seconds) / 1000),
            recording_s=round(seconds, 3),
            level_db=round(float(20 * np.log10(max(rms, _FAINTEST))), 1),
            warnings=self.format.warnings,
        )


def _mono(blocks: Iterable[tuple[Format, np.ndarray]], rate: int) -> Iterator[np.ndarray]:
    """Average the channels and resample."""
    resampler = None
    for file_format, block in blocks:
        # Channel by channel: NumPy's mean over a short last axis takes 30 times as long.
        mono = reduce(np.add, block.T) / np.float32(block.shape[1])
        if file_format.rate != rate:
            resampler = resampler or soxr.ResampleStream(file_format.rate, rate, 1, dtype="float32")
            mono = resampler.resample_chunk(mono)
        yield mono
    if resampler is not None:
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)
