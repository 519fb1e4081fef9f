import csv
import struct
import time
from dataclasses import replace

import av
import numpy as np
import pytest
import soundfile

from render.decoding import audio
from render.decoding.audio import SourceFile, scan_audio
from render.decoding.deadline import Deadline


def read(path, rate):
    """Samples alone."""
    return audio.read(path, rate)[0]


def original(path):
    return audio.read(path, 16_000)[1]


def tone(rate, seconds=1.0, frequency=440):
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate)


def encode(path, codec, container, samples, rate):
    """Write mono sound through FFmpeg."""
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = 64_000
        frame = av.AudioFrame.from_ndarray(
            samples.astype(np.float32)[np.newaxis], format="fltp", layout="mono"
        )
        frame.rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    return path


def frequency_of(samples, rate=16_000):
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    return spectrum.argmax() * rate / len(middle)


def level_of(samples):
    """Amplitude of the tone, from the RMS of its middle."""
    return np.sqrt(2 * np.mean(samples[4_000:12_000] ** 2))


@pytest.mark.parametrize(
    ("suffix", "how"),
    [
        ("wav", {"subtype": "PCM_16"}),
        ("wav", {"subtype": "PCM_24"}),
        ("wav", {"subtype": "FLOAT"}),
        ("wav", {"subtype": "DOUBLE"}),
        ("flac", {}),
        ("aiff", {}),
        ("ogg", {"subtype": "VORBIS"}),
        ("mp3", {}),
    ],
)
def test_formats_of_libsndfile(tmp_path, suffix, how):
    for rate in (8_000, 16_000, 44_100):
        path = tmp_path / f"x.{suffix}"
        soundfile.write(path, tone(rate), rate, **how)
        samples = read(path, 16_000)
        assert samples.dtype == np.float32
        assert len(samples) == pytest.approx(16_000, abs=1_500)  # MP3 pads at both ends
        assert frequency_of(samples) == pytest.approx(440, abs=2)
        assert level_of(samples) == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize(
    ("codec", "container", "rate"),
    [
        ("aac", "mp4", 44_100),
        ("aac", "adts", 44_100),
        ("libopus", "webm", 48_000),
        ("libopus", "ogg", 48_000),
        ("wmav2", "asf", 44_100),
        ("pcm_s16le", "matroska", 22_050),
    ],
)
def test_formats_of_ffmpeg(tmp_path, codec, container, rate):
    path = encode(tmp_path / "sound.wav", codec, container, tone(rate), rate)  # by a false name
    samples = read(path, 16_000)
    assert len(samples) == pytest.approx(16_000, abs=2_500)
    assert frequency_of(samples) == pytest.approx(440, abs=2)
    assert level_of(samples) == pytest.approx(0.5, rel=0.05)


def test_the_sound_of_a_video(tmp_path):
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as file:
        video = file.add_stream("mpeg4", rate=10, width=32, height=32, pix_fmt="yuv420p")
        audio = file.add_stream("aac", rate=44_100, layout="mono")
        picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        sound = av.AudioFrame.from_ndarray(
            tone(44_100).astype(np.float32)[np.newaxis], format="fltp", layout="mono"
        )
        sound.rate = 44_100
        for stream, frame in ((video, picture), (audio, sound)):
            for packet in (*stream.encode(frame), *stream.encode(None)):
                file.mux(packet)
    assert frequency_of(read(path, 16_000)) == pytest.approx(440, abs=2)


def test_a_video_without_sound_is_refused(tmp_path):
    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as file:
        video = file.add_stream("mpeg4", rate=10, width=32, height=32, pix_fmt="yuv420p")
        picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        for packet in (*video.encode(picture), *video.encode(None)):
            file.mux(packet)
    with pytest.raises(ValueError, match="got a file without an audio stream"):
        read(path, 16_000)


def test_the_content_counts_and_not_the_name(tmp_path):
    flac = tmp_path / "x.flac"
    soundfile.write(flac, tone(16_000), 16_000)
    for name in ("x.wav", "x.mp3", "x.raw", "x"):
        (tmp_path / name).write_bytes(flac.read_bytes())
        np.testing.assert_array_equal(read(tmp_path / name, 16_000), read(flac, 16_000))


def test_channels_are_averaged(tmp_path):
    path = tmp_path / "x.wav"
    left = tone(16_000)
    soundfile.write(path, np.stack([left, -left / 2], axis=1), 16_000, subtype="FLOAT")
    np.testing.assert_allclose(read(path, 16_000), left / 4, atol=1e-6)


def test_a_tone_above_the_new_nyquist_frequency_is_gone(tmp_path):
    path = tmp_path / "x.wav"
    soundfile.write(path, tone(48_000, frequency=12_000), 48_000, subtype="FLOAT")
    assert np.abs(read(path, 16_000)[1_000:-1_000]).max() < 1e-4


