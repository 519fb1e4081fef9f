"""Lossy codecs: a sound is encoded and decoded again, in memory.

Samples are mono float32, 1.0 is full scale. The result has the same length and timing: the delay of
every codec is removed.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import soundfile
import soxr
from av.codec.codec import UnknownCodecError

PEAK = 0.98  # of full scale; integer codecs wrap or clip louder samples
_BLOCK = (
    1 << 14
)  # samples given to libsndfile at once: its Vorbis encoder holds a block on the stack
_FRAMES = 10  # a second; encoders return nothing for less than a frame, which is under 0.1 s
_WIDE = (16_000, 22_050, 24_000, 32_000, 44_100, 48_000)  # Hz
_MPEG_2 = 24_000  # Hz; highest sample rate of MP3 under 32 kbit/s


@dataclass(frozen=True)
class Codec:
    """A codec with its sample rates and bit rates.

    Attributes
    ----------
    container, encoder : str
        Names of the file format and the encoder in the library of `round_trip`.
    rates : tuple of int
        Sample rates of the codec, in Hz, rising.
    strengths : tuple of float
        Bit rates in kbit/s; of Vorbis, which has no fixed bit rate, qualities from 0 to 10.
    round_trip : function
        Encodes and decodes: (samples, rate, codec, strength) to (samples, rate).
    delay : int
        Delay of the codec, in samples at its own rate.
    """

    container: str
    encoder: str
    rates: tuple[int, ...]
    strengths: tuple[float, ...]
    round_trip: Callable[[np.ndarray, int, "Codec", float], tuple[np.ndarray, int]]
    delay: int = 0


def transcode(samples: np.ndarray, rate: int, name: str, strength: float) -> np.ndarray:
    """Encode a sound and decode it again.

    The codec runs at its lowest sample rate that is not below `rate`, else at its highest. So the
    narrow-band codecs of telephony (GSM 06.10, AMR-NB, both laws of G.711) remove all above 4 kHz.

    Parameters
    ----------
    samples : np.ndarray, shape=(n,), dtype=float32
        Near full scale, they are scaled down for the codec and up again.
    rate : int
        Sample rate, in Hz.
    name : str
        A key of ``CODECS``.
    strength : float
        One of the codec's ``strengths``.

    Returns
    -------
    samples : np.ndarray, shape=(n,), dtype=float32

    Raises
    ------
    ValueError
        If there is no such codec or strength, or the installed FFmpeg lacks the encoder.

    Examples
    --------
    >>> tone = 0.5 * np.sin(np.arange(4_000, dtype=np.float32))
    >>> transcode(tone, 16_000, "mp3", 32).shape
    (4000,)
    """
    codec = _codec(name, strength)
    at = _rate(rate, name, strength)
    scale = min(1.0, PEAK / max(float(np.abs(samples).max(initial=0)), PEAK))
    sound = _resample(samples * np.float32(scale), rate, at)
    # Zeros flush the delay of a codec, and fill a first frame.
    sound = np.pad(sound, (0, codec.delay + max(0, at // _FRAMES - len(sound))))
    back, back_rate = codec.round_trip(sound, at, codec, strength)
    back = _resample(back[codec.delay :], back_rate, rate)[: len(samples)]
    # Resampling can round the length down.
    return np.pad(back, (0, len(samples) - len(back))) / np.float32(scale)


def describe(name: str, strength: float) -> str:
    """Name a codec and its strength.

    Examples
    --------
    >>> describe("opus", 16), describe("vorbis", 2)
    ('opus 16 kbit/s', 'vorbis quality 2')
    """
    return f"{name} quality {strength:g}" if name == "vorbis" else f"{name} {strength:g} kbit/s"


def _codec(name: str, strength: float) -> Codec:
    if name not in CODECS:
        raise ValueError(f"expected a codec among {', '.join(CODECS)}, got {name}")
    if strength not in CODECS[name].strengths:
        strengths = ", ".join(f"{value:g}" for value in CODECS[name].strengths)
        raise ValueError(f"expected a strength of {name} among {strengths}, got {strength}")
    return CODECS[name]


def _rate(rate: int, name: str, strength: float) -> int:
    """Sample rate of the codec for a sound, in Hz."""
    rates = CODECS[name].rates
    if name == "mp3" and strength < 32:
        rates = tuple(value for value in rates if value <= _MPEG_2)
    return next((value for value in rates if value >= rate), rates[-1])


def _resample(samples: np.ndarray, rate: int, target: int) -> np.ndarray:
    return samples if rate == target else soxr.resample(samples, rate, target)


def _ffmpeg(
    samples: np.ndarray, rate: int, codec: Codec, strength: float
) -> tuple[np.ndarray, int]:
    """Encode and decode with FFmpeg, at a bit rate in kbit/s."""
    file = io.BytesIO()
    try:
        with av.open(file, "w", format=codec.container) as container:
            _encode(container, samples, rate, codec.encoder, round(1000 * strength))
        file.seek(0)
        # G.722 has no header: the container must be named for reading, too.
        kind = codec.container if codec.container in ("amr", "g722") else None
        with av.open(file, format=kind) as container:
            return _decode(container)
    except (av.FFmpegError, UnknownCodecError) as error:
        raise ValueError(f"expected an FFmpeg that has {codec.encoder}, got {error}") from error


def _encode(container, samples: np.ndarray, rate: int, encoder: str, bit_rate: int) -> None:
    stream = container.add_stream(encoder, rate=rate, layout="mono")
    stream.bit_rate = bit_rate
    frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="fltp", layout="mono")
    frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), 0
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _decode(container) -> tuple[np.ndarray, int]:
    stream = container.streams.audio[0]
    planar = av.AudioResampler(format="fltp", layout="mono", rate=stream.rate)
    parts = [part for frame in container.decode(stream) for part in planar.resample(frame)]
    parts += planar.resample(None)
    return np.concatenate([part.to_ndarray()[0] for part in parts]), stream.rate


def _libsndfile(
    samples: np.ndarray, rate: int, codec: Codec, strength: float
) -> tuple[np.ndarray, int]:
    """Encode and decode with libsndfile; only Vorbis uses the strength."""
    level = 1 - strength / 10 if codec.encoder == "VORBIS" else None
    file = io.BytesIO()
    with soundfile.SoundFile(
        file, "w", rate, 1, codec.encoder, format=codec.container, compression_level=level
    ) as sound:
        for start in range(0, len(samples), _BLOCK):
            sound.write(samples[start : start + _BLOCK])
    file.seek(0)
    return soundfile.read(file, dtype="float32")


CODECS = {
    "mp3": Codec("mp3", "libmp3lame", _WIDE, (16, 24, 32, 48, 64, 128), _ffmpeg),
    "aac": Codec("ipod", "aac", _WIDE, (16, 24, 32, 48, 64), _ffmpeg),
    "opus": Codec("ogg", "libopus", (16_000, 24_000, 48_000), (6, 8, 12, 16, 24, 32), _ffmpeg),
    "vorbis": Codec("OGG", "VORBIS", _WIDE, (0, 2, 4, 6), _libsndfile),
    # Telephony: ETSI's GSM 06.10 and AMR-NB, ITU-T's G.711 (two laws) and G.722.
    "gsm": Codec("WAV", "GSM610", (8_000,), (13,), _libsndfile),
    "amr": Codec("amr", "libopencore_amrnb", (8_000,), (4.75, 7.4, 12.2), _ffmpeg, delay=40),
    "mu-law": Codec("WAV", "ULAW", (8_000,), (64,), _libsndfile),
    "a-law": Codec("WAV", "ALAW", (8_000,), (64,), _libsndfile),
    "g722": Codec("g722", "g722", (16_000,), (64,), _ffmpeg, delay=22),
}
