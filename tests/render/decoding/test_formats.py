"""The length of a recording in every format that libsndfile and FFmpeg write here.

It is read whole, three times joined, and cut to half, and compared with what was written, to a
frame of the codec.
"""

import io
import re
import struct
from functools import cache

import av
import numpy as np
import pytest
import soundfile

from render.decoding import decoder, ffmpeg
from render.decoding.deadline import Deadline

RATE = 16_000
SECONDS = 2.5
# What is not read back, or not as long as it was written: no header, two files, refused.
NOT_READ = {"RAW", "SD2", "SDS"}
NOT_WRITTEN = {("AIFF", "DWVW_12"), ("WAV", "MPEG_LAYER_III")}
NOT_WRITTEN |= {("MP3", "MPEG_LAYER_I"), ("MP3", "MPEG_LAYER_II")}
# Old formats in which joining is not defined: headers are read as samples, or nothing is.
NOT_JOINED = {"AVR", "HTK", "IRCAM", "MAT4", "MAT5", "MPC2K", "PAF", "PVF", "WVE", "XI", "wv"}
STATES_LENGTH = {
    *("WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "SVX", "FLAC", "MP3"),
    *("wav", "webm", "matroska", "flv", "tta", "wv", "mp3"),
}
# Samples of a frame, where it is more than one. An MP3 has delay and padding of up to 4 besides.
FRAMES = {
    **{"IMA_ADPCM": 1_024, "MS_ADPCM": 1_024, "GSM610": 320, "MPEG_LAYER_III": 4 * 576},
    **{"NMS_ADPCM_16": 160, "NMS_ADPCM_24": 160, "NMS_ADPCM_32": 160, "G721_32": 120},
    **{"G723_24": 120, "G723_40": 120, "ALAC_16": 4_096, "ALAC_20": 4_096, "ALAC_24": 4_096},
    **{"ALAC_32": 4_096, "VORBIS": 2_048, "OPUS": 960, "PCM_16": 4_608, "PCM_24": 4_608},
    **{"libmp3lame": 4 * 1_152, "mp2": 1_152, "aac": 2 * 1_024, "ac3": 1_536, "eac3": 1_536},
    **{"libopus": 960, "wmav2": 2 * 2_048, "libopencore_amrnb": 2 * 160, "alac": 4_096},
    **{"real_144": 2 * 160, "adpcm_yamaha": 2_048, "tta": 16_718, "wavpack": 44_100},
}
BY_LIBSNDFILE = [
    (kind, codec, RATE)
    for kind in sorted(soundfile.available_formats().keys() - NOT_READ)
    for codec in soundfile.available_subtypes(kind)
    if (kind, codec) not in NOT_WRITTEN and soundfile.check_format(kind, codec)
]
BY_FFMPEG = [
    ("mp4", "aac", 44_100),
    ("mp4", "alac", 44_100),
    ("mp4", "libmp3lame", 44_100),
    ("3gp", "libopencore_amrnb", 8_000),
    ("mov", "pcm_s16be", 16_000),
    ("adts", "aac", 22_050),
    ("latm", "aac", 44_100),
    ("webm", "libopus", 48_000),
    ("ogg", "libopus", 48_000),
    ("matroska", "pcm_s16le", 16_000),
    ("matroska", "libmp3lame", 16_000),
    ("asf", "wmav2", 44_100),
    ("amr", "libopencore_amrnb", 8_000),
    ("mpegts", "aac", 44_100),
    ("mpegts", "mp2", 44_100),
    ("ac3", "ac3", 44_100),
    ("eac3", "eac3", 44_100),
    ("flv", "aac", 44_100),
    ("avi", "pcm_s16le", 16_000),
    ("nut", "pcm_s16le", 16_000),
    ("tta", "tta", 16_000),
    ("wv", "wavpack", 44_100),
    ("wav", "g722", 16_000),
    ("wav", "adpcm_yamaha", 16_000),
    ("rm", "real_144", 8_000),
    ("mp3", "libmp3lame", 16_000),
    ("mp2", "mp2", 16_000),
]
BY_FFMPEG = [row for row in BY_FFMPEG if row[1] in av.codecs_available]


def noise(rate=RATE, seconds=SECONDS, channels=1):
    shape = (round(rate * seconds), channels)
    return np.random.default_rng(0).uniform(-0.3, 0.3, shape).astype(np.float32)


@cache
def by_libsndfile(kind, codec=None, rate=RATE, **options):
    file = io.BytesIO()
    soundfile.write(file, noise(rate), rate, format=kind, subtype=codec, **options)
    return file.getvalue()


@cache
def by_ffmpeg(kind, codec, rate, *options):
    file, sound = io.BytesIO(), noise(rate)[:, 0]
    with av.open(file, "w", format=kind, options=dict(options)) as output:
        stream = output.add_stream(codec, rate=rate, layout="mono")
        if codec.startswith("wma"):
            stream.bit_rate = 64_000
        for start in range(0, len(sound), rate // 10):  # packets of PCM as short as of a codec
            piece = sound[np.newaxis, start : start + rate // 10]
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
            frame.rate, frame.pts = rate, start
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def read(tmp_path, data):
    """Samples, format and warnings of a file."""
    (tmp_path / "x").write_bytes(data)
    pieces = list(decoder.blocks(tmp_path / "x", Deadline()))
    file_format = pieces[-1][0]
    return np.concatenate([block for _, block in pieces]), file_format, file_format.warnings


def check(tmp_path, data, kind, codec, rate):
    """Whole, joined and cut; a frame, and the samples that were written."""
    written, frame = round(rate * SECONDS), FRAMES.get(codec, 1)
    samples, file_format, warnings = read(tmp_path, data)
    assert len(samples) == pytest.approx(written, abs=frame), (kind, codec)
    assert warnings == ()
    if kind not in NOT_JOINED:
        samples, joined_format, warnings = read(tmp_path, data * 3)
        assert len(samples) == pytest.approx(3 * written, abs=3 * frame), (kind, codec)
        assert joined_format[:2] == file_format[:2]
        assert all("3 recordings one after the other" in warning for warning in warnings)
    if kind in ("HTK", "mp4", "mov", "3gp"):  # nothing can be read without the end
        return
    samples, _, warnings = read(tmp_path, data[: len(data) // 2])
    assert 0.25 * written - frame <= len(samples) <= 0.55 * written + frame, (kind, codec)
    if kind in STATES_LENGTH:
        (warning,) = warnings
        assert re.match(r"the file ends after \d\.\d s, but its header says", warning), (
            kind,
            codec,
        )


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted({kind for kind, *_ in BY_LIBSNDFILE}))
def test_of_libsndfile(tmp_path, kind):
    for row in BY_LIBSNDFILE:
        if row[0] == kind:
            check(tmp_path, by_libsndfile(*row), *row)


@pytest.mark.parametrize("row", BY_FFMPEG, ids=lambda row: f"{row[0]}-{row[1]}")
def test_of_ffmpeg(tmp_path, row):
    check(tmp_path, by_ffmpeg(*row), *row)


def mp3_of_variable_rate():
    """Loud, then silent: from its first frames, a reader expects a quarter of its length."""
    file, sound = io.BytesIO(), np.concatenate([noise(seconds=1), np.zeros((3 * RATE, 1))])
    soundfile.write(file, sound, RATE, format="MP3", bitrate_mode="VARIABLE", compression_level=0.3)
    data = file.getvalue()
    return data, data[data.index(data[:2], 2) :]  # without the frame that states the length


def test_an_mp3_of_variable_rate_needs_no_header(tmp_path):
    with_header, without = mp3_of_variable_rate()
    (tmp_path / "y").write_bytes(without)
    assert soundfile.info(tmp_path / "y").frames < 2 * RATE  # what libsndfile expects
    samples, file_format, warnings = read(tmp_path, without)
    assert len(samples) == pytest.approx(4 * RATE, abs=FRAMES["MPEG_LAYER_III"])
    assert (file_format.codec, warnings) == ("MP3/MPEG_LAYER_III", ())
    delay = 1_105  # of encoder and decoder, which the header tells to leave out
    np.testing.assert_allclose(
        samples[delay : delay + RATE], read(tmp_path, with_header)[0][:RATE], atol=1e-4
    )
    samples, _, warnings = read(tmp_path, without[: len(without) // 2])
    assert len(samples) < 4 * RATE
    assert warnings == ()  # it states no length


def test_an_estimate_that_is_too_long_is_no_reason_to_warn(tmp_path):
    file, sound = io.BytesIO(), np.concatenate([np.zeros((RATE, 1)), noise(seconds=3)])
    soundfile.write(file, sound, RATE, format="MP3", bitrate_mode="VARIABLE", compression_level=0.3)
    data = file.getvalue()
    data = data[data.index(data[:2], 2) :]
    (tmp_path / "y").write_bytes(data)
    assert soundfile.info(tmp_path / "y").frames > 5 * RATE
    samples, _, warnings = read(tmp_path, data)
    assert len(samples) == pytest.approx(4 * RATE, abs=FRAMES["MPEG_LAYER_III"])
    assert warnings == ()


@pytest.mark.parametrize("is_vbr", [False, True])
def test_mp3_after_mp3_is_read_on_whatever_the_first_header_says(tmp_path, is_vbr):
    first = mp3_of_variable_rate()[0] if is_vbr else by_libsndfile("MP3")
    tag = b"ID3\3\0\0\0\0\x0f\x76" + b"\xff\xfb\x90" * 680 + bytes(6)
    parts = (by_ffmpeg("mp3", "libmp3lame", RATE), tag, by_ffmpeg("mp3", "libmp3lame", 44_100))
    samples, file_format, warnings = read(tmp_path, first + b"".join(parts))
    length = (4 if is_vbr else SECONDS) + 2 * SECONDS
    assert len(samples) / RATE == pytest.approx(length, abs=3 * 4 * 576 / RATE)
    assert (file_format.rate, warnings) == (RATE, ())
    assert np.abs(samples[-RATE // 2 : -RATE // 4]).max() > 0.2  # the last part is there


def bare_mp3(rate=RATE, channels=1):
    """A second at a constant bit rate, of whose length nothing is stated."""
    file = io.BytesIO()
    options = {"format": "MP3", "bitrate_mode": "CONSTANT", "compression_level": 0.5}
    soundfile.write(file, noise(rate, 1, channels), rate, **options)
    data = file.getvalue()
    return data[data.index(data[:2], 2) :]


@pytest.mark.parametrize("kind", [(44_100, 1), (48_000, 1), (RATE, 2)])
def test_an_mp3_goes_on_where_its_rate_or_channels_change(tmp_path, kind):
    samples, file_format, warnings = read(tmp_path, bare_mp3() + bare_mp3(*kind))
    assert len(samples) / RATE == pytest.approx(2.1, abs=0.1)
    assert (samples.shape[1], file_format.rate, warnings) == (1, RATE, ())
    assert np.abs(samples[-RATE // 2 :]).max() > 0.2


def test_an_mp3_goes_on_where_its_rate_changes_though_the_header_counts_all(tmp_path):
    first, second = by_ffmpeg("mp3", "libmp3lame", RATE), bare_mp3(48_000)
    at = re.search(rb"Xing|Info", first).start() + 8  # frames, bytes
    frames, size = struct.unpack_from(">II", first, at)
    stated = struct.pack(">II", frames + 42, size + len(second))
    samples, _, warnings = read(tmp_path, first[:at] + stated + first[at + 8 :] + second)
    assert len(samples) / RATE == pytest.approx(SECONDS + 1, abs=0.2)
    assert warnings == ()


def test_what_is_lost_within_an_mp3_is_said(tmp_path):
    for second in (bare_mp3(), bare_mp3(channels=2)):  # libsndfile alone, and FFmpeg
        data = bytearray(bare_mp3() + second)
        data[4_000:8_000] = bytes(4_000)
        for damaged in (data, data[:4_000] + data[8_200:]):
            samples, _, (warning,) = read(tmp_path, damaged)
            assert 1.5 < len(samples) / RATE < 2.1
            assert re.fullmatch(
                r"data that is no sound was skipped after 0\.\d s, so some may be missing", warning
            )


def test_what_ffmpeg_cannot_read_on_is_said(tmp_path, monkeypatch):
    def refuse(*_):
        raise ValueError("expected audio or video, got something else")

    monkeypatch.setattr(ffmpeg, "opened", refuse)  # as it does a free bit rate
    samples, _, (warning,) = read(tmp_path, bare_mp3() + bare_mp3(48_000))
    assert len(samples) / RATE == pytest.approx(1.1, abs=0.1)
    assert re.match(r"the file cannot be read after 1\.\d s: expected audio", warning)


WEB_PAGE = b"<html><body>504 Gateway Time-out</body></html>" * 50
APE = b"APETAGEX" + bytes(5_000) + b"APETAGEX" + bytes(24)


@pytest.mark.parametrize("junk", [bytes(1_100), WEB_PAGE, b"\xff" * 2_000, APE])
@pytest.mark.parametrize("place", ["front", "between", "end"])
def test_what_is_no_sound_in_an_mp3_is_skipped(tmp_path, junk, place):
    data = bare_mp3()
    frame = data.index(data[:2], len(data) // 2)
    at = {"front": 0, "between": frame, "end": len(data)}[place]
    samples, file_format, warnings = read(tmp_path, data[:at] + junk + data[at:])
    assert len(samples) / RATE == pytest.approx(1.1, abs=0.1)
    assert file_format.codec == "MP3/MPEG_LAYER_III"
    # Nothing is missing behind a tag; FFmpeg takes bytes of 255 for the beginning of a frame.
    assert len(warnings) == (place != "front" and junk in (bytes(1_100), WEB_PAGE)), warnings


@pytest.mark.parametrize("kind", ["mp3", "mp4", "matroska"])
def test_a_codec_has_one_name_whoever_reads_it(tmp_path, kind):
    # FFmpeg reads an MP3 that begins within a frame.
    data = by_ffmpeg(kind, "libmp3lame", RATE)
    if kind == "mp3":
        data = bare_mp3()[100:]
    assert read(tmp_path, data)[1].codec == "MP3/MPEG_LAYER_III"


CHAIN = {"VORBIS": "OGG", "OPUS": "OGG", "PCM_16": "FLAC"}


@pytest.mark.slow
@pytest.mark.parametrize("codec", CHAIN)
def test_links_of_a_chain_take_rate_and_channels_of_the_first(tmp_path, codec):
    def link(rate, channels):
        file = io.BytesIO()
        soundfile.write(file, noise(rate, 1, channels), rate, format=CHAIN[codec], subtype=codec)
        return file.getvalue()

    kinds = [(RATE, 1), (48_000, 2), (8_000, 1)]
    for rate, channels in kinds:
        rest = [kind for kind in kinds if kind != (rate, channels)]
        data = b"".join(link(*kind) for kind in [(rate, channels), *rest])
        samples, file_format, warnings = read(tmp_path, data)
        assert len(samples) == pytest.approx(3 * rate, abs=5)
        assert (samples.shape[1], file_format.rate, warnings) == (channels, rate, ())


def test_flac_after_flac_is_bit_exact_and_may_begin_with_a_tag(tmp_path):
    tag = b"ID3\4\0\0\0\0\0\x05" + b"fLaC\0"
    samples, *_ = read(tmp_path, tag + by_libsndfile("FLAC") * 2)
    half = read(tmp_path, by_libsndfile("FLAC"))[0]
    np.testing.assert_array_equal(samples, np.concatenate([half, half]))


def test_streams_that_begin_together_are_no_chain(tmp_path):
    # Two tracks of one Ogg file, whose first pages follow each other.
    file, sound = io.BytesIO(), noise(48_000)[:, 0]
    with av.open(file, "w", format="ogg") as output:
        streams = [output.add_stream("libopus", rate=48_000, layout="mono") for _ in range(2)]
        for stream in streams:
            frame = av.AudioFrame.from_ndarray(sound[np.newaxis], format="fltp", layout="mono")
            frame.rate = 48_000
            output.mux([*stream.encode(frame), *stream.encode(None)])
    samples, file_format, warnings = read(tmp_path, file.getvalue())
    assert len(samples) == pytest.approx(round(48_000 * SECONDS), abs=960)
    (warning,) = warnings
    assert warning.startswith("of 2 audio tracks, track 1 was taken")
    assert file_format.size == pytest.approx(len(file.getvalue()) / 2, rel=0.1)


def test_a_part_that_cannot_be_read_is_said_and_leaves_the_rest(tmp_path):
    good = by_libsndfile("FLAC")
    broken = good[:8] + b"\xff" * 3_000
    samples, _, (warning,) = read(tmp_path, good + broken + good)
    assert len(samples) == round(2 * RATE * SECONDS)
    assert warning.startswith("recording 2 of 3 in the file is damaged: expected")


def test_a_flac_that_is_damaged_and_not_cut_is_refused(tmp_path):
    data = bytearray(by_libsndfile("FLAC"))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(ValueError, match="expected audio that is whole, got damaged data"):
        read(tmp_path, data)


def test_an_ogg_file_is_cut_if_its_last_page_is(tmp_path):
    data = by_libsndfile("OGG", "VORBIS")
    pages = [at for at in range(len(data)) if data.startswith(b"OggS", at)]
    # Telegram for Android does not mark the last page, so a missing mark is no reason to warn.
    assert [read(tmp_path, data[:end])[2] for end in (len(data), pages[-1])] == [(), ()]
    for end in (len(data) - 1, pages[-1] + 30, pages[-1] + 5):
        (warning,) = read(tmp_path, data[:end])[2]
        assert re.fullmatch(r"the file breaks off within its last frame, after \d\.\d s", warning)


def test_a_link_that_is_hardly_there_is_left_out(tmp_path):
    data = by_libsndfile("OGG", "VORBIS")
    samples, _, (warning,) = read(tmp_path, data + data[:20])
    assert len(samples) == round(RATE * SECONDS)
    assert warning.startswith("recording 2 of 2 in the file is damaged: expected audio")
