"""Small good recordings in many containers and codecs, made from a seed, and their corruption."""

import io
import struct
from collections.abc import Callable

import av
import numpy as np
import soundfile

Data = bytes | bytearray

_SECONDS = 0.5
_LIBSNDFILE = {  # what libsndfile writes
    "WAV": "PCM_U8 PCM_16 PCM_24 PCM_32 FLOAT DOUBLE ULAW ALAW IMA_ADPCM MS_ADPCM GSM610 G721_32 "
    "NMS_ADPCM_16 NMS_ADPCM_24 NMS_ADPCM_32",
    "WAVEX": "PCM_16 FLOAT",
    "RF64": "PCM_16",
    "W64": "PCM_16 IMA_ADPCM",
    "FLAC": "PCM_S8 PCM_16 PCM_24",
    "OGG": "VORBIS",
    "MP3": "MPEG_LAYER_III",
    "AIFF": "PCM_16 FLOAT ULAW IMA_ADPCM GSM610 DWVW_16",
    "AU": "PCM_16 ULAW FLOAT G721_32 G723_24",
    "CAF": "PCM_16 FLOAT ALAC_16 ALAC_24",
    "NIST": "PCM_16 ULAW",
    "VOC": "PCM_16 ALAW",
    "IRCAM": "PCM_16",
    "PAF": "PCM_16 PCM_24",
    "SVX": "PCM_16",
    "MAT4": "DOUBLE",
    "PVF": "PCM_16",
    "HTK": "PCM_16",
    "AVR": "PCM_16",
    "MPC2K": "PCM_16",
    "WVE": "ALAW",
}
_FFMPEG = (  # what FFmpeg writes: containers with a codec at a rate, in Hz
    ("mp4", "aac", 44_100),
    ("mp4", "alac", 44_100),
    ("mov", "pcm_s16be", 16_000),
    ("adts", "aac", 22_050),
    ("latm", "aac", 44_100),
    ("webm", "libopus", 48_000),
    ("ogg", "libopus", 48_000),
    ("matroska", "pcm_s16le", 16_000),
    ("matroska", "libmp3lame", 16_000),
    ("asf", "wmav1", 44_100),
    ("asf", "wmav2", 44_100),
    ("amr", "libopencore_amrnb", 8_000),
    ("mpegts", "mp2", 44_100),
    ("mpegts", "aac", 44_100),
    ("ac3", "ac3", 44_100),
    ("eac3", "eac3", 44_100),
    ("flv", "aac", 44_100),
    ("avi", "pcm_s16le", 16_000),
    ("avi", "libmp3lame", 16_000),
    ("nut", "pcm_f32le", 16_000),
    ("tta", "tta", 16_000),
    ("wv", "wavpack", 16_000),
    ("wav", "adpcm_ms", 16_000),
    ("wav", "g722", 16_000),
    ("wav", "g726", 8_000),
    ("wav", "adpcm_yamaha", 16_000),
    ("rm", "real_144", 8_000),
    ("caf", "alac", 16_000),
)
_REPEATABLE = {"fflags": "bitexact"}  # no random numbers of streams
_EXTREMES = (0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1)


def make() -> dict[str, bytes]:
    """Make a recording in every container and codec that the libraries here can write.

    Returns
    -------
    specimens : dict of bytes
        By name, such as ``"WAV-PCM_16"`` or ``"mp4-aac"``.
    """
    noise = 0.1 * np.random.default_rng(0).standard_normal(round(48_000 * _SECONDS))
    files = {
        f"{container}-{codec}": _by_libsndfile(noise, container, codec)
        for container, codecs in _LIBSNDFILE.items()
        for codec in codecs.split()
    }
    for container, codec, rate in _FFMPEG:
        if codec in av.codecs_available:
            files[f"{container}-{codec}"] = _by_ffmpeg(noise, container, codec, rate)
    files["film"] = _by_ffmpeg(noise, "mp4", "aac", 44_100, film=True)
    tag = b"ID3\4\0\0\0\0\0\x10TIT2\0\0\0\6\0\0\3sound"
    files["tagged"] = tag + files["MP3-MPEG_LAYER_III"] + b"TAG" + bytes(125)
    return files


def _by_libsndfile(noise: np.ndarray, container: str, codec: str) -> bytes:
    file = io.BytesIO()
    samples = noise[: round(16_000 * _SECONDS)]
    soundfile.write(file, samples, 16_000, format=container, subtype=codec)
    data = bytearray(file.getvalue())
    peak = data.find(b"PEAK")
    if peak > 0:
        data[peak + 12 : peak + 16] = bytes(4)  # the time
    return _numbered_anew(bytes(data)) if container == "OGG" else bytes(data)


def _numbered_anew(data: bytes) -> bytes:
    """The same packets in other pages of Ogg: libsndfile numbers its streams at random."""
    file = io.BytesIO()
    with (
        av.open(io.BytesIO(data), "r") as source,
        av.open(file, "w", format="ogg", container_options=_REPEATABLE) as output,
    ):
        stream = output.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    return file.getvalue()


