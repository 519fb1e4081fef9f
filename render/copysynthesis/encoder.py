"""Sound encoded by libsndfile, or by FFmpeg through PyAV, at the bit rate of another file.

Samples are float32 of shape (frames, channels), 1.0 is full scale. Vorbis is encoded by
libsndfile, for FFmpeg's own encoder is an experiment, and only put into its container by FFmpeg.
Nothing random or of the day stands in a file: the same sound gives the same bytes.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import av
import numpy as np
import soundfile

from render.copysynthesis.encoding import Encoding
from render.copysynthesis.sample_file import SampleFile

Samples = np.ndarray | SampleFile

_BLOCK = 1 << 16  # frames encoded at once
_EDITING = ("3g2", "3gp", "ipod", "mov", "mp4")  # muxers that can leave sound out
_SYSTEM = 2  # libsndfile's SF_ERR_SYSTEM
_HALVINGS = 6  # of the range of Vorbis' quality
_TRIAL = 60  # seconds that are encoded to try a quality


def libsndfile(part: Path, sound: Samples, rate: int, codec: str, start: int = 0, **how) -> None:
    """Encode sound into a file by libsndfile.

    Parameters
    ----------
    part : Path
        Overwritten.
    sound : np.ndarray or SampleFile, shape=(frames, channels), dtype=float32
    rate : int
        In Hz.
    codec : str
        Format and subtype, such as ``"WAV/PCM_16"``.
    start : int
        First sample that is encoded; below 0, as many zeros come before the sound.
    **how
        ``endian`` or ``compression_level`` of soundfile.SoundFile.

    Raises
    ------
    ValueError
        If libsndfile does not write such a file.
    OSError
        If it cannot be written.
    """
    major, _, subtype = codec.partition("/")
    how |= {"format": major, "subtype": subtype, "closefd": False}
    with part.open("w+b") as file:
        try:
            output = soundfile.SoundFile(file.fileno(), "w", rate, sound.shape[1], **how)
        except soundfile.LibsndfileError as error:
            kind = OSError if error.code == _SYSTEM else ValueError
            raise kind(f"expected a file that libsndfile writes, got {error}") from error
        try:
            with output:
                for block in slices(sound, start):
                    output.write(block)
        except soundfile.LibsndfileError as error:
            file.write(bytes(_BLOCK))  # fails with the reason that libsndfile does not tell
            file.flush()
            raise OSError(f"expected a file that can be written, got {error}") from error
        _forget_the_time(file)


def _forget_the_time(file: BinaryIO) -> None:
    """Blank the time stamp of a PEAK chunk: a copy is the same whenever it is made."""
    file.seek(0)
    at = file.read(4096).find(b"PEAK")
    if at >= 0:
        file.seek(at + 12)  # after the chunk's name, size and version
        file.write(bytes(4))


def ffmpeg(part: Path, sound: Samples, start: int, rate: int, how: Encoding) -> None:
    """Encode sound into a file by FFmpeg.

    Parameters
    ----------
    part : Path
        Overwritten.
    sound : np.ndarray or SampleFile, shape=(frames, channels), dtype=float32
    start : int
        First sample that is encoded; below 0, as many zeros come before the sound.
    rate : int
        In Hz.
    how : Encoding

    Raises
    ------
    ValueError
        If the encoder does not take it.
    OSError
        If it cannot be written.
    """
    encode = _vorbis if how.encoder == "vorbis" else _encode
    try:
        with _output(part, how) as media:
            encode(media, sound, start, rate, how)
    except av.FFmpegError as error:
        if isinstance(error, OSError):
            raise
        reason = error.strerror or error
        raise ValueError(f"expected sound that {how.encoder} encodes, got {reason}") from error


def _output(part: Path, how: Encoding) -> av.container.OutputContainer:
    options = {"fflags": "+bitexact"}
    if not how.edited and how.muxer in _EDITING:
        options["use_editlist"] = "0"
    return av.open(str(part), "w", format=how.muxer, container_options=options)


def slices(sound: Samples, start: int = 0) -> Iterator[np.ndarray]:
    """Cut samples into blocks, with zeros before them where `start` is below 0.

    Examples
    --------
    >>> [block.shape for block in slices(np.zeros((100_000, 2)), -10)]
    [(10, 2), (65536, 2), (34464, 2)]
    """
    if start < 0:
        yield np.zeros((-start, sound.shape[1]), np.float32)
    for first in range(max(0, start), len(sound), _BLOCK):
        yield sound[first : first + _BLOCK]


def _encode(
    media: av.container.OutputContainer, sound: Samples, start: int, rate: int, how: Encoding
) -> None:
    options = {} if how.constant or how.encoder != "libmp3lame" else {"abr": "1"}
    stream = cast(av.AudioStream, media.add_stream(how.encoder, rate=rate, options=options))
    context = stream.codec_context
    context.layout, context.bit_rate = how.layout, how.bit_rate
    if how.sample_format in {form.name for form in context.codec.audio_formats or ()}:
        context.format = how.sample_format
    time = 0
    for block in slices(sound, start):
        planes = np.ascontiguousarray(block.T, dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=how.layout)
        frame.sample_rate, frame.pts = rate, time
        time += len(block)
        media.mux(stream.encode(frame))
    media.mux(stream.encode(None))


def _vorbis(
    media: av.container.OutputContainer, sound: Samples, start: int, rate: int, how: Encoding
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "sound.ogg")
        quality = _quality(file, sound[: _TRIAL * rate], rate, how.bit_rate)
        libsndfile(file, sound, rate, "OGG/VORBIS", start, compression_level=quality)
        with av.open(str(file)) as given:
            stream = media.add_stream_from_template(given.streams.audio[0])
            for packet in _timed(given, len(sound) - start):
                packet.stream = stream
                media.mux(packet)


def _timed(given: av.container.InputContainer, length: int) -> Iterator[av.Packet]:
    """Packets of Vorbis with the times that give a length in samples.

    FFmpeg reads wrong ones from a file of a single page. The first packet gives no sound.
    """
    last, time = None, 0
    for packet in given.demux(given.streams.audio[0]):
        if packet.dts is None:  # it is no packet, but says that no more will come
            break
        duration = packet.duration or 0
        if last is None:
            time = -duration
        else:
            yield last
        packet.pts = packet.dts = time
        last, time = packet, time + duration
    if last is not None:
        last.duration = length - (last.pts or 0)
        yield last


def _quality(file: Path, sound: Samples, rate: int, bit_rate: int) -> float:
    """Look for the compression at which Vorbis, which has only qualities, has a bit rate."""
    low, high = 0.0, 1.0  # 1 compresses most
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        libsndfile(file, sound, rate, "OGG/VORBIS", compression_level=middle)
        with av.open(str(file)) as media:
            size = sum(packet.size for packet in media.demux(media.streams.audio[0]))
        too_big = 8 * size * rate > bit_rate * len(sound)
        low, high = (middle, high) if too_big else (low, middle)
    return (low + high) / 2
