from fractions import Fraction

import av
import numpy as np
import pytest
import soundfile

from render.copysynthesis import audio_format
from render.copysynthesis.audio_format import AudioFormat, read_format, write
from render.decoding.deadline import Deadline
from render.decoding.decoder import blocks

RATE = 16_000
# Step of each lossless subtype.
LOSSLESS = {
    ("WAV", "PCM_16"): 2**-15,
    ("WAV", "PCM_U8"): 2**-7,
    ("WAV", "FLOAT"): 1e-7,
    ("WAVEX", "PCM_24"): 2**-23,
    ("W64", "PCM_16"): 2**-15,
    ("AIFF", "PCM_16"): 2**-15,
    ("AU", "PCM_16"): 2**-15,
    ("CAF", "ALAC_16"): 2**-15,
    ("NIST", "PCM_16"): 2**-15,
    ("FLAC", "PCM_16"): 2**-15,
    ("FLAC", "PCM_24"): 2**-23,
}
TELEPHONY = [("WAV", "ULAW"), ("WAV", "GSM610"), ("WAV", "IMA_ADPCM"), ("AU", "ALAW")]
# Format, subtype, rate, channels and the encoder's options.
LOSSY = {
    "constant MP3": ("MP3", "MPEG_LAYER_III", RATE, 1, {"bitrate_mode": "CONSTANT"}),
    "variable MP3": ("MP3", "MPEG_LAYER_III", 44_100, 2, {"bitrate_mode": "VARIABLE"}),
    "strong Vorbis": ("OGG", "VORBIS", RATE, 1, {"compression_level": 0.9}),
    "weak Vorbis": ("OGG", "VORBIS", 44_100, 2, {"compression_level": 0.1}),
    "Opus": ("OGG", "OPUS", 48_000, 1, {"compression_level": 0.9}),
}
# Muxer, encoder and layout of files that libsndfile does not write.
OTHERS = {
    "m4a": ("ipod", "aac", "mono"),
    "webm": ("webm", "libopus", "stereo"),
    "amr": ("amr", "libopencore_amrnb", "mono"),
    "mp2": ("mp2", "mp2", "stereo"),
    "wavpack": ("wv", "wavpack", "mono"),
}


def noise(rate=RATE, channels=1, seconds=1.0):
    """Pink-like noise of an odd length, which codecs take for sound."""
    length = round(seconds * rate) + 123
    white = np.random.default_rng(0).standard_normal((length, channels))
    pink = np.cumsum(white, axis=0) - np.linspace(0, 1, length)[:, None] * white.sum(axis=0)
    return (0.2 * pink / np.abs(pink).max() + 0.005 * white).astype(np.float32)


def encode(path, muxer, codec, layout, video=False):
    rate = 8_000 if muxer == "amr" else 48_000
    sound = noise(rate, 1 if layout == "mono" else 2)
    with av.open(str(path), "w", format=muxer) as media:
        if video:
            pictures = media.add_stream("mpeg4", rate=Fraction(25))
            pictures.width, pictures.height, pictures.pix_fmt = 32, 32, "yuv420p"
        stream = media.add_stream(codec, rate=rate)
        stream.codec_context.layout = layout
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(sound.T), format="fltp", layout=layout
        )
        frame.sample_rate, frame.pts = rate, 0
        if video:
            picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            media.mux(pictures.encode(picture))
            media.mux(pictures.encode(None))
        media.mux(stream.encode(frame))
        media.mux(stream.encode(None))
    return path


def decode(path):
    parts = list(blocks(path, Deadline()))
    return parts[0][0], np.concatenate([block for _, block in parts])


def store(original, path):
    """Decode a file and write it again in its format; return both sounds and formats."""
    form, sound = decode(original)
    before = read_format(original, form.rate, sound.shape)
    write(path, sound, before)
    again, copy = decode(path)
    assert again.rate == form.rate
    assert copy.shape == sound.shape
    return sound, copy, before, read_format(path, again.rate, copy.shape)


def similarity(first, second):
    first, second = first[1_000:-1_000, 0], second[1_000:-1_000, 0]
    return first @ second / np.sqrt((first @ first) * (second @ second))


def test_what_loses_nothing_comes_back_as_it_was(tmp_path):
    original = tmp_path / "original.bin"
    for (major, subtype), step in LOSSLESS.items():
        for rate, channels in ((RATE, 1), (44_100, 2)):
            soundfile.write(original, noise(rate, channels), rate, format=major, subtype=subtype)
            sound, copy, before, after = store(original, tmp_path / "copy.bin")
            assert after == before
            assert before.codec == f"{major}/{subtype}"
            assert not before.lossy
            assert np.abs(copy - sound).max() <= step, before


def test_codecs_of_telephony_stay(tmp_path):
    original = tmp_path / "original.bin"
    for major, subtype in TELEPHONY:
        soundfile.write(original, noise(8_000), 8_000, format=major, subtype=subtype)
        sound, copy, before, after = store(original, tmp_path / "copy.bin")
        assert after == before
        assert before.lossy
        assert similarity(copy, sound) > 0.7


@pytest.mark.slow
@pytest.mark.parametrize("name", LOSSY)
def test_a_lossy_codec_keeps_its_bit_rate_so_that_it_does_not_tell_a_fake(tmp_path, name):
    major, subtype, rate, channels, options = LOSSY[name]
    original = tmp_path / "original.bin"
    for seconds in (0.26, 2):
        sound = noise(rate, channels, seconds)
        soundfile.write(original, sound, rate, format=major, subtype=subtype, **options)
        sound, copy, before, after = store(original, tmp_path / "copy.bin")
        assert (after.codec, after.lossy) == (f"{major}/{subtype}", True)
        assert after.constant == before.constant
        assert after.bit_rate == pytest.approx(before.bit_rate, rel=0.05)
        assert similarity(copy, sound) > (0.7 if name == "Opus" else 0.98)


