"""Formant synthesis of speech-like sound from seeded random numbers.

Glottal pulses and noise pass through moving formants (source-filter synthesis). The result is
babble, with the features of a speech spectrogram: moving harmonics, formants, fricatives, bursts
and pauses. Room and microphone are left to the caller.

Samples are mono ``float64`` in [-1, 1] at ``RATE``. Tracks that steer the synthesis hold one
row every ``STEP`` samples. Every random number comes from the generator that is passed in.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import ndimage, signal

RATE = 16_000
STEP = 80

# First three formants of seven English vowels, men's averages in Hz (Peterson and Barney, 1952).
_FIRST = (270, 530, 660, 730, 570, 300, 490)
_SECOND = (2290, 1840, 1720, 1090, 840, 870, 1350)
_THIRD = (3010, 2480, 2410, 2440, 2410, 2240, 1690)
# A uniform tube of 17.5 cm resonates at odd multiples of 500 Hz; these complete it to 8 kHz.
_UPPER = (3500, 4500, 5500, 6500, 7500)
VOWELS = np.array([v + _UPPER for v in zip(_FIRST, _SECOND, _THIRD, strict=True)], dtype=float)
BANDWIDTHS = np.array([70, 90, 130, 200, 280, 350, 420, 500])
# Bands of friction noise in Hz: s, sh, f, k, t, p.
FRICTION = ((4500, 7600), (2200, 5500), (1200, 7600), (1400, 3200), (2800, 6500), (400, 1800))
FRICATIVES, BURSTS = (0, 1, 2), (3, 4, 5)


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """A speaker: parameters that all of its utterances share.

    Attributes
    ----------
    pitch : float
        Mean fundamental frequency, in Hz.
    tract : float
        Formant frequencies relative to a vocal tract of 17.5 cm; above 1 is a shorter tract.
    jitter, shimmer : float
        Standard deviations of a pulse's frequency and amplitude, relative to their means.
    breath : float
        Level of aspiration noise relative to the glottal pulses.
    opening : float
        Part of the period in which the glottis is open, in (0, 1).
    tempo : float
        Syllables a second.
    """

    pitch: float = 120.0
    tract: float = 1.0
    jitter: float = 0.01
    shimmer: float = 0.05
    breath: float = 0.1
    opening: float = 0.6
    tempo: float = 4.0

    def __post_init__(self) -> None:
        if not 40 <= self.pitch <= 500:
            raise ValueError(f"expected a pitch of 40 to 500 Hz, got {self.pitch}")
        if min(self.jitter, self.shimmer, self.breath) < 0:
            raise ValueError(f"expected jitter, shimmer and breath of 0 or more, got {self}")
        if not (0 < self.opening < 1 and self.tract > 0 and self.tempo > 0):
            raise ValueError(f"expected opening in (0, 1), tract and tempo above 0, got {self}")


class Segment(NamedTuple):
    """One stretch of steady articulation."""

    seconds: float
    voicing: float
    friction: float
    band: int
    formants: np.ndarray


def speaker(seed: int | Sequence[int]) -> Speaker:
    """Draw a speaker; a seed always gives the same one."""
    rng = np.random.default_rng(seed)
    height = rng.uniform()  # a high voice usually comes with a short tract
    return Speaker(
        pitch=90 * 2.4 ** (0.85 * height + 0.15 * rng.uniform()),
        tract=0.92 + 0.22 * height + rng.uniform(-0.05, 0.05),
        jitter=rng.uniform(0.008, 0.018),
        shimmer=rng.uniform(0.03, 0.1),
        breath=rng.uniform(0.15, 0.35),
        opening=rng.uniform(0.5, 0.75),
        tempo=rng.uniform(3.2, 5.2),
    )


def utterance(voice: Speaker, rng: np.random.Generator) -> np.ndarray:
    """Let a speaker babble for some 2.5 seconds, without room or microphone.

    Returns
    -------
    samples : np.ndarray, shape=(n,), dtype=float64
        At least 2 seconds; peak 0.5, with a short silence before and after.

    Examples
    --------
    >>> samples = utterance(Speaker(pitch=110), np.random.default_rng(0))
    >>> len(samples) >= 2 * RATE, float(abs(samples).max())
    (True, 0.5)
    """
    segments = list(_babble(rng.uniform(2.35, 2.8), voice, rng))
    frames = [max(1, round(segment.seconds * RATE / STEP)) for segment in segments]

    def track(values: Sequence, smoothing: int) -> np.ndarray:
        return _smooth(np.repeat(np.asarray(values, dtype=float), frames, axis=0), smoothing)

    # Articulators need some 50 ms for a movement, the glottis and the lips less.
    formants = track([segment.formants for segment in segments], 11)
    voicing = _samples(track([segment.voicing for segment in segments], 5))
    pitch = _samples(_intonation(voice, sum(frames), rng))
    pulses = glottal_pulses(pitch, voice, rng)
    breath = 0.5 * voice.breath * rng.standard_normal(len(pulses)) * (0.5 + (pulses < 0))
    sound = vocal_tract(voicing * (pulses + breath), voice.tract * formants)
    sound /= np.std(sound)
    for band in range(len(FRICTION)):
        level = track([s.friction * (s.band == band) for s in segments], 3)
        sound += _samples(level) * _friction(voice, band, len(sound), rng)
    return 0.5 * sound / np.abs(sound).max()


def glottal_pulses(pitch: np.ndarray, voice: Speaker, rng: np.random.Generator) -> np.ndarray:
    """Make the derivative of the air flow through the glottis.

    The flow rises as half a cosine and falls as a quarter, the trigonometric pulse of
    Rosenberg (1971, J. Acoust. Soc. Am. 49, pulse C).

    Parameters
    ----------
    pitch : np.ndarray, shape=(n,)
        Fundamental frequency at every sample, in Hz.
    voice : Speaker
    rng : np.random.Generator

    Returns
    -------
    pulses : np.ndarray, shape=(n,)
        Unit variance.
    """
    period = np.floor(np.cumsum(pitch) / RATE).astype(int)
    wobble, swell = rng.standard_normal((2, period[-1] + 2))
    phase = np.cumsum(pitch * (1 + voice.jitter * wobble[period])) / RATE
    period = np.minimum(np.floor(phase).astype(int), len(swell) - 1)
    position = (phase % 1) / voice.opening
    rise = 2 / 3
    rising = 0.5 - 0.5 * np.cos(np.pi * position / rise)
    falling = np.cos(0.5 * np.pi * (position - rise) / (1 - rise))
    flow = np.where(position < rise, rising, np.where(position < 1, falling, 0))
    pulses = np.diff(flow * (1 + voice.shimmer * swell[period]), prepend=0)
    return pulses / np.std(pulses)


def vocal_tract(source: np.ndarray, formants: np.ndarray) -> np.ndarray:
    """Filter a source by moving formants.

    Each formant is the two-pole resonator with unit gain at 0 Hz of Klatt (1980, J. Acoust.
    Soc. Am. 67), all in cascade with ``BANDWIDTHS``.

    Parameters
    ----------
    source : np.ndarray, shape=(frames * STEP,)
    formants : np.ndarray, shape=(frames, 8)
        Frequencies in Hz, lowest first.

    Returns
    -------
    sound : np.ndarray, shape=(frames * STEP,)
    """
    if len(source) != len(formants) * STEP:
        raise ValueError(f"expected {len(formants) * STEP} source samples, got {len(source)}")
    centre = np.clip(formants, 50, 0.49 * RATE)
    radius = np.exp(-np.pi * BANDWIDTHS / RATE)
    linear = -2 * radius * np.cos(2 * np.pi * centre / RATE)
    square = np.tile(radius**2, (len(linear), 1))
    zero = np.zeros_like(linear)
    sections = np.stack([1 + linear + square, zero, zero, zero + 1, linear, square], axis=-1)
    state = np.zeros((len(BANDWIDTHS), 2))
    sound = np.empty(source.shape)
    change = np.diff(linear, axis=0, prepend=linear[:1])
    for frame, section in enumerate(sections):
        span = slice(frame * STEP, (frame + 1) * STEP)
        # The state of a section is (-a1 y1 - a2 y2, -a2 y1) in its last outputs y1 and y2. It
        # is carried to the new a1, or every move of a formant would click.
        state[:, 0] += change[frame] * state[:, 1] / radius**2
        sound[span], state = signal.sosfilt(section, source[span], zi=state)
    return sound


def _babble(seconds: float, voice: Speaker, rng: np.random.Generator) -> Iterator[Segment]:
    """Yield syllables and a pause or two, silent at both ends."""
    yield Segment(rng.uniform(0.05, 0.2), 0, 0, 0, VOWELS[0])
    end = rng.uniform(0.05, 0.15)
    left = seconds - 0.35 - end
    while left > 0:
        for segment in _syllable(voice, rng):
            left -= segment.seconds
            yield segment
    yield Segment(end, 0, 0, 0, VOWELS[0])


def _syllable(voice: Speaker, rng: np.random.Generator) -> list[Segment]:
    """Draw a consonant, or none, a vowel and sometimes a pause."""
    formants = VOWELS[rng.integers(len(VOWELS))] * rng.uniform(0.95, 1.05)
    length = rng.uniform(0.7, 1.3) / voice.tempo
    band, burst = int(rng.choice(FRICATIVES)), int(rng.choice(BURSTS))
    nasal = np.concatenate([[250], formants[1:]])
    pause = Segment(rng.uniform(0.03, 0.07), 0, 0, 0, formants)
    onsets: tuple[list[Segment], ...] = (
        [],
        [Segment(0.35 * length, 0, rng.uniform(0.15, 0.5), band, formants)],
        [Segment(0.3 * length, 0.4, rng.uniform(0.1, 0.3), band, formants)],
        [Segment(0.3 * length, 0.35, 0, 0, nasal)],
        [pause, Segment(0.015, 0, rng.uniform(0.4, 0.9), burst, formants)],
    )
    onset = onsets[rng.integers(len(onsets))]
    vowel = Segment(0.7 * length, rng.uniform(0.6, 1), 0, 0, formants)
    return [*onset, vowel, pause, pause, pause] if rng.uniform() < 0.1 else [*onset, vowel]


def _intonation(voice: Speaker, frames: int, rng: np.random.Generator) -> np.ndarray:
    """Pitch in Hz a frame: accents of some 10 % on a line that falls by a fifth."""
    accents = _smooth(rng.standard_normal(frames), 41)
    return voice.pitch * np.linspace(1.1, 0.9, frames) * np.exp(0.1 * accents / np.std(accents))


def _friction(voice: Speaker, band: int, length: int, rng: np.random.Generator) -> np.ndarray:
    edges = np.minimum(voice.tract * np.array(FRICTION[band]), 0.48 * RATE)
    sections = signal.butter(2, edges, "bandpass", fs=RATE, output="sos")
    noise = signal.sosfilt(sections, rng.standard_normal(length))
    return noise / np.std(noise)


def _smooth(track: np.ndarray, frames: int) -> np.ndarray:
    """Average a track over neighbouring frames, holding its ends."""
    taper = signal.windows.hann(frames + 2)[1:-1]
    return ndimage.convolve1d(track, taper / taper.sum(), axis=0, mode="nearest")


def _samples(track: np.ndarray) -> np.ndarray:
    """Interpolate a track from frames to samples."""
    return np.interp(np.arange(len(track) * STEP) / STEP, np.arange(len(track)), track)
