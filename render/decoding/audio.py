"""An audio file in, mono samples at one rate out, and what the file was before.

Channels are averaged. Samples are float32, 1.0 is full scale. A recording of any length is read in
bounded memory: decoded once to be checked and summed up, and again, if it is long, for its samples.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
import soxr

from render.decoding import decoder
from render.decoding.deadline import Deadline
from render.decoding.decoder import Format
from render.decoding.envelope import Envelope, EnvelopeMeter

_KEPT = 1 << 21  # samples that are kept in memory, about 2 minutes at 16 kHz
_FAINTEST = 1e-10  # amplitude that a level is given for at least, -200 dB


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """What a file was before it was mixed, resampled, trimmed and brought to one level.

    None of this says whether speech is generated, yet in a careless collection all of it can.
    Numbers are rounded, so that they are the same on every machine.

    Attributes
    ----------
    sample_rate : int
        In Hz.
    channels : int
    codec : str
        libsndfile's format and subtype, such as ``"FLAC/PCM_16"``, or FFmpeg's codec, such as
        ``"aac"``.
    bit_rate : int
        In kbit/s; the size of the file over its duration where the file does not say.
    recording_s : float
        Duration in s, to the millisecond.
    level_db : float
        RMS over all channels in dB relative to full scale, to 0.1 dB; -200 for digital silence.
    """

    sample_rate: int
    channels: int
    codec: str
    bit_rate: int
    recording_s: float
    level_db: float


@dataclass(frozen=True, eq=False)
class Audio:
    """A recording that was listened to: what it was, how loud it is, and its samples.

    Attributes
    ----------
    path : Path
    rate : int
        Of the samples, in Hz.
    original : SourceFile
    envelope : Envelope
        Of the samples, at their rate.
    limit : Deadline
        Stops reading the samples as it stopped listening.
    kept : tuple of np.ndarray, or None
        All samples, in blocks, if they are few.
    """

    path: Path
    rate: int
    original: SourceFile
    envelope: Envelope
    limit: Deadline
    kept: tuple[np.ndarray, ...] | None

    @property
    def length(self) -> int:
        """Number of samples."""
        return self.envelope.length

    def blocks(self) -> Iterator[np.ndarray]:
        """Give the samples, in order; those of a long recording are decoded again.

        Yields
        ------
        block : np.ndarray, shape=(n,), dtype=float32

        Raises
        ------
        ValueError
            If the file has changed or time is over.
        """
        if self.kept is not None:
            yield from self.kept
            return
        yield from _mono(decoder.blocks(self.path, self.limit), self.rate)


def scan_audio(path: Path, rate: int, deadline: float | None = None) -> Audio:
    """Decode a recording once, in blocks, check it and sum it up.

    Parameters
    ----------
    path : Path
    rate : int
        Sample rate wanted, in Hz.
    deadline : float, optional
        Value of ``time.monotonic()`` after which the recording is given up.

    Returns
    -------
    sound : Audio

    Raises
    ------
    ValueError
        If `render.decoding.decoder.blocks` refuses the file, or it has no samples.
    """
    limit, tally, meter = Deadline(deadline), _Tally(), EnvelopeMeter()
    kept: list[np.ndarray] = []
    for block in _mono(tally.count(decoder.blocks(path, limit)), rate):
        meter.add(block)
        if meter.length <= _KEPT:
            kept.append(block)
        else:
            kept.clear()
    if meter.length == 0:
        raise ValueError("expected audio, got a file without samples")
    return Audio(
        path=path,
        rate=rate,
        original=tally.original(path.stat().st_size),
        envelope=meter.envelope(),
        limit=limit,
        kept=tuple(kept) if meter.length <= _KEPT else None,
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
    original : SourceFile

    Raises
    ------
    ValueError
        As for `scan_audio`.
    """
    sound = scan_audio(path, rate)
    return np.concatenate(list(sound.blocks())), sound.original


class _Tally:
    """Counts what passes of a file on its way from the decoder."""

    def __init__(self) -> None:
        self.form = Format(0, "", 0)
        self.channels, self.frames, self.energy = 0, 0, 0.0

    def count(
        self, blocks: Iterable[tuple[Format, np.ndarray]]
    ) -> Iterator[tuple[Format, np.ndarray]]:
        for form, block in blocks:
            self.form, self.channels = form, block.shape[1]
            self.frames += len(block)
            self.energy += float(np.einsum("ij,ij->", block, block, dtype=np.float64))
            yield form, block

    def original(self, size: int) -> SourceFile:
        """Sum a file of `size` bytes up."""
        seconds = self.frames / self.form.rate
        rms = np.sqrt(self.energy / self.frames / self.channels)
        return SourceFile(
            sample_rate=self.form.rate,
            channels=self.channels,
            codec=self.form.codec,
            bit_rate=round((self.form.bit_rate or 8 * size / seconds) / 1000),
            recording_s=round(seconds, 3),
            level_db=round(float(20 * np.log10(max(rms, _FAINTEST))), 1),
        )


def _mono(blocks: Iterable[tuple[Format, np.ndarray]], rate: int) -> Iterator[np.ndarray]:
    """Average the channels and resample."""
    resampler = None
    for form, block in blocks:
        # Channel by channel: NumPy's mean over a short last axis takes 30 times as long.
        mono = reduce(np.add, block.T) / np.float32(block.shape[1])
        if form.rate != rate:
            resampler = resampler or soxr.ResampleStream(form.rate, rate, 1, dtype="float32")
            mono = resampler.resample_chunk(mono)
        yield mono
    if resampler is not None:
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)
