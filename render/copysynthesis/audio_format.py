"""The audio format of a recording, and a copy of it written in the same format.

libsndfile writes the copy: WAV, FLAC, OGG (Vorbis, Opus), MP3 and what else it knows. Format,
codec, sample rate, channels and length are those of the recording. The bit rate of a lossy codec is
the nearest one that the encoder offers, so no format tells a fake. What libsndfile cannot write
(M4A, WebM, WMA, ...) becomes FLAC of 24 bits: there, the codec tells a copy from its recording.
Tags and cover pictures are left out. Samples are float32 of shape (frames, channels), 1.0 is full
scale.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
import soundfile

from render.decoding import libsndfile
from render.decoding.deadline import Deadline
from render.decoding.parts import split
from render.png import replacing

SUFFIXES = frozenset(
    ".aif .aifc .aiff .au .caf .flac .mp3 .oga .ogg .opus .snd .sph .w64 .wav .wave".split()
)
FALLBACK = "FLAC/PCM_24"
FALLBACK_SUFFIX = ".flac"
_LOSSLESS = ("PCM_", "DPCM_", "DWVW_", "ALAC_", "FLOAT", "DOUBLE")  # beginnings of subtypes
_WITH_BIT_RATE = ("MP3/MPEG_LAYER_III", "OGG/VORBIS", "OGG/OPUS")
_WITH_BLOCKS = ("IMA_ADPCM", "MS_ADPCM", "GSM610")  # the last block is filled with silence
_LONGEST_BLOCK = 4_096  # frames
_HALVINGS = 7  # of the range of the compression level
_LEAST_COMPRESSION, _MOST_COMPRESSION = 0.0, 0.99  # LAME refuses 1
_TRIAL = 60  # seconds that are encoded to try a compression level
_BLOCK = 1 << 16  # frames encoded at once
_SYSTEM_ERROR = 2  # libsndfile's SF_ERR_SYSTEM


@dataclass(frozen=True, kw_only=True)
class AudioFormat:
    """The format that a recording and its copy share.

    Attributes
    ----------
    codec : str
        libsndfile's format and subtype, such as ``"WAV/PCM_16"``.
    endian : str
        libsndfile's byte order.
    rate, channels : int
        Sample rate in Hz.
    bit_rate : float
        Of the encoded sound in bit/s; 0 where the codec has none to choose.
    constant : bool
        Whether the bit rate is constant.
    converted : bool
        Whether the recording has another format, which libsndfile cannot write.
    """

    codec: str
    endian: str = "FILE"
    rate: int
    channels: int
    bit_rate: float = 0.0
    constant: bool = False
    converted: bool = False

    @property
    def lossy(self) -> bool:
        """Whether the codec loses something, so that a copy loses it twice."""
        return not self.codec.partition("/")[2].startswith(_LOSSLESS)


def read_format(path: Path, rate: int, shape: tuple[int, ...]) -> AudioFormat:
    """Find the format of a copy.

    Parameters
    ----------
    path : Path
        Audio that `render.decoding.decoder` reads.
    rate : int
        As it decodes it, in Hz.
    shape : tuple of (int, int)
        Its samples and channels.
    """
    frames, channels = shape
    fallback = AudioFormat(codec=FALLBACK, rate=rate, channels=channels, converted=True)
    try:
        with _opened(path) as sound:
            codec, endian = f"{sound.format}/{sound.subtype}", sound.endian
    except soundfile.LibsndfileError:
        return fallback
    if not _is_writable(codec, endian):
        return fallback
    if codec not in _WITH_BIT_RATE:
        return AudioFormat(codec=codec, endian=endian, rate=rate, channels=channels)
    with path.open("rb") as file:
        sizes = _packet_sizes(file)
    return AudioFormat(
        codec=codec,
        rate=rate,
        channels=channels,
        bit_rate=8 * sum(sizes) * rate / frames,
        constant=max(sizes) - min(sizes) <= 1,  # a byte of padding keeps the mean rate
    )


@contextmanager
def _opened(path: Path) -> Iterator[soundfile.SoundFile]:
    with (
        path.open("rb", buffering=0) as file,
        libsndfile.opened(split(file, Deadline())[0]) as sound,
    ):
        yield sound


def _is_writable(codec: str, endian: str) -> bool:
    major, _, subtype = codec.partition("/")
    if subtype.startswith("MPEG"):  # soundfile takes all of these for writable
        return codec in _WITH_BIT_RATE
    return soundfile.check_format(major, subtype, endian)


def _packet_sizes(file: BinaryIO) -> list[int]:
    """Sizes of the encoded packets in bytes, without tags, cover pictures and containers."""
    with av.open(file, "r") as media:
        return [packet.size for packet in media.demux(media.streams.audio[0]) if packet.size]


def write(path: Path, sound: np.ndarray, audio_format: AudioFormat) -> None:
    """Write a copy in the format of its recording.

    Parameters
    ----------
    path : Path
        Its folder exists. The file appears whole or not at all.
    sound : np.ndarray, shape=(frames, channels), dtype=float32
    audio_format : AudioFormat

    Raises
    ------
    ValueError
        If libsndfile does not write such a file, or the file has another length, but for a block.
    OSError
        If it cannot be written, for example on a full disk.
    """
    options = _encoder_options(sound, audio_format)
    with replacing(path) as part:
        with part.open("w+b") as file:
            _encode(file, sound, audio_format, options)
            _blank_time_stamp(file)
        with _opened(part) as copy:
            frames = copy.frames
        block = _LONGEST_BLOCK if audio_format.codec.endswith(_WITH_BLOCKS) else 1
        if not 0 <= frames - len(sound) < block:
            raise ValueError(
                f"expected a copy of {len(sound)} samples in {audio_format.codec}, got {frames}"
            )


def _encoder_options(sound: np.ndarray, audio_format: AudioFormat) -> dict[str, Any]:
    """Find the compression level whose bit rate is nearest to the recording's, by bisection."""
    if not audio_format.bit_rate:
        return {}
    options: dict[str, Any] = {}
    if audio_format.codec.startswith("MP3"):
        options["bitrate_mode"] = "CONSTANT" if audio_format.constant else "VARIABLE"
    trial = sound[: _TRIAL * audio_format.rate]
    wanted = audio_format.bit_rate * len(trial) / audio_format.rate / 8
    low, high = _LEAST_COMPRESSION, _MOST_COMPRESSION
    errors: dict[float, float] = {}
    for _ in range(_HALVINGS):
        level = (low + high) / 2
        size = _encoded_size(trial, audio_format, options | {"compression_level": level})
        errors[level] = abs(size - wanted)
        low, high = (level, high) if size > wanted else (low, level)
    return options | {"compression_level": min(errors, key=errors.__getitem__)}


