"""Waveform and spectrogram of a recording of any length, in at most 1,000 columns.

Samples are mono floats, 1.0 is full scale. Each column is an equal part of the recording, which is
read block by block and never held in memory.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import fft

COLUMNS = 1_000  # a figure on a screen shows fewer
_WINDOW = 512
_HOP = 256


@dataclass(frozen=True, eq=False)
class Overview:
    """Waveform and spectrogram of a recording.

    Attributes
    ----------
    seconds : float
        Length of the recording.
    lowest, highest : np.ndarray, shape=(columns,)
        Extreme samples of each column.
    level : np.ndarray, shape=(bins, columns)
        Mean power in dB relative to a full-scale sine, at least -200; 0 Hz first, the Nyquist
        frequency last.
    """

    seconds: float
    lowest: np.ndarray
    highest: np.ndarray
    level: np.ndarray


def overview(blocks: Iterable[np.ndarray], length: int, rate: int) -> Overview:
    """Compute the overview of a recording.

    Parameters
    ----------
    blocks : iterable of np.ndarray, shape=(n,)
        Samples, in order.
    length : int
        Number of samples, at least 1.
    rate : int
        In Hz.

    Returns
    -------
    overview : Overview
        With at most `COLUMNS` columns of at least a frame each.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 2_000 * np.arange(32_000) / 16_000)
    >>> level = overview([tone[:9_999], tone[9_999:]], 32_000, 16_000).level
    >>> level.shape, int(level[:, 60].argmax()), round(float(level.max()), 2)
    ((257, 125), 64, 0.0)
    """
    columns = max(1, min(COLUMNS, length // _HOP))
    frames = _Frames(columns, length)
    lowest, highest = np.full(columns, np.inf), np.full(columns, -np.inf)
    position = 0
    for block in blocks:
        if len(block):
            filled, starts = _columns(position + np.arange(len(block)), columns, length)
            lowest[filled] = np.minimum(lowest[filled], np.minimum.reduceat(block, starts))
            highest[filled] = np.maximum(highest[filled], np.maximum.reduceat(block, starts))
            frames.add(block)
            position += len(block)
    return Overview(length / rate, lowest, highest, frames.level())


class _Frames:
    """Sum of the power of frames, column by column."""

    def __init__(self, columns: int, length: int) -> None:
        self._power = np.zeros((columns, _WINDOW // 2 + 1))
        self._count = np.zeros(columns)
        self._length, self._centre = length, 0
        self._rest = np.zeros(_WINDOW // 2, np.float32)  # so that the first frame is centred on 0
        # So that a full-scale sine has power 1.
        self._taper = (np.hanning(_WINDOW + 1)[:-1] * 4 / _WINDOW).astype(np.float32)

    def add(self, block: np.ndarray) -> None:
        """Take the next samples."""
        samples = np.concatenate((self._rest, block.astype(np.float32, copy=False)))
        count = max(0, 1 + (len(samples) - _WINDOW) // _HOP)
        self._rest = samples[count * _HOP :]
        if not count:
            return
        frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP]
        centres = self._centre + _HOP * np.arange(count)
        self._centre += _HOP * count
        filled, starts = _columns(centres, len(self._count), self._length)
        power = np.square(np.abs(fft.rfft(frames * self._taper, axis=1)))
        self._power[filled] += np.add.reduceat(power, starts, axis=0)
        self._count[filled] += np.diff(np.append(starts, count))

    def level(self) -> np.ndarray:
        """Mean power of each column in dB; the last columns can be without a frame."""
        self.add(np.zeros(_WINDOW // 2 + _HOP, np.float32))
        power = self._power / np.maximum(self._count, 1)[:, np.newaxis]
        return 10 * np.log10(np.maximum(power, 1e-20)).T


def _columns(positions: np.ndarray, columns: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns that rising positions fall into, and the index of the first position in each."""
    return np.unique(np.minimum(positions * columns // length, columns - 1), return_index=True)
