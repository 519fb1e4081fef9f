"""Picture files in, grey arrays and lists of files out.

A dataset is ``IMAGES/{train,validation,test}/{class}/...``, two classes, any names; the second
class of `class_order` is the positive one, index 1. Pictures are ``uint8``, shape (height, width).
A picture may say in an XMP packet how it was drawn, see `classify.data.render_settings`.
"""

import json
import os
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np

from classify.data.render_settings import RenderSettings, require_same_rendering

# What ImageDataGenerator.flow_from_directory takes for a picture.
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff")
_PNG = b"\x89PNG\r\n\x1a\n"
_XMP = b"XML:com.adobe.xmp\0"  # keyword of the text that OpenCV takes for a packet
_DRAWING = "{urn:spoofsight:1}render"  # attribute of the packet that holds the drawing settings
_END = b"</x:xmpmeta>"
# As `render` writes them: found without reading XML that says of every picture where it comes from.
_OURS = re.compile(rb'xmlns:s="urn:spoofsight:1" s:render=("[^"<]*"|\'[^\'<]*\')')


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes
    ----------
    image : np.ndarray, shape=(height, width), dtype=uint8
    drawing : dict or None
        The settings that it was drawn with, where the file tells.
    """

    image: np.ndarray
    drawing: RenderSettings | None


def decode(data: bytes) -> Picture:
    """Decode the bytes of a picture file.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    picture : Picture
        Colour is turned to grey, transparency is ignored.

    Raises
    ------
    ValueError
        If the bytes are no picture, damaged, or have more than 8 bits a channel.

    Examples
    --------
    >>> decode(b"hello")
    Traceback (most recent call last):
    ValueError: expected a picture, got something else
    """
    if not data:
        raise ValueError("expected a picture, got an empty file")
    if data.startswith(_PNG) and (stored := _stored(_chunks(data))):
        return stored
    image, kinds, packets = cv2.imdecodeWithMetadata(
        np.frombuffer(data, np.uint8), flags=cv2.IMREAD_UNCHANGED
    )
    if image is None:
        raise ValueError("expected a picture, got something else")
    if image.dtype != np.uint8:
        raise ValueError(f"expected a picture of 8 bits a channel, got {image.dtype}")
    if image.ndim == 3:
        to_grey = cv2.COLOR_BGRA2GRAY if image.shape[2] == 4 else cv2.COLOR_BGR2GRAY
        image = cv2.cvtColor(image, to_grey)
    packet = next(
        (p for kind, p in zip(kinds, packets, strict=True) if kind == cv2.IMAGE_METADATA_XMP), None
    )
    return Picture(image, None if packet is None else _drawing(packet.tobytes()))


def read(
    path: Path, shape: Sequence[int], drawing: RenderSettings | None, advice: str = ""
) -> np.ndarray:
    """Read a picture for a network.

    Parameters
    ----------
    path : Path
    shape : sequence of two int
        Height and width that the network takes.
    drawing : dict or None
        Drawing settings of the pictures that it was trained on; None where they are unknown.
    advice : str
        See `require_same_rendering`.

    Returns
    -------
    image : np.ndarray, shape=shape, dtype=uint8

    Raises
    ------
    ValueError
        If the file cannot be decoded, or the picture has another size or other drawing settings.
    OSError
        If the file cannot be read.
    """
    with path.open("rb", buffering=0) as file:
        picture = decode(file.readall())
    require_same_rendering(drawing, picture.drawing, advice)
    if picture.image.shape != tuple(shape):
        raise ValueError(f"expected a picture of {size(shape)}, got {size(picture.image.shape)}")
    return picture.image


def size(shape: Sequence[int]) -> str:
    """Write a height and width as people do.

    Examples
    --------
    >>> size((256, 124))
    '256 x 124 pixels'
    """
    return f"{shape[0]} x {shape[1]} pixels"


def class_order(folder: Path) -> tuple[str, str]:
    """Name the two classes of a split, the positive one last.

    Parameters
    ----------
    folder : Path
        A split, for example ``IMAGES/train``.

    Returns
    -------
    classes : tuple of two str
        ``("real", "fake")`` where the folders are named so, in whatever case; else in
        alphabetical order.

    Raises
    ------
    ValueError
        If the folder is missing or does not hold exactly two folders.
    """
    if not folder.is_dir():
        raise ValueError(f"expected a folder of pictures, got {folder}, which does not exist")
    names = sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    if len(names) != 2:
        got = ", ".join(names) or "none"
        raise ValueError(f"expected two class folders in {folder}, got {got}")
    if [name.lower() for name in names] == ["fake", "real"]:
        names.reverse()
    return names[0], names[1]


def files(folder: Path) -> list[Path]:
    """List the files below a folder that have a picture's suffix, in any case, sorted."""
    return list(walk(folder))


