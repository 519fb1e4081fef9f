"""How a recording is stored, and a copy stored the same way, so that no container tells a fake.

Format, codec, sample rate, channels and length are those of the original, and so is the bit rate
as nearly as the encoder can. libsndfile writes what it knows, FFmpeg through PyAV the rest (see
`render.copysynthesis.encoder`). Tags and cover pictures are left out. Samples are float32 of
shape (frames, channels), 1.0 is full scale.
"""

from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path

import soundfile
from av.codec.codec import Properties

from render.copysynthesis import encoder, encoding
from render.copysynthesis.encoder import Samples
from render.copysynthesis.encoding import Encoding
from render.decoding import ffmpeg
from render.decoding.deadline import Deadline
from render.decoding.decoder import blocks
from render.decoding.quiet import Mute
from render.png import replacing

_EXACT = ("PCM_", "DPCM_", "DWVW_", "ALAC_", "FLOAT", "DOUBLE")  # subtypes that lose nothing
# libsndfile reads these, but cannot write them at a bit rate: FFmpeg's muxer and encoder do.
_BY_RATE = {
    "MP3/MPEG_LAYER_III": ("mp3", "libmp3lame"),
    "MP3/MPEG_LAYER_II": ("mp2", "mp2"),
    "OGG/OPUS": ("ogg", "libopus"),
    "OGG/VORBIS": ("ogg", "vorbis"),
}
_TRIES = 5
_NEAR = 0.03  # how far a bit rate may be off, relative to the original's
_mute = Mute()  # libsndfile's MP3 decoder complains of every tag that it does not like


@dataclass(frozen=True, kw_only=True)
class Container:
    """What a copy shares with its original.

    Attributes
    ----------
    codec : str
        libsndfile's format and subtype, such as ``"WAV/PCM_16"``, or FFmpeg's codec.
    endian : str
        Byte order, where libsndfile writes it.
    rate, channels : int
        Sample rate in Hz.
    lossy : bool
        Whether the codec loses something, so that a copy loses it twice.
    encoding : Encoding or None
        How FFmpeg writes it; None where libsndfile does.
    """

    codec: str
    endian: str
    rate: int
    channels: int
    lossy: bool
    encoding: Encoding | None


def describe(path: Path, frames: int) -> Container:
    """Say how a recording is stored.

    Parameters
    ----------
    path : Path
        Audio that `render.decoding.decoder` reads.
    frames : int
        How many samples a channel it holds.

    Returns
    -------
    container : Container

    Raises
    ------
    ValueError
        If nothing here can write such a file.
    """
    with path.open("rb") as file:
        # Opened by its number, not by name: soundfile would believe the suffix .raw.
        try:
            with _mute:
                sound = soundfile.SoundFile(file.fileno(), closefd=False)
        except soundfile.LibsndfileError:
            return _by_ffmpeg(path, frames)
        with sound:
            codec, writable = f"{sound.format}/{sound.subtype}", _writable(sound)
            facts = {"endian": sound.endian, "rate": sound.samplerate, "channels": sound.channels}
    lossy = not codec.partition("/")[2].startswith(_EXACT)
    if codec in _BY_RATE:
        muxer, name = _BY_RATE[codec]
        how = encoding.encoding(path, frames / facts["rate"], muxer, name)
        return Container(codec=codec, lossy=lossy, encoding=how, **facts)
    if not writable:
        raise ValueError(f"expected a container that can be written again, got {codec}")
    return Container(codec=codec, lossy=lossy, encoding=None, **facts)


def write(path: Path, sound: Samples, container: Container) -> None:
    """Store a copy as its original is stored.

    Parameters
    ----------
    path : Path
        There whole or not at all; its folder exists.
    sound : np.ndarray or Spool, shape=(frames, channels), dtype=float32
    container : Container

    Raises
    ------
    ValueError
        If what was written is not of the same codec, rate, channels and length.
    OSError
        If it cannot be written, for example on a full disk.
    """
    with replacing(path) as part:
        found, frames = _encode(part, sound, container)
        _refuse_another(container, len(sound), found, frames)


def _encode(part: Path, sound: Samples, container: Container) -> tuple[Container, int]:
    """Encode until length and bit rate are the original's, as nearly as a few tries bring them."""
    start, how, tried = 0, container.encoding, []
    for left in reversed(range(_TRIES)):
        if how is None:
            facts = container.rate, container.codec
            encoder.libsndfile(part, sound, *facts, start, endian=container.endian)
        else:
            encoder.ffmpeg(part, sound, start, container.rate, how)
        found, frames = _stored(part)
        excess, ratio = frames - len(sound), _ratio(container, found)
        if excess == 0 and abs(ratio - 1) < _NEAR:
            break
        # A codec delays the sound by a frame or two, or drops the first: so did the original's,
        # so the delay is sound that is in the samples already.
        start += excess
        if how is not None:
            tried.append((abs(ratio - 1), how))
            nearest = min(tried, key=itemgetter(0))[1]
            how = nearest if left == 1 else replace(how, bit_rate=round(how.bit_rate * ratio))
    return found, frames


def _ratio(wanted: Container, found: Container) -> float:
    """Bit rate wanted over that found, where an encoder can be told one and does not keep it."""
    if wanted.encoding is None or found.encoding is None or not wanted.lossy:
        return 1.0
    return 1.0 if wanted.encoding.constant else wanted.encoding.bit_rate / found.encoding.bit_rate


def _refuse_another(wanted: Container, length: int, found: Container, frames: int) -> None:
    def describe(container: Container, frames: int) -> str:
        codec, rate, channels = container.codec, container.rate, container.channels
        return f"{codec}, {rate} Hz, {channels} channels, {frames} samples"

    here, there = describe(wanted, length), describe(found, frames)
    if here != there:
        raise ValueError(f"expected a copy of {here}, got {there}")


def _writable(sound: soundfile.SoundFile) -> bool:
    # A WAV of MPEG layer III passes this check, yet can only be read.
    known = soundfile.check_format(sound.format, sound.subtype, sound.endian)
    return known and not sound.subtype.startswith("MPEG")


def _by_ffmpeg(path: Path, frames: int) -> Container:
    with encoding.opened(path) as media:
        stream = ffmpeg.audio(media)
        codec = stream.codec_context
        return Container(
            codec=codec.name,
            endian="",
            rate=stream.rate,
            channels=stream.channels,
            lossy=not Properties(codec.codec.properties) & Properties.LOSSLESS,
            encoding=encoding.encoding(
                path, frames / stream.rate, encoding.muxer(path, media), codec.name
            ),
        )


def _stored(path: Path) -> tuple[Container, int]:
    """How a copy is stored, and its frames, decoded as `render` would."""
    frames = sum(len(block) for _, block in blocks(path, Deadline()))
    return describe(path, frames), frames
