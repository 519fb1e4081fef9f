"""What stands behind the speech, taken away: noise gates, noise suppression, lost packets.

Generated speech often has no background. So has real speech that a telephone or an editor has
cleaned, and clean must not speak for fake. Samples are mono float32.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, signal

_FRAME = 0.02  # s; of a gate, and of a packet
_LOUD = 90  # percentile of the levels of the frames that counts as speech
_QUIET = 10  # percentile of the magnitudes in a band that counts as background
_FAINTEST = 1e-10
_FADE = 0.5  # of a lost packet's level in that of the packet before it


@dataclass(frozen=True)
class Gate:
    """Lower what is much fainter than the speech.

    Attributes
    ----------
    threshold : int
        In dB below the loud frames; what is fainter is lowered.
    depth : int
        By how many dB; 0 for digital silence.
    """

    threshold: int
    depth: int

    def __str__(self) -> str:
        depth = f"by {self.depth} dB" if self.depth else "to silence"
        return f"gate {self.threshold} dB below the speech, {depth}"

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Close the gate where there is no speech."""
        size = round(_FRAME * rate)
        frames = -(-len(samples) // size)
        padded = np.pad(samples, (0, frames * size - len(samples))).reshape(frames, size)
        level = 10 * np.log10((padded.astype(np.float64) ** 2).mean(axis=1) + _FAINTEST)
        is_open = level >= np.percentile(level, _LOUD) - self.threshold
        # Open for a frame before and after, so that no beginning of a word is lost.
        is_open = ndimage.maximum_filter1d(is_open, 3)
        gain = np.where(is_open, 1.0, 10 ** (-self.depth / 20) if self.depth else 0.0)
        centres = (np.arange(frames) + 0.5) * size
        return (samples * np.interp(np.arange(len(samples)), centres, gain)).astype(np.float32)


@dataclass(frozen=True)
class NoiseSuppression:
    """Subtract the background from every band, as noise suppressors do.

    Attributes
    ----------
    strength : float
        How many times the background's magnitude is subtracted.
    floor : int
        Largest reduction in a band, in dB.

    References
    ----------
    Berouti, Schwartz and Makhoul, "Enhancement of speech corrupted by acoustic noise", ICASSP 1979,
    with magnitudes in place of powers.
    """

    strength: float
    floor: int

    def __str__(self) -> str:
        return f"noise suppression {self.strength:g} times, {self.floor} dB at most"

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Suppress the background, which is what the quiet frames of every band hold."""
        size = min(2 * round(_FRAME * rate), len(samples))
        _, _, spectrum = signal.stft(samples, rate, nperseg=size)
        magnitude = np.abs(spectrum)
        background = np.percentile(magnitude, _QUIET, axis=1, keepdims=True)
        gain = 1 - self.strength * background / np.maximum(magnitude, _FAINTEST)
        spectrum = spectrum * np.maximum(gain, 10 ** (-self.floor / 20))
        _, suppressed = signal.istft(spectrum, rate, nperseg=size)
        suppressed = np.pad(suppressed, (0, max(0, len(samples) - len(suppressed))))
        return suppressed[: len(samples)].astype(np.float32)


@dataclass(frozen=True)
class PacketLoss:
    """Lose packets of 20 ms, in bursts; the packet before is repeated, ever fainter.

    Attributes
    ----------
    share : int
        Packets that are lost, in per cent.
    """

    share: int

    def __str__(self) -> str:
        return f"packet loss {self.share} %"

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Lose packets drawn from the generator."""
        size, received = round(_FRAME * rate), samples.copy()
        lost = False
        for start in range(size, len(samples) - size + 1, size):
            # A loss is followed by another one half of the time.
            lost = rng.random() < (0.5 if lost else self.share / 200)
            if lost:
                received[start : start + size] = _FADE * received[start - size : start]
        return received
