"""Files that are no good recordings, and what is to become of each: see test_bad_inputs.py."""

import contextlib
import io
import json
import os
import socket
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import soundfile

RATE = 16_000
DRAWN = "drawn"  # what becomes of a file that is good enough
EITHER = "either"  # what becomes of it is for the library's version to say


@dataclass(frozen=True)
class Bad:
    """A bad input: how it is made at a path, what becomes of it, and a name that it needs.

    `fate` is DRAWN, EITHER, or how the reason for refusing it begins.
    """

    make: Callable[[Path], object]
    fate: str
    name: str = ""


def noise(seconds, channels=1, seed=0):
    samples = 0.1 * np.random.default_rng(seed).standard_normal((round(seconds * RATE), channels))
    return samples.astype(np.float32)


@cache
def encoded(kind, seconds=1.0, channels=1, rate=RATE, subtype=None):
    """The bytes of a file of noise that libsndfile writes."""
    file = io.BytesIO()
    soundfile.write(file, noise(seconds, channels), rate, format=kind, subtype=subtype)
    return file.getvalue()


@cache
def muxed(container, codec="aac", rate=44_100, video=False):
    """The bytes of a file that FFmpeg writes: noise, a black picture or both."""
    file, frames = io.BytesIO(), []
    with av.open(file, "w", format=container) as output:
        if codec:
            sound = av.AudioFrame.from_ndarray(noise(1).T, format="fltp", layout="mono")
            sound.rate = rate
            frames.append((output.add_stream(codec, rate=rate, layout="mono"), sound))
        if video:
            black = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            frames.append((output.add_stream("mpeg4", rate=10, width=32, height=32), black))
        for stream, frame in frames:
            output.mux([*stream.encode(frame), *stream.encode(None)])
    return file.getvalue()


def picture(suffix):
    return cv2.imencode(suffix, np.zeros((99, 99), np.uint8))[1].tobytes()


def content(data):
    """Make a file of bytes, or of what a function gives."""
    return lambda path: path.write_bytes(data() if callable(data) else data)


def samples(values, rate=RATE, subtype="FLOAT"):
    return lambda path: soundfile.write(path, values, rate, format="WAV", subtype=subtype)


def patched(kind, **fields):
    """A good file with other numbers in its header; fields are offset_FORMAT=value."""

    def make(path):
        data = bytearray(encoded(kind))
        for field, value in fields.items():
            offset, form = field[1:].split("_")
            struct.pack_into(f"<{form}" if kind == "WAV" else f">{form}", data, int(offset), value)
        path.write_bytes(data)

    return make


def boundaries(kind):
    """Where the parts of a good file end, but for the last."""
    data = muxed("mp4") if kind == "MP4" else encoded(kind)
    found, at = [], 0
    if kind == "WAV":  # RIFF, its size, WAVE, then chunks of 8 bytes of header and their content
        found, at = [4, 8, 12], 12
        while at < len(data):
            size = struct.unpack_from("<I", data, at + 4)[0]
            found += [at + 8, at + 8 + size]
            at = found[-1]
    elif kind == "FLAC":  # blocks of metadata, 4 bytes of header each, then frames
        found, at, last = [4], 4, 0
        while not last:
            last, size = data[at] >> 7, int.from_bytes(data[at + 1 : at + 4])
            found += [at + 4, at + 4 + size]
            at = found[-1]
    elif kind == "OGG":  # pages, 27 bytes of header each
        while at >= 0:
            found += [at, at + 27]
            at = data.find(b"OggS", at + 1)
    elif kind == "MP3":  # the Info frame and two of sound
        found = [4, *[at for at in range(1, 1_000) if data[at : at + 2] == data[:2]][:3]]
    else:  # boxes, 8 bytes of header each
        while at < len(data):
            found += [at + 8, at + int.from_bytes(data[at : at + 4])]
            at = found[-1]
    return data, sorted({at for at in found if 0 < at < len(data)})


