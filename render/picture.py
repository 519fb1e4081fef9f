"""A grey picture as a PNG file that says how it was drawn and from what.

The file is an 8-bit grey PNG with an XMP packet of two attributes in the namespace `NAMESPACE`,
each holding JSON: ``render`` is the render settings, ``clip`` where the picture comes from.
Writing is atomic: a file is there whole or not at all.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

import cv2
import numpy as np

from render.audio import Original
from render.settings import Settings

NAMESPACE = "urn:spoofsight:1"
PART = ".part"  # suffix of a file that is still being written

_PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:s="{namespace}" s:render={render} s:clip={clip}/>'
    "</rdf:RDF></x:xmpmeta>"
)
_END = b"</x:xmpmeta>"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a picture comes from.

    Attributes
    ----------
    recording : str
        Path of the recording below the audio folder, with forward slashes.
    source : str
        Digest of the recording's bytes.
    clip, clips : int
        Number of this clip, from 0, and how many the recording has.
    start_s, duration_s : float
        Where the clip begins in the recording and how long it is, in seconds.
    original : Original
        What the recording's file was.
    """

    recording: str
    source: str
    clip: int
    clips: int
    start_s: float
    duration_s: float
    original: Original


def write(path: Path, image: np.ndarray, settings: Settings, origin: Origin) -> None:
    """Write a picture with its settings and origin.

    Parameters
    ----------
    path : Path
        A file whose folder exists.
    image : np.ndarray, shape=(height, width), dtype=uint8
    settings : Settings
    origin : Origin
    """
    packet = _PACKET.format(
        namespace=NAMESPACE,
        render=quoteattr(settings.to_json()),
        clip=quoteattr(json.dumps(asdict(origin), sort_keys=True)),
    )
    # OpenCV takes the packet for a C string: without the zero it writes what lies behind it.
    metadata = np.frombuffer(packet.encode() + b"\0", np.uint8)
    done, data = cv2.imencodeWithMetadata(".png", image, [cv2.IMAGE_METADATA_XMP], [metadata])
    if not done:
        raise ValueError(f"expected a picture that PNG can hold, got shape {image.shape}")
    replace(path, data.tobytes())


def read(path: Path) -> tuple[Settings, Origin] | None:
    """Read what `write` put beside the picture.

    Parameters
    ----------
    path : Path

    Returns
    -------
    described : tuple of (Settings, Origin), or None
        None if the file is missing, damaged, none of ours or another version's.
    """
    attributes = _attributes(path)
    try:
        settings = Settings.from_json(attributes[f"{{{NAMESPACE}}}render"])
        origin = json.loads(attributes[f"{{{NAMESPACE}}}clip"])
        return settings, Origin(**{**origin, "original": Original(**origin["original"])})
    except (KeyError, TypeError, ValueError):
        return None


def is_ours(path: Path) -> bool:
    """Whether a file is a whole picture that this or another version of `render` drew."""
    return f"{{{NAMESPACE}}}render" in _attributes(path)


def _attributes(path: Path) -> dict[str, str]:
    """All attributes of a picture's XMP packet; none if it is missing, damaged or has no packet."""
    if not path.is_file() or path.stat().st_size == 0:
        return {}
    data = np.frombuffer(path.read_bytes(), np.uint8)
    image, kinds, packets = cv2.imdecodeWithMetadata(data, flags=cv2.IMREAD_UNCHANGED)
    if image is None or cv2.IMAGE_METADATA_XMP not in kinds:
        return {}
    packet, end, _ = packets[list(kinds).index(cv2.IMAGE_METADATA_XMP)].tobytes().partition(_END)
    try:
        elements = list(ElementTree.fromstring(packet + end).iter())
    except ElementTree.ParseError:
        return {}  # somebody else's packet
    return {name: value for element in elements for name, value in element.attrib.items()}


def replace(path: Path, data: bytes) -> None:
    """Write a file beside its place, then rename it into it.

    Parameters
    ----------
    path : Path
    data : bytes
    """
    # The process number keeps a killed run's surviving worker off the file of the run after it.
    part = path.with_name(f"{path.name}.{os.getpid()}{PART}")
    part.write_bytes(data)
    part.replace(path)