def _encoded_size(sound: np.ndarray, audio_format: AudioFormat, options: dict[str, Any]) -> int:
    file = BytesIO()
    major, _, subtype = audio_format.codec.partition("/")
    soundfile.write(file, sound, audio_format.rate, subtype, format=major, **options)
    file.seek(0)
    return sum(_packet_sizes(file))


def _encode(
    file: BinaryIO, sound: np.ndarray, audio_format: AudioFormat, options: dict[str, Any]
) -> None:
    major, _, subtype = audio_format.codec.partition("/")
    options = options | {"format": major, "subtype": subtype, "endian": audio_format.endian}
    rate, channels = audio_format.rate, audio_format.channels
    try:
        output = soundfile.SoundFile(file.fileno(), "w", rate, channels, closefd=False, **options)
    except soundfile.LibsndfileError as error:
        kind = OSError if error.code == _SYSTEM_ERROR else ValueError
        raise kind(f"expected a file that libsndfile writes, got {error}") from error
    try:
        with output:
            for block in _blocks(sound):
                output.write(block)
    except soundfile.LibsndfileError as error:
        file.write(bytes(_BLOCK))  # raises the reason, which libsndfile does not give
        file.flush()
        raise OSError(f"expected a file that can be written, got {error}") from error


def _blocks(sound: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(sound), _BLOCK):
        yield sound[start : start + _BLOCK]


def _blank_time_stamp(file: BinaryIO) -> None:
    """Blank the time stamp of a PEAK chunk, so that a copy is the same whenever it is made."""
    file.seek(0)
    at = file.read(4096).find(b"PEAK")
    if at >= 0:
        file.seek(at + 12)  # after the chunk's name, size and version
        file.write(bytes(4))
