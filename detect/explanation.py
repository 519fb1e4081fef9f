"""Explanation of the verdict on one window of a recording."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from detect.detection import Detector
from render.clips import split_into_clips
from render.decoding.audio import MIX, scan_audio
from render.spectrogram import draw

if TYPE_CHECKING:
    from classify.explanations.explanation import Explanation


def explain_window(
    detector: Detector,
    path: Path,
    start_s: float | None = None,
    method: str | None = None,
    channel: str = MIX,
) -> "tuple[np.ndarray, Explanation]":
    """Explain one window of a recording.

    Parameters
    ----------
    detector : Detector
    path : Path
    start_s : float, optional
        Start of the window in s; the window that begins nearest is taken. Default: the most
        suspicious.
    method : str, optional
        See `classify.explanations.explanation.explain`.
    channel : str
        As for `detect.detection.Detector.detect`.

    Returns
    -------
    image : np.ndarray, shape=run.shape, dtype=uint8
        The window as the network saw it.
    explanation : classify.explanations.explanation.Explanation

    Raises
    ------
    ValueError
        If the recording cannot be used, no speech is found in it, or it cannot be explained.
    """
    from classify.explanations.explanation import explain

    if start_s is None:
        suspicious = detector.detect(path, channel=channel).suspicious
        if suspicious is None:
            raise ValueError("expected speech to explain, got none")
        start_s = suspicious[0]
    image = draw_window(detector, path, start_s, channel)
    return image, explain(detector.run, image, method)


def draw_window(detector: Detector, path: Path, start_s: float, channel: str = MIX) -> np.ndarray:
    """Draw the window that begins nearest to a time, as the network saw it.

    Parameters
    ----------
    detector : Detector
    path : Path
    start_s : float
        In s of the recording.
    channel : str
        As for `detect.detection.Detector.detect`.

    Returns
    -------
    image : np.ndarray, shape=run.shape, dtype=uint8

    Raises
    ------
    ValueError
        If the recording cannot be used.
    """
    deadline = time.monotonic() + detector.timeout_s
    audio = scan_audio(path, detector.settings.rate, deadline, channel)
    clips = split_into_clips(audio, detector.settings)
    nearest = min(clips, key=lambda clip: abs(clip.start - start_s))
    return draw(nearest.samples, detector.settings)
