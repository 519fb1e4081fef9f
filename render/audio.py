"""An audio file in, mono samples at one rate out, and what the file was before.

What a file holds is told by its content, never by its suffix: libsndfile reads what it knows
(WAV, FLAC, OGG, MP3, AIFF and more), FFmpeg through PyAV everything else (AAC, Opus, WMA, the
sound of a video). Samples are floats, 1.0 is full scale.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import soundfile
import soxr

_BLOCK = 1 << 18  # samples a channel held at once while decoding
_FAINTEST = 1e-10  # amplitude that a level is given for at least, -200 dB


@dataclass(frozen=True, kw_only=True)
class Original:
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


class _Format(NamedTuple):
    """What a file says of itself; 0 bit/s where it does not say."""

    rate: int
    codec: str
    bit_rate: int


def read(path: Path, rate: int) -> tuple[np.ndarray, Original]:
    """Read a recording, mixed to mono and resampled.

    Channels are averaged. The file is decoded and resampled in blocks, so that only the mono
    samples at the new rate are held whole.

    Parameters
    ----------
    path : Path
    rate : int
        Sample rate wanted, in Hz.

    Returns
    -------
    samples : np.ndarray, shape=(n,), dtype=float32
    original : Original

    Raises
    ------
    ValueError
        If the file is empty, no audio that libsndfile or FFmpeg knows, damaged, or holds NaN or
        infinite samples.
    OSError
        If the file cannot be opened.
    """
    size = path.stat().st_size
    if size == 0:
        raise ValueError("expected audio, got an empty file")
    chunks, channels, frames, energy = [], 0, 0, 0.0
    resampler = None
    for form, block in _blocks(path):
        if not np.isfinite(block).all():
            raise ValueError("expected finite samples, got NaN or infinity")
        channels = block.shape[1]
        frames += len(block)
        energy += float(np.square(block, dtype=np.float64).sum()) / channels
        mono = block.mean(axis=1)
        if form.rate != rate:
            resampler = resampler or soxr.ResampleStream(form.rate, rate, 1, dtype="float32")
            mono = resampler.resample_chunk(mono)
        chunks.append(mono)
    if resampler is not None:
        chunks.append(resampler.resample_chunk(np.zeros(0, np.float32), last=True))
    if sum(map(len, chunks)) == 0:
        raise ValueError("expected audio, got a file without samples")
    return np.concatenate(chunks), _original(form, channels, frames, energy, size)


def _original(form: _Format, channels: int, frames: int, energy: float, size: int) -> Original:
    """Sum a file up, from its frames, their summed squares and its size in bytes."""
    seconds = frames / form.rate
    rms = np.sqrt(energy / frames)
    return Original(
        sample_rate=form.rate,
        channels=channels,
        codec=form.codec,
        bit_rate=round((form.bit_rate or 8 * size / seconds) / 1000),
        recording_s=round(seconds, 3),
        level_db=round(float(20 * np.log10(max(rms, _FAINTEST))), 1),
    )


def _blocks(path: Path) -> Iterator[tuple[_Format, np.ndarray]]:
    """Decode a file to blocks of one rate, shape (n, channels)."""
    with path.open("rb") as file:
        # Opened by its number, not by name: soundfile would believe the suffix .raw.
        try:
            sound = soundfile.SoundFile(file.fileno(), closefd=False)
        except soundfile.LibsndfileError:
            file.seek(0)
            yield from _ffmpeg_blocks(file)
            return
        with sound:
            form = _Format(sound.samplerate, f"{sound.format}/{sound.subtype}", 0)
            try:
                for block in sound.blocks(blocksize=_BLOCK, dtype="float32", always_2d=True):
                    yield form, block
            except soundfile.LibsndfileError as error:
                raise ValueError(f"expected readable audio, got damaged data ({error})") from error


def _ffmpeg_blocks(file) -> Iterator[tuple[_Format, np.ndarray]]:
    """Decode the first audio stream of an open file with FFmpeg."""
    try:
        with av.open(file) as container:
            if not container.streams.audio:
                raise ValueError("expected audio, got a file without an audio stream")
            stream = container.streams.audio[0]
            form = _Format(stream.rate, stream.codec_context.name, stream.bit_rate or 0)
            # Only the sample format is changed; one rate is asked for, should it vary on the way.
            planar = av.AudioResampler(format="fltp", rate=stream.rate)
            frames = (frame for packet in container.demux(stream) for frame in packet.decode())
            for frame in frames:
                for part in planar.resample(frame):
                    yield form, part.to_ndarray().T
            for part in planar.resample(None):
                yield form, part.to_ndarray().T
    except av.FFmpegError as error:
        reason = str(error.strerror or error)
        raise ValueError(
            f"expected audio that libsndfile or FFmpeg knows, got something else ({reason})"
        ) from error
