"""A recording in, sound that every browser plays out: what the detector hears, as a WAV.

Mono, 16 bits, at the rate of the run. Of a long recording only a part is given, so that memory
stays bounded. Times are in s.
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
        Where in the recording it lies.
    whole : bool
        Whether it is all of it.
    """

    wav: bytes
    start_s: float
    end_s: float
    whole: bool


def excerpt(
    path: Path, rate: int, around_s: float, patience: float, longest: float = LONGEST
) -> Excerpt:
    """Cut out what is to be heard.

    Parameters
    ----------
    path : Path
    rate : int
        In Hz.
    around_s : float
        What has to be in it, in the middle if there is room.
    patience : float
        Seconds that the work may take.
    longest : float
        Seconds that it may be long.

    Returns
    -------
    excerpt : Excerpt

    Raises
    ------
    ValueError
        As `render.decoding.audio.scan_audio`.
    """
    sound = scan_audio(path, rate, time.monotonic() + patience)
    most = round(longest * rate)
    begin = round((around_s - longest / 2) * rate)
    begin = max(0, min(begin, sound.length - most))
    end = min(begin + most, sound.length)
    (samples,) = slices(sound.blocks(), [(begin, end)])
    return Excerpt(_wav(samples, rate), begin / rate, end / rate, end - begin == sound.length)


def _wav(samples: np.ndarray, rate: int) -> bytes:
    data = io.BytesIO()
    soundfile.write(data, samples, rate, format="WAV", subtype="PCM_16")
    return data.getvalue()
