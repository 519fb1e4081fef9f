"""Channels that hold different speech: a mix of them has two voices at once.

`render.decoding.channels` finds channels whose levels do not rise together. That is so of noise
beside speech, too: voice activity detection tells whether there is speech in both.
"""

import math
from itertools import islice

from detect.voice_activity import activity
from render.clips import slices
from render.decoding.audio import Audio, blocks

_WINDOW = 2.0  # s
_SHARE = 0.1  # of the windows of a channel in which somebody speaks, at least


def different_speech(audio: Audio) -> tuple[str, str] | None:
    """Find two channels of a mixed recording that hold different speech.

    Parameters
    ----------
    audio : Audio
        A mix; its channels are decoded once more if their levels are unlike.

    Returns
    -------
    channels : tuple of two str, or None
        Counted from ``"1"``.

    Raises
    ------
    ValueError
        If the file has changed or time is over.
    """
    unlike = audio.channels.unlike()
    if unlike is None:
        return None
    first, second = (str(channel + 1) for channel in sorted(unlike))
    if _holds_speech(audio, first) and _holds_speech(audio, second):
        return first, second
    return None


def _holds_speech(audio: Audio, channel: str) -> bool:
    """Whether there is speech in a tenth of a channel; it is decoded as far as that is not sure."""
    size = min(audio.length, round(_WINDOW * audio.rate))
    starts = range(0, audio.length - size + 1, size)
    samples = blocks(audio.path, audio.rate, audio.deadline, channel)
    windows = slices(samples, ((start, start + size) for start in starts))
    spoken = (window for window in windows if activity(window, audio.rate).is_speech)
    enough = math.ceil(_SHARE * len(starts))
    return sum(1 for _ in islice(spoken, enough)) == enough
