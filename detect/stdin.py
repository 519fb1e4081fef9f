"""Standard input as a temporary file, which can be read twice.

The header of a streamed WAV was written before its length was known, and may say 0 or 4 GB: it gets
the true length. Raw samples have no header and get one: 16 bits, little-endian, mono.
"""

import os
import struct
import tempfile
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

LARGEST = 1 << 32  # bytes, as many as a WAV can have
_BLOCK = 1 << 20  # bytes


@contextmanager
def saved(stream: BinaryIO, raw: int | None = None) -> Iterator[Path]:
    """Copy a stream into a temporary file, which is removed when the context ends.

    Parameters
    ----------
    stream : binary file
        Read to its end.
    raw : int, optional
        Sample rate of a stream of raw samples, in Hz.

    Yields
    ------
    path : Path

    Raises
    ------
    ValueError
        If the stream is a terminal, holds nothing or more than 4 GiB.
    """
    if stream.isatty():
        raise ValueError("expected a recording on standard input, got a terminal")
    with tempfile.TemporaryDirectory(prefix="spoofsight-") as folder:
        path = Path(folder, "input")
        if raw is None:
            with path.open("w+b") as file:
                for block in _blocks(stream):
                    file.write(block)
                correct_length(file)
        else:
            with wave.open(str(path), "wb") as sound:
                sound.setparams((1, 2, raw, 0, "NONE", "not compressed"))
                for block in _blocks(stream):
                    sound.writeframesraw(block)
        yield path


def correct_length(file: BinaryIO) -> None:
    """Write the true length into a WAV whose header says 0, or more than it has.

    Parameters
    ----------
    file : binary file
        Open for reading and writing; other formats stay unchanged.
    """
    end = file.seek(0, os.SEEK_END)
    file.seek(0)
    if file.read(4) != b"RIFF" or len(file.read(4)) < 4 or file.read(4) != b"WAVE":
        return
    position = 12
    while position + 8 <= end:
        file.seek(position)
        kind, size = struct.unpack("<4sI", file.read(8))
        if kind == b"data":
            length = end - position - 8
            if size == 0 or size > length:
                file.seek(position + 4)
                file.write(struct.pack("<I", length))
                file.seek(4)
                file.write(struct.pack("<I", min(end - 8, 2**32 - 1)))
            return
        position += 8 + size + size % 2


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    total = 0
    while block := stream.read(_BLOCK):
        total += len(block)
        if total > LARGEST - _BLOCK:  # with room for a header
            raise ValueError("expected at most 4 GiB on standard input, got more")
        yield block
    if not total:
        raise ValueError("expected a recording on standard input, got nothing")
