"""Uploads: files from strangers, checked by their content and saved only while needed.

The name of an upload is text for people and never becomes part of a path. MB are 2^20 bytes,
durations are in s.
"""

import io
import re
import string
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from classify.data.pictures import size
from detect.sources import printable

MB = 1 << 20
_SHOWN = 48  # characters of a name, about a line on a phone
_ARCHIVES = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"PK\x07\x08", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"BZh", "a bzip2 archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
)
_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"BM": "BMP",
    b"P5": "PPM",
    b"P6": "PPM",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
}
_NBSP = "\u00a0"
_MARKS = re.compile(f"([{re.escape(string.punctuation)}])")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of uploads.

    Attributes
    ----------
    megabytes : int
        Largest file, in MB.
    seconds : float
        Longest recording, in s.
    timeout : float
        Seconds of work on one recording before it fails.
    files : int
        Most files at once.
    """

    megabytes: int = 200
    seconds: float = 3600.0
    timeout: float = 300.0
    files: int = 100

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise ValueError(f"expected {name} above 0, got {value:g}")


@dataclass(frozen=True, eq=False)
class Upload:
    """A file from a visitor.

    Attributes
    ----------
    name : str
        Can be anything.
    data : bytes
    """

    name: str
    data: bytes

    @property
    def picture(self) -> str | None:
        """Format of a picture in Pillow's words; None for other files."""
        return next(
            (name for start, name in _PICTURES.items() if self.data.startswith(start)), None
        )

    def check(self, limits: Limits) -> None:
        r"""Refuse an empty or too large file, and archives.

        Raises
        ------
        ValueError

        Examples
        --------
        >>> Upload("speech.wav", b"PK\x03\x04...").check(Limits())
        Traceback (most recent call last):
        ValueError: expected a recording or a picture, got a ZIP archive
        """
        if not self.data:
            raise ValueError("expected a recording or a picture, got an empty file")
        if len(self.data) > limits.megabytes * MB:
            raise ValueError(
                f"expected at most {limits.megabytes} MB, got {len(self.data) / MB:.1f} MB"
            )
        for start, kind in _ARCHIVES:
            if self.data.startswith(start):
                raise ValueError(f"expected a recording or a picture, got {kind}")

    def check_size(self, shape: Sequence[int]) -> None:
        """Refuse a picture of another size by its header, before its pixels are unpacked.

        Parameters
        ----------
        shape : sequence of two int
            Expected height and width, in pixels.

        Raises
        ------
        ValueError
        """
        try:
            with Image.open(io.BytesIO(self.data), formats=[self.picture or ""]) as image:
                width, height = image.size
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:
            raise ValueError(f"expected a picture of {size(shape)}, got {error}") from error
        if (height, width) != tuple(shape):
            raise ValueError(f"expected a picture of {size(shape)}, got {size((height, width))}")


@contextmanager
def saved(upload: Upload) -> Iterator[Path]:
    """Write an upload into a temporary folder, which is removed when the context ends.

    Yields
    ------
    path : Path
        Independent of the name of the upload.
    """
    with tempfile.TemporaryDirectory(prefix="spoofsight-") as folder:
        path = Path(folder, "upload")
        path.write_bytes(upload.data)
        yield path


def short(name: str) -> str:
    r"""Shorten a name in the middle to fit into a line, and escape unprintable characters.

    Examples
    --------
    >>> short("a\nb.wav"), short("x" * 100 + ".wav")
    ('a\\nb.wav', 'xxxxxxxxxxxxxxxxxxxxxxxxxxx…xxxxxxxxxxxxxxxx.wav')
    """
    name = printable(name)
    if len(name) <= _SHOWN:
        return name
    end = _SHOWN * 5 // 12
    return f"{name[: _SHOWN - 1 - end]}…{name[-end:]}"


def escaped(text: str) -> str:
    r"""Escape text for Markdown, HTML included.

    Examples
    --------
    >>> escaped("*<b>* :red[x]")
    '\\*\\<b\\>\\* \\:red\\[x\\]'
    """
    return _NBSP.join(_MARKS.sub(r"\\\1", printable(part)) for part in text.split(_NBSP))


def bullets(texts: Iterable[str]) -> str:
    r"""Make a Markdown list of escaped texts.

    Examples
    --------
    >>> bullets(["a*", "b"])
    '- a\\*\n- b'
    """
    return "\n".join(f"- {escaped(text)}" for text in texts)
