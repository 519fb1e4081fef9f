import errno
from fractions import Fraction

import av
import numpy as np
import pytest
import soundfile

from render.copysynthesis import container, encoder
from render.copysynthesis.container import describe, write
from render.decoding.deadline import Deadline
from render.decoding.decoder import blocks

RATE = 16_000
# What libsndfile writes and reads again without a loss, to a step of the subtype.
EXACT = {
    ("WAV", "PCM_16"): 2**-15,
    ("WAV", "PCM_U8"): 2**-7,
    ("WAV", "PCM_24"): 2**-23,
    ("WAV", "FLOAT"): 1e-7,
    ("WAV", "DOUBLE"): 1e-7,
    ("WAVEX", "PCM_16"): 2**-15,
    ("RF64", "PCM_16"): 2**-15,
    ("W64", "PCM_16"): 2**-15,
    ("AIFF", "PCM_16"): 2**-15,
    ("AIFF", "FLOAT"): 1e-7,
    ("AU", "PCM_16"): 2**-15,
    ("CAF", "PCM_16"): 2**-15,
    ("CAF", "ALAC_16"): 2**-15,
    ("NIST", "PCM_16"): 2**-15,
    ("FLAC", "PCM_16"): 2**-15,
    ("FLAC", "PCM_24"): 2**-23,
}
LOSSY = [("WAV", "ULAW"), ("WAV", "ALAW"), ("WAV", "GSM610"), ("WAV", "IMA_ADPCM")]
LOSSY += [("WAV", "MS_ADPCM"), ("AIFF", "ULAW"), ("AU", "ALAW")]
# muxer, encoder, bit rate, rate, channels; what a person calls it
CODED = {
    "mp3": ("mp3", "libmp3lame", 48_000, 16_000, 1),
    "mp3 in stereo": ("mp3", "libmp3lame", 128_000, 44_100, 2),
    "mp2": ("mp2", "mp2", 64_000, 48_000, 1),
    "opus": ("ogg", "libopus", 32_000, 16_000, 1),
    "m4a": ("ipod", "aac", 48_000, 16_000, 1),
    "mp4 in stereo": ("mp4", "aac", 96_000, 44_100, 2),
    "aac": ("adts", "aac", 48_000, 16_000, 1),
    "webm": ("webm", "libopus", 32_000, 48_000, 1),
    "matroska": ("matroska", "flac", 0, 16_000, 1),
    "wma": ("asf", "wmav2", 48_000, 16_000, 1),
    "amr": ("amr", "libopencore_amrnb", 12_200, 8_000, 1),
    "3gp": ("3gp", "libopencore_amrnb", 12_200, 8_000, 1),
    "alac": ("ipod", "alac", 0, 16_000, 1),
    "mov": ("mov", "pcm_s16le", 0, 16_000, 2),
    "flv": ("flv", "aac", 48_000, 44_100, 1),
    "ac3": ("ac3", "ac3", 64_000, 48_000, 1),
    "wavpack": ("wv", "wavpack", 0, 16_000, 1),
}


def noise(rate=RATE, channels=1, seconds=1.0, seed=0):
    """Pink-like noise, that codecs take for sound, of an odd length."""
    length = round(seconds * rate) + 123
    white = np.random.default_rng(seed).standard_normal((length, channels))
    pink = np.cumsum(white, axis=0) - np.linspace(0, 1, length)[:, None] * white.sum(axis=0)
    return (0.2 * pink / np.abs(pink).max() + 0.005 * white).astype(np.float32)


def encoded(path, muxer, codec, bit_rate, rate, channels, video=False, first=0, form=None):
    sound = noise(rate, channels)
    with av.open(str(path), "w", format=muxer) as media:
        if video:
            pictures = media.add_stream("mpeg4", rate=Fraction(25))
            pictures.width, pictures.height, pictures.pix_fmt = 32, 32, "yuv420p"
        stream = media.add_stream(codec, rate=rate)
        stream.codec_context.layout = "mono" if channels == 1 else "stereo"
        if bit_rate:
            stream.bit_rate = bit_rate
        if form:
            stream.codec_context.format = form
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(sound.T), format="fltp", layout=stream.codec_context.layout.name
        )
        frame.sample_rate, frame.pts = rate, first
        if video:
            picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            media.mux(pictures.encode(picture))
            media.mux(pictures.encode(None))
        media.mux(stream.encode(frame))
        media.mux(stream.encode(None))
    return path


def decoded(path):
    parts = list(blocks(path, Deadline()))
    return parts[0][0], np.concatenate([block for _, block in parts])


def stored(original, place):
    """Decode a file, store it again like itself, and return both sounds and descriptions."""
    form, sound = decoded(original)
    before = describe(original, len(sound))
    write(place, sound, before)
    again, copy = decoded(place)
    assert again[:2] == form[:2]
    assert copy.shape == sound.shape
    return sound, copy, before, describe(place, len(copy))


