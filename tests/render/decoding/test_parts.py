import io
import re
import struct

import numpy as np
import pytest
import soundfile

from render.decoding import parts
from render.decoding.containers import Length
from render.decoding.deadline import Deadline
from render.decoding.decoder import blocks

RATE = 16_000
SAMPLES = np.random.default_rng(0).uniform(-0.5, 0.5, RATE).astype(np.float32)
# Where the length of the samples stands, as the specification of each format says: how it is
# written, what it counts besides the samples, and where the size of the whole file stands, less
# how many bytes. A WAV with its data in a chunk after 36 bytes, and so on.
LENGTHS = {
    "WAV": (b"data", 4, "<I", 0, (4, "<I")),
    "RIFX": (b"data", 4, ">I", 0, (4, ">I")),
    "WAVEX": (b"data", 4, "<I", 0, (4, "<I")),
    "RF64": (b"ds64", 16, "<Q", 0, (20, "<Q")),
    "W64": (b"data\xf3\xac\xd3\x11", 16, "<q", 24, (16, "<q")),
    "AIFF": (b"SSND", 4, ">I", 8, (4, ">I")),
    "SVX": (b"BODY", 4, ">I", 0, (4, ">I")),
    "AU": (b".snd", 8, ">I", 0, None),
    "CAF": (b"data\0\0\0\0", 4, ">q", 4, None),
}


def file_of(kind, subtype="PCM_16"):
    file = io.BytesIO()
    options = {"format": "WAV", "endian": "BIG"} if kind == "RIFX" else {"format": kind}
    soundfile.write(file, SAMPLES, RATE, subtype=subtype, **options)
    return file.getvalue()


def lying(data, kind, size, whole=None):
    """A file whose header says another size of the samples, in bytes, and of the whole file."""
    name, offset, form, uncounted, place = LENGTHS[kind]
    data = bytearray(data)
    at = data.index(name) + offset
    size = min(size + uncounted, 2 ** (8 * struct.calcsize(form) - form[1].islower()) - 1)
    struct.pack_into(form, data, at, size)
    if place and whole is not None:
        struct.pack_into(place[1], data, place[0], whole)
    return bytes(data)


def read(tmp_path, data):
    """Samples and warnings of a file."""
    (tmp_path / "x").write_bytes(data)
    pieces = list(blocks(tmp_path / "x", Deadline()))
    return np.concatenate([block[:, 0] for _, block in pieces]), pieces[-1][0].warnings


@pytest.mark.parametrize("whole", [None, 0, 8, 36])
@pytest.mark.parametrize("kind", LENGTHS)
def test_a_length_that_was_not_known_is_none(tmp_path, kind, whole):
    data = file_of(kind)
    expected, warnings = read(tmp_path, data)
    np.testing.assert_allclose(expected, SAMPLES, atol=2**-15)
    assert warnings == ()
    for size in (0, 2**31 - 1, 0x7FFFF000, 2**32 - 1, 2**32 - 36):
        samples, warnings = read(tmp_path, lying(data, kind, size, whole))
        np.testing.assert_array_equal(samples, expected)
        assert warnings == ()


@pytest.mark.parametrize("kind", LENGTHS)
def test_of_a_length_that_is_too_large_both_are_said(tmp_path, kind):
    samples, warnings = read(tmp_path, lying(file_of(kind), kind, 3 * 2 * RATE))
    assert len(samples) == RATE
    assert warnings == ("the file ends after 1.0 s, but its header says 3.0 s",)