def test_blocks_join_without_a_seam(tmp_path):
    # Longer than one block of 262144 samples; a seam would break the fit to the pure tone.
    path = tmp_path / "x.wav"
    soundfile.write(path, tone(48_000, seconds=12), 48_000, subtype="FLOAT")
    np.testing.assert_allclose(
        read(path, 16_000)[500:-500], tone(16_000, seconds=12)[500:-500], atol=1e-3
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "got an empty file"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "expected audio or video, got something else"),
        (b"no sound at all, only a text, again and again. " * 50, "expected audio"),
        (bytes(range(256)) * 20, "expected audio"),
    ],
)
def test_what_is_no_audio_is_refused(tmp_path, content, message):
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read(path, 16_000)


def test_a_file_without_samples_is_refused(tmp_path):
    path = tmp_path / "x.wav"
    soundfile.write(path, np.zeros(0), 16_000)
    with pytest.raises(ValueError, match="got a file without samples"):
        read(path, 16_000)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_nan_is_refused(tmp_path, wrong):
    path = tmp_path / "x.wav"
    samples = tone(16_000)
    samples[777] = wrong
    soundfile.write(path, samples, 16_000, subtype="FLOAT")
    with pytest.raises(ValueError, match="expected finite samples, got NaN or infinity"):
        read(path, 16_000)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected a file that can be read, got the error No such"):
        read(tmp_path / "x.wav", 16_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suffix", "rate"), [("wav", 44_100), ("flac", 16_000), ("ogg", 44_100), ("mp3", 16_000)]
)
def test_a_long_recording_is_decoded_again_with_the_same_samples(
    tmp_path, monkeypatch, suffix, rate
):
    path = tmp_path / f"x.{suffix}"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 40 * rate), rate)
    short = scan_audio(path, 16_000)
    monkeypatch.setattr(audio, "_CACHED", 100_000)
    long = scan_audio(path, 16_000)
    assert short.cached is not None
    assert long.cached is None
    assert (short.length, short.source_file) == (long.length, long.source_file)
    first = np.concatenate(list(short.blocks()))
    assert len(first) == short.length
    for _ in range(2):
        np.testing.assert_array_equal(first, np.concatenate(list(long.blocks())))


def test_the_blocks_of_a_long_recording_are_small(tmp_path):
    # 150 s at 16 kHz are 2.4 million samples, more than are kept.
    soundfile.write(tmp_path / "x.wav", tone(16_000, seconds=150), 16_000)
    sound = scan_audio(tmp_path / "x.wav", 16_000)
    assert sound.cached is None
    assert max(map(len, sound.blocks())) <= 2**18


def test_a_long_recording_of_which_time_is_over_is_not_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(audio, "_CACHED", 100_000)
    soundfile.write(tmp_path / "x.wav", tone(16_000, seconds=40), 16_000)
    sound = scan_audio(tmp_path / "x.wav", 16_000, time.monotonic() + 60)
    assert sum(map(len, sound.blocks())) == 40 * 16_000
    with pytest.raises(ValueError, match=r"expected a recording that is read in 0.0 s, got one"):
        list(replace(sound, deadline=Deadline(time.monotonic())).blocks())


def test_what_a_file_was_before(tmp_path):
    # 2 s of 24-bit stereo at 44.1 kHz: 2 * 24 * 44.1 = 2116.8 kbit/s, and 44 bytes of header.
    # A sine of amplitude 0.5 on one channel alone: mean square 0.5 * 0.25 / 2, so -12.04 dB.
    path = tmp_path / "x.wav"
    left = tone(44_100, seconds=2)
    soundfile.write(path, np.stack([left, 0 * left], axis=1), 44_100, subtype="PCM_24")
    assert original(path) == SourceFile(
        sample_rate=44_100,
        channels=2,
        channel="mix",
        codec="WAV/PCM_24",
        bit_rate_kbps=2117,
        recording_s=2.0,
        level_db=-12.0,
    )


def test_the_level_is_that_of_the_samples_and_not_of_their_mix(tmp_path):
    # Mean square 0.5 * (0.25 + 0.0625) / 2, so -11.07 dB; that of the mix has amplitude 0.125.
    path = tmp_path / "x.wav"
    left = tone(16_000)
    soundfile.write(path, np.stack([left, -left / 2], axis=1), 16_000, subtype="FLOAT")
    assert np.abs(read(path, 16_000)).max() == pytest.approx(0.125, abs=1e-3)
    assert original(path).level_db == -11.1


def test_silence_has_a_finite_level(tmp_path):
    soundfile.write(tmp_path / "x.wav", np.zeros(16_000), 16_000)
    assert original(tmp_path / "x.wav").level_db == -200


