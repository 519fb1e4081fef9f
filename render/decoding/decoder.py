"""A file in, blocks of samples out: every channel, at the file's rate.

The format is recognised by content, never by suffix. libsndfile reads WAV, FLAC, OGG, MP3, AIFF and
more; FFmpeg reads the rest (AAC, Opus, WMA, AMR, the sound of a video). Blocks are float32 of shape
(frames, channels), 1.0 is full scale. Only regular files are opened, so that a pipe or a device
cannot hang a run.
"""

import stat
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from render.decoding import ffmpeg
from render.decoding.deadline import Deadline
from render.decoding.quiet import Mute

RATES = (1_000, 1_000_000)  # Hz; too low for speech below, no recorder above
LOUDEST = 2.0**32  # samples are 1.0 at full scale, or 2^31 where integers were stored as floats
_BLOCK = 1 << 18  # samples in a block, of all channels together
_BLOCK_SECONDS = 16  # longest block, as a low rate grows when it is resampled
_MIDI_DUMP = b"\xf0\x7e"  # damaged ones make libsndfile write to standard output
_FILE_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode), "a device"),
)


class Format(NamedTuple):
    """Sample rate, codec and bit rate that a file states, and what is wrong with it.

    Attributes
    ----------
    rate : int
        In Hz.
    codec : str
        libsndfile's format and subtype, such as ``"FLAC/PCM_16"``, or FFmpeg's codec, such as
        ``"aac"``.
    bit_rate : int
        In bit/s; 0 where the file states none.
    warnings : tuple of str
        Complete with the last block.
    """

    rate: int
    codec: str
    bit_rate: int
    warnings: tuple[str, ...] = ()


def blocks(path: Path, deadline: Deadline) -> Iterator[tuple[Format, np.ndarray]]:
    """Decode a file.

    Parameters
    ----------
    path : Path
    deadline : Deadline
        Checked between blocks.

    Yields
    ------
    file_format : Format
        The same each time, but for its warnings.
    block : np.ndarray, shape=(n, channels), dtype=float32
        Finite samples; n may be 0.

    Raises
    ------
    ValueError
        If it is no file, cannot be opened, is empty, damaged or of an unknown format, has an
        impossible rate, takes too long, or holds NaN, infinite or absurdly loud samples.
    """
    try:
        require_file(path)
        # Without a buffer, as libsndfile reads on from the position of the file descriptor.
        with path.open("rb", buffering=0) as file:
            for file_format, block in _decode(file, deadline):
                if not RATES[0] <= file_format.rate <= RATES[1]:
                    raise ValueError(
                        f"expected a sample rate of {RATES[0]} to {RATES[1]} Hz, "
                        f"got {file_format.rate}"
                    )
                _require_finite(block)
                yield file_format, block
                deadline.check()
    except OSError as error:
        raise ValueError(
            f"expected a file that can be read, got the error {error.strerror or error}"
        ) from error


def require_file(path: Path) -> None:
    """Refuse anything but a regular file that is not empty, without opening it.

    Raises
    ------
    ValueError
        If it is a folder, pipe, socket or device, or empty.
    OSError
        If the path cannot be read.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        kind = next((name for test, name in _FILE_KINDS if test(status.st_mode)), "something else")
        raise ValueError(f"expected a file, got {kind}")
    if status.st_size == 0:
        raise ValueError("expected audio, got an empty file")


def _require_finite(block: np.ndarray) -> None:
    lowest, highest = block.min(initial=0), block.max(initial=0)  # NaN if any sample is
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise ValueError("expected finite samples, got NaN or infinity")
    if max(-lowest, highest) > LOUDEST:
        raise ValueError(
            f"expected samples of about 1.0 at full scale, got {max(-lowest, highest):.1e}"
        )


_mute = Mute()  # mpg123, libsndfile's MP3 decoder, warns of every odd tag


class _Stream(soundfile.SoundFile):
    """A file that is read from beginning to end, without seeking.

    soundfile seeks to its position after every read. That takes time, and within an MP3 it makes a
    few wrong samples, as frames need bits of those before them.
    """

    def seekable(self) -> bool:
        return False


def _decode(file: FileIO, deadline: Deadline) -> Iterator[tuple[Format, np.ndarray]]:
    if file.read(2) == _MIDI_DUMP:
        raise ValueError("expected audio, got a MIDI sample dump")
    file.seek(0)
    try:
        with _mute:
            # Opened by descriptor, not by name: soundfile would take the suffix .raw for a format.
            sound = _Stream(file.fileno(), closefd=False)
    except soundfile.LibsndfileError as error:
        file.seek(0)
        yield from _ffmpeg_blocks(file, deadline, error.error_string)
        return
    with sound:
        try:
            yield from _libsndfile_blocks(sound)
        except soundfile.LibsndfileError as error:
            raise ValueError(
                f"expected audio that is whole, got damaged data ({error.error_string})"
            ) from error


def _libsndfile_blocks(sound: soundfile.SoundFile) -> Iterator[tuple[Format, np.ndarray]]:
    file_format = Format(sound.samplerate, f"{sound.format}/{sound.subtype}", 0)
    size, position = _block_size(sound.samplerate, sound.channels), 0
    # Not SoundFile.blocks(): if a header promises too many frames, it fills them with garbage.
    # Frames beyond the promised ones are not read: they may be a tag.
    while position < sound.frames:
        count = min(size, sound.frames - position)
        with _mute:
            block = sound.read(count, dtype="float32", always_2d=True)
        yield file_format, block
        position += len(block)
        if len(block) < count:
            return


def _ffmpeg_blocks(
    file: FileIO, deadline: Deadline, reason: str
) -> Iterator[tuple[Format, np.ndarray]]:
    """Decode the first audio stream of a file that libsndfile refused for a reason."""
    with ffmpeg.opened(file, deadline, reason) as container:
        stream = ffmpeg.audio(container)
        file_format = Format(stream.rate, stream.codec_context.name, stream.bit_rate or 0)
        size = _block_size(stream.rate, stream.channels)
        for block in _join(ffmpeg.pieces(container, stream, deadline), size):
            yield file_format, block


def _join(pieces: Iterator[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """Join pieces to blocks of at least `size` frames; the last may be shorter."""
    parts: list[np.ndarray] = []
    length = 0
    for piece in pieces:
        parts.append(piece)
        length += len(piece)
        if length >= size:
            yield np.concatenate(parts)
            parts, length = [], 0
    if parts:
        yield np.concatenate(parts)


def _block_size(rate: int, channels: int) -> int:
    return max(1, min(_BLOCK // max(1, channels), _BLOCK_SECONDS * rate))