@pytest.mark.parametrize(("major", "subtype"), EXACT)
@pytest.mark.parametrize(("rate", "channels"), [(RATE, 1), (44_100, 2)])
def test_what_loses_nothing_comes_back_as_it_was(tmp_path, major, subtype, rate, channels):
    original = tmp_path / "original.bin"
    soundfile.write(original, noise(rate, channels), rate, format=major, subtype=subtype)
    sound, copy, before, after = stored(original, tmp_path / "copy.bin")
    assert after == before
    assert not before.lossy
    assert np.abs(copy - sound).max() <= EXACT[major, subtype]


@pytest.mark.parametrize(("major", "subtype"), LOSSY)
def test_what_libsndfile_encodes_keeps_its_subtype(tmp_path, major, subtype):
    original = tmp_path / "original.bin"
    soundfile.write(original, noise(8_000), 8_000, format=major, subtype=subtype)
    sound, copy, before, after = stored(original, tmp_path / "copy.bin")
    assert after == before
    assert before.lossy
    assert overlap(copy, sound) > 0.7


@pytest.mark.parametrize("name", CODED)
def test_what_ffmpeg_encodes_keeps_codec_length_and_bit_rate(tmp_path, name):
    muxer, codec, bit_rate, rate, channels = CODED[name]
    original = encoded(tmp_path / "original.bin", muxer, codec, bit_rate, rate, channels)
    sound, copy, before, after = stored(original, tmp_path / "copy.bin")
    assert (after.encoding.muxer, after.encoding.encoder) == (muxer, codec)
    assert after.encoding.layout == before.encoding.layout
    assert after.encoding.sample_format == before.encoding.sample_format
    assert before.lossy == bool(bit_rate)
    assert after.encoding.bit_rate == pytest.approx(before.encoding.bit_rate, rel=0.06)
    assert not bit_rate or before.encoding.bit_rate == pytest.approx(bit_rate, rel=0.15)
    # In step with the original, but for what codecs of telephony and AC-3 delay.
    lag = max(range(-600, 601), key=lambda lag: overlap(np.roll(copy, lag, axis=0), sound))
    assert abs(lag) < 0.025 * rate
    assert overlap(np.roll(copy, lag, axis=0), sound) > (0.5 if before.lossy else 0.999_999)


@pytest.mark.parametrize("form", ["s16p", "s32p"])
def test_a_lossless_codec_keeps_its_bits(tmp_path, form):
    original = encoded(tmp_path / "original.m4a", *CODED["alac"], form=form)
    sound, copy, before, after = stored(original, tmp_path / "copy.m4a")
    assert after == before
    assert before.encoding.sample_format == form
    assert np.abs(copy - sound).max() <= (2**-15 if form == "s16p" else 2**-23)


@pytest.mark.parametrize("first", [None, 0])
def test_amr_keeps_its_length_with_and_without_the_delay_of_its_encoder(tmp_path, first):
    original = encoded(tmp_path / "original.3gp", *CODED["3gp"], first=first)
    sound, _, before, _ = stored(original, tmp_path / "copy.3gp")
    assert len(sound) % 160 == (0 if first is None else 110)  # 50 samples are left out
    assert before.encoding.edited == (first == 0)


def overlap(first, second):
    first, second = first[1_000:-1_000, 0], second[1_000:-1_000, 0]
    return first @ second / np.sqrt((first @ first) * (second @ second))


@pytest.mark.parametrize(
    ("quality", "seconds"), [(0.1, 2), (0.5, 2), (0.9, 2), (0.5, 0.2), (0.5, 0.26)]
)
def test_vorbis_keeps_its_length_and_bit_rate(tmp_path, quality, seconds):
    original = tmp_path / "original.ogg"
    how = {"format": "OGG", "subtype": "VORBIS", "compression_level": quality}
    soundfile.write(original, noise(seconds=seconds), RATE, **how)
    sound, copy, before, after = stored(original, tmp_path / "copy.ogg")
    assert after.encoding.bit_rate == pytest.approx(before.encoding.bit_rate, rel=0.05)
    assert overlap(copy, sound) > 0.99


def test_a_variable_bit_rate_stays_variable(tmp_path):
    original = tmp_path / "original.mp3"
    how = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "VARIABLE"}
    soundfile.write(original, noise(seconds=3), RATE, **how)
    _, _, before, after = stored(original, tmp_path / "copy.mp3")
    assert not before.encoding.constant
    assert not after.encoding.constant
    assert after.encoding.bit_rate == pytest.approx(before.encoding.bit_rate, rel=0.1)


def test_byte_order_and_suffix_stay(tmp_path):
    original = tmp_path / "original.wav"
    soundfile.write(original, noise(), RATE, format="WAV", subtype="PCM_16", endian="BIG")
    stored(original, tmp_path / "copy.wav")
    assert (tmp_path / "copy.wav").read_bytes()[:4] == b"RIFX"
    flac = tmp_path / "flac.wav"
    soundfile.write(flac, noise(), RATE, format="FLAC")
    stored(flac, tmp_path / "copy.wav")
    assert (tmp_path / "copy.wav").read_bytes()[:4] == b"fLaC"


