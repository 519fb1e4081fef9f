"""Effects of players, recorders and lines: speed, pitch, band limits, gain, resampling, codecs.

Each effect is a step: it takes mono float32 samples, their rate in Hz and a random generator, which
none of these uses, and returns samples of the same length and timing. Only `Speed` can change the
length.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import soxr

from render.augmentation import codecs

if TYPE_CHECKING:
    from audiomentations.core.transforms_interface import BaseWaveformTransform

STEP = 2.0**-15  # quantisation step of 16-bit audio, 1.0 being full scale


@dataclass(frozen=True)
class Speed:
    """Play faster or slower, which changes pitch and tempo together.

    Attributes
    ----------
    factor : float
        Above 1 is faster and higher.
    exact_length : bool
        Whether to keep the length: a faster clip is filled up with its beginning, as a short
        recording is, and a slower clip is cut.
    """

    factor: float
    exact_length: bool = True

    def __str__(self) -> str:
        return f"speed {self.factor:g}"

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Play at another speed."""
        played = soxr.resample(samples, self.factor, 1.0)
        return np.resize(played, samples.shape) if self.exact_length else played


@dataclass(frozen=True)
class Pitch:
    """Shift the pitch, formants with it, and keep the tempo.

    Attributes
    ----------
    semitones : float
        Above 0 is higher; 12 are an octave.
    """

    semitones: float

    def __str__(self) -> str:
        return f"pitch {self.semitones:+g} semitones"

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Shift the pitch."""
        # Imported here and below, as it takes a second to load and not every rendering needs it.
        from audiomentations import PitchShift

        shift = PitchShift(self.semitones, self.semitones, p=1.0)
        return _apply(shift, samples, rate, num_semitones=self.semitones)


@dataclass(frozen=True)
class Band:
    """Limit the band with zero-phase Butterworth filters.

    Attributes
    ----------
    low, high : int
        Edges in Hz, where the level is down by 6 dB. A high edge at the Nyquist frequency or above
        has no effect.
    slope : int
        Steepness beyond the edges in dB per octave, a multiple of 12.
    """

    low: int
    high: int
    slope: int

    def __str__(self) -> str:
        return f"band {self.low}-{self.high} Hz, {self.slope} dB an octave"

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Filter to the band."""
        from audiomentations import HighPassFilter, LowPassFilter

        steepness = {"min_rolloff": self.slope, "max_rolloff": self.slope, "zero_phase": True}
        filtered = _apply(
            HighPassFilter(self.low, self.low, **steepness, p=1.0),
            samples,
            rate,
            cutoff_freq=self.low,
            rolloff=self.slope,
        )
        if self.high >= rate / 2:
            return filtered
        return _apply(
            LowPassFilter(self.high, self.high, **steepness, p=1.0),
            filtered,
            rate,
            cutoff_freq=self.high,
            rolloff=self.slope,
        )


@dataclass(frozen=True)
class Gain:
    """Record too loud or too quietly in 16 bits.

    A gain alone would leave no trace, as every clip is scaled back to its level. The traces are
    clipping at full scale and rounding to 16 bits.

    Attributes
    ----------
    level : float
        Gain in dB.
    restore_level : bool
        Whether to scale the clip back to its level.
    """

    level: float
    restore_level: bool = True

    def __str__(self) -> str:
        return f"gain {self.level:+g} dB in 16 bits"

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Clip at full scale, round to 16 bits and undo the gain."""
        gain = np.float32(10 ** (self.level / 20))
        recorded = np.rint(np.clip(samples * gain, -1, 1 - STEP) / STEP) * np.float32(STEP)
        restored = recorded / gain
        return restored if self.restore_level else restored * gain


@dataclass(frozen=True)
class Resampling:
    """Resample to another sample rate and back, also with poor resamplers.

    Attributes
    ----------
    through : int
        The other rate, in Hz.
    quality : str
        Of libsoxr: ``"QQ"`` interpolates by cubics and leaves images and aliases, ``"LQ"`` and
        ``"MQ"`` have filters with wide and less wide slopes, ``"HQ"`` is transparent.
    """

    through: int
    quality: str

    def __str__(self) -> str:
        return f"resampled through {self.through} Hz, quality {self.quality}"

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Resample there and back."""
        resampled = soxr.resample(samples, rate, self.through, quality=self.quality)
        back = soxr.resample(resampled, self.through, rate, quality=self.quality)[: len(samples)]
        return np.pad(back, (0, len(samples) - len(back)))


@dataclass(frozen=True)
class Coding:
    """Encode and decode with a lossy codec.

    Attributes
    ----------
    codec : str
        A key of `render.augmentation.codecs.CODECS`.
    strength : float
        One of the codec's.
    """

    codec: str
    strength: float

    def __str__(self) -> str:
        return codecs.describe(self.codec, self.strength)

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Encode and decode."""
        return codecs.transcode(samples, rate, self.codec, self.strength)


def _apply(
    transform: "BaseWaveformTransform", samples: np.ndarray, rate: int, **parameters: float
) -> np.ndarray:
    """Apply a transform with fixed parameters, not drawn from Python's global generator."""
    transform.parameters = {"should_apply": True, **parameters}
    transform.freeze_parameters()
    return transform(samples, rate)
