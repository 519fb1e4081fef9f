"""A recording in, clips of one length out: trimmed, brought to one level, cut.

Samples are mono floats, 1.0 is full scale; times are in seconds of the original recording.
"""

from dataclasses import dataclass

import librosa
import numpy as np

from render.settings import Settings

SHORTEST = 0.25  # seconds of sound under which a recording is refused
# The last bit of 16-bit audio, -90 dB: what is no louder than it is taken for digital silence.
SILENCE = 2.0**-15


@dataclass(frozen=True)
class Clip:
    """A stretch of a recording, ready to be drawn.

    Attributes
    ----------
    samples : np.ndarray, shape=(settings.length,)
    start : float
        Where the clip begins in the recording, in seconds.
    duration : float
        How much of the clip is the recording's own, before wrap-padding, in seconds.
    """

    samples: np.ndarray
    start: float
    duration: float


def clips(samples: np.ndarray, settings: Settings) -> list[Clip]:
    """Trim a recording, bring it to the level of the settings and cut it.

    Parameters
    ----------
    samples : np.ndarray, shape=(n,)
        The whole recording at ``settings.rate``.
    settings : Settings

    Returns
    -------
    clips : list of Clip
        At least one, in order of time.

    Raises
    ------
    ValueError
        If the recording is silent, or under 0.25 s of sound is left of it.

    Examples
    --------
    >>> tone = 0.1 * np.sin(np.arange(5 * 16_000))
    >>> [(clip.start, clip.duration) for clip in clips(tone, Settings())]
    [(0.0, 2.0), (2.0, 2.0), (4.0, 1.0)]
    """
    if not np.abs(samples).max(initial=0) > SILENCE:
        raise ValueError("expected sound, got silence")
    sound, start = trim(samples, settings.trim)
    if len(sound) < SHORTEST * settings.rate:
        raise ValueError(
            f"expected at least {SHORTEST} s of sound, got {len(sound) / settings.rate:.3f} s"
        )
    sound = to_level(sound, settings.level)
    return [
        Clip(
            samples=np.resize(sound[begin:end], settings.length),  # repeats a short piece: wraps
            start=(start + begin) / settings.rate,
            duration=(end - begin) / settings.rate,
        )
        for begin, end in bounds(len(sound), settings)
    ]


def trim(samples: np.ndarray, below: float | None) -> tuple[np.ndarray, int]:
    """Cut off the quiet beginning and end.

    Parameters
    ----------
    samples : np.ndarray, shape=(n,)
    below : float or None
        A frame of 512 samples this many dB below the loudest frame's RMS is quiet; None cuts
        nothing.

    Returns
    -------
    sound : np.ndarray, shape=(m,)
    start : int
        Where the sound begins in the recording, in samples.
    """
    if below is None:
        return samples, 0
    sound, (start, _) = librosa.effects.trim(
        samples, top_db=below, frame_length=512, hop_length=128
    )
    return sound, int(start)


def to_level(samples: np.ndarray, level: float | None) -> np.ndarray:
    """Scale to an RMS level in dB relative to full scale; None leaves the samples as they are.

    Examples
    --------
    >>> float(to_level(np.array([0.5, -0.5]), -20.0)[0])
    0.1
    """
    if level is None:
        return samples
    rms = np.sqrt(np.mean(np.square(samples, dtype=np.float64)))
    return samples * (10 ** (level / 20) / rms)


def bounds(length: int, settings: Settings) -> list[tuple[int, int]]:
    """Where the clips of a recording begin and end.

    A clip shorter than ``settings.length`` can only be the last. It is dropped when it is under
    half a clip, unless it is the only one.

    Parameters
    ----------
    length : int
        Length of the recording, in samples.
    settings : Settings

    Returns
    -------
    bounds : list of (int, int)
        First sample and the one after the last.

    Examples
    --------
    >>> settings = Settings(rate=4_000, seconds=1, window=32, hop=32)
    >>> bounds(9_999, settings), bounds(10_000, settings)
    ([(0, 4000), (4000, 8000)], [(0, 4000), (4000, 8000), (8000, 10000)])
    """
    # With an overlap, a start is of use only while it brings samples that no clip has had.
    shared = settings.length - settings.step
    starts = range(0, max(1, length - shared), settings.step)
    found = [(start, min(start + settings.length, length)) for start in starts]
    begin, end = found[-1]
    if len(found) > 1 and 2 * (end - begin) < settings.length:
        found.pop()
    return found
