"""A file in, its sound out in blocks, as the file holds it: every channel, at the file's rate.

What a file holds is told by its content, never by its suffix: libsndfile reads what it knows
(WAV, FLAC, OGG, MP3, AIFF and more), FFmpeg what else speech comes in (AAC, Opus, WMA, AMR, the
sound of a video). Blocks are float32 of shape (frames, channels), 1.0 is full scale. Only regular
files are opened, so that a pipe or a device cannot hang a run.
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

RATES = (1_000, 1_000_000)  # Hz; speech has no use for less, and no recorder makes more
LOUDEST = 2.0**32  # samples are 1.0 at full scale, or 2^31 where integers were stored as floats
_SAMPLES = 1 << 18  # of all channels together, held at once
_SECONDS = 16  # held at once, so that a low rate does not become a huge block once resampled
_MIDI_DUMP = b"\xf0\x7e"  # damaged ones make libsndfile write to standard output
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode), "a device"),
)


class Format(NamedTuple):
    """What a file says of itself.

    Attributes
    ----------
    rate : int
        In Hz.
    codec : str
        libsndfile's format and subtype, such as ``"FLAC/PCM_16"``, or FFmpeg's codec, such as
        ``"aac"``.
    bit_rate : int
        In bit/s; 0 where it does not say.
    """

    rate: int
    codec: str
    bit_rate: int


def blocks(path: Path, deadline: Deadline) -> Iterator[tuple[Format, np.ndarray]]:
    """Decode a file.

    Parameters
    ----------
    path : Path
    deadline : Deadline
        Asked between blocks.

    Yields
    ------
    form : Format
        The same each time.
    block : np.ndarray, shape=(n, channels), dtype=float32
        Finite samples; n may be 0.

    Raises
    ------
    ValueError
        If the file is none, cannot be opened, is empty, no audio that libsndfile or FFmpeg knows,
        damaged, of an impossible rate, takes too long, or holds NaN, infinite or absurdly loud
        samples.
    """
    try:
        require_file(path)
        # Without a buffer, as libsndfile goes on where the operating system's file stands.
        with path.open("rb", buffering=0) as file:
            for form, block in _decoded(file, deadline):
                if not RATES[0] <= form.rate <= RATES[1]:
                    raise ValueError(
                        f"expected a sample rate of {RATES[0]} to {RATES[1]} Hz, got {form.rate}"
                    )
                _refuse_what_is_no_sound(block)
                yield form, block
                deadline.check()
    except OSError as error:
        raise ValueError(
            f"expected a file that can be read, got the error {error.strerror or error}"
        ) from error


def require_file(path: Path) -> None:
    """Refuse what is no file with something in it, without opening it.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ValueError
        If it is a folder, pipe, socket or device, or empty.
    OSError
        If it cannot be looked at.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        kind = next((name for test, name in _KINDS if test(status.st_mode)), "something else")
        raise ValueError(f"expected a file, got {kind}")
    if status.st_size == 0:
        raise ValueError("expected audio, got an empty file")


def _refuse_what_is_no_sound(block: np.ndarray) -> None:
    lowest, highest = block.min(initial=0), block.max(initial=0)  # NaN if one is
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise ValueError("expected finite samples, got NaN or infinity")
    if max(-lowest, highest) > LOUDEST:
        raise ValueError(
            f"expected samples of about 1.0 at full scale, got {max(-lowest, highest):.1e}"
        )


_mute = Mute()  # mpg123, libsndfile's MP3 decoder, complains of every tag it does not like


class _Stream(soundfile.SoundFile):
    """A file that is read from its beginning to its end.

    soundfile seeks to where it is after every read. In the middle of an MP3 that makes a few
    wrong samples, as frames need bits of those before them, and everywhere it takes time.
    """

    def seekable(self) -> bool:
        return False


def _decoded(file: FileIO, deadline: Deadline) -> Iterator[tuple[Format, np.ndarray]]:
    if file.read(2) == _MIDI_DUMP:
        raise ValueError("expected audio, got a MIDI sample dump")
    file.seek(0)
    try:
        with _mute:
            # Opened by its number, not by name: soundfile would believe the suffix .raw.
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
    form = Format(sound.samplerate, f"{sound.format}/{sound.subtype}", 0)
    size, done = _block_size(sound.samplerate, sound.channels), 0
    # Not SoundFile.blocks(): where a header promises more than there is, it fills up with anything.
    # Nor beyond what is promised: what lies behind may be a tag, and is no sound.
    while done < sound.frames:
        wanted = min(size, sound.frames - done)
        with _mute:
            block = sound.read(wanted, dtype="float32", always_2d=True)
        yield form, block
        done += len(block)
        if len(block) < wanted:
            return


def _ffmpeg_blocks(
    file: FileIO, deadline: Deadline, reason: str
) -> Iterator[tuple[Format, np.ndarray]]:
    """Decode the first audio stream of a file that libsndfile refused for some reason."""
    with ffmpeg.opened(file, deadline, reason) as container:
        stream = ffmpeg.audio(container)
        form = Format(stream.rate, stream.codec_context.name, stream.bit_rate or 0)
        size = _block_size(stream.rate, stream.channels)
        for block in _gathered(ffmpeg.pieces(container, stream, deadline), size):
            yield form, block


def _gathered(pieces: Iterator[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """Join pieces to blocks of at least `size` frames, but for the last."""
    held: list[np.ndarray] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= size:
            yield np.concatenate(held)
            held, length = [], 0
    if held:
        yield np.concatenate(held)


def _block_size(rate: int, channels: int) -> int:
    return max(1, min(_SAMPLES // max(1, channels), _SECONDS * rate))
