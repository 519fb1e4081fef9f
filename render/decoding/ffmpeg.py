"""FFmpeg, through PyAV, for untrusted files.

Only container formats of speech are allowed, and no protocol: a playlist must not make FFmpeg open
another file or an address.
"""

import contextlib
import ctypes
import errno
import re
from collections.abc import Iterator
from fractions import Fraction
from io import RawIOBase

import av
import numpy as np

from render.decoding import amr, gsm
from render.decoding.deadline import Deadline
from render.decoding.gaps import Mp3Gaps
from render.decoding.progress import Progress

_DEMUXERS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dss,dts,eac3,flac,flv,gsm,loas,matroska,mov,"
    "mp3,mpc,mpc8,mpeg,mpegts,mxf,nistsphere,nut,ogg,oma,qcp,rm,shn,tak,tta,voc,w64,wav,wv,xwma"
)
# Formats of FFmpeg that state the length of each track, and those with one for the whole file.
_STATE_TRACKS = ("ape", "mov", "tta", "wv")
_STATE_WHOLE = ("flv", "matroska")
_DURATION = re.compile(r"(\d+):(\d+):([\d.]{1,12})")
# Errors of a packet after which there can be good ones; the last two are of AAC and AC-3.
_DAMAGE = (av.error.InvalidDataError, av.error.PermissionError, av.error.UndefinedError)
_MAX_READ = 1 << 20  # bytes read at once
_ARCHIVE = "an archive: unpack it first"
_PLAYLIST = "a playlist: give the recordings that it names"
_WEB_PAGE = "a web page: the download has failed"
_SILK = "SILK, a format of voice messages: convert it to another first"
# What is no recording, by its first bytes in small letters.
_OTHERS = (
    *((mark, _ARCHIVE) for mark in (b"pk\3\4", b"\x1f\x8b", b"7z\xbc\xaf", b"rar!")),
    *((mark, _PLAYLIST) for mark in (b"#extm3u", b"[playlist]")),
    *((mark, _WEB_PAGE) for mark in (b"<!doctype", b"<html")),
    (b"%pdf", "a PDF"),
    *((mark, _SILK) for mark in (b"\2#!silk", b"#!silk")),
)
_MAX_ALLOCATION = 1 << 28  # bytes; as large as the table of an MP4 of 72 hours at 44.1 kHz

# A damaged header can make FFmpeg allocate 2 GB and more, and PyAV has no option for a limit. The
# function is looked up in the libraries that PyAV is linked with; on Windows it is not found.
_av_max_alloc = getattr(ctypes.CDLL(av._core.__file__), "av_max_alloc", None)
if _av_max_alloc is not None:
    _av_max_alloc(ctypes.c_size_t(_MAX_ALLOCATION))


class UnknownFormatError(ValueError):
    """A file that neither libsndfile nor FFmpeg takes for sound."""


class _Source:
    """A file without a name, as FFmpeg would guess a format from its suffix.

    Damaged files make FFmpeg read 2 GB at once, and seek to before the beginning.
    """

    def __init__(self, file: RawIOBase) -> None:
        self.tell, self._read, self._seek = file.tell, file.read, file.seek

    def read(self, size: int) -> bytes:
        """Read at most `size` bytes."""
        return self._read(min(size, _MAX_READ)) or b""

    def seek(self, offset: int, whence: int) -> int:
        """Move to a position and return it, or a negative error number.

        That is FFmpeg's convention; PyAV would print an exception to the terminal.
        """
        try:
            return self._seek(offset, whence)
        except OSError as error:
            return -(error.errno or errno.EIO)


def opened(
    file: RawIOBase, deadline: Deadline, reason: str, demuxers: str = _DEMUXERS
) -> av.container.InputContainer:
    """Open a file for reading.

    Parameters
    ----------
    file : io.RawIOBase
        At its beginning.
    deadline : Deadline
    reason : str
        Reason of libsndfile's refusal.
    demuxers : str
        FFmpeg's names of the container formats that are allowed, with commas between.

    Returns
    -------
    container : av.container.InputContainer

    Raises
    ------
    UnknownFormatError
        If FFmpeg knows no audio format of it.
    ValueError
        If it takes too long to recognise one.
    """
    options = {"format_whitelist": demuxers, "protocol_whitelist": "none"}
    try:
        container = av.open(
            _Source(file),
            "r",
            container_options=options,
            metadata_errors="replace",
            timeout=deadline.left,
        )
        deadline.check()
        if container.format.name == "gsm" and not gsm.is_gsm(file):
            container.close()
            raise av.error.ArgumentError(errno.EINVAL, "Invalid argument")
        return container
    except av.error.ExitError as error:
        raise deadline.timeout_error() from error
    except av.FFmpegError as error:
        # FFmpeg reports a format that is not allowed as an invalid argument.
        is_other_format = isinstance(error, av.error.ArgumentError)
        details = (
            f"{reason.rstrip('.')}; {'no format of sound' if is_other_format else error.strerror}"
        )
        kind = _kind_of_other(file) or f"something else ({details})"
        raise UnknownFormatError(f"expected audio or video, got {kind}") from error


def _kind_of_other(file: RawIOBase) -> str:
    """Name what people often give in place of a recording; empty for anything else."""
    file.seek(0)
    start = (file.read(512) or b"").lower()
    if start[257:].startswith(b"ustar"):  # tar
        return _ARCHIVE
    start = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((kind for mark, kind in _OTHERS if start.startswith(mark)), "")


