"""Standard input as a temporary file, which can be read twice.

Raw samples have no header and get one: 16 bits, little-endian, mono.
"""

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
            with path.open("wb") as file:
                for block in _blocks(stream):
                    file.write(block)
        else:
            with wave.open(str(path), "wb") as sound:
                sound.setparams((1, 2, raw, 0, "NONE", "not compressed"))
                for block in _blocks(stream):
                    sound.writeframesraw(block)
        yield path


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    total = 0
    while block := stream.read(_BLOCK):
        total += len(block)
        if total > LARGEST - _BLOCK:  # with room for a header
            raise ValueError("expected at most 4 GiB on standard input, got more")
        yield block
    if not total:
        raise ValueError("expected a recording on standard input, got nothing")
