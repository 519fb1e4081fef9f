"""Recordings as WAV for the player of a browser: what the detector hears.

Mono, 16 bits, at the rate of the run. A long recording is cut to a part, so that memory stays
bounded. Times are in s.
"""

import io
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from render.clips import slices
from render.decoding.audio import scan_audio

LONGEST = 600.0  # s; 19 MB at 16 kHz


@dataclass(frozen=True, eq=False)
class Excerpt:
    """A part of a recording to listen to.

    Attributes
    ----------
    wav : bytes
    start_s, end_s : float
        Position in the recording.
    whole : bool
        Whether it is the whole recording.
    """

    wav: bytes
    start_s: float
    end_s: float
    whole: bool


def excerpt(
    path: Path, rate: int, around_s: float, timeout_s: float, longest_s: float = LONGEST
) -> Excerpt:
    """Cut out a part of a recording, as WAV.

    Parameters
    ----------
    path : Path
    rate : int
        In Hz.
    around_s : float
        A time that has to be in it, in the middle where possible.
    timeout_s : float
        Seconds that the work may take.
    longest_s : float
        Longest part.

    Raises
    ------
    ValueError
        As `render.decoding.audio.scan_audio`.
    """
    audio = scan_audio(path, rate, time.monotonic() + timeout_s)
    longest = round(longest_s * rate)
    start = round((around_s - longest_s / 2) * rate)
    start = max(0, min(start, audio.length - longest))
    end = min(start + longest, audio.length)
    (samples,) = slices(audio.blocks(), [(start, end)])
    return Excerpt(_wav(samples, rate), start / rate, end / rate, end - start == audio.length)


def _wav(samples: np.ndarray, rate: int) -> bytes:
    data = io.BytesIO()
    soundfile.write(data, samples, rate, format="WAV", subtype="PCM_16")
    return data.getvalue()
