"""Formats whose files begin with a signature, and where their headers hold a length.

`CONTAINERS` serves two ends. A file in which the signature stands again holds several recordings,
joined by ``cat`` or sent one after the other. And a header may say 0 or far too much, if the
recorder did not know the length or lost power. Streams of frames (MP3, ADTS, AC-3, MPEG-TS) have
neither signature nor length and are read on to their end. Positions and sizes are in bytes.
"""

import io
import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

Readable = io.RawIOBase | io.BytesIO  # a file, or its content
_MOST_CHUNKS = 1_000
_DATA_GUID = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"


class Length(NamedTuple):
    """A length in a header.

    Attributes
    ----------
    at : int
        Where it stands.
    form : str
        How it is written, in the words of `struct`.
    size : int
        What it says.
    begin : int
        Where begins what it counts, the samples last.
    preface : int
        Bytes that it counts before the samples.
    """

    at: int
    form: str
    size: int
    begin: int
    preface: int = 0

    @property
    def content_end(self) -> int:
        """Where ends what it counts, as it says."""
        return self.begin + max(0, self.size)


class Chunks(NamedTuple):
    """A file made of chunks, each with name and size, one of which holds the samples.

    Attributes
    ----------
    first : int
        Where the first chunk begins.
    header : str
        Name and size of a chunk, in the words of `struct`.
    data : bytes
        Name of the chunk of the samples.
    preface : int
        Bytes before the samples in their chunk.
    counts_header : bool
        Whether the size counts name and size, too.
    align : int
        Chunks begin at multiples of it.
    whole : Length, or None
        Where the size of the whole file stands.
    is_obeyed : bool
        Whether a length that is too small ends the recording for libsndfile.
    """

    first: int
    header: str
    data: bytes
    preface: int = 0
    counts_header: bool = False
    align: int = 2
    whole: Length | None = None
    is_obeyed: bool = True

    def length(self, file: Readable) -> Length | None:
        """Find the length of the samples; None if there are none."""
        form = self.header[0] + self.header[-1]
        for begin, name, size, content in self._walk(file, self.first):
            if name == self.data:
                at = content - struct.calcsize(form)
                if self.counts_header:
                    return Length(at, form, size, begin, content - begin + self.preface)
                return Length(at, form, size, content, self.preface)
        return None

    def states_whole(self, file: Readable, size: int) -> bool:
        """Whether the header says that the whole file has this size."""
        if self.whole is None:
            return False
        at, form, _, uncounted, _ = self.whole
        width = struct.calcsize(form)
        stated = read_at(file, at, width).ljust(width, b"\0")
        return struct.unpack(form, stated) == (size - uncounted,)

    def follow(self, file: Readable, length: Length) -> bool:
        """Whether the file ends after the samples, or after chunks that follow them."""
        end = file.seek(0, io.SEEK_END)
        for padding in {0, -length.content_end % self.align}:  # some programs forget it
            position = length.content_end + padding
            for _, name, size, content in self._walk(file, position):
                if not re.match(rb"[ -~]{4}", name):
                    break
                position = self._end(content, size)
            else:
                if end - position < struct.calcsize(self.header):
                    return True
        return False

    def _walk(self, file: Readable, position: int) -> Iterator[tuple[int, bytes, int, int]]:
        """Beginning, name, stated size and beginning of the content of the chunks."""
        header = struct.Struct(self.header)
        for _ in range(_MOST_CHUNKS):
            chunk = read_at(file, position, header.size)
            if len(chunk) < header.size:
                return
            name, size = header.unpack(chunk)
            yield position, name, size, position + header.size
            position = self._end(position + header.size, size)
            position += -position % self.align

    def _end(self, content: int, size: int) -> int:
        """Where a chunk ends."""
        return content + max(0, size - struct.calcsize(self.header) * self.counts_header)


class RF64(Chunks):
    """A WAV whose sizes have 64 bits and stand in a chunk of their own."""

    def length(self, file: Readable) -> Length | None:
        """Find the length of the samples; None if there are none."""
        length = super().length(file)
        if length is None or length.size != 2**32 - 1:
            return length
        (size,) = struct.unpack("<Q", read_at(file, 28, 8).ljust(8, b"\0"))
        return length._replace(at=28, form="<Q", size=size)


