"""A file in, blocks of samples out: every channel, at the file's rate.

The format is recognised by content, never by suffix. libsndfile reads WAV, FLAC, OGG, MP3, AIFF and
more; FFmpeg reads the rest (AAC, Opus, WMA, AMR, the sound of a video), and is loaded only for it,
which takes a tenth of a second. Blocks are float32 of shape (frames, channels), 1.0 is full scale.
Only regular files are opened, so that a pipe or a device cannot hang a run.

A recording ends where its data ends, not where a header or an estimate says. Recordings that follow
each other in a file are one, at the rate and with the channels of the first.
"""

import stat
from collections.abc import Iterator
from functools import reduce
from io import FileIO
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr

from render.decoding import libsndfile
from render.decoding.deadline import Deadline
from render.decoding.parts import Part, split

RATES = (1_000, 1_000_000)  # Hz; too low for speech below, no recorder above
LOUDEST = 2.0**32  # samples are 1.0 at full scale, or 2^31 where integers were stored as floats
_BLOCK = 1 << 18  # samples in a block, of all channels together
_BLOCK_SECONDS = 16  # longest block, as a low rate grows when it is resampled
_MP3_EXCESS = 3 * 1_152  # samples that a good MP3 holds at most besides those to be played
# libsndfile's names of what FFmpeg reads where libsndfile refuses it
_CODECS = {
    f"mp{layer}float": f"MP3/MPEG_LAYER_{number}"
    for layer, number in enumerate(("I", "II", "III"), 1)
}
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
    size : int
        Bytes of the encoded sound, without tags, cover pictures and other tracks; complete with
        the last block.
    warnings : tuple of str
        Complete with the last block.
    """

    rate: int
    codec: str
    bit_rate: int
    size: int = 0
    warnings: tuple[str, ...] = ()


class _Recording(NamedTuple):
    """One recording of a file on its way through a decoder.

    Attributes
    ----------
    part : Part
    deadline : Deadline
    warnings : list of str
        Gets what is odd; that of the whole file.
    sizes : list of int
        Gets the bytes of the encoded sound.
    """

    part: Part
    deadline: Deadline
    warnings: list[str]
    sizes: list[int]


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
        The same each time, but for size and warnings.
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
            if file.read(len(_MIDI_DUMP)) == _MIDI_DUMP:
                raise ValueError("expected audio, got a MIDI sample dump")
            for file_format, block in _joined(file, deadline):
                if len(block):
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


def _require_rate(rate: int) -> None:
    if not RATES[0] <= rate <= RATES[1]:
        raise ValueError(f"expected a sample rate of {RATES[0]} to {RATES[1]} Hz, got {rate}")


def _require_finite(block: np.ndarray) -> None:
    lowest, highest = block.min(initial=0), block.max(initial=0)  # NaN if any sample is
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise ValueError("expected finite samples, got NaN or infinity")
    if max(-lowest, highest) > LOUDEST:
        raise ValueError(
            f"expected samples of about 1.0 at full scale, got {max(-lowest, highest):.1e}"
        )


def _joined(file: FileIO, deadline: Deadline) -> Iterator[tuple[Format, np.ndarray]]:
    """Decode the recordings of a file one after the other, with size and warnings at the end."""
    parts, warnings, sizes = split(file, deadline), list[str](), list[int]()
    if len(parts) > 1 and not (parts[0].container and parts[0].container.is_chain):
        warnings.append(
            f"the file holds {len(parts)} recordings one after the other, and some players play "
            "the first alone"
        )
    first: tuple[Format, int] | None = None
    for number, part in enumerate(parts, 1):
        recording = _Recording(part, deadline, warnings, sizes)
        try:
            for file_format, block in _alike(_blocks(recording), first):
                first = first or (file_format, block.shape[1])
                yield file_format, block
        except ValueError as error:
            deadline.check()
            if number == 1:
                raise
            warnings.append(f"recording {number} of {len(parts)} in the file is damaged: {error}")
    if first:
        empty = np.zeros((0, first[1]), np.float32)
        unique = tuple(dict.fromkeys(warnings))
        yield first[0]._replace(size=sum(sizes), warnings=unique), empty


def _blocks(recording: _Recording) -> Iterator[tuple[Format, np.ndarray]]:
    """Decode one recording."""
    part, sizes = recording.part, recording.sizes
    try:
        sound = libsndfile.opened(part)
    except soundfile.LibsndfileError as error:
        yield from _ffmpeg_blocks(recording, error.error_string)
        return
    with sound:
        file_format = Format(sound.samplerate, f"{sound.format}/{sound.subtype}", 0)
        _require_rate(file_format.rate)
        size = _block_size(sound.samplerate, sound.channels)
        count, gaps = len(sizes), list[str]()
        if sound.format == "MP3" and _goes_on(sound, recording, gaps):
            blocks = _mp3_blocks(recording, sound.samplerate, size)
        else:
            blocks = libsndfile.blocks(sound, part, size, recording.warnings)
        for block in blocks:
            yield file_format, block
        if sound.stopped_at is None:
            recording.warnings.extend(gaps)
        else:
            yield from _rest(sound, sound.stopped_at, recording, file_format, size)
    if len(sizes) == count:
        sizes.append(libsndfile.encoded_size(part, recording.warnings))


def _goes_on(sound: libsndfile.Stream, recording: _Recording, gaps: list[str]) -> bool:
    """Whether an MP3 holds more than libsndfile would read.

    It would read as much as the first header states, or as it estimates of the first frames. If
    not, `gaps` gets what stands between the frames.
    """
    part = recording.part
    position = part.source.tell()
    if libsndfile.is_mp3_whole(part):  # a hundredth of the time
        part.source.seek(position)
        return False
    from render.decoding import ffmpeg

    part.seek(0)
    seconds, oddities = ffmpeg.mp3_frames(part, recording.deadline)
    part.source.seek(position)
    if seconds * sound.samplerate > sound.frames + _MP3_EXCESS:
        return True
    gaps += oddities
    return False


def _rest(
    sound: libsndfile.Stream, begin: int, recording: _Recording, file_format: Format, size: int
) -> Iterator[tuple[Format, np.ndarray]]:
    """Decode what libsndfile left of a recording after so many frames."""
    if sound.format == "MP3":
        rest = _mp3_blocks(recording, sound.samplerate, size, begin)
    else:
        rest = _join(libsndfile.flac_rest(recording.part, begin, recording.warnings), size)
    try:
        yield from _alike(((file_format, block) for block in rest), (file_format, sound.channels))
    except ValueError as error:
        recording.deadline.check()
        if sound.format != "MP3" or sound.error or not begin:
            raise
        seconds = begin / sound.samplerate
        recording.warnings.append(f"the file cannot be read after {seconds:.1f} s: {error}")


def _mp3_blocks(
    recording: _Recording, rate: int, size: int, begin: int = 0
) -> Iterator[np.ndarray]:
    """Decode an MP3 to its end, without the frames before `begin`."""
    from render.decoding import ffmpeg, tracks

    part, deadline, warnings, sizes = recording
    part.seek(0)
    with ffmpeg.opened(part, deadline, "a damaged MP3", "mp3") as container:
        stream = tracks.audio(container, warnings)
        pieces = ffmpeg.pieces(container, stream, deadline, warnings, sizes, rate=rate)
        yield from _join(_after(pieces, begin), size)


def _ffmpeg_blocks(recording: _Recording, reason: str) -> Iterator[tuple[Format, np.ndarray]]:
    """Decode a recording that libsndfile refused for a reason: its first track with sound."""
    from render.decoding import ffmpeg, tracks

    part, deadline, warnings, sizes = recording
    before, error, rank, count = (len(warnings), len(sizes)), None, 0, 1
    while rank < count:
        del warnings[before[0] :], sizes[before[1] :]
        part.seek(0)
        with ffmpeg.opened(part, deadline, reason) as container:
            count = tracks.count_readable(container)
            stream = tracks.audio(container, warnings, rank)
            rate, bit_rate = stream.rate, stream.bit_rate or 0
            pieces = ffmpeg.pieces(container, stream, deadline, warnings, sizes, part=part.stated)
            try:
                first = next(pieces, None)
            except ValueError as first_error:
                deadline.check()
                error, first = error or first_error, None
            if first is not None:
                rate = rate or stream.rate  # of a late start, only the samples tell it
                _require_rate(rate)
                codec = stream.codec_context.name
                file_format = Format(rate, _CODECS.get(codec, codec), bit_rate)
                for block in _join(chain([first], pieces), _block_size(rate, first.shape[1])):
                    yield file_format, block
                return
        rank += 1
    raise error or ValueError("expected audio, got a file without samples")


def _alike(
    blocks: Iterator[tuple[Format, np.ndarray]], first: tuple[Format, int] | None
) -> Iterator[tuple[Format, np.ndarray]]:
    """Bring blocks to the rate and the number of channels of a first recording."""
    resampler = None
    for file_format, block in blocks:
        if first and block.shape[1] != first[1]:
            block = np.repeat(average(block)[:, None], first[1], axis=1)
        if first and file_format.rate != first[0].rate:
            resampler = resampler or soxr.ResampleStream(
                file_format.rate, first[0].rate, first[1], dtype="float32"
            )
            block = resampler.resample_chunk(block)
        yield first[0] if first else file_format, block
    if first and resampler:
        rest = np.zeros((0, first[1]), np.float32)
        yield first[0], resampler.resample_chunk(rest, last=True)


def average(block: np.ndarray) -> np.ndarray:
    """Mean of the channels.

    Parameters
    ----------
    block : np.ndarray, shape=(n, channels), dtype=float32

    Returns
    -------
    mono : np.ndarray, shape=(n,), dtype=float32
        Of one channel, the block itself.
    """
    if block.shape[1] == 1:
        return block[:, 0]
    # Channel by channel: NumPy's mean over a short last axis takes 30 times as long.
    return reduce(np.add, block.T) / np.float32(block.shape[1])


def _after(pieces: Iterator[np.ndarray], begin: int) -> Iterator[np.ndarray]:
    """Leave out the frames before `begin`."""
    for piece in pieces:
        yield piece[begin:]
        begin = max(0, begin - len(piece))


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
