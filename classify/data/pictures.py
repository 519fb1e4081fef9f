"""Picture files to grey arrays, and the files and classes of a dataset.

A dataset is ``IMAGES/{train,validation,test}/{class}/...`` with two classes of any names; the
second class of `class_order` is the positive one, index 1. Pictures are ``uint8``, shape (height,
width). A picture may hold its render settings in an XMP packet.
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

from classify.class_names import order_classes
from classify.data.hidden import is_hidden
from classify.data.render_settings import RenderSettings, require_same_rendering

# Those of ImageDataGenerator.flow_from_directory.
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff")
_PNG = b"\x89PNG\r\n\x1a\n"
_XMP = b"XML:com.adobe.xmp\0"  # keyword of the text that holds an XMP packet
_ATTRIBUTE = "{urn:spoofsight:1}render"  # of the packet, with the render settings
_END = b"</x:xmpmeta>"
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # `decode` names what is damaged
# As `render` writes them. A search is faster than parsing the XML of each picture.
_OURS = re.compile(rb'xmlns:s="urn:spoofsight:1" s:render=("[^"<]*"|\'[^\'<]*\')')


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes
    ----------
    image : np.ndarray, shape=(height, width), dtype=uint8
    render_settings : dict or None
        Settings that it was drawn with, if the file has them.
    """

    image: np.ndarray
    render_settings: RenderSettings | None


