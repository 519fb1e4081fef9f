"""What lossy codecs leave of a sound: it is really encoded and decoded, in memory.

Samples are mono float32, 1.0 is full scale. What comes back is as long as what went in, and in
time with it: the delay of every codec is taken out.
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

PEAK = 0.98  # of full scale; an integer codec would wrap or clip what is louder
_BLOCK = (
    1 << 14
)  # samples given to libsndfile at once: its Vorbis encoder holds a block on the stack
_FRAMES = 10  # a second; encoders return nothing for less than a frame, all are shorter than 0.1 s
_WIDE = (16_000, 22_050, 24_000, 32_000, 44_100, 48_000)  # Hz
_MPEG_2 = 24_000  # Hz; the highest rate that MP3 codes at under 32 kbit/s


@dataclass(frozen=True)
class Codec:
    """A codec and what it can be asked for.

    Attributes
    ----------
    container, encoder : str
        Names of the file format and of the encoder in the library that `turn` calls.
    rates : tuple of int
        Sample rates that it codes at, in Hz, rising.
    strengths : tuple of float
        Bit rates in kbit/s; for Vorbis, which has no fixed bit rate, its quality from 0 to 10.
    turn : function
        Encodes and decodes: (samples, rate, codec, strength) to (samples, rate).
    delay : int
        Samples, at the rate coded at, by which sound comes back late.
    """

    container: str
    encoder: str
    rates: tuple[int, ...]
    strengths: tuple[float, ...]
    turn: Callable[[np.ndarray, int, "Codec", float], tuple[np.ndarray, int]]
    delay: int = 0


def coded(samples: np.ndarray, rate: int, name: str, strength: float) -> np.ndarray:
    """Encode a sound and decode it again.

    It is coded at the codec's lowest rate that holds all of it, else at the highest, so the
    narrow-band codecs of telephony (GSM 06.10, AMR-NB, G.711's two laws) leave nothing above
    4 kHz.

    Parameters
    ----------
    samples : np.ndarray, shape=(n,), dtype=float32
        Scaled down before coding where they come near full scale, and up again after.
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
    >>> coded(tone, 16_000, "mp3", 32).shape
    (4000,)
    """
    codec = _codec(name, strength)
    at = _rate(rate, name, strength)
    scale = min(1.0, PEAK / max(float(np.abs(samples).max(initial=0)), PEAK))
    sound = _resampled(samples * np.float32(scale), rate, at)
    # Zeros push the end of a sound through a codec that is late, and fill a first frame.
    sound = np.pad(sound, (0, codec.delay + max(0, at // _FRAMES - len(sound))))
    back, back_rate = codec.turn(sound, at, codec, strength)
    back = _resampled(back[codec.delay :], back_rate, rate)[: len(samples)]
    # Resampling can have rounded the length down.
    return np.pad(back, (0, len(samples) - len(back))) / np.float32(scale)


def described(name: str, strength: float) -> str:
    """Name a codec and its strength.

    Examples
    --------
    >>> described("opus", 16), described("vorbis", 2)
    ('opus 16 kbit/s', 'vorbis quality 2')
    """
    return f"{name} quality {strength:g}" if name == "vorbis" else f"{name} {strength:g} kbit/s"


def _codec(name: str, strength: float) -> Codec:
    if name not in CODECS:
        raise ValueError(f"expected a codec among {', '.join(CODECS)}, got {name}")
    if strength not in CODECS[name].strengths:
        known = ", ".join(f"{each:g}" for each in CODECS[name].strengths)
        raise ValueError(f"expected a strength of {name} among {known}, got {strength}")
    return CODECS[name]


def _rate(rate: int, name: str, strength: float) -> int:
    """Rate that a sound is coded at, in Hz."""
    rates = CODECS[name].rates
    if name == "mp3" and strength < 32:
        rates = tuple(each for each in rates if each <= _MPEG_2)
    return next((each for each in rates if each >= rate), rates[-1])


def _resampled(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    return samples if rate == wanted else soxr.resample(samples, rate, wanted)


def _ffmpeg(
    samples: np.ndarray, rate: int, codec: Codec, strength: float
) -> tuple[np.ndarray, int]:
    """Go through an FFmpeg encoder at a bit rate in kbit/s."""
    file = io.BytesIO()
    try:
        with av.open(file, "w", format=codec.container) as container:
            _encode(container, samples, rate, codec.encoder, round(1000 * strength))
        file.seek(0)
        # G.722 has no header, so the container is named when reading too.
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
    """Go through a libsndfile encoder; only Vorbis listens to the strength."""
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
