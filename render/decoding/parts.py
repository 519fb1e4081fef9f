"""A file as the recordings that it holds, each as a file of its own with a true header.

Positions and sizes are in bytes.
"""

import errno
import io
import re
import struct
from collections.abc import Iterator
from itertools import islice

from render.decoding import ogg
from render.decoding.containers import (
    CONTAINERS,
    LONGEST_SIGNATURE,
    Container,
    Readable,
    read_at,
)
from render.decoding.deadline import Deadline

MOST_PARTS = 10_000  # more are no recordings, but an attack on the memory
_BLOCK = 1 << 20  # bytes that are searched at once
_ID3V2 = re.compile(rb"ID3[\2-\4].(.)([\0-\x7f]{4})", re.DOTALL)
_APE = struct.Struct("<8s4xI4xI8x")  # footer of an APE tag: name, size without header, flags
_FLAC_TOTAL = 21  # where the byte stands whose low half begins the number of samples
_PLACEHOLDER = 1 << 16  # so near to 2^31 or 2^32, a length was not known when it was written


class Part(io.RawIOBase):
    """One recording of a file, as a file to read.

    Parameters
    ----------
    file : io.RawIOBase
        Not closed with the part.
    start, end : int
        Where the part lies in the file.
    container : Container, optional
        Its format, where known.
    is_all : bool
        Whether the file can be read in place of the part.

    Attributes
    ----------
    source : io.RawIOBase
        The file itself, where it can be read in place of the part; else, the part.
    stated : float
        Length that its header states, as a multiple of the length that there is; less than 1 if
        the file goes on after it.
    """

    def __init__(
        self,
        file: Readable,
        start: int,
        end: int,
        container: Container | None = None,
        *,
        is_all: bool = False,
    ) -> None:
        self.container = container
        self._file, self._start, self._size, self._position = file, start, end - start, 0
        self._patches: dict[int, bytes] = {}
        self.stated = self._correct_header() if container else 1.0
        self.source = self if self._patches or not is_all else file
        self.seek(0)

    def readable(self) -> bool:
        """Return True, as for any file that can be read."""
        return True

    def seekable(self) -> bool:
        """Return True, as for any file in which one can move."""
        return True

    def tell(self) -> int:
        """Position in the part."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position in the part and return it."""
        position = (0, self._position, self._size)[whence] + offset
        if position < 0:
            raise OSError(errno.EINVAL, "Invalid argument")
        self._position = position
        return position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer as far as the part goes, and return the number of bytes."""
        begin = self._position
        count = min(len(buffer), self._size - begin)
        if count <= 0:
            return 0
        data = bytearray(read_at(self._file, self._start + begin, count))
        for at, patch in self._patches.items():
            first, last = max(at, begin), min(at + len(patch), begin + len(data))
            if first < last:
                data[first - begin : last - begin] = patch[first - at : last - at]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def forget_flac_total(self) -> None:
        """Let the header of a FLAC state no number of samples, so that it is read to its end."""
        total = read_at(self, _FLAC_TOTAL, 5)
        self._patches[_FLAC_TOTAL] = bytes([total[0] & 0xF0, 0, 0, 0, 0])  # the low 36 bits
        self.source = self

    def _correct_header(self) -> float:
        """Correct a length of nothing, or of more than there is; return the length stated."""
        header = self.container.header if self.container else None
        length = header.length(self) if header else None
        if header is None or length is None or self._size <= length.begin + length.preface:
            return 1.0
        actual = self._size - length.begin
        if length.size <= actual and header.follow(self, length):
            return 1.0
        stated = (length.size - length.preface) / (actual - length.preface)
        if 0 < stated <= 1:
            return stated if header.is_obeyed else 1.0
        self._patches[length.at] = _packed(length.form, actual)
        if header.whole:
            at, form, _, uncounted, _ = header.whole
            self._patches[at] = _packed(form, self._size - uncounted)
        return 1.0 if stated <= 0 or _is_placeholder(length.size) else stated


def _packed(form: str, size: int) -> bytes:
    return struct.pack(form, min(size, 256 ** struct.calcsize(form) - 1))


def _is_placeholder(size: int) -> bool:
    return min(abs(size - 2**31), abs(size - 2**32)) <= _PLACEHOLDER or size >= 2**62


def split(file: Readable, deadline: Deadline) -> list[Part]:
    """Find the recordings of a file, in order.

    Parameters
    ----------
    file : io.RawIOBase
        Can be read anywhere.
    deadline : Deadline
        Checked during the search.

    Returns
    -------
    parts : list of Part
        At least one. Tags at either end of the file belong to none.

    Raises
    ------
    ValueError
        If there are more than `MOST_PARTS`, or time is over.
    """
    size = file.seek(0, io.SEEK_END)
    # A small file is searched in memory: one read takes the place of a dozen.
    searched = io.BytesIO(read_at(file, 0, size)) if size <= _BLOCK else file
    begin, end = end_of_id3v2(searched), end_without_tags(searched)
    head = read_at(searched, begin, LONGEST_SIGNATURE)
    container = next((row for row in CONTAINERS if row.signature.match(head)), None)
    if container is None:
        return [Part(file, 0, end, is_all=True)]
    starts = [begin]
    if not (container.header and container.header.states_whole(searched, end)):
        starts = list(islice(_starts(searched, begin, end, container, deadline), MOST_PARTS + 1))
    if len(starts) > MOST_PARTS:
        raise ValueError(f"expected at most {MOST_PARTS} recordings in a file, got more")
    is_all = len(starts) == 1 and (begin, end) == (0, size)
    return [
        Part(file, start, stop, container, is_all=is_all)
        for start, stop in zip(starts, [*starts[1:], end], strict=True)
    ]


def _starts(
    file: Readable, begin: int, end: int, container: Container, deadline: Deadline
) -> Iterator[int]:
    """Where files of a format begin."""
    page_end = -1
    for start in _signatures(file, begin, end, container, deadline):
        if start != page_end:  # else, another stream of the same link of a chain
            yield start
        if container.name == "Ogg":
            page_end = ogg.page_end(file, start)


def _signatures(
    file: Readable, begin: int, end: int, container: Container, deadline: Deadline
) -> Iterator[int]:
    for position in range(begin, end, _BLOCK):
        deadline.check()
        data = read_at(file, position, min(_BLOCK + LONGEST_SIGNATURE, end - position))
        at = data.find(container.anchor)
        while at >= 0:
            start = at - container.offset
            if 0 <= start < _BLOCK and container.signature.match(data, start):
                yield position + start
            at = data.find(container.anchor, at + 1)


def end_of_id3v2(file: Readable) -> int:
    """Where the ID3v2 tag ends that begins a file; 0 without one."""
    return id3v2_size(read_at(file, 0, 10))


def id3v2_size(head: bytes) -> int:
    """Size of the ID3v2 tag that begins with the 10 bytes `head`; 0 if none does."""
    header = _ID3V2.match(head)
    if not header:
        return 0
    (flags,), size = header[1], 0
    for digit in header[2]:
        size = size << 7 | digit
    return 10 + size + (10 if flags & 0x10 else 0)


def end_without_tags(file: Readable) -> int:
    """Where the tags of ID3v1 and APE begin that end a file, or its end."""
    end = file.seek(0, io.SEEK_END)
    while True:
        if end >= 128 and read_at(file, end - 128, 3) == b"TAG":
            end -= 128
        elif end > _APE.size and 0 < (size := _ape_size(file, end)) < end:
            end -= size
        else:
            return end


def _ape_size(file: Readable, end: int) -> int:
    """Size of the APE tag that ends at a position; 0 if there is none."""
    name, size, flags = _APE.unpack(read_at(file, end - _APE.size, _APE.size))
    if name != b"APETAGEX":
        return 0
    return size + (_APE.size if flags & 1 << 31 else 0)