def test_the_level_does_not_depend_on_the_blocks(tmp_path):
    # 12 s at 48 kHz are more than two blocks of 262144 samples; 0.5 / sqrt(2) is -9.03 dB.
    path = tmp_path / "x.wav"
    soundfile.write(path, tone(48_000, seconds=12), 48_000, subtype="FLOAT")
    assert (original(path).recording_s, original(path).level_db) == (12.0, -9.0)


@pytest.mark.parametrize(
    ("codec", "container", "rate", "bit_rate"),
    [
        ("aac", "mp4", 44_100, 64),  # what the encoder was told, and MP4 says
        ("pcm_s16le", "matroska", 22_050, 353),  # 16 * 22.05
    ],
)
def test_what_a_file_that_ffmpeg_reads_was(tmp_path, codec, container, rate, bit_rate):
    path = encode(tmp_path / "x", codec, container, tone(rate, seconds=2), rate)
    found = original(path)
    assert (found.sample_rate, found.channels, found.codec) == (rate, 1, codec)
    assert found.bit_rate_kbps == pytest.approx(bit_rate, rel=0.2)
    assert found.recording_s == pytest.approx(2, abs=0.1)
    assert found.level_db == pytest.approx(-9.0, abs=0.3)


def test_what_a_file_says_of_the_bit_rate_of_its_sound_counts(tmp_path):
    # The noise of the picture makes the file far larger than 1 s of sound at 64 kbit/s.
    path = tmp_path / "film.mp4"
    noise = np.random.default_rng(0).integers(0, 256, (10, 128, 128, 3)).astype(np.uint8)
    with av.open(str(path), "w") as file:
        video = file.add_stream("mpeg4", rate=10, width=128, height=128, pix_fmt="yuv420p")
        audio = file.add_stream("aac", rate=44_100, layout="mono", options={"b": "64000"})
        sound = av.AudioFrame.from_ndarray(
            tone(44_100).astype(np.float32)[np.newaxis], format="fltp", layout="mono"
        )
        sound.rate = 44_100
        for packet in (*audio.encode(sound), *audio.encode(None)):
            file.mux(packet)
        for frame in noise:
            file.mux(video.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(video.encode(None))
    assert 8e-3 * path.stat().st_size > 200
    assert original(path).bit_rate_kbps == pytest.approx(64, abs=16)


@pytest.mark.parametrize(
    ("codec", "container", "rate"),
    [
        ("libopus", "ogg", 48_000),
        ("libopus", "webm", 48_000),
        ("flac", "flac", 16_000),
        ("libmp3lame", "mp3", 16_000),
    ],
)
def test_where_a_file_does_not_say_its_bit_rate_it_is_that_of_its_packets(
    tmp_path, codec, container, rate
):
    path = encode(tmp_path / "x", codec, container, tone(rate, seconds=4), rate)
    with av.open(str(path)) as file:
        size = sum(packet.size for packet in file.demux())
    rest = 18 if container == "flac" else 1  # a plain FLAC counts with its padding, 8 kB
    assert original(path).bit_rate_kbps == pytest.approx(8e-3 * size / 4, rel=0.03, abs=rest)


def with_id3(data):
    return b"ID3\3\0\0\0\x06\0\0" + bytes(6 << 14) + data


def with_picture(data):
    after_stream_info = 4 + 4 + 34
    picture = struct.pack(">II9sI4II", 3, 9, b"image/png", 0, 1, 1, 24, 0, 99_959) + bytes(99_959)
    block = b"\6" + len(picture).to_bytes(3) + picture
    return data[:after_stream_info] + block + data[after_stream_info:]


@pytest.mark.parametrize(
    ("codec", "kind", "add"), [("libmp3lame", "mp3", with_id3), ("flac", "flac", with_picture)]
)
def test_a_cover_picture_does_not_count_as_bit_rate(tmp_path, codec, kind, add):
    path = encode(tmp_path / "x", codec, kind, tone(16_000, seconds=4), 16_000)
    plain = original(path)
    path.write_bytes(add(path.read_bytes()))
    assert original(path) == plain


def test_junk_in_an_mp3_does_not_count_as_bit_rate(tmp_path):
    path = encode(tmp_path / "x", "libmp3lame", "mp3", tone(16_000, seconds=4), 16_000)
    plain, data = original(path), path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes(100_000) + data[len(data) // 2 :])
    assert original(path).bit_rate_kbps == pytest.approx(plain.bit_rate_kbps, rel=0.05)


def test_real_formats(shared):
    with (shared / "formats/manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            found = original(shared / "formats" / row["path"])
            assert found.codec == row["codec"]
            assert found.sample_rate == int(row["sample_rate"])
            assert found.channels == int(row["channels"])
            assert found.recording_s == pytest.approx(float(row["duration_s"]), abs=0.06)
