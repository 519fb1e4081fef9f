"""The channels of a recording beside each other: whether they cancel, and whether they are alike.

They are compared below 2 kHz, where most of the energy of speech is. Above, codecs at low bit rates
store how loud both channels are, but not whether they swing together. Frames last 50 ms. Measured
is the change from one sample to the next, so that hum and a constant offset hardly count.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from render.decoding.decoder import Format

_FRAME = 0.05  # s; sound from one place reaches spaced microphones within a frame
_RATE = 4_000  # Hz that channels are brought to, as means of neighbouring samples
# Energy of the sum of the channels, relative to the loudest channel, where they cancel: of two
# channels, the mix (half their sum) is 20 dB under the louder one.
_CANCELLED = 0.2**2
_SHARE = 0.1  # of the energy of a recording: less than that may cancel
_EQUAL = 10**-0.1  # energy of a channel that counts as much as the loudest, -1 dB
# Measured on 12 pairs of clips of 4 to 60 s: two speakers have at most 0.2, also where each is
# heard in the other's channel 20 dB lower, and 0.1 to 0.5 at 12 dB. One speaker has 0.45 and more
# with 30 ms between the channels, 0.9 with reverberation, 0.95 with as much noise as speech.
_ALIKE = 0.3  # correlation of the levels of two channels
_LOUD = 20.0  # dB below the loud frames of a channel; a frame is active if it is louder in one
_DEPTH = 30.0  # dB below the loud frames; differences further down do not count
_FAINT = 30.0  # dB below the loudest channel; fainter channels do not matter in the mix
_FEWEST = 20  # active frames that channels are compared by, 1 s
_MOST = 32  # channels; more than that are not compared
_FAINTEST = 1e-20  # lowest energy that a level is computed of


@dataclass(frozen=True, eq=False)
class ChannelEnvelopes:
    """Energy of the channels of a recording over time.

    Attributes
    ----------
    energy : np.ndarray, shape=(frames, channels), dtype=float32
    sum_energy : np.ndarray, shape=(frames,), dtype=float32
        Of the sum of the channels.
    """

    energy: np.ndarray
    sum_energy: np.ndarray

    def cancelled(self) -> int | None:
        """Find the channel to take instead of a mix in which the channels cancel.

        Channels cancel in a frame whose sum has at most a fifth of the amplitude of the loudest
        channel. The mix is lost if these frames hold a tenth of the recording's energy.

        Returns
        -------
        channel : int or None
            The loudest, counted from 0: the first of those within 1 dB.
        """
        if not len(self.energy):  # as of one channel
            return None
        loudest = self.energy.max(axis=1, initial=0).astype(np.float64)
        cancelled = loudest[self.sum_energy <= _CANCELLED * loudest].sum()
        if not cancelled > _SHARE * loudest.sum():
            return None
        total = self.energy.sum(axis=0, dtype=np.float64)
        return int(np.flatnonzero(total >= _EQUAL * total.max())[0])

    def unlike(self) -> tuple[int, int] | None:
        """Find two channels that are not about the same: their levels do not rise together.

        Compared are the levels in dB of the loudest channel and of each other one, each relative
        to its own loud frames, so that a speaker's place between the channels does not matter.
        Their correlation tells: speakers pause and stress at different times. The rule and its
        threshold are measured, see `_ALIKE`.

        Returns
        -------
        channels : tuple of two int, or None
            Counted from 0, the loudest first; None also where all others are 30 dB fainter.
        """
        if len(self.energy) < _FEWEST:
            return None
        level = 10 * np.log10(np.maximum(self.energy, _FAINTEST, dtype=np.float64))
        peak = np.percentile(level, 95, axis=0)
        level = np.maximum(level - peak, -_DEPTH)
        first = int(peak.argmax())
        loud = np.flatnonzero(peak >= peak[first] - _FAINT).tolist()
        for other in (channel for channel in loud if channel != first):
            pair = level[:, [first, other]]
            active = pair[(pair > -_LOUD).any(axis=1)]
            if len(active) >= _FEWEST and _correlation(active) < _ALIKE:
                return first, other
        return None


class ChannelMeter:
    """Measures the channels of a recording block by block; nothing of one channel, or over 32.

    Examples
    --------
    >>> meter, time = ChannelMeter(), np.arange(16_000) / 16_000
    >>> left = np.sin(2 * np.pi * 500 * time).astype(np.float32)
    >>> meter.add(np.stack([left, -0.9 * left], axis=1), 16_000)
    >>> meter.envelopes().cancelled()
    0
    """

    def __init__(self) -> None:
        self._energy = [np.zeros((0, 1), np.float32)]
        self._sum_energy = [np.zeros(0, np.float32)]

    def measure(
        self, blocks: Iterable[tuple[Format, np.ndarray]]
    ) -> Iterator[tuple[Format, np.ndarray]]:
        """Measure blocks on their way from the decoder."""
        for file_format, block in blocks:
            self.add(block, file_format.rate)
            yield file_format, block

    def add(self, block: np.ndarray, rate: int) -> None:
        """Take the next samples; a last part that fills no frame is left out.

        Parameters
        ----------
        block : np.ndarray, shape=(n, channels), dtype=float32
        rate : int
            In Hz.
        """
        channels = block.shape[1]
        step = max(1, round(rate / _RATE))
        size = step * round(_FRAME * rate / step)
        frames = len(block) // size
        if not (1 < channels <= _MOST and frames):
            return
        samples = np.ascontiguousarray(block[: frames * size]).reshape(-1, step * channels)
        means = samples @ _mean(step, channels)
        sound = np.ascontiguousarray(means.T).reshape(channels, frames, size // step)
        change = sound[:, :, 1:] - sound[:, :, :-1]
        total = change.sum(axis=0)
        self._energy.append(np.einsum("cfi,cfi->fc", change, change))
        self._sum_energy.append(np.einsum("fi,fi->f", total, total))

    def envelopes(self) -> ChannelEnvelopes:
        """Return what was measured."""
        start = 0 if len(self._energy) == 1 else 1
        return ChannelEnvelopes(
            np.concatenate(self._energy[start:]), np.concatenate(self._sum_energy[start:])
        )


@lru_cache(maxsize=4)
def _mean(step: int, channels: int) -> np.ndarray:
    """Matrix that averages `step` samples of each channel, in a quarter of the time of adding."""
    return np.kron(np.full((step, 1), 1 / step), np.eye(channels)).astype(np.float32)


def _correlation(levels: np.ndarray) -> float:
    """Correlation of two columns; 1 if one is constant."""
    if not levels.std(axis=0).all():
        return 1.0
    return float(np.corrcoef(levels.T)[0, 1])
