"""A recording in, clips of one length out: trimmed, normalised to one level, cut.

Samples are mono floats, 1.0 is full scale; times are in seconds of the original recording.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from render.decoding.audio import Audio
from render.decoding.envelope import Envelope
from render.settings import Settings

SHORTEST = 0.25  # seconds of sound that a recording must have
# The last bit of 16-bit audio, -90 dB: nothing above it counts as digital silence.
SILENCE = 2.0**-15


@dataclass(frozen=True)
class Clip:
    """A piece of a recording, ready to be drawn.

    Attributes
    ----------
    samples : np.ndarray, shape=(settings.length,), dtype=float32
    start : float
        Start of the clip in the recording, in seconds.
    duration : float
        Length of the recording in the clip, before wrap-padding, in seconds.
    """

    samples: np.ndarray
    start: float
    duration: float


@dataclass(frozen=True)
class Clips:
    """The clips of a recording, made one by one in iteration.

    Attributes
    ----------
    audio : Audio
    settings : Settings
    start, end : int
        Trimmed recording: its first sample and the one after the last.
    gain : float
        Factor of every sample.
    """

    audio: Audio
    settings: Settings
    start: int
    end: int
    gain: float

    def __len__(self) -> int:
        return len(starts(self.end - self.start, self.settings))

    def __iter__(self) -> Iterator[Clip]:
        rate = self.settings.rate
        pieces = slices(self.audio.blocks(), self._bounds())
        for (begin, end), piece in zip(self._bounds(), pieces, strict=True):
            # np.resize repeats a short piece.
            samples = np.resize(piece * np.float32(self.gain), self.settings.length)
            yield Clip(samples, begin / rate, (end - begin) / rate)

    def _bounds(self) -> Iterator[tuple[int, int]]:
        for start in starts(self.end - self.start, self.settings):
            begin = self.start + start
            yield begin, min(begin + self.settings.length, self.end)


def split_into_clips(audio: Audio, settings: Settings) -> Clips:
    """Trim a recording, normalise it to the level of the settings and cut it.

    Parameters
    ----------
    audio : Audio
        At ``settings.rate``.
    settings : Settings

    Returns
    -------
    clips : Clips
        At least one clip, in order of time.

    Raises
    ------
    ValueError
        If the recording is silent, or shorter than 0.25 s after trimming.
    """
    _refuse_silence(audio.envelope)
    loud = audio.envelope.loud(settings.trim)
    length = loud.end - loud.start
    if length < SHORTEST * settings.rate:
        raise ValueError(
            f"expected at least {SHORTEST} s of sound, got {length / settings.rate:.3f} s"
        )
    gain = 1.0
    if settings.level is not None:
        gain = 10 ** (settings.level / 20) / np.sqrt(loud.energy / length)
    return Clips(audio, settings, loud.start, loud.end, gain)


def starts(length: int, settings: Settings) -> range:
    """First samples of the clips of a recording.

    Only the last clip can be shorter than ``settings.length``. It is dropped if it is shorter than
    half a clip and not the only one.

    Parameters
    ----------
    length : int
        Length of the recording, in samples.
    settings : Settings

    Returns
    -------
    starts : range
        First sample of each clip.

    Examples
    --------
    >>> settings = Settings(rate=4_000, seconds=1, window=32, hop=32)
    >>> list(starts(9_999, settings)), list(starts(10_000, settings))
    ([0, 4000], [0, 4000, 8000])
    """
    # With an overlap, a clip must add samples that no clip before it has.
    shared = settings.length - settings.clip_step
    first_samples = range(0, max(1, length - shared), settings.clip_step)
    if len(first_samples) > 1 and 2 * (length - first_samples[-1]) < settings.length:
        return first_samples[:-1]
    return first_samples


def _refuse_silence(envelope: Envelope) -> None:
    loudest = max(-envelope.lowest, envelope.highest)
    if not loudest > SILENCE:
        raise ValueError("expected sound, got silence")
    if not envelope.highest - envelope.lowest > 2 * SILENCE:
        raise ValueError(f"expected sound, got a constant offset of {envelope.highest:.3g}")


def slices(blocks: Iterator[np.ndarray], bounds: Iterable[tuple[int, int]]) -> Iterator[np.ndarray]:
    """Cut slices out of a stream of blocks, with no more than one slice in memory.

    Parameters
    ----------
    blocks : iterator of np.ndarray, shape=(n,)
    bounds : iterable of (int, int)
        First sample of each slice and the one after the last, both never falling.

    Yields
    ------
    samples : np.ndarray, shape=(end - begin,)

    Raises
    ------
    ValueError
        If the blocks end before a slice does.

    Examples
    --------
    >>> blocks = [np.array([0.0, 1.0, 2.0]), np.array([3.0]), np.array([4.0, 5.0])]
    >>> [piece.tolist() for piece in slices(iter(blocks), [(1, 4), (3, 5)])]
    [[1.0, 2.0, 3.0], [3.0, 4.0]]
    """
    held, position = np.zeros(0, np.float32), 0
    for begin, end in bounds:
        parts, until = [held[begin - position :]], position + len(held)
        while until < end:
            block = next(blocks, None)
            if block is None:
                raise ValueError(
                    f"expected {end} samples as when the recording was first read, got {until}"
                )
            if until + len(block) > begin:  # even an empty view would keep the block in memory
                parts.append(block[max(0, begin - until) :])
            until += len(block)
        held = np.concatenate(parts) if len(parts) > 1 else parts[0]
        position = begin
        yield held[: end - begin]
