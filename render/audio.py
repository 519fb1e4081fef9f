"""An audio file in, mono samples at one rate out.

What a file holds is told by its content, never by its suffix: libsndfile reads what it knows
(WAV, FLAC, OGG, MP3, AIFF and more), FFmpeg through PyAV everything else (AAC, Opus, WMA, the
sound of a video). Samples are floats, 1.0 is full scale.
"""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr

_BLOCK = 1 << 18  # samples a channel held at once while decoding


def read(path: Path, rate: int) -> np.ndarray:
    """Read a recording, mixed to mono and resampled.

    Channels are averaged. The file is decoded and resampled in blocks, so that only the mono
    samples at the new rate are held whole.

    Parameters
    ----------
    path : Path
    rate : int
        Sample rate wanted, in Hz.

    Returns
    -------
    samples : np.ndarray, shape=(n,), dtype=float32

    Raises
    ------
    ValueError
        If the file is empty, no audio that libsndfile or FFmpeg knows, damaged, or holds NaN or
        infinite samples.
    OSError
        If the file cannot be opened.
    """
    if path.stat().st_size == 0:
        raise ValueError("expected audio, got an empty file")
    chunks = []
    resampler = None
    for source_rate, block in _blocks(path):
        if not np.isfinite(block).all():
            raise ValueError("expected finite samples, got NaN or infinity")
        if source_rate == rate:
            chunks.append(block)
            continue
        resampler = resampler or soxr.ResampleStream(source_rate, rate, 1, dtype="float32")
        chunks.append(resampler.resample_chunk(block))
    if resampler is not None:
        chunks.append(resampler.resample_chunk(np.zeros(0, np.float32), last=True))
    if sum(map(len, chunks)) == 0:
        raise ValueError("expected audio, got a file without samples")
    return np.concatenate(chunks)


def _blocks(path: Path) -> Iterator[tuple[int, np.ndarray]]:
    """Decode a file to (rate, mono block) pairs of one rate."""
    with path.open("rb") as file:
        # Opened by its number, not by name: soundfile would believe the suffix .raw.
        try:
            sound = soundfile.SoundFile(file.fileno(), closefd=False)
        except soundfile.LibsndfileError:
            file.seek(0)
            yield from _ffmpeg_blocks(file)
            return
        with sound:
            try:
                for block in sound.blocks(blocksize=_BLOCK, dtype="float32", always_2d=True):
                    yield sound.samplerate, block.mean(axis=1)
            except soundfile.LibsndfileError as error:
                raise ValueError(f"expected readable audio, got damaged data ({error})") from error


def _ffmpeg_blocks(file) -> Iterator[tuple[int, np.ndarray]]:
    """Decode the first audio stream of an open file with FFmpeg."""
    try:
        with av.open(file) as container:
            if not container.streams.audio:
                raise ValueError("expected audio, got a file without an audio stream")
            stream = container.streams.audio[0]
            # Only the sample format is changed; one rate is asked for, should it vary on the way.
            planar = av.AudioResampler(format="fltp", rate=stream.rate)
            frames = (frame for packet in container.demux(stream) for frame in packet.decode())
            for frame in frames:
                for part in planar.resample(frame):
                    yield stream.rate, part.to_ndarray().mean(axis=0)
            for part in planar.resample(None):
                yield stream.rate, part.to_ndarray().mean(axis=0)
    except av.FFmpegError as error:
        reason = str(error.strerror or error)
        raise ValueError(
            f"expected audio that libsndfile or FFmpeg knows, got something else ({reason})"
        ) from error