@pytest.mark.parametrize("name", ["mp3", "opus", "m4a", "webm", "wma"])
def test_the_same_sound_gives_the_same_bytes(tmp_path, name):
    original = encoded(tmp_path / "original", *CODED[name])
    for place in ("a", "b"):
        stored(original, tmp_path / place)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_nothing_of_the_day_stands_in_a_copy(tmp_path):
    original = tmp_path / "original"
    soundfile.write(original, noise(), RATE, format="WAV", subtype="FLOAT")
    stored(original, tmp_path / "copy")
    # libsndfile puts the time, in s since 1970, behind name, size and version of this chunk.
    for path, zero in ((original, False), (tmp_path / "copy", True)):
        data = path.read_bytes()
        at = data.index(b"PEAK") + 12
        assert (data[at : at + 4] == bytes(4)) == zero
    soundfile.write(original, noise(), RATE, format="OGG", subtype="VORBIS")
    stored(original, tmp_path / "copy")
    # A page's serial number, random with libsndfile, stands behind four names, flags and a place.
    assert (tmp_path / "copy").read_bytes()[14:18] == bytes(4)


def test_a_video_is_refused(tmp_path):
    original = encoded(tmp_path / "a.mp4", *CODED["mp4 in stereo"], video=True)
    with pytest.raises(ValueError, match="expected a recording of sound alone, got a video"):
        describe(original, RATE)


def test_a_codec_without_encoder_is_refused(tmp_path, monkeypatch):
    original = encoded(tmp_path / "a.m4a", *CODED["m4a"])

    def codec(name, mode="r"):
        raise av.codec.codec.UnknownCodecError(name)

    monkeypatch.setattr(av, "Codec", codec)
    message = "expected a container that can be written again, got aac in ipod"
    with pytest.raises(ValueError, match=message):
        describe(original, RATE)


def test_a_copy_of_another_kind_is_refused_and_not_left(tmp_path, monkeypatch):
    original = tmp_path / "a.wav"
    soundfile.write(original, noise(), RATE)
    form = describe(original, 1)
    write_once = encoder.libsndfile
    monkeypatch.setattr(
        encoder,
        "libsndfile",
        lambda part, sound, rate, *_, **__: write_once(part, sound[:100], 8_000, "WAV/PCM_24"),
    )
    with pytest.raises(
        ValueError,
        match="expected a copy of WAV/PCM_16, 16000 Hz, 1 channels, 16123 samples, "
        "got WAV/PCM_24, 8000 Hz, 1 channels, 100 samples",
    ):
        write(tmp_path / "b.wav", noise(), form)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize(("major", "subtype"), [("WAV", "PCM_16"), ("FLAC", "PCM_16")])
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path, monkeypatch, major, subtype):
    original = tmp_path / "a.wav"
    soundfile.write(original, noise(), RATE, format=major, subtype=subtype)
    form = describe(original, len(noise()))

    def full(self, data):
        raise soundfile.LibsndfileError(2)

    monkeypatch.setattr(soundfile.SoundFile, "write", full)
    with pytest.raises(OSError, match="expected a file that can be written"):
        write(tmp_path / "b.wav", noise(), form)
    monkeypatch.undo()

    def output(*_, **__):
        raise av.error.OSError(errno.ENOSPC, "No space left on device")

    coded = encoded(tmp_path / "a.mp3", *CODED["mp3"])
    form = describe(coded, len(noise()))
    monkeypatch.setattr(encoder, "_output", output)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "b.mp3", noise(), form)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp3", "a.wav"]


def test_of_all_tries_the_bit_rate_nearest_to_the_original_s_is_kept(tmp_path, monkeypatch):
    original = encoded(tmp_path / "a.webm", *CODED["webm"])
    _, sound = decoded(original)
    told, encode = [], encoder.ffmpeg

    def noted(part, sound, start, rate, how):
        told.append(how.bit_rate)
        encode(part, sound, start, rate, how)

    monkeypatch.setattr(encoder, "ffmpeg", noted)
    ratios = iter([1.2, 1.04, 0.8, 1.3, 1.0])
    monkeypatch.setattr(container, "_ratio", lambda wanted, found: next(ratios))
    write(tmp_path / "b.webm", sound, describe(original, len(sound)))
    assert told[4] == told[1]
    assert told[1:4] == pytest.approx([1.2 * told[0], 1.248 * told[0], 0.9984 * told[0]], abs=2)


def test_tries_have_an_end(tmp_path, monkeypatch):
    original = encoded(tmp_path / "a.m4a", *CODED["m4a"])
    _, sound = decoded(original)
    form, tried = describe(original, len(sound)), []
    encode = encoder.ffmpeg
    monkeypatch.setattr(
        encoder,
        "ffmpeg",
        lambda part, sound, start, *how: tried.append(start) or encode(part, sound, 2_000, *how),
    )
    with pytest.raises(
        ValueError, match="expected a copy of aac, 16000 Hz, 1 channels, .* samples, got"
    ):
        write(tmp_path / "b.m4a", sound, form)
    assert len(tried) == container._TRIES