def decode(data: bytes) -> Picture:
    """Decode the bytes of a picture file.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    picture : Picture
        Colour becomes grey, transparency is ignored.

    Raises
    ------
    ValueError
        If the bytes are no picture, are damaged, or have more than 8 bits a channel.

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
    try:
        image, kinds, packets = cv2.imdecodeWithMetadata(
            np.frombuffer(data, np.uint8), flags=cv2.IMREAD_UNCHANGED
        )
    except cv2.error as error:  # as where a header names more pixels than OpenCV takes
        raise ValueError(
            f"expected a picture, got one that OpenCV refuses ({error.err})"
        ) from error
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
    return Picture(image, None if packet is None else _packet_settings(packet.tobytes()))


def read(
    path: Path, shape: Sequence[int], expected: RenderSettings | None, advice: str = ""
) -> np.ndarray:
    """Read a picture for a network.

    Parameters
    ----------
    path : Path
    shape : sequence of two int
        Height and width that the network takes.
    expected : dict or None
        Render settings of its training pictures; None if they are unknown.
    advice : str
        See `require_same_rendering`.

    Returns
    -------
    image : np.ndarray, shape=shape, dtype=uint8

    Raises
    ------
    ValueError
        If the file cannot be decoded, or the picture has another size or other render settings.
    OSError
        If the file cannot be read.
    """
    with path.open("rb", buffering=0) as file:
        picture = decode(file.readall())
    require_same_rendering(expected, picture.render_settings, advice)
    if picture.image.shape != tuple(shape):
        raise ValueError(f"expected a picture of {size(shape)}, got {size(picture.image.shape)}")
    return picture.image


def size(shape: Sequence[int]) -> str:
    """Format a height and width.

    Examples
    --------
    >>> size((256, 124))
    '256 x 124 pixels'
    """
    return f"{shape[0]} x {shape[1]} pixels"


def class_order(folder: Path, positive: str | None = None) -> tuple[str, str]:
    """Name the two classes of a split, the positive one last.

    Parameters
    ----------
    folder : Path
        A split, for example ``IMAGES/train``.
    positive : str, optional
        See `classify.class_names.order_classes`.

    Raises
    ------
    ValueError
        If the folder is missing or does not hold exactly two folders, or `positive` is none of
        them.
    """
    if not folder.is_dir():
        raise ValueError(f"expected a folder of pictures, got {folder}, which does not exist")
    names = sorted(class_folders(folder))
    if len(names) != 2:
        got = ", ".join(names) or "none"
        raise ValueError(f"expected two class folders in {folder}, got {got}")
    return order_classes(names, positive)


def class_folders(folder: Path) -> dict[str, Path]:
    """The folders in a split by name, without hidden ones; none where there is no split.

    Bytes of a name that are not UTF-8 are written with backslashes, as no figure can hold them.
    """
    if not folder.is_dir():
        return {}
    paths = [p for p in sorted(folder.iterdir()) if p.is_dir() and not is_hidden(p.name)]
    return {path.name.encode(errors="backslashreplace").decode(): path for path in paths}


def files(folder: Path, locked: dict[Path, str] | None = None) -> list[Path]:
    """List what `walk` finds."""
    return list(walk(folder, {} if locked is None else locked))


def walk(folder: Path, locked: dict[Path, str]) -> Iterator[Path]:
    """Iterate over the files below a folder with a picture's suffix, in any case, sorted.

    What `classify.data.hidden` names is left out below the folder, whatever the folder itself is
    called. Links to folders are not followed: they may lead in circles. The names of one folder
    are in memory.

    Parameters
    ----------
    folder : Path
    locked : dict of Path to str
        Gets the folders that cannot be read, each with the reason.
    """
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        locked[folder] = f"expected a folder that can be read, got {error.strerror}"
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if not _is_left_out(entry):
                yield from walk(Path(entry.path), locked)
        elif (
            os.path.splitext(entry.name)[1].lower() in SUFFIXES
            and not is_hidden(entry.name)
            and _is_file(entry)
        ):
            yield Path(entry.path)


def _is_file(entry: os.DirEntry) -> bool:
    """Whether it is a file or a link to one; a link that cannot be followed is none."""
    return entry.is_file(follow_symlinks=False) or (
        entry.is_symlink() and os.path.isfile(entry.path)
    )


def _is_left_out(folder: os.DirEntry) -> bool:
    """Whether a folder is hidden; one in plain sight that is locked is walked into, and named."""
    if folder.name.startswith("."):
        return True
    return is_hidden(folder.name) and os.access(folder.path, os.R_OK | os.X_OK)


def _chunks(data: bytes) -> list[tuple[bytes, memoryview]]:
    """Split a PNG into its chunks, each a kind and its content.

    Their checksums are tested before OpenCV sees the data, because libpng prints its own messages.

    Raises
    ------
    ValueError
        If a checksum is wrong or the end is missing.
    """
    chunks, begin, view = [], len(_PNG), memoryview(data)
    while begin + 12 <= len(data):
        end = begin + 8 + int.from_bytes(view[begin : begin + 4], "big")
        if zlib.crc32(view[begin + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            break
        chunks.append((data[begin + 4 : begin + 8], view[begin + 8 : end]))
        if chunks[-1][0] == b"IEND":
            return chunks
        begin = end + 4
    raise ValueError("expected a picture, got a damaged PNG")


def _stored(chunks: list[tuple[bytes, memoryview]]) -> Picture | None:
    """Decode a PNG that `render` wrote, in two thirds of the time that OpenCV takes.

    Such a PNG is 8-bit grey, uncompressed and unfiltered, and has no chunks but an XMP packet. None
    for any other.
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
        # The length is limited, since a small file can unpack to a large one; the checksum of zlib
        # is not tested, since the chunks have theirs.
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
    settings = None if packet is None else _packet_settings(packet.removeprefix(_XMP))
    return Picture(np.ascontiguousarray(rows[:, 1:]), settings)


def _packet_settings(packet: bytes) -> RenderSettings | None:
    """Read the render settings of an XMP packet; None if another program wrote it."""
    if ours := _OURS.search(packet):
        return _parse_settings(b"<a %s/>" % ours[0])
    packet, end, _ = packet.partition(_END)
    return _parse_settings(packet + end)


@lru_cache(maxsize=16)  # all pictures of a dataset have the same
def _parse_settings(xml: bytes) -> RenderSettings | None:
    try:
        elements = list(ElementTree.fromstring(xml).iter())
    except ElementTree.ParseError:
        return None
    text = next((e.attrib[_ATTRIBUTE] for e in elements if _ATTRIBUTE in e.attrib), None)
    if text is None:
        return None
    try:
        settings = json.loads(text)
    except (RecursionError, ValueError) as error:
        raise ValueError(f"expected drawing settings as JSON in a picture, got {error}") from error
    if not isinstance(settings, dict):
        raise ValueError(f"expected drawing settings as a JSON object in a picture, got {text:.40}")
    return settings