def walk(folder: Path) -> Iterator[Path]:
    """Find what `files` lists, holding no more of it than one folder's names.

    Links to folders are not followed: they may go in circles.
    """
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir(follow_symlinks=False):
            yield from walk(Path(entry.path))
        elif os.path.splitext(entry.name)[1].lower() in SUFFIXES and entry.is_file():
            yield Path(entry.path)


def _chunks(data: bytes) -> list[tuple[bytes, memoryview]]:
    """Kind and content of every chunk of a PNG.

    Looked through before OpenCV sees the data, for libpng would print its own complaints.

    Raises
    ------
    ValueError
        If a checksum is wrong or the end is missing.
    """
    found, begin, view = [], len(_PNG), memoryview(data)
    while begin + 12 <= len(data):
        end = begin + 8 + int.from_bytes(view[begin : begin + 4], "big")
        if zlib.crc32(view[begin + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            break
        found.append((data[begin + 4 : begin + 8], view[begin + 8 : end]))
        if found[-1][0] == b"IEND":
            return found
        begin = end + 4
    raise ValueError("expected a picture, got a damaged PNG")


def _stored(chunks: list[tuple[bytes, memoryview]]) -> Picture | None:
    """The picture in a PNG as `render` writes it, in two thirds of the time that OpenCV takes.

    8-bit grey, not compressed, rows not filtered, and nothing beside but a packet; else None.
    """
    if {kind for kind, _ in chunks} - {b"IHDR", b"tEXt", b"IDAT", b"IEND"}:
        return None
    (kind, header), *_ = chunks
    if kind != b"IHDR" or len(header) != 13 or header[8:] != b"\x08\0\0\0\0":
        return None
    width, height = struct.unpack(">II", header[:8])
    pixels = b"".join(content for kind, content in chunks if kind == b"IDAT")
    count = height * (1 + width)
    if len(pixels) < max(count, 2):
        return None
    if pixels[0] & 0x0F != 8 or pixels[1] & 0x20:  # not what zlib writes, or with a dictionary
        return None
    try:
        # As much as there should be, for a small file can hold a lot; without zlib's own checksum,
        # for the chunks have theirs.
        raw = zlib.decompressobj(-zlib.MAX_WBITS)
        rows = np.frombuffer(raw.decompress(memoryview(pixels)[2:], count + 1), np.uint8)
    except zlib.error:
        return None
    if not height * width or len(rows) != count:
        return None
    rows = rows.reshape(height, 1 + width)
    if rows[:, 0].any():
        return None
    packets = (bytes(content) for kind, content in chunks if kind == b"tEXt")
    packet = next((text for text in packets if text.startswith(_XMP)), None)
    drawing = None if packet is None else _drawing(packet.removeprefix(_XMP))
    return Picture(np.ascontiguousarray(rows[:, 1:]), drawing)


def _drawing(packet: bytes) -> RenderSettings | None:
    """The drawing settings in an XMP packet; None in somebody else's packet."""
    if ours := _OURS.search(packet):
        return _settings(b"<a %s/>" % ours[0])
    packet, end, _ = packet.partition(_END)
    return _settings(packet + end)


@lru_cache(maxsize=16)  # the pictures of a dataset all say the same
def _settings(xml: bytes) -> RenderSettings | None:
    try:
        elements = list(ElementTree.fromstring(xml).iter())
    except ElementTree.ParseError:
        return None
    text = next((e.attrib[_DRAWING] for e in elements if _DRAWING in e.attrib), None)
    if text is None:
        return None
    try:
        drawing = json.loads(text)
    except (RecursionError, ValueError) as error:
        raise ValueError(f"expected drawing settings as JSON in a picture, got {error}") from error
    if not isinstance(drawing, dict):
        raise ValueError(f"expected drawing settings as a JSON object in a picture, got {text:.40}")
    return drawing