@pytest.mark.parametrize("kind", LENGTHS)
def test_of_a_length_that_is_too_small_the_rest_is_said(tmp_path, kind):
    samples, warnings = read(tmp_path, lying(file_of(kind), kind, RATE // 2))
    if kind in ("W64", "SVX"):  # libsndfile reads to the end of the file
        assert (len(samples), warnings) == (RATE, ())
        return
    assert len(samples) == RATE // 4
    assert warnings == ("the file goes on for 0.8 s after the end that its header states",)


@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT", "ULAW", "IMA_ADPCM"])
def test_codecs_make_no_difference(tmp_path, subtype):
    data = file_of("WAV", subtype)
    expected, _ = read(tmp_path, data)
    np.testing.assert_array_equal(read(tmp_path, lying(data, "WAV", 0, 0))[0], expected)


@pytest.mark.parametrize("padding", [b"", b"\0"])
def test_chunks_around_the_samples_are_no_samples(tmp_path, padding):
    before = b"LIST" + struct.pack("<I", 7) + b"INFOabc" + b"\0"
    after = b"LIST" + struct.pack("<I", 4) + b"INFO" + b"id3 " + struct.pack("<I", 2) + b"ID"
    data = file_of("WAV")
    data = data[:36] + before + data[36:]
    assert len(read(tmp_path, lying(data, "WAV", 0, 0))[0]) == RATE
    # 16-bit samples and a byte more: some programs forget that chunks begin at even places.
    odd = lying(data + b"\0", "WAV", 2 * RATE + 1) + padding + after
    samples, warnings = read(tmp_path, odd)
    assert (len(samples), warnings) == (RATE, ())
    empty = data[: data.index(b"data") + 4] + bytes(4) + after
    assert read_nothing(tmp_path, empty)


def read_nothing(tmp_path, data):
    (tmp_path / "x").write_bytes(data)
    return sum(len(block) for _, block in blocks(tmp_path / "x", Deadline())) == 0


ID3V1 = b"TAG" + b"title".ljust(125, b"\0")
APE_ITEM = struct.pack("<II", 5, 0) + b"Title\0" + b"sound"
APE_SIZES = struct.pack("<IIII8x", 2_000, len(APE_ITEM) + 32, 1, 1 << 31)
APE = b"APETAGEX" + APE_SIZES + APE_ITEM + b"APETAGEX" + APE_SIZES


@pytest.mark.parametrize("tag", [ID3V1, APE, APE + ID3V1], ids=["ID3v1", "APE", "both"])
@pytest.mark.parametrize("kind", ["WAV", "AIFF", "AU", "FLAC", "MP3"])
def test_a_tag_at_the_end_is_no_sound(tmp_path, kind, tag):
    data = file_of(kind, None)
    expected, _ = read(tmp_path, data)
    for each in [data] if kind in ("FLAC", "MP3") else [data, lying(data, kind, 0)]:
        samples, warnings = read(tmp_path, each + tag)
        np.testing.assert_array_equal(samples, expected)
        assert warnings == ()


ID3V2 = b"ID3\3\0\0\0\0\x02\x00" + b"\xff\xfb\x90RIFF".ljust(256, b"\xff")


@pytest.mark.parametrize("kind", ["WAV", "AIFF", "AU", "CAF", "FLAC", "OGG", "MP3"])
def test_tags_before_between_and_after_are_no_sound(tmp_path, kind):
    data = file_of(kind, None)
    expected, _ = read(tmp_path, data)
    samples, warnings = read(tmp_path, ID3V2 + data + ID3V1)
    np.testing.assert_array_equal(samples, expected)
    assert warnings == ()
    samples, _ = read(tmp_path, (ID3V2 + data + APE + ID3V1) * 2)
    padding = 4 * 576 if kind == "MP3" else 0  # of the second: its header is a frame like others
    assert 2 * RATE <= len(samples) <= 2 * RATE + padding
    np.testing.assert_allclose(samples[: RATE // 2], expected[: RATE // 2], atol=1e-5)


def test_a_flac_need_not_state_its_length(tmp_path):
    data = bytearray(file_of("FLAC"))
    data[21] &= 0xF0  # the low 36 bits before the check sum
    data[22:26] = bytes(4)
    for whole in (data, data + ID3V1):
        samples, warnings = read(tmp_path, whole)
        assert (len(samples), warnings) == (RATE, ())
    assert len(read(tmp_path, data * 2)[0]) == 2 * RATE
    samples, (warning,) = read(tmp_path, data[:-100])
    assert (
        warning == f"the file breaks off within its last frame, after {len(samples) / RATE:.1f} s"
    )


@pytest.mark.parametrize("total", [1, RATE // 2])
def test_a_flac_may_state_too_few_samples(tmp_path, total):
    data = bytearray(file_of("FLAC"))
    expected, _ = read(tmp_path, data)
    data[22:26] = total.to_bytes(4)
    for whole, times in ((data, 1), (ID3V2 + data + ID3V1, 1), (data * 2, 2)):
        samples, warnings = read(tmp_path, whole)
        np.testing.assert_array_equal(samples, np.tile(expected, times))
        assert warnings == ()
    samples, (warning,) = read(tmp_path, data[:-100])
    assert len(samples) > 0.7 * RATE
    assert re.fullmatch(r"the file breaks off within its last frame, after \d\.\d s", warning)


def test_what_follows_a_flac_is_no_sound(tmp_path):
    data = file_of("FLAC")
    samples, warnings = read(tmp_path, data + b"x" * 20_000)
    np.testing.assert_array_equal(samples, read(tmp_path, data)[0])
    assert warnings == ()


def test_a_part_is_read_like_a_file():
    file = io.BytesIO(b"before0123456789after")
    part = parts.Part(file, 6, 16)
    assert part.read(4) == b"0123"
    assert (part.tell(), part.seek(-3, io.SEEK_END)) == (4, 7)
    assert (part.read(), part.read(1)) == (b"789", b"")
    assert part.seek(2**70) == 2**70
    assert part.read(1) == b""
    with pytest.raises(OSError, match="Invalid argument"):
        part.seek(-1)


def test_a_header_reads_corrected_wherever_a_read_begins():
    data = lying(file_of("WAV"), "WAV", 0, 0)
    (part,) = parts.split(io.BytesIO(data), Deadline())
    assert part.source is part
    whole = part.read()
    assert whole == file_of("WAV")
    for begin in range(2, 48):
        part.seek(begin)
        assert part.read(3) == whole[begin : begin + 3]


def test_signatures_are_found_across_the_borders_of_the_search(monkeypatch):
    data = file_of("FLAC", None)
    file = io.BytesIO(data * 3)
    for size in (1 << 20, 4_096, len(data), len(data) - 4, len(data) + 4):
        monkeypatch.setattr(parts, "_BLOCK", size)
        assert [part.read() for part in parts.split(file, Deadline())] == [data] * 3


def test_a_search_ends_when_time_is_over():
    file = io.BytesIO(file_of("FLAC", None))
    with pytest.raises(ValueError, match="expected a recording that is read in"):
        parts.split(file, Deadline(0))


def test_a_length_counts_to_its_end():
    assert Length(4, "<I", 100, 44).content_end == 144
    assert Length(4, "<q", -1, 44).content_end == 44


def test_too_many_recordings_are_an_attack(monkeypatch):
    monkeypatch.setattr(parts, "MOST_PARTS", 3)
    data = file_of("FLAC", None)
    assert len(parts.split(io.BytesIO(data * 3), Deadline())) == 3
    with pytest.raises(ValueError, match="expected at most 3 recordings in a file, got more"):
        parts.split(io.BytesIO(data * 4), Deadline())
