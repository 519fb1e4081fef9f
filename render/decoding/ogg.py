"""The pages of an Ogg file: where it is cut, which streams it holds, how large each is.

Positions and sizes are in bytes. The format is that of RFC 3533.
"""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from render.decoding.containers import Readable, read_at

_PAGE = b"OggS\0"
_HEADER = 27  # bytes of the header of a page, before the lengths of its segments
_LONGEST_PAGE = _HEADER + 255 + 255 * 255
_BEGINS_STREAM = 2  # flag of a page
_UNKNOWN = -1  # position in the sound of a page that ends no packet
_AUDIO = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")  # beginnings of streams
_SEARCHED = 1 << 16


@dataclass
class Stream:
    """A stream of sound, with the size of its packets but for its headers and tags."""

    size: int = 0


def page_end(file: Readable, position: int) -> int:
    """Where the page is to end that begins at a position."""
    return _end(position, read_at(file, position, _HEADER + 255))


def _end(position: int, header: bytes) -> int:
    if len(header) < _HEADER:
        return position + _HEADER
    count = header[_HEADER - 1]
    return position + _HEADER + count + sum(header[_HEADER : _HEADER + count])


def is_cut(file: Readable) -> bool:
    """Whether an Ogg file ends within a page.

    That the last page is not marked as the last says little: many programs forget it.
    """
    end = file.seek(0, io.SEEK_END)
    begin = max(0, end - _LONGEST_PAGE)
    at = read_at(file, begin, _LONGEST_PAGE).rfind(b"OggS")
    return at >= 0 and page_end(file, begin + at) > end


def audio_streams(file: Readable) -> list[Stream]:
    """Find the streams of sound of an Ogg file, in order."""
    streams: dict[int, Stream] = {}
    for begin, end, header in _pages(file):
        flags, position, serial = struct.unpack_from("<BqI", header, 5)
        if flags & _BEGINS_STREAM:
            begin += _HEADER + header[_HEADER - 1]
            if read_at(file, begin, 8).startswith(_AUDIO):
                streams[serial] = Stream()
        elif serial in streams and (streams[serial].size or position not in (0, _UNKNOWN)):
            streams[serial].size += end - begin - _HEADER - header[_HEADER - 1]
    return list(streams.values())


def _pages(file: Readable) -> Iterator[tuple[int, int, bytes]]:
    """Beginning, end and header of the pages; what is no page is passed over."""
    position = 0
    while len(header := read_at(file, position, _HEADER + 255)) >= _HEADER:
        if header.startswith(_PAGE):
            end = _end(position, header)
            yield position, end, header
            position = end
        else:
            at = read_at(file, position, _SEARCHED).find(_PAGE, 1)
            position += at if at > 0 else _SEARCHED - len(_PAGE) + 1
