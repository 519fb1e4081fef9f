import io
import time

import av
import numpy as np
import pytest
import soundfile

from render.decoding import decoder
from render.decoding.deadline import Deadline

RATE = 16_000


def noise(seconds, channels=1):
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (round(seconds * RATE), channels))
    return samples.astype(np.float32)


def decoded(path):
    """Format and all samples of a file."""
    found = list(decoder.blocks(path, Deadline()))
    assert len({form[:3] for form, _ in found}) == 1
    return found[-1][0], np.concatenate([block for _, block in found])


def matroska(path, samples, layout):
    """Write samples losslessly to a container that libsndfile does not know."""
    with av.open(str(path), "w", format="matroska") as file:
        stream = file.add_stream("pcm_f32le", rate=RATE, layout=layout)
        for start in range(0, len(samples), 4_096):
            piece = samples[start : start + 4_096].reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(piece, format="flt", layout=layout)
            frame.rate = RATE
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(("layout", "channels"), [("mono", 1), ("5.1", 6), ("16 channels", 16)])
def test_what_ffmpeg_reads_is_what_was_written(tmp_path, layout, channels):
    # More than 8 channels lie elsewhere in FFmpeg's frames: PyAV once read beyond their end.
    samples = noise(1, channels)
    form, found = decoded(matroska(tmp_path / "x", samples, layout))
    bit_rate = pytest.approx(32 * RATE * channels)
    assert form == (RATE, "pcm_f32le", bit_rate, samples.nbytes, ())
    np.testing.assert_array_equal(found, samples)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_blocks_make_no_difference(tmp_path, monkeypatch, kind):
    # In an MP3 a frame may need bits of those before it: whoever seeks to the next gets it wrong.
    soundfile.write(tmp_path / "x", noise(8), RATE, format=kind)
    _, whole = decoded(tmp_path / "x")
    monkeypatch.setattr(decoder, "_BLOCK", 5_000)
    assert len(list(decoder.blocks(tmp_path / "x", Deadline()))) >= 8 * RATE / 5_000
    np.testing.assert_allclose(decoded(tmp_path / "x")[1], whole, atol=1e-6)


def test_blocks_of_many_channels_and_of_low_rates_are_as_small(tmp_path):
    soundfile.write(tmp_path / "many.wav", noise(10, 64), RATE)
    for _, block in decoder.blocks(tmp_path / "many.wav", Deadline()):
        assert block.size <= 2**18
    soundfile.write(tmp_path / "low.wav", noise(10), 1_000)
    for form, block in decoder.blocks(tmp_path / "low.wav", Deadline()):
        assert len(block) <= 16 * form.rate
    matroska(tmp_path / "x.mka", noise(40, 16), "16 channels")
    blocks = [block for _, block in decoder.blocks(tmp_path / "x.mka", Deadline())]
    sizes = [block.size for block in blocks if block.size]
    assert max(sizes) <= 2**18 + 2**16  # FFmpeg's own pieces fill it up
    assert min(sizes[:-1]) >= 2**18


def test_a_header_that_promises_more_adds_nothing(tmp_path):
    # 10 hours in STREAMINFO: the low 32 of 36 bits are at byte 22.
    file = io.BytesIO()
    soundfile.write(file, noise(1), RATE, format="FLAC", subtype="PCM_24")
    data = bytearray(file.getvalue())
    data[22:26] = (36_000 * RATE).to_bytes(4)
    (tmp_path / "x").write_bytes(data)
    *found, (form, nothing) = decoder.blocks(tmp_path / "x", Deadline())
    np.testing.assert_allclose(found[0][1], noise(1), atol=2**-23)
    assert form.warnings == ("the file ends after 1.0 s, but its header says 36000.0 s",)
    assert nothing.shape == (0, 1)