def cut_at(kind, number):
    """A good file up to a boundary; one more than there are is the middle of it."""

    def make(path):
        data, ends = boundaries(kind)
        path.write_bytes(data[: [*ends, len(data) // 2][number]])

    return make


def link(target):
    return lambda path: path.symlink_to(target)


def listening(path):
    # The name of a socket may have 107 bytes, its whole path more.
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


def zipped(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.wav", encoded("WAV"))


def unreadable(path):
    path.write_bytes(encoded("WAV"))
    path.chmod(0)


def other_file(text):
    """A list that names a good file beside it."""

    def make(path):
        path.with_name("good.wav").write_bytes(encoded("WAV"))
        path.with_name("good.ts").write_bytes(muxed("mpegts"))
        path.write_text(text)

    return make


def good(name):
    return Bad(content(lambda: encoded("WAV")), DRAWN, name)


NO_AUDIO = "expected audio or video, got "
NO_SAMPLES = "expected audio, got a file without samples"
NO_SOUND = "expected sound, got silence"
DAMAGED = "expected audio that is whole, got damaged data"
INFINITE = "expected finite samples, got NaN or infinity"
RATES = "expected a sample rate of 1000 to 1000000 Hz, got"
UNKNOWN = "expected audio, got a codec that FFmpeg does not know"
CUTS = {"WAV": 6, "FLAC": 5, "OGG": 7, "MP3": 4, "MP4": 6}  # how many boundaries each file has

TABLE = {
    **{
        f"{kind.lower()}-cut-at-{number}": Bad(cut_at(kind, number), EITHER)
        for kind, count in CUTS.items()
        for number in range(count + 1)
    },
    # Headers that lie. WAV: 4 size of all, 16 size of fmt, 20 tag, 22 channels, 24 rate, 32 bytes
    # a frame, 34 bits, 40 size of the data. FLAC: 18 rate (20 bits), channels - 1 (3), bits - 1
    # (5), frames (36). AU: 8 size, 20 channels. AIFF: 20 channels.
    "wav-says-no-size": Bad(patched("WAV", _4_I=0), DRAWN),
    "wav-says-largest-size": Bad(patched("WAV", _4_I=2**32 - 1, _40_I=2**32 - 1), DRAWN),
    "wav-says-no-data": Bad(patched("WAV", _40_I=0), DRAWN),
    "wav-says-10-hours": Bad(patched("WAV", _40_I=36_000 * 2 * RATE), DRAWN),
    "wav-with-a-huge-fmt": Bad(patched("WAV", _16_I=2**31 - 1), NO_AUDIO),
    "wav-with-an-unknown-codec": Bad(patched("WAV", _20_H=0x9999), UNKNOWN),
    "wav-that-says-mp3": Bad(patched("WAV", _20_H=0x55), DAMAGED),
    "wav-of-0-channels": Bad(patched("WAV", _22_H=0), DAMAGED),
    "wav-of-65535-channels": Bad(patched("WAV", _22_H=65_535), DAMAGED),
    "wav-of-0-hz": Bad(patched("WAV", _24_I=0), NO_AUDIO),
    "wav-of-1-hz": Bad(patched("WAV", _24_I=1), f"{RATES} 1"),
    "wav-of-768-khz": Bad(samples(noise(50), 768_000), DRAWN),
    "wav-of-2-ghz": Bad(patched("WAV", _24_I=2**31 - 1), f"{RATES} 2147483647"),
    "wav-of-0-bytes-a-frame": Bad(patched("WAV", _32_H=0), EITHER),
    "wav-of-0-bits": Bad(patched("WAV", _34_H=0), UNKNOWN),
    "wav-of-999-bits": Bad(patched("WAV", _34_H=999), UNKNOWN),
    "flac-says-10-hours": Bad(patched("FLAC", _22_I=36_000 * RATE), DRAWN),
    "flac-says-nothing-of-its-length": Bad(patched("FLAC", _22_I=0), DRAWN),
    "flac-says-0-hz": Bad(patched("FLAC", _18_I=0x000000F0), EITHER),
    "au-says-largest-size": Bad(patched("AU", _8_I=2**32 - 1), DRAWN),
    "au-of-0-channels": Bad(patched("AU", _20_I=0), NO_AUDIO),
    "aiff-of-0-channels": Bad(patched("AIFF", _20_H=0), NO_AUDIO),
    # Samples that are hardly sound.
    "64-channels": Bad(content(lambda: encoded("WAV", channels=64)), DRAWN),
    "nan": Bad(samples(np.full(RATE, np.nan)), INFINITE),
    "one-nan-after-20-s": Bad(samples(np.append(noise(20), np.nan)), INFINITE),
    "infinity": Bad(samples(np.append(noise(1), np.inf)), INFINITE),
    "minus-infinity": Bad(samples(np.append(noise(1), -np.inf)), INFINITE),
    "double-beyond-float": Bad(samples(np.full(RATE, 1e300), subtype="DOUBLE"), INFINITE),
    "absurdly-loud": Bad(samples(1e30 * noise(1)), "expected samples of about 1.0 at full scale"),
    "integers-as-floats": Bad(samples(2.0**30 * noise(1)), DRAWN),
    "absurdly-faint": Bad(samples(1e-40 * noise(1)), NO_SOUND),
    "constant": Bad(samples(np.full(RATE, 0.5)), "expected sound, got a constant offset of 0.5"),
    "silence": Bad(samples(np.zeros(RATE)), NO_SOUND),
    "last-bit": Bad(
        samples((np.arange(RATE) % 3 - 1).astype(np.int16), subtype="PCM_16"), NO_SOUND
    ),
    "channels-that-cancel": Bad(samples(noise(1) * [1, -1]), DRAWN),
    "no-sample": Bad(samples(np.zeros(0)), NO_SAMPLES),
    "one-sample": Bad(samples(np.full(1, 0.5)), "expected sound, got a constant offset of 0.5"),
    "a-tenth-of-a-second": Bad(samples(noise(0.1)), "expected at least 0.25 s of sound, got 0.100"),
    "a-click-in-silence": Bad(samples(np.pad(noise(0.01)[:, 0], RATE)), "expected at least 0.25 s"),
    # No audio at all.
    "empty": Bad(content(b""), "expected audio, got an empty file"),
    "text": Bad(content(b"No sound at all, only words, again and again. " * 50), NO_AUDIO),
    "csv": Bad(content(b"path,label\nx.wav,real\n" * 99), NO_AUDIO),
    "json": Bad(content(json.dumps({"sound": [0.1] * 999}).encode()), NO_AUDIO),
    "html": Bad(content(b"<!doctype html><html><body>404</body></html>" * 20), NO_AUDIO),
    "svg": Bad(
        content(b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'), NO_AUDIO
    ),
    "png": Bad(content(lambda: picture(".png")), NO_AUDIO),
    "jpeg": Bad(content(lambda: picture(".jpg")), NO_AUDIO),
    "pdf": Bad(content(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" * 9), NO_AUDIO),
    "program": Bad(content(b"\x7fELF\x02\x01\x01" + bytes(5_000)), NO_AUDIO),
    "zip": Bad(zipped, NO_AUDIO),
    "zeros": Bad(content(bytes(65_536)), NO_AUDIO),
    "ones": Bad(content(b"\xff" * 65_536), NO_AUDIO),
    "random": Bad(content(np.random.default_rng(0).bytes(65_536)), EITHER),
    "id3-tag-alone": Bad(content(b"ID3\4\0\0\0\0\x0f\x76" + bytes(2_038)), NO_AUDIO),
    "film-without-sound": Bad(
        content(lambda: muxed("mp4", codec="", video=True)),
        "expected audio, got a file without an audio stream",
    ),
    # Lists of other files, which FFmpeg would open if it was let.
    "m3u": Bad(other_file("#EXTM3U\n#EXTINF:1,\ngood.wav\n"), NO_AUDIO, "x.m3u"),
    "hls": Bad(
        other_file("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\ngood.ts\n#EXT-X-ENDLIST\n"),
        NO_AUDIO,
        "x.m3u8",
    ),
    "concat": Bad(other_file("ffconcat version 1.0\nfile good.wav\n"), NO_AUDIO),
    "sdp": Bad(
        content(
            b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            b"m=audio 5004 RTP/AVP 0\r\n"
        ),
        NO_AUDIO,
    ),
    # What is no regular file, or cannot be opened.
    "fifo": Bad(os.mkfifo, "expected a file, got a named pipe"),
    "folder": Bad(Path.mkdir, "expected a file, got a folder"),
    "socket": Bad(listening, "expected a file, got a socket"),
    "device": Bad(link("/dev/zero"), "expected a file, got a device"),
    "dangling-link": Bad(link("nowhere.wav"), "expected a file that can be read, got the error No"),
    "circular-link": Bad(link("x.wav"), "expected a file that can be read, got the error"),
    "missing": Bad(lambda path: None, "expected a file that can be read, got the error No such"),
    "unreadable": Bad(unreadable, EITHER),  # an administrator can read it
    # Names.
    "name-with-newlines": good("a\nb\r\n.wav"),
    "name-with-emoji": good("\U0001f600.wav"),
    "name-of-255-bytes": good("n" * 251 + ".wav"),
    "name-that-is-no-utf8": good(os.fsdecode(b"\xff\xfe.wav")),
    "name-like-an-option": good("--help.wav"),
    "name-like-an-address": Bad(content(lambda: muxed("mp4")), DRAWN, "http:x.m4a"),
    "name-with-a-false-suffix": good("x.raw"),
    # Odd codecs and mixtures.
    "gsm": Bad(content(lambda: encoded("WAV", subtype="GSM610", rate=8_000)), DRAWN),
    "ima-adpcm": Bad(content(lambda: encoded("WAV", subtype="IMA_ADPCM")), DRAWN),
    "film": Bad(content(lambda: muxed("mp4", video=True)), DRAWN),
    "unknown-fourcc": Bad(content(lambda: muxed("mp4").replace(b"mp4a", b"zzzz")), EITHER),
    "wav-in-wav": Bad(content(lambda: encoded("WAV") * 2), DRAWN),
    "ogg-after-ogg": Bad(content(lambda: encoded("OGG") + encoded("OGG", rate=44_100)), DRAWN),
    "mp3-of-two-rates": Bad(content(lambda: encoded("MP3") + encoded("MP3", rate=44_100)), EITHER),
    "aac-of-two-rates": Bad(content(lambda: muxed("adts") + muxed("adts", rate=16_000)), DRAWN),
    "text-before-wav": Bad(content(lambda: b"hello " * 9 + encoded("WAV")), NO_AUDIO),
    "zeros-before-mp3": Bad(content(lambda: bytes(5_000) + encoded("MP3")), EITHER),
    "junk-after-flac": Bad(content(lambda: encoded("FLAC") + b"junk" * 999), DRAWN),
}


@pytest.fixture(scope="session")
def bad_inputs():
    """Give the table of bad inputs: Bad by name."""
    return TABLE


@pytest.fixture(name="boundaries", scope="session")
def all_boundaries():
    """Give where the parts of each kind of file end, and how many cases the table has of it."""
    return {kind: (boundaries(kind)[1], count + 1) for kind, count in CUTS.items()}


@pytest.fixture(params=TABLE)
def bad_input(request, tmp_path):
    """Give each bad input in turn: its path and its fate."""
    bad = TABLE[request.param]
    path = tmp_path / (bad.name or "x.wav")
    bad.make(path)
    return path, bad.fate
