"""libsndfile, through soundfile: a recording in, blocks of samples out."""

import io
import re
from collections.abc import Iterator

import numpy as np
import soundfile

from render.decoding import endings, ogg, tracks
from render.decoding.containers import Readable, read_at
from render.decoding.parts import Part, end_of_id3v2, end_without_tags
from render.decoding.quiet import Mute

_UNKNOWN = 2**48  # a FLAC of so many frames, or more, does not state its length
# In an MP3, the frame that states its length: flags, and bytes where the flags say so.
_MP3_TAG = re.compile(rb"(?:Xing|Info)\0\0\0(.).{4}(.{4})", re.DOTALL)
_STATES_BYTES = 2
_TAG_WITHIN = 4_096  # bytes
_SHORT_BLOCK = 4_096  # frames; of a longer one, an error in it loses more
_FLAC_BLOCK = 4  # bytes of the header of a metadata block
_FLAC_LAST, _FLAC_PICTURE = 0x80, 6  # flag of the last block; kind of a block
_LONGEST_MP3_FRAME = 1_441  # bytes
_mute = Mute()  # mpg123, libsndfile's MP3 decoder, warns of every odd tag


class Stream(soundfile.SoundFile):
    """A recording that is read from beginning to end, without seeking, as far as it can be.

    soundfile seeks to its position after every read. That takes time, and within an MP3 it makes a
    few wrong samples, as frames need bits of those before them. After an error, it would drop the
    samples that were read before.

    Attributes
    ----------
    error : int
        libsndfile's number of the first error; 0 without one.
    stopped_at : int or None
        Frames after which libsndfile stopped, though the file goes on; None where it did not.
    """

    error = 0
    stopped_at: int | None = None

    def seekable(self) -> bool:
        """Return False, so that soundfile does not seek."""
        return False

    @property
    def _errorcode(self) -> int:
        self.error = self.error or super()._errorcode
        return 0


def opened(part: Part) -> Stream:
    """Open a recording.

    Raises
    ------
    soundfile.LibsndfileError
        If libsndfile does not know its format.
    """
    source = part.source
    source.seek(0)
    with _mute:
        # A file by its descriptor, which is faster than calls from C. Never by its name: soundfile
        # would take the suffix .raw for a format.
        if isinstance(source, io.FileIO):
            return Stream(source.fileno(), closefd=False)
        return Stream(source)


def blocks(
    sound: Stream, part: Part, size: int, warnings: list[str], position: int = 0
) -> Iterator[np.ndarray]:
    """Decode a recording.

    Parameters
    ----------
    sound : Stream
    part : Part
        That it was opened from.
    size : int
        Frames of a block.
    warnings : list of str
        Gets what is odd about the end.
    position : int
        Frames that were read before.

    Yields
    ------
    block : np.ndarray, shape=(n, channels), dtype=float32

    Raises
    ------
    ValueError
        If the recording is damaged, and not just cut; never for an MP3.
    """
    # Not SoundFile.blocks(): if a header promises too many frames, it fills them with garbage.
    while position < sound.frames:
        count = min(size, sound.frames - position)
        with _mute:
            block = sound.read(count, dtype="float32", always_2d=True)
        yield block
        position += len(block)
        if len(block) < count:
            break
    is_read = part.source.tell() >= part.source.seek(0, io.SEEK_END)
    # mpg123 stops where the rate or the channels change, and after 1 kB that is no frame.
    is_mp3_left = sound.format == "MP3" and (sound.error or position < sound.frames and not is_read)
    is_flac_left = sound.format == "FLAC" and position == sound.frames and not is_read
    if is_mp3_left or is_flac_left:
        sound.stopped_at = position
        return
    if sound.error and not (position and is_read):
        reason = soundfile.LibsndfileError(sound.error).error_string
        raise ValueError(f"expected audio that is whole, got damaged data ({reason})")
    warnings += _oddities(sound, part, position)


def flac_rest(part: Part, begin: int, warnings: list[str]) -> Iterator[np.ndarray]:
    """Decode what follows the samples that the header of a FLAC counts.

    Parameters
    ----------
    part : Part
    begin : int
        Frames that are left out.
    warnings : list of str
        Gets what is odd about the end.

    Yields
    ------
    block : np.ndarray, shape=(n, channels), dtype=float32
        None if something else follows.

    Raises
    ------
    ValueError
        If what follows is damaged.
    """
    part.forget_flac_total()
    with opened(part) as sound:
        left = begin
        while left and (count := len(sound.read(min(left, _SHORT_BLOCK), always_2d=True))):
            left -= count
        block = sound.read(_SHORT_BLOCK, dtype="float32", always_2d=True)
        if len(block):
            yield block
            yield from blocks(sound, part, _SHORT_BLOCK, warnings, begin + len(block))


def encoded_size(part: Part, warnings: list[str]) -> int:
    """Bytes of the encoded sound, without tags and cover pictures.

    Parameters
    ----------
    part : Part
    warnings : list of str
        Gets the names of further tracks of an Ogg file.
    """
    source = part.source
    size = end_without_tags(source) - end_of_id3v2(source)
    name = part.container.name if part.container else ""
    if name == "FLAC":
        return size - _flac_pictures(source)
    if name != "Ogg":
        return size
    streams = ogg.audio_streams(source)
    if len(streams) > 1:
        names = [f"track {number}" for number in range(1, len(streams) + 1)]
        warnings.append(tracks.choice(names, 0))
    return streams[0].size if streams and streams[0].size else size


def _flac_pictures(file: Readable) -> int:
    """Bytes of the cover pictures of a FLAC."""
    position, kind, pictures = len(b"fLaC"), 0, 0
    while not kind & _FLAC_LAST:
        header = read_at(file, position, _FLAC_BLOCK)
        if len(header) < _FLAC_BLOCK:
            break
        kind, size = header[0], _FLAC_BLOCK + int.from_bytes(header[1:])
        pictures += size if kind & ~_FLAC_LAST == _FLAC_PICTURE else 0
        position += size
    return pictures


def _oddities(sound: Stream, part: Part, frames: int) -> list[str]:
    """What is odd about the end of a recording, of which so many frames were read."""
    seconds = frames / sound.samplerate
    if cut := endings.compare(seconds, _stated(sound, part), part.stated):
        return cut
    is_ogg = part.container is not None and part.container.name == "Ogg"
    if sound.error or (is_ogg and ogg.is_cut(part)):
        return [endings.BROKEN.format(seconds)]
    return []


def _stated(sound: Stream, part: Part) -> float | None:
    """Length that libsndfile found stated, in s; None without one."""
    if sound.frames >= _UNKNOWN or sound.format == "MP3" and not _has_mp3_tag(part):
        return None
    return sound.frames / sound.samplerate


def _has_mp3_tag(part: Part) -> bool:
    """Whether an MP3 states its length; else, libsndfile estimates it."""
    head = read_at(part, end_of_id3v2(part), _TAG_WITHIN)
    return bool(_MP3_TAG.search(head)) or b"VBRI" in head


def is_mp3_whole(part: Part) -> bool:
    """Whether an MP3 states a size in bytes, and has it, to a frame."""
    begin = end_of_id3v2(part)
    tag = _MP3_TAG.search(read_at(part, begin, _TAG_WITHIN))
    if not tag or not tag[1][0] & _STATES_BYTES:
        return False
    stated = begin + tag.start() + int.from_bytes(tag[2])
    return abs(part.seek(0, io.SEEK_END) - stated) <= _LONGEST_MP3_FRAME
