"""An audio file in, mono samples at one rate out, with the format of the file.

Channels are averaged; where they cancel, the louder one is taken instead. Samples are float32, 1.0
is full scale. A recording of any length is read in bounded memory: a first pass checks and measures
it, a second one, if it is long, reads its samples.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from render.decoding import decoder
from render.decoding.channels import ChannelEnvelopes, ChannelMeter
from render.decoding.deadline import Deadline
from render.decoding.decoder import Format
from render.decoding.envelope import Envelope, EnvelopeMeter

MIX = "mix"  # instead of the number of a channel: the mean of all
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
    channel : str
        The channel whose sound is taken, counted from ``"1"``, or ``"mix"`` for the mean of all.
    codec : str
        libsndfile's format and subtype, such as ``"FLAC/PCM_16"``, or FFmpeg's codec, such as
        ``"aac"``.
    bit_rate_kbps : int
        In kbit/s; size of the encoded sound over duration where the file states none.
    recording_s : float
        Duration in s, to the millisecond.
    level_db : float
        RMS over all channels in dB relative to full scale, to 0.1 dB; -200 for digital silence.
    warnings : tuple of str
        Reasons to doubt that the file holds what it should, one plain clause each.
    """

    sample_rate: int
    channels: int
    channel: str = MIX
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
    channels : ChannelEnvelopes
        Of a mix; without a frame where one channel was asked for, or there is but one.
    deadline : Deadline
        Holds for both passes together.
    cached : tuple of np.ndarray, or None
        All samples, in blocks, if they are few.
    """

    path: Path
    rate: int
    source_file: SourceFile
    envelope: Envelope
    channels: ChannelEnvelopes
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
        yield from blocks(self.path, self.rate, self.deadline, self.source_file.channel)


def scan_audio(path: Path, rate: int, deadline: float | None = None, channel: str = MIX) -> Audio:
    """Decode a recording once, in blocks, to check and measure it.

    Parameters
    ----------
    path : Path
    rate : int
        Sample rate wanted, in Hz.
    deadline : float, optional
        Value of ``time.monotonic()`` after which the recording is given up.
    channel : str
        A channel, counted from ``"1"``, or ``"mix"``: the mean of all channels, or the louder one,
        with a warning, where they cancel; that takes a second decoding.

    Raises
    ------
    ValueError
        If `render.decoding.decoder.blocks` refuses the file, or it has no samples or no such
        channel.
    """
    watch = Deadline(deadline)
    audio = _scan(path, rate, watch, channel)
    loudest = audio.channels.cancelled()
    if loudest is None:
        return audio
    audio = _scan(path, rate, watch, str(loudest + 1))
    source_file = audio.source_file
    warning = f"its channels cancel each other when mixed, so channel {loudest + 1} is taken alone"
    return replace(
        audio, source_file=replace(source_file, warnings=(*source_file.warnings, warning))
    )


def _scan(path: Path, rate: int, watch: Deadline, channel: str) -> Audio:
    file_meter, meter, channel_meter = _FileMeter(channel), EnvelopeMeter(), ChannelMeter()
    cached: list[np.ndarray] = []
    decoded = file_meter.measure(decoder.blocks(path, watch))
    if channel == MIX:
        decoded = channel_meter.measure(decoded)
    for block in _mono(decoded, rate, channel):
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
        source_file=file_meter.source_file(),
        envelope=meter.envelope(),
        channels=channel_meter.envelopes(),
        deadline=watch,
        cached=tuple(cached) if meter.length <= _CACHED else None,
    )


def blocks(path: Path, rate: int, deadline: Deadline, channel: str) -> Iterator[np.ndarray]:
    """Read the samples of a channel, or the mean of all, in order.

    Parameters
    ----------
    path : Path
    rate : int
        Sample rate wanted, in Hz.
    deadline : Deadline
    channel : str
        Counted from ``"1"``, or ``"mix"``.

    Yields
    ------
    block : np.ndarray, shape=(n,), dtype=float32

    Raises
    ------
    ValueError
        As `scan_audio`.
    """
    return _mono(decoder.blocks(path, deadline), rate, channel)


def count_channels(path: Path, deadline: float | None = None) -> int:
    """Count the channels of a recording, of which only the beginning is decoded.

    Raises
    ------
    ValueError
        As `scan_audio`.
    """
    return next((block.shape[1] for _, block in decoder.blocks(path, Deadline(deadline))), 0)


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

    def __init__(self, channel: str) -> None:
        self.format, self.channel = Format(0, "", 0), channel
        self.channels, self.frames, self.energy = 0, 0, 0.0

    def measure(
        self, blocks: Iterable[tuple[Format, np.ndarray]]
    ) -> Iterator[tuple[Format, np.ndarray]]:
        for file_format, block in blocks:
            self.format, self.channels = file_format, block.shape[1]
            if not len(block):  # the last one, which brings size and warnings
                continue
            self.frames += len(block)
            self.energy += float(np.einsum("ij,ij->", block, block, dtype=np.float64))
            yield file_format, block

    def source_file(self) -> SourceFile:
        """Format and level of the file."""
        seconds = self.frames / self.format.rate
        rms = np.sqrt(self.energy / self.frames / self.channels)
        return SourceFile(
            sample_rate=self.format.rate,
            channels=self.channels,
            channel=self.channel,
            codec=self.format.codec,
            bit_rate_kbps=round((self.format.bit_rate or 8 * self.format.size / seconds) / 1000),
            recording_s=round(seconds, 3),
            level_db=round(float(20 * np.log10(max(rms, _FAINTEST))), 1),
            warnings=self.format.warnings,
        )


def _mono(
    blocks: Iterable[tuple[Format, np.ndarray]], rate: int, channel: str
) -> Iterator[np.ndarray]:
    """Take a channel, or average all, and resample."""
    resampler = None
    for file_format, block in blocks:
        mono = decoder.average(block) if channel == MIX else _take(block, int(channel))
        if file_format.rate != rate:
            resampler = resampler or soxr.ResampleStream(file_format.rate, rate, 1, dtype="float32")
            mono = resampler.resample_chunk(mono)
        yield mono
    if resampler is not None:
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)


def _take(block: np.ndarray, channel: int) -> np.ndarray:
    if not 1 <= channel <= block.shape[1]:
        raise ValueError(f"expected a channel of 1 to {block.shape[1]}, got {channel}")
    return np.ascontiguousarray(block[:, channel - 1])