def test_a_stream_may_change_its_rate(tmp_path):
    # An hour of radio: 0.5 s at 44.1 kHz, then 0.5 s at 22.05 kHz, frame by frame.
    parts = []
    for rate in (44_100, 22_050):
        file = io.BytesIO()
        with av.open(file, "w", format="adts") as output:
            stream = output.add_stream("aac", rate=rate, layout="mono")
            sound = 0.5 * np.sin(2 * np.pi * 1_000 * np.arange(rate // 2) / rate)
            frame = av.AudioFrame.from_ndarray(
                sound[np.newaxis].astype(np.float32), format="fltp", layout="mono"
            )
            frame.rate = rate
            output.mux([*stream.encode(frame), *stream.encode(None)])
        parts.append(file.getvalue())
    (tmp_path / "x").write_bytes(b"".join(parts))
    lengths = []
    for number, part in enumerate(parts):
        (tmp_path / str(number)).write_bytes(part)
        lengths.append(len(decoded(tmp_path / str(number))[1]))
    form, found = decoded(tmp_path / "x")
    assert form.rate == 44_100
    assert len(found) == pytest.approx(lengths[0] + 2 * lengths[1], abs=2)
    for piece in (found[5_000:15_000, 0], found[30_000:40_000, 0]):
        spectrum = np.abs(np.fft.rfft(piece * np.hanning(10_000)))
        assert spectrum.argmax() * form.rate / 10_000 == pytest.approx(1_000, abs=10)


def test_gsm_without_a_header_is_read(tmp_path):
    # Frames of 33 bytes, each for 160 samples, begin with the bits 1101 (ETSI EN 300 961).
    frames = np.random.default_rng(0).integers(0, 256, (100, 33), dtype=np.uint8)
    frames[:, 0] = 0xD0 | frames[:, 0] & 0x0F
    path = tmp_path / "call.gsm"
    path.write_bytes(frames.tobytes())
    formats, pieces = zip(*decoder.blocks(path, Deadline()), strict=True)
    assert (formats[0].rate, formats[0].codec) == (8_000, "gsm")
    assert sum(map(len, pieces)) == 160 * 100


@pytest.mark.parametrize(
    ("magic", "speech", "noise", "rate"),
    [(b"#!AMR\n", (7, 31), (8, 5), 8_000), (b"#!AMR-WB\n", (2, 32), (9, 5), 16_000)],
)
@pytest.mark.skipif(
    not {"libopencore_amrnb", "libopencore_amrwb"} <= av.codecs_available, reason="not in FFmpeg"
)
def test_amr_with_descriptions_of_noise_is_read_whole(tmp_path, magic, speech, noise, rate):
    # A frame of 20 ms is its type and bits (RFC 4867, 5.3); type 15 has none, and goes on.
    rng = np.random.default_rng(0)
    frame, pause = (bytes([kind << 3 | 4]) + rng.bytes(size) for kind, size in (speech, noise))
    said = [frame] * 25 + [pause, *[bytes([15 << 3 | 4])] * 7] * 5 + [frame] * 25
    (tmp_path / "x").write_bytes(magic + b"".join(said))
    form, samples = decoded(tmp_path / "x")
    assert len(samples) == len(said) * rate // 50
    assert (form.rate, form.warnings) == (rate, ())


@pytest.mark.parametrize("second", [0, 8_000])
def test_silence_in_a_law_is_no_gsm(tmp_path, second):
    # Samples without a header; those of silence are 0xD5.
    sound = np.random.default_rng(0).integers(0, 256, second, dtype=np.uint8)
    (tmp_path / "call.raw").write_bytes(b"\xd5" * 8_000 + sound.tobytes())
    with pytest.raises(ValueError, match="got something else .*no format of sound"):
        decoded(tmp_path / "call.raw")


def test_a_midi_sample_dump_is_not_even_opened(tmp_path):
    soundfile.write(tmp_path / "x.sds", noise(1), RATE)
    with pytest.raises(ValueError, match="expected audio, got a MIDI sample dump"):
        decoded(tmp_path / "x.sds")


@pytest.mark.parametrize("limit", [0, -1])
def test_time_is_over_between_blocks(tmp_path, limit):
    soundfile.write(tmp_path / "x.wav", noise(40), RATE)
    matroska(tmp_path / "x.mka", noise(40), "mono")
    for name in ("x.wav", "x.mka"):
        with pytest.raises(ValueError, match=r"expected a recording that is read in 0.0 s, got"):
            list(decoder.blocks(tmp_path / name, Deadline(time.monotonic() + limit)))
    assert sum(len(block) for _, block in decoder.blocks(tmp_path / "x.mka", Deadline())) == 640_000


def test_a_file_is_closed_when_it_is_left_early(tmp_path):
    soundfile.write(tmp_path / "x.wav", noise(40), RATE)
    blocks = decoder.blocks(tmp_path / "x.wav", Deadline())
    next(blocks)
    blocks.close()  # what is left open, Python would warn of, and warnings are errors here