class AuHeader:
    """The header of an AU: position of the samples, and their length."""

    whole = None
    is_obeyed = True

    def length(self, file: Readable) -> Length:
        """Find the length of the samples."""
        begin, size = struct.unpack(">II", read_at(file, 4, 8))
        return Length(8, ">I", size, begin)

    def states_whole(self, file: Readable, size: int) -> bool:
        """Whether the header says that the whole file has this size."""
        return False

    def follow(self, file: Readable, length: Length) -> bool:
        """Whether the file ends after the samples."""
        return file.seek(0, io.SEEK_END) == length.content_end


class Container(NamedTuple):
    """A format whose files begin with a signature.

    Attributes
    ----------
    name : str
    anchor : bytes
        A part of the signature to search for.
    offset : int
        Where it stands in the signature.
    signature : re.Pattern of bytes
    header : Chunks, AuHeader or None
        Where the length of the samples stands, if it can be wrong.
    is_chain : bool
        Whether players play joined files to the end.
    """

    name: str
    anchor: bytes
    offset: int
    signature: re.Pattern[bytes]
    header: Chunks | AuHeader | None = None
    is_chain: bool = False


def _container(
    name: str,
    anchor: bytes,
    signature: bytes,
    header: Chunks | AuHeader | None = None,
    *,
    offset: int = 0,
    is_chain: bool = False,
) -> Container:
    return Container(name, anchor, offset, re.compile(signature, re.DOTALL), header, is_chain)


_RIFF = Chunks(12, "<4sI", b"data", whole=Length(4, "<I", 0, 8))
_FORM = Chunks(12, ">4sI", b"SSND", preface=8, whole=Length(4, ">I", 0, 8))

CONTAINERS = (
    _container("WAV", b"RIFF", rb"RIFF.{4}WAVE[ -~]{4}", _RIFF),
    _container("WAV", b"RIFX", rb"RIFX.{4}WAVE[ -~]{4}", _FORM._replace(data=b"data", preface=0)),
    _container(
        "RF64",
        b"WAVEds64",
        rb"(RF64|BW64).{4}WAVEds64",
        RF64(*_RIFF)._replace(whole=Length(20, "<Q", 0, 8)),
        offset=8,
    ),
    _container(
        "W64",
        b"riff\x2e\x91\xcf\x11",
        rb"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00.{8}wave\xf3\xac\xd3\x11",
        Chunks(40, "<16sq", _DATA_GUID, 0, True, 8, whole=Length(16, "<q", 0, 0), is_obeyed=False),
    ),
    _container("AIFF", b"FORM", rb"FORM.{4}AIF[FC][ -~]{4}", _FORM),
    _container(
        "SVX",
        b"FORM",
        rb"FORM.{4}(8SVX|16SV)VHDR",
        _FORM._replace(data=b"BODY", preface=0, is_obeyed=False),
    ),
    _container("AU", b".snd", rb"\.snd\0\0.{6}\0\0\0[\x01-\x1b]\0", AuHeader()),
    _container(
        "CAF", b"caff", rb"caff\0\x01\0\0desc", Chunks(8, ">4sq", b"data", preface=4, align=1)
    ),
    _container("FLAC", b"fLaC", rb"fLaC[\0\x80]\0\0\x22", is_chain=True),
    _container("Ogg", b"OggS", rb"OggS\0[\x02\x06]\0{8}", is_chain=True),
    _container(
        "Matroska", b"\x1aE\xdf\xa3", rb"\x1aE\xdf\xa3.{,50}\x42\x82.(webm|matroska)", is_chain=True
    ),
    _container("MP4", b"ftyp", rb"\0\0\0.ftyp[ -~]{4}", offset=4),
    _container(
        "ASF",
        b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
        rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c",
    ),
    _container("AMR", b"#!AMR", rb"#!AMR(-WB)?\n"),
    _container("FLV", b"FLV", rb"FLV\x01[\x01\x04\x05]\0\0\0\x09"),
    _container("TTA", b"TTA", rb"TTA1[\x01-\x03]\0"),
    _container("VOC", b"Creative Voice File\x1a", rb"Creative Voice File\x1a"),
    _container("NIST", b"NIST_1A\n", rb"NIST_1A\n +\d+\n"),
    _container("NUT", b"nut/multimedia container\0", rb"nut/multimedia container\0"),
    _container("RealMedia", b".RMF", rb"\.RMF\0\0\0[\x12\x10]\0"),
)
LONGEST_SIGNATURE = 80


def read_at(file: Readable, position: int, size: int) -> bytes:
    """Read bytes at a position."""
    file.seek(position)
    return file.read(size) or b""
