"""FFmpeg, through PyAV, for files that come from anywhere.

It only gets formats that hold their own sound, and no protocol to open anything with: a playlist
must not make it open another file or an address. What the formats here are, speech comes in.
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
_READ = 1 << 20  # bytes that are read at once
_ALLOCATED = 1 << 28  # bytes; the table of an MP4 of 72 hours at 44.1 kHz is as large

# FFmpeg allocates whatever a damaged header asks for, 2 GB and more, and PyAV has no option against
# it. The function is found among the libraries that PyAV is linked with; Windows looks nowhere.
_av_max_alloc = getattr(ctypes.CDLL(av._core.__file__), "av_max_alloc", None)
if _av_max_alloc is not None:
    _av_max_alloc(ctypes.c_size_t(_ALLOCATED))


class _Source:
    """A file as FFmpeg is to see it: without a name, from whose suffix it would guess a format.

    Damaged files make it ask for 2 GB at once, and for what is before the beginning.
    """

    def __init__(self, file: FileIO) -> None:
        self.tell, self._read, self._seek = file.tell, file.read, file.seek

    def read(self, size: int) -> bytes:
        """Read on, by at most as much as there is room for."""
        return self._read(min(size, _READ)) or b""

    def seek(self, offset: int, whence: int) -> int:
        """Go somewhere; return where, or the negative number of an error.

        That is FFmpeg's convention; of an exception PyAV would write to the terminal.
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
        Open, at its beginning.
    deadline : Deadline
    reason : str
        Why libsndfile refused it.

    Returns
    -------
    container : av.container.InputContainer

    Raises
    ------
    ValueError
        If it is in no format of sound that FFmpeg knows, or takes too long to find out.
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
        raise deadline.passed() from error
    except av.FFmpegError as error:
        # An invalid argument is what FFmpeg calls a format that is not among those allowed.
        other = isinstance(error, av.error.ArgumentError)
        raise ValueError(
            "expected audio that libsndfile or FFmpeg knows, got something else "
            f"({reason.rstrip('.')}; {'no format of sound' if other else error.strerror})"
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
        As short as the codec makes them.

    Raises
    ------
    ValueError
        If the stream is damaged or takes too long.
    """
    try:
        for frame in _floats(_frames(container, stream, deadline), stream.rate):
            # One after the other, frame by frame: of more than 8 channels, PyAV reads those that
            # lie in planes of their own beyond the last one.
            yield frame.to_ndarray().reshape(-1, frame.layout.nb_channels)
    except av.error.ExitError as error:
        raise deadline.passed() from error
    except av.FFmpegError as error:
        raise ValueError(
            f"expected audio that is whole, got damaged data ({error.strerror})"
        ) from error


def _frames(
    container: av.container.InputContainer, stream: av.AudioStream, deadline: Deadline
) -> Iterator[av.AudioFrame]:
    for packet in _packets(container, stream):
        deadline.check()  # damaged data can go on and on without a single frame
        yield from stream.decode(packet)


def _packets(container: av.container.InputContainer, stream: av.AudioStream) -> Iterator[av.Packet]:
    # At the end PyAV stumbles over streams that began on the way; what was asked for is over then.
    with contextlib.suppress(IndexError):
        yield from container.demux(stream)


def _floats(frames: Iterator[av.AudioFrame], rate: int) -> Iterator[av.AudioFrame]:
    """Bring frames to floats, and to one rate and layout should these change on the way."""
    resampler = av.AudioResampler(format="flt", rate=rate)
    before, layout = None, None
    for frame in frames:
        kind = (frame.sample_rate, frame.layout.name, frame.format.name)
        layout = layout or frame.layout
        if before not in (None, kind):
            yield from resampler.resample(None)
            resampler = av.AudioResampler(format="flt", layout=layout, rate=rate)
        before = kind
        yield from resampler.resample(frame)
    yield from resampler.resample(None)
