import io
import struct

import numpy as np
import pytest
import soundfile

from detect.stdin import LARGEST, saved
from render.decoding.audio import read

RATE = 16_000
SAMPLES = (1_000 * np.random.default_rng(0).standard_normal(5_000)).astype("<i2")


def wav(size=None, kind="WAV"):
    """A good WAV, with another size of its data said."""
    file = io.BytesIO()
    soundfile.write(file, SAMPLES, RATE, format=kind, subtype="PCM_16")
    data = bytearray(file.getvalue())
    if size is not None:
        at = data.index(b"data")
        struct.pack_into("<I", data, at + 4, size)
        struct.pack_into("<I", data, 4, min(size + 36, 2**32 - 1))
    return bytes(data)


@pytest.mark.parametrize("size", [None, 0, 2**32 - 1, 2**31 - 1, 2**31 - 4096 - 36])
@pytest.mark.parametrize("kind", ["WAV", "WAVEX"])
def test_a_wav_is_read_whole_whatever_length_it_says(size, kind):
    with saved(io.BytesIO(wav(size, kind))) as path:
        samples, original = read(path, RATE)
    assert original.sample_rate == RATE
    np.testing.assert_array_equal(samples, SAMPLES / np.float32(2**15))


def test_what_follows_the_sound_of_a_true_wav_is_no_sound():
    with saved(io.BytesIO(wav() + b"LIST\x04\0\0\0junk")) as path:
        assert len(read(path, RATE)[0]) == len(SAMPLES)


@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_a_raw_dump_is_16_bit_mono_at_the_rate_that_is_given(rate):
    with saved(io.BytesIO(SAMPLES.tobytes()), raw=rate) as path:
        samples, original = read(path, rate)
    assert original.sample_rate == rate
    np.testing.assert_array_equal(samples, SAMPLES / np.float32(2**15))


@pytest.mark.parametrize("data", [b"RIFF", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WAVEdata", b"hello"])
def test_what_is_no_wav_is_left_alone(data):
    with saved(io.BytesIO(data)) as path:
        assert path.read_bytes() == data


def interrupted(seen):
    with saved(io.BytesIO(wav())) as path:
        assert path.is_file()
        seen.append(path)
        raise KeyboardInterrupt


def test_the_file_is_removed_even_after_an_error():
    seen = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(seen)
    assert not seen[0].parent.exists()


class Terminal(io.BytesIO):
    def isatty(self):
        return True


class Endless(io.RawIOBase):
    given = 0

    def read(self, size=-1):
        self.given += size
        return bytes(size)


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (Terminal(b"x"), "expected a recording on standard input, got a terminal"),
        (io.BytesIO(), "expected a recording on standard input, got nothing"),
    ],
)
def test_without_a_recording_it_is_said(stream, message):
    with pytest.raises(ValueError, match=message), saved(stream):
        pass


def test_an_endless_stream_is_refused(monkeypatch):
    assert LARGEST == 2**32
    monkeypatch.setattr("detect.stdin.LARGEST", 1 << 22)
    for raw in (None, RATE):
        stream = Endless()
        with pytest.raises(ValueError, match="at most 4 GiB"), saved(stream, raw):
            pass
        assert stream.given <= 1 << 22
