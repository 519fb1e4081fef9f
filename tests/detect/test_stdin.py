import io
import struct

import numpy as np
import pytest
import soundfile

from detect.stdin import LARGEST, saved
from render.decoding.audio import read

RATE = 16_000
SAMPLES = (1_000 * np.random.default_rng(0).standard_normal(5_000)).astype("<i2")


def wav(size=None):
    """A good WAV, with another size of its data said."""
    file = io.BytesIO()
    soundfile.write(file, SAMPLES, RATE, format="WAV", subtype="PCM_16")
    data = bytearray(file.getvalue())
    if size is not None:
        struct.pack_into("<I", data, data.index(b"data") + 4, size)
    return bytes(data)


@pytest.mark.parametrize("size", [None, 0, 2**32 - 1])
def test_a_stream_is_the_same_as_a_file(size, tmp_path):
    (tmp_path / "x.wav").write_bytes(wav(size))
    with saved(io.BytesIO(wav(size))) as path:
        assert path.read_bytes() == wav(size)
        samples, original = read(path, RATE)
    assert original == read(tmp_path / "x.wav", RATE)[1]
    np.testing.assert_array_equal(samples, SAMPLES / np.float32(2**15))


@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_a_raw_dump_is_16_bit_mono_at_the_rate_that_is_given(rate):
    with saved(io.BytesIO(SAMPLES.tobytes()), raw=rate) as path:
        samples, original = read(path, rate)
    assert original.sample_rate == rate
    np.testing.assert_array_equal(samples, SAMPLES / np.float32(2**15))


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