def pieces(
    container: av.container.InputContainer,
    stream: av.AudioStream,
    deadline: Deadline,
    warnings: list[str],
    sizes: list[int],
    *,
    part: float = 1.0,
    rate: int | None = None,
) -> Iterator[np.ndarray]:
    """Decode a stream of a file. In a bare MP3, what is damaged is skipped, with a warning.

    Parameters
    ----------
    container : av.container.InputContainer
    stream : av.AudioStream
    deadline : Deadline
    warnings : list of str
        Gets what is odd about start, gaps, damage and end.
    sizes : list of int
        Gets the bytes of the encoded sound.
    part : float
        Length that the header states of that which there is.
    rate : int, optional
        Sample rate of the pieces in Hz; default: that of the stream, or of its first frame.

    Yields
    ------
    piece : np.ndarray, shape=(n, channels), dtype=float32
        Of the codec's frame length.

    Raises
    ------
    ValueError
        If most of the stream is damaged, or it takes too long.
    """
    rate = rate or stream.rate or None
    progress = Progress(Mp3Gaps() if container.format.name == "mp3" else None)
    try:
        for frame in _floats(_frames(container, stream, deadline, progress), rate):
            progress.samples += frame.samples
            progress.rate = frame.sample_rate
            # Interleaved samples: with more than 8 planar channels, PyAV reads beyond the last one.
            yield frame.to_ndarray().reshape(-1, frame.layout.nb_channels)
    except av.error.ExitError as error:
        raise deadline.timeout_error() from error
    except av.FFmpegError as error:
        raise ValueError(
            f"expected audio that is whole, got damaged data ({error.strerror})"
        ) from error
    sizes.append(progress.size)
    warnings += progress.oddities(_start(container, stream), _stated(container, stream), part)


def _start(container: av.container.InputContainer, stream: av.AudioStream) -> float | None:
    """When a file begins, in s; None where it does not say.

    That of an MP4 is 0, as players take an empty edit for silence, but not of fragments.
    """
    if container.format.name.startswith("mov") and stream.frames:
        return 0.0
    return None if container.start_time is None else container.start_time / av.time_base


def _stated(container: av.container.InputContainer, stream: av.AudioStream) -> float | None:
    """Length of a stream that its file states, in s; None without one.

    FFmpeg estimates a length where there is none, so only some formats count.
    """
    name = container.format.name.partition(",")[0]
    whole = Fraction(container.duration or 0, av.time_base)
    if name in _STATE_TRACKS and stream.duration and stream.time_base:
        return float(min(whole, stream.duration * stream.time_base))
    if name in _STATE_WHOLE and len(container.streams) == 1:
        return float(whole)
    # Of several tracks, a Matroska states the whole, and some programs the length of each.
    if tag := _DURATION.fullmatch(stream.metadata.get("DURATION", "")):
        hours, minutes, seconds = map(float, tag.groups())
        return min(float(whole), 3_600 * hours + 60 * minutes + seconds)
    return None


def _frames(
    container: av.container.InputContainer,
    stream: av.AudioStream,
    deadline: Deadline,
    progress: Progress,
) -> Iterator[av.AudioFrame]:
    decoder = amr.decoder(container, stream, deadline)
    packets = _packets(container, stream)
    while True:
        deadline.check()  # damaged data can go on without ever giving a frame
        try:
            packet = next(packets, None)
        except av.error.InvalidDataError as error:  # there is no way to go on
            progress.error, packet = progress.error or error, None
        if packet is None:
            break
        if progress.mp3:
            progress.mp3.look(packet, Fraction(progress.samples, progress.rate))
        try:
            frames = decoder.decode(packet)
        except _DAMAGE as error:
            progress.fail(packet, error)
            continue
        progress.note(packet)
        yield from frames
    progress.require_sound()


def _packets(container: av.container.InputContainer, stream: av.AudioStream) -> Iterator[av.Packet]:
    # At the end, PyAV raises IndexError for streams that began late; ours is complete by then.
    with contextlib.suppress(IndexError):
        yield from container.demux(stream)


def mp3_frames(file: RawIOBase, deadline: Deadline) -> tuple[float, list[str]]:
    """Measure the frames of an MP3 without decoding them.

    Parameters
    ----------
    file : io.RawIOBase
        At its beginning.
    deadline : Deadline

    Returns
    -------
    seconds : float
        Length of all frames; 0 if FFmpeg does not know the file.
    oddities : list of str
        Where something stands between the frames, as a plain clause.
    """
    seconds, gaps, oddities = Fraction(0), Mp3Gaps(), list[str]()
    with contextlib.suppress(ValueError), opened(file, deadline, "", "mp3") as container:
        for packet in _packets(container, container.streams.audio[0]):
            deadline.check()
            gaps.look(packet, seconds)
            seconds += (packet.duration or 0) * packet.time_base
        oddities = gaps.oddities()
    return float(seconds), oddities


def _floats(frames: Iterator[av.AudioFrame], rate: int | None) -> Iterator[av.AudioFrame]:
    """Convert frames to floats, and to one rate and layout if these change within the stream."""
    resampler = av.AudioResampler(format="flt", rate=rate)
    previous_kind, layout = None, None
    for frame in frames:
        kind = (frame.sample_rate, frame.layout.name, frame.format.name)
        layout, rate = layout or frame.layout, rate or frame.sample_rate
        if previous_kind not in (None, kind):
            yield from resampler.resample(None)
            resampler = av.AudioResampler(format="flt", layout=layout, rate=rate)
        previous_kind = kind
        yield from resampler.resample(frame)
    yield from resampler.resample(None)