def test_a_cover_picture_does_not_count_as_bit_rate(tmp_path):
    soundfile.write(tmp_path / "a.mp3", noise(), RATE, bitrate_mode="CONSTANT")
    bare = (tmp_path / "a.mp3").read_bytes()
    size = 100_000  # an ID3 tag gives it in 7 bits a byte
    header = b"ID3\x03\0\0" + bytes((size >> shift) & 127 for shift in (21, 14, 7, 0))
    (tmp_path / "b.mp3").write_bytes(header + bytes(size) + bare)
    shape = noise().shape
    rates = [read_format(tmp_path / name, RATE, shape).bit_rate for name in ("a.mp3", "b.mp3")]
    assert rates[0] == pytest.approx(rates[1], rel=0.05)


def test_joined_and_unfinished_files_have_the_format_of_whole_ones(tmp_path):
    soundfile.write(tmp_path / "a.mp3", noise(), RATE, bitrate_mode="CONSTANT")
    whole = (tmp_path / "a.mp3").read_bytes()
    (tmp_path / "b.mp3").write_bytes(whole * 3)
    rates = [
        read_format(tmp_path / name, RATE, decode(tmp_path / name)[1].shape).bit_rate
        for name in ("a.mp3", "b.mp3")
    ]
    assert rates[0] == pytest.approx(rates[1], rel=0.1)
    soundfile.write(tmp_path / "c.wav", noise(), RATE)
    data = (tmp_path / "c.wav").read_bytes()
    (tmp_path / "c.wav").write_bytes(data[:4] + bytes(4) + data[8:40] + bytes(4) + data[44:])
    assert read_format(tmp_path / "c.wav", RATE, noise().shape).codec == "WAV/PCM_16"


@pytest.mark.parametrize("name", OTHERS)
def test_what_libsndfile_does_not_write_becomes_flac(tmp_path, name):
    original = encode(tmp_path / "original.bin", *OTHERS[name])
    sound, copy, before, after = store(original, tmp_path / "copy.flac")
    assert before.converted
    assert not before.lossy
    assert after.codec == "FLAC/PCM_24"
    assert np.abs(copy - sound).max() <= 2**-23


def test_the_sound_of_a_video_becomes_flac(tmp_path):
    original = encode(tmp_path / "a.mp4", "mp4", "aac", "stereo", video=True)
    assert store(original, tmp_path / "a.flac")[2].converted


def test_byte_order_and_a_wrong_suffix_stay(tmp_path):
    original = tmp_path / "original.wav"
    soundfile.write(original, noise(), RATE, format="WAV", subtype="PCM_16", endian="BIG")
    store(original, tmp_path / "copy.wav")
    assert (tmp_path / "copy.wav").read_bytes()[:4] == b"RIFX"
    soundfile.write(original, noise(), RATE, format="FLAC")
    store(original, tmp_path / "copy.wav")
    assert (tmp_path / "copy.wav").read_bytes()[:4] == b"fLaC"


def test_the_time_of_writing_is_blanked(tmp_path):
    original = tmp_path / "original"
    soundfile.write(original, noise(), RATE, format="WAV", subtype="FLOAT")
    store(original, tmp_path / "copy")
    # libsndfile puts the time, in s since 1970, behind name, size and version of this chunk.
    for path, is_zero in ((original, False), (tmp_path / "copy", True)):
        data = path.read_bytes()
        at = data.index(b"PEAK") + 12
        assert (data[at : at + 4] == bytes(4)) == is_zero


def test_a_copy_of_another_length_is_refused_and_not_left(tmp_path, monkeypatch):
    monkeypatch.setattr(audio_format, "_blocks", lambda sound: [sound[:100]])
    with pytest.raises(ValueError, match="expected a copy of 16123 samples in WAV/PCM_16, got 100"):
        write(tmp_path / "b.wav", noise(), AudioFormat(codec="WAV/PCM_16", rate=RATE, channels=1))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("subtype", ["IMA_ADPCM", "MS_ADPCM", "GSM610"])
def test_a_codec_of_blocks_fills_the_last_one(tmp_path, subtype):
    # Other programs write blocks of another length, so that the last one is seldom full.
    sound = noise(8_000)[:7_000]
    write(tmp_path / "b.wav", sound, AudioFormat(codec=f"WAV/{subtype}", rate=8_000, channels=1))
    assert 7_000 <= soundfile.info(tmp_path / "b.wav").frames < 7_000 + 1_024


def test_what_libsndfile_refuses_is_told_in_one_line(tmp_path):
    with pytest.raises(ValueError, match="expected a file that libsndfile writes, got"):
        write(tmp_path / "b", noise(), AudioFormat(codec="FLAC/PCM_16", rate=RATE, channels=9))


@pytest.mark.parametrize("major", ["WAV", "FLAC"])
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path, monkeypatch, major):
    def full(self, data):
        raise soundfile.LibsndfileError(2)

    monkeypatch.setattr(soundfile.SoundFile, "write", full)
    with pytest.raises(OSError, match="expected a file that can be written"):
        write(tmp_path / "b", noise(), AudioFormat(codec=f"{major}/PCM_16", rate=RATE, channels=1))
    assert not list(tmp_path.iterdir())
