"""FFmpeg, through PyAV, for untrusted files.

Only container formats of speech are allowed, and no protocol: a playlist must not make FFmpeg open
another file or an address.
"""

import contextlib
import ctypes
import errno
from collections.abc import Iterator
from io import FileIO

import av
import numpy as np

from render.decoding.deadline import Deadline

_DEMUXERS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dss,dts,eac3,flac,flv,loas,matroska,mov,mp3,"
    "mpc,mpc8,mpeg,mpegts,mxf,nistsphere,nut,ogg,oma,qcp,rm,shn,tak,tta,voc,w64,wav,wv,xwma"
)
_MAX_READ = 1 << 20  # bytes read at once
_MAX_ALLOCATION = 1 << 28  # bytes; as large as the table of an MP4 of 72 hours at 44.1 kHz

# A damaged header can make FFmpeg allocate 2 GB and more, and PyAV has no option for a limit. The
# function is looked up in the libraries that PyAV is linked with; on Windows it is not found.
_av_max_alloc = getattr(ctypes.CDLL(av._core.__file__), "av_max_alloc", None)
if _av_max_alloc is not None:
    _av_max_alloc(ctypes.c_size_t(_MAX_ALLOCATION))


class _Source:
    """A file without a name, as FFmpeg would guess a format from its suffix.

    Damaged files make FFmpeg read 2 GB at once, and seek to before the beginning.
    """

    def __init__(self, file: FileIO) -> None:
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


def opened(file: FileIO, deadline: Deadline, reason: str) -> av.container.InputContainer:
    """Open a file for reading.

    Parameters
    ----------
    file : io.FileIO
        At its beginning.
    deadline : Deadline
    reason : str
        Reason of libsndfile's refusal.

    Returns
    -------
    container : av.container.InputContainer

    Raises
    ------
    ValueError
        If FFmpeg knows no audio format of it, or takes too long to recognise one.
    """
    options = {"format_whitelist": _DEMUXERS, "protocol_whitelist": "none"}
    try:
        container = av.open(
            _Source(file),
            "r",
            container_options=options,
            metadata_errors="replace",
            timeout=deadline.left,
        )
        deadline.check()
        return container
    except av.error.ExitError as error:
        raise deadline.timeout_error() from error
    except av.FFmpegError as error:
        # FFmpeg reports a format that is not allowed as an invalid argument.
        is_other_format = isinstance(error, av.error.ArgumentError)
        raise ValueError(
            "expected audio that libsndfile or FFmpeg knows, got something else "
            f"({reason.rstrip('.')}; {'no format of sound' if is_other_format else error.strerror})"
        ) from error


def audio(container: av.container.InputContainer) -> av.AudioStream:
    """Find the first audio stream of a file.

    Parameters
    ----------
    container : av.container.InputContainer

    Returns
    -------
    stream : av.AudioStream

    Raises
    ------
    ValueError
        If there is none, or no decoder for it.
    """
    if not container.streams.audio:
        raise ValueError("expected audio, got a file without an audio stream")
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        raise ValueError("expected audio, got a codec that FFmpeg does not know")
    return stream


def pieces(
    container: av.container.InputContainer, stream: av.AudioStream, deadline: Deadline
) -> Iterator[np.ndarray]:
    """Decode a stream of a file.

    Parameters
    ----------
    container : av.container.InputContainer
    stream : av.AudioStream
    deadline : Deadline

    Yields
    ------
    piece : np.ndarray, shape=(n, channels), dtype=float32
        Of the codec's frame length.

    Raises
    ------
    ValueError
        If the stream is damaged or takes too long.
    """
    try:
        for frame in _floats(_frames(container, stream, deadline), stream.rate):
            # Interleaved samples: with more than 8 planar channels, PyAV reads beyond the last one.
            yield frame.to_ndarray().reshape(-1, frame.layout.nb_channels)
    except av.error.ExitError as error:
        raise deadline.timeout_error() from error
    except av.FFmpegError as error:
        raise ValueError(
            f"expected audio that is whole, got damaged data ({error.strerror})"
        ) from error


def _frames(
    container: av.container.InputContainer, stream: av.AudioStream, deadline: Deadline
) -> Iterator[av.AudioFrame]:
    for packet in _packets(container, stream):
        deadline.check()  # damaged data can go on without ever giving a frame
        yield from stream.decode(packet)


def _packets(container: av.container.InputContainer, stream: av.AudioStream) -> Iterator[av.Packet]:
    # At the end, PyAV raises IndexError for streams that began late; ours is complete by then.
    with contextlib.suppress(IndexError):
        yield from container.demux(stream)


def _floats(frames: Iterator[av.AudioFrame], rate: int) -> Iterator[av.AudioFrame]:
    """Convert frames to floats, and to one rate and layout if these change within the stream."""
    resampler = av.AudioResampler(format="flt", rate=rate)
    previous_kind, layout = None, None
    for frame in frames:
        kind = (frame.sample_rate, frame.layout.name, frame.format.name)
        layout = layout or frame.layout
        if previous_kind not in (None, kind):
            yield from resampler.resample(None)
            resampler = av.AudioResampler(format="flt", layout=layout, rate=rate)
        previous_kind = kind
        yield from resampler.resample(frame)
    yield from resampler.resample(None)
