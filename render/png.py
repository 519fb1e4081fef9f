"""A grey picture as a PNG file that holds its render settings and its source.

The file is an 8-bit grey PNG with an XMP packet of two attributes in the namespace `NAMESPACE`,
each holding JSON: ``render`` is the render settings, ``clip`` the `PictureSource`. Writing is
atomic: a file is there whole or not at all.
"""

import json
import re
import secrets
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

import cv2
import numpy as np

from render.decoding.audio import SourceFile
from render.settings import Settings

NAMESPACE = "urn:spoofsight:1"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"tEXtXML:com.adobe.xmp\0"  # how OpenCV begins the chunk of the packet
PART = ".part"  # suffix of a file that is still being written
_PART_NAME = re.compile(rf"[0-9a-f]{{16}}\{PART}")
# Not compressed: grey noise gets a quarter smaller at most, and takes four times longer to read.
_STORED = (
    *(cv2.IMWRITE_PNG_COMPRESSION, 0),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE),
    *(cv2.IMWRITE_PNG_ZLIBBUFFER_SIZE, 1 << 20),  # all pixels in one chunk
)

_PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:s="{namespace}" s:render={render} s:clip={clip}/>'
    "</rdf:RDF></x:xmpmeta>"
)


class WriteError(OSError):
    """A file that cannot be written: nothing that follows can be either."""


@dataclass(frozen=True, kw_only=True)
class PictureSource:
    """The recording and the clip that a picture shows.

    Attributes
    ----------
    recording : str
        Path of the recording below the audio folder, with forward slashes.
    sha256 : str
        SHA-256 of the recording's bytes.
    clip, clips : int
        Number of this clip, from 0, and number of clips of the recording.
    start_s, duration_s : float
        Start of the clip in the recording, and its length, in seconds.
    file : SourceFile
        Format and level of the recording's file.
    variant : int
        0 for the recording as it is, else the number of its variant.
    augmentation : str
        Effects on the sound of a variant.
    """

    recording: str
    sha256: str
    clip: int
    clips: int
    start_s: float
    duration_s: float
    file: SourceFile
    variant: int = 0
    augmentation: str = ""


def write(path: Path, image: np.ndarray, settings: Settings, source: PictureSource) -> None:
    """Write a picture with its settings and source.

    Parameters
    ----------
    path : Path
        A file; its folder is made if missing.
    image : np.ndarray, shape=(height, width), dtype=uint8
    settings : Settings
    source : PictureSource
    """
    packet = _PACKET.format(
        namespace=NAMESPACE,
        render=_quoted(settings),
        clip=quoteattr(json.dumps(_as_dict(source), sort_keys=True)),
    )
    # OpenCV takes the packet for a C string: without the zero it writes the memory behind it.
    metadata = np.frombuffer(packet.encode() + b"\0", np.uint8)
    is_encoded, data = cv2.imencodeWithMetadata(
        ".png", image, [cv2.IMAGE_METADATA_XMP], [metadata], _STORED
    )
    if not is_encoded:
        raise ValueError(f"expected a picture that PNG can hold, got shape {image.shape}")
    replace(path, data.tobytes())


@lru_cache(maxsize=4)
def _quoted(settings: Settings) -> str:
    return quoteattr(settings.to_json())


def _as_dict(source: PictureSource) -> dict[str, Any]:
    return {**vars(source), "file": source.file.properties}


def read(path: Path) -> tuple[Settings, PictureSource] | None:
    """Read the metadata that `write` put beside the picture.

    Returns
    -------
    metadata : tuple of (Settings, PictureSource), or None
        None if the file is missing, damaged, not drawn by `render` or of another format.
    """
    attributes = _attributes(path)
    try:
        settings = _settings(attributes[f"{{{NAMESPACE}}}render"])
        source = json.loads(attributes[f"{{{NAMESPACE}}}clip"])
        return settings, PictureSource(**{**source, "file": SourceFile(**source["file"])})
    except (KeyError, TypeError, ValueError):
        return None


@lru_cache(maxsize=4)
def _settings(text: str) -> Settings:
    return Settings.from_json(text)


def is_ours(path: Path) -> bool:
    """Whether a file is a whole picture that `render` drew, in this or another format."""
    return f"{{{NAMESPACE}}}render" in _attributes(path)


def _attributes(path: Path) -> dict[str, str]:
    """All attributes of a picture's XMP packet; none if it is missing, damaged or has no packet."""
    try:
        elements = list(ElementTree.fromstring(_packet(path)).iter())
    except (OSError, ElementTree.ParseError):
        return {}
    return {name: value for element in elements for name, value in element.attrib.items()}


def _packet(path: Path) -> bytes:
    """The XMP packet of a whole PNG, as `write` leaves it; empty for any other file.

    Chunk by chunk, after section 5.3 of the PNG specification: decoders stop at the last pixel and
    do not report damage behind it. Pillow's ``verify`` would take twice the time.
    """
    with path.open("rb", buffering=0) as file:
        if file.read(len(_SIGNATURE)) != _SIGNATURE:
            return b""
        data = file.readall()
    packet, begin, view = b"", 0, memoryview(data)
    while begin + 12 <= len(data):
        end = begin + 8 + int.from_bytes(view[begin : begin + 4], "big")
        if zlib.crc32(view[begin + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            return b""
        if data.startswith(b"IEND", begin + 4):
            return packet
        if data.startswith(_KEYWORD, begin + 4):
            packet = data[begin + 4 + len(_KEYWORD) : end]
        begin = end + 4
    return b""


def replace(path: Path, data: bytes) -> None:
    """Write a file beside its place, then rename it into it.

    Parameters
    ----------
    path : Path
    data : bytes

    Raises
    ------
    WriteError
        See `replacing`.
    """
    with replacing(path) as part:
        part.write_bytes(data)


def is_part(path: Path) -> bool:
    """Whether a file is a half-written one of `replacing`, by its name.

    Examples
    --------
    >>> is_part(Path("0123456789abcdef.part")), is_part(Path("film.mp4.part"))
    (True, False)
    """
    return bool(_PART_NAME.fullmatch(path.name))


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Open a context for a file that is written beside its place and renamed into it at the end.

    Yields
    ------
    part : Path
        In the same folder, which is made if missing; deleted if anything fails.

    Raises
    ------
    WriteError
        If it cannot be written, for example on a full disk.
    """
    # No other thread, machine or killed run writes to a name of 16 random digits.
    part = path.with_name(f"{secrets.token_hex(8)}{PART}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield part
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise WriteError(f"expected to write {path}, got: {reason}") from error