def _by_ffmpeg(
    noise: np.ndarray, container: str, codec: str, rate: int, film: bool = False
) -> bytes:
    file, samples = io.BytesIO(), noise[: round(rate * _SECONDS)].astype(np.float32)
    with av.open(file, "w", format=container, container_options=_REPEATABLE) as output:
        video = output.add_stream("mpeg4", rate=10, width=32, height=32) if film else None
        stream = output.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        if codec.startswith("wma"):
            stream.bit_rate = 64_000
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="fltp", layout="mono")
        frame.rate = rate
        output.mux([*stream.encode(frame), *stream.encode(None)])
        if video:
            black = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            output.mux([*video.encode(black), *video.encode(None)])
    return file.getvalue()


def corrupt(good: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """Apply one to four random operations to a file, which most likely damage it.

    Parameters
    ----------
    good : bytes
    other : bytes
        Another file, to take parts of.
    rng : np.random.Generator

    Returns
    -------
    bad : bytes
        Not empty.
    """
    data = bytearray(good)
    for _ in range(rng.integers(1, 5)):
        operation = OPERATIONS[rng.integers(len(OPERATIONS))]
        data = bytearray(operation(data, other, rng)) or data
    return bytes(data)


def _place(data: Data, rng: np.random.Generator) -> int:
    """A random position, every other time in the first 256 bytes."""
    return int(rng.integers(min(len(data), 256) if rng.random() < 0.5 else len(data)))


def _flip(data: bytearray, other: bytes, rng: np.random.Generator) -> Data:
    for _ in range(rng.integers(1, 33)):
        data[_place(data, rng)] ^= 1 << int(rng.integers(8))
    return data


def _overwrite(data: bytearray, other: bytes, rng: np.random.Generator) -> Data:
    at = _place(data, rng)
    new = rng.bytes(int(rng.integers(1, 65)))
    return data[:at] + new + data[at + len(new) :]


def _truncate(data: bytearray, other: bytes, rng: np.random.Generator) -> Data:
    return data[: _place(data, rng)]


def _remove(data: bytearray, other: bytes, rng: np.random.Generator) -> Data:
    at = _place(data, rng)
    return data[:at] + data[at + int(rng.integers(1, 513)) :]


def _repeat(data: bytearray, other: bytes, rng: np.random.Generator) -> Data:
    at = _place(data, rng)
    return data[: at + int(rng.integers(1, 4_097))] + data[at:]


def _splice(data: bytearray, other: bytes, rng: np.random.Generator) -> Data:
    return data[: _place(data, rng)] + other[_place(other, rng) :]


def _insert(data: bytearray, other: bytes, rng: np.random.Generator) -> Data:
    at, start = _place(data, rng), _place(other, rng)
    return data[:at] + other[start : start + int(rng.integers(1, 2_049))] + data[at:]


def _number(data: bytearray, other: bytes, rng: np.random.Generator) -> Data:
    """Another number in a field of the header: sizes, rates, channels, offsets."""
    form = rng.choice(["<I", ">I", "<H", ">H", "B", "<Q", ">Q"])
    size = struct.calcsize(form)
    value = int(rng.choice(_EXTREMES)) if rng.random() < 0.7 else int(rng.integers(2**32))
    if size == 8 and rng.random() < 0.5:
        value = 2**64 - 1 - value
    at = _place(data, rng) & ~1
    return data[:at] + struct.pack(form, value % 256**size) + data[at + size :]


def _chunk(data: bytearray, other: bytes, rng: np.random.Generator) -> Data:
    """Another size beside the name of a chunk or box."""
    names = [at for at in range(min(len(data), 4_096) - 8) if data[at : at + 4].isalnum()]
    if not names:
        return data
    at = int(rng.choice(names)) + int(rng.choice([-4, 4]))
    value = int(rng.choice(_EXTREMES))
    return data[: max(0, at)] + struct.pack(rng.choice(["<I", ">I"]), value) + data[at + 4 :]


def _nothing(data: bytearray, other: bytes, rng: np.random.Generator) -> Data:
    at, size = _place(data, rng), int(rng.integers(1, 1_025))
    return data[:at] + bytes([int(rng.choice([0, 0xFF]))]) * size + data[at + size :]


def _not_a_number(data: bytearray, other: bytes, rng: np.random.Generator) -> Data:
    form = rng.choice(["<f", ">f", "<d", ">d"])
    value = float(rng.choice([np.nan, np.inf, -np.inf, 1e38, 1e-45]))
    at = _place(data, rng) & ~7
    return data[:at] + struct.pack(form, value) * int(rng.integers(1, 9)) + data[at:]


OPERATIONS: tuple[Callable[[bytearray, bytes, np.random.Generator], Data], ...] = (
    _flip,
    _overwrite,
    _truncate,
    _remove,
    _repeat,
    _splice,
    _insert,
    _number,
    _number,
    _chunk,
    _nothing,
    _not_a_number,
)
