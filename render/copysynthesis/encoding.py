"""What FFmpeg is told to store sound as a file that is there already."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
from av.stream import Disposition

from render.decoding import ffmpeg
from render.decoding.deadline import Deadline

_ENCODERS = {
    "amrnb": "libopencore_amrnb",
    "mp3": "libmp3lame",
    "mp3float": "libmp3lame",
    "opus": "libopus",
}
_AMR = 160  # samples of a frame
_MUXERS = {"aac": "adts", "mp2": "mp2", "mpeg": "vob"}
_BRANDS = {"M4A": "ipod", "M4B": "ipod", "qt": "mov", "3gp": "3gp", "3g2": "3g2"}


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """What FFmpeg is told.

    Attributes
    ----------
    muxer, encoder : str
        FFmpeg's names of the container's format and of the encoder.
    layout, sample_format : str
        FFmpeg's names of the channels' places and of the samples' type.
    bit_rate : int
        Mean over the sound, in bit/s, without the container.
    constant : bool
        Whether all packets are of one size.
    edited : bool
        Whether the container may say that the delay of the encoder is to be left out.
    """

    muxer: str
    encoder: str
    layout: str
    sample_format: str
    bit_rate: int
    constant: bool
    edited: bool


@contextmanager
def opened(path: Path) -> Iterator[av.container.InputContainer]:
    """Open a file with FFmpeg, to look at what it is made of.

    Parameters
    ----------
    path : Path

    Yields
    ------
    media : av.container.InputContainer

    Raises
    ------
    ValueError
        If FFmpeg does not know it or finds it damaged.
    """
    try:
        with path.open("rb", buffering=0) as file, ffmpeg.opened(file, Deadline(), "") as media:
            yield media
    except av.FFmpegError as error:
        raise ValueError(f"expected audio that is whole, got damaged data ({error})") from error


def muxer(path: Path, media: av.container.InputContainer) -> str:
    """Name the format that FFmpeg writes where it reads a file's.

    Parameters
    ----------
    path : Path
    media : av.container.InputContainer
        The same file, open.

    Returns
    -------
    muxer : str
    """
    name = media.format.name.split(",")[0]
    if name == "mov":
        brand = media.metadata.get("major_brand", "").strip()
        return next((m for b, m in _BRANDS.items() if brand.startswith(b)), "mp4")
    if name == "matroska":  # the document's type stands in the first bytes of the file
        with path.open("rb") as file:
            return "webm" if b"webm" in file.read(64) else "matroska"
    return _MUXERS.get(name, name)


def encoding(path: Path, seconds: float, muxer: str, codec: str) -> Encoding:
    """Say how a file would be encoded again.

    Parameters
    ----------
    path : Path
    seconds : float
        How long its sound is.
    muxer, codec : str

    Returns
    -------
    encoding : Encoding

    Raises
    ------
    ValueError
        If FFmpeg cannot write it, or the file holds moving pictures.
    """
    name = _ENCODERS.get(codec, codec)
    try:
        if not av.ContainerFormat(muxer, "w").is_output:
            raise ValueError
        av.Codec(name, "w")
    except ValueError as error:
        raise ValueError(
            f"expected a container that can be written again, got {codec} in {muxer}"
        ) from error
    with opened(path) as media:
        if any(not s.disposition & Disposition.attached_pic for s in media.streams.video):
            raise ValueError("expected a recording of sound alone, got a video")
        stream = ffmpeg.audio(media)
        if "HE" in (stream.profile or ""):
            raise ValueError(f"expected an AAC profile that can be written, got {stream.profile}")
        sizes = [packet.size for packet in media.demux(stream) if packet.size]
        constant = max(sizes) - min(sizes) <= 1  # a byte of padding keeps the mean rate
        return Encoding(
            muxer=muxer,
            encoder=name,
            layout=stream.layout.name,
            sample_format=stream.format.name,
            bit_rate=(constant and stream.bit_rate) or round(8 * sum(sizes) / seconds),
            constant=constant,
            # AMR's delay is no whole frame: what is cut is of another length than what is not.
            edited=name != _ENCODERS["amrnb"] or round(seconds * stream.rate) % _AMR != 0,
        )
