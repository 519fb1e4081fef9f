"""Windows of a recording, drawn in one thread while another scores the batch before.

Memory does not grow with the recording: there are pictures of two batches at a time.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

import numpy as np

from detect import voice_activity
from render.clips import Clip
from render.decoding.deadline import Deadline
from render.settings import Settings
from render.spectrogram import draw

BATCH = 4  # pictures scored at once; more take no less time each, and the first begin later

Score = Callable[[np.ndarray], np.ndarray]


class Batch(NamedTuple):
    """A few windows with speech.

    Attributes
    ----------
    start, duration : np.ndarray, shape=(n,)
        In s.
    images : np.ndarray, shape=(n, height, width), dtype=uint8
    """

    start: np.ndarray
    duration: np.ndarray
    images: np.ndarray


def draw_batches(clips: Iterable[Clip], settings: Settings, deadline: Deadline) -> Iterator[Batch]:
    """Draw the clips that hold speech.

    Parameters
    ----------
    clips : iterable of Clip
    settings : Settings
    deadline : Deadline
        Checked between batches.

    Yields
    ------
    batch : Batch
        At most `BATCH` windows, in order of time.

    Raises
    ------
    ValueError
        After the deadline.
    """
    spoken = (
        clip for clip in clips if voice_activity.activity(clip.samples, settings.rate).is_speech
    )
    while batch := list(islice(spoken, BATCH)):
        deadline.check()
        yield Batch(
            np.array([clip.start for clip in batch]),
            np.array([clip.duration for clip in batch]),
            np.stack([draw(clip.samples, settings) for clip in batch]),
        )


def score_batches(
    batches: Iterable[Batch], score: Score, load: Callable[[], None] = lambda: None
) -> Iterator[tuple[Batch, np.ndarray]]:
    """Score batches in a second thread, while the caller's thread draws the next.

    Parameters
    ----------
    batches : iterable of Batch
    score : callable
        Pictures to raw scores, shape (n, networks).
    load : callable
        What scoring would otherwise load; called in that thread while the first batch is drawn. Its
        errors are those of scoring.

    Yields
    ------
    batch : Batch
    raw : np.ndarray, shape=(n, networks)
    """
    waiting: deque[tuple[Batch, Future[np.ndarray]]] = deque()
    with ThreadPoolExecutor(1) as scorer:
        scorer.submit(load)
        for batch in batches:
            waiting.append((batch, scorer.submit(score, batch.images)))
            if len(waiting) > 1:
                first, raw = waiting.popleft()
                yield first, raw.result()
        for first, raw in waiting:
            yield first, raw.result()
