import errno
import io
import struct
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest

from render.decoding import ffmpeg, tracks
from render.decoding.audio import read
from render.decoding.deadline import Deadline

ROOT = Path(__file__).resolve().parents[3]


class Watched(io.FileIO):
    """A file that notes what it was asked for."""

    def __init__(self, path):
        super().__init__(path)
        self.most, self.refused = 0, 0

    def read(self, size=-1):
        self.most = max(self.most, size)
        return super().read(size)


def written(container, codec="alac", rate=16_000):
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, layout="mono")
        samples = np.random.default_rng(0).uniform(-0.5, 0.5, (1, rate)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.rate = rate
        output.mux([*stream.encode(frame), *stream.encode(None)])
    return file.getvalue()


def tagged(size):
    """A WAV with a codec that only FFmpeg reads, and an artist's name that says to be so long."""
    header = b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\x45\0\1\0\x40\x1f\0\0\xa0\x0f\0\0\1\0\4\0"
    return header + b"LIST\0\0\0\x80INFOIART" + struct.pack("<I", size) + bytes(100)


def length(file):
    """Frames that are decoded of an open file."""
    deadline = Deadline()
    with ffmpeg.opened(file, deadline, "") as container:
        return sum(
            map(len, ffmpeg.pieces(container, tracks.audio(container, []), deadline, [], []))
        )


def test_a_file_is_decoded(tmp_path):
    (tmp_path / "x").write_bytes(written("mp4"))
    with Watched(tmp_path / "x") as file:
        assert length(file) == 16_000


@pytest.mark.parametrize("name", ["x", "x.m3u8", "x.jpg", "x.srt"])
def test_the_name_of_a_file_says_nothing(tmp_path, name):
    (tmp_path / name).write_bytes(written("mp4"))
    with Watched(tmp_path / name) as file, ffmpeg.opened(file, Deadline(), "") as container:
        assert "mp4" in container.format.name


def test_a_place_that_cannot_be_gone_to_ends_the_sound_without_a_word(tmp_path, capfd):
    # Damaged files name places before the beginning, which the operating system refuses. The table
    # of this one is at its end, and must be gone to.
    class Short(Watched):
        def seek(self, offset, whence=0):
            if offset > 1_000:
                self.refused += 1
                raise OSError(errno.EINVAL, "Invalid argument")
            return super().seek(offset, whence)

    (tmp_path / "x").write_bytes(written("mp4"))
    with Short(tmp_path / "x") as file:
        assert 0 < length(file) < 16_000
        assert file.refused > 0
    assert capfd.readouterr().err == ""


def test_a_huge_chunk_is_not_read_at_once(tmp_path):
    (tmp_path / "x").write_bytes(tagged(2**24))
    with Watched(tmp_path / "x") as file, pytest.raises(ValueError, match="expected audio"):
        length(file)
    assert 2**15 < file.most <= 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for its peak of memory")
def test_a_huge_chunk_is_given_no_memory(tmp_path):
    (tmp_path / "x").write_bytes(tagged(0x71000000))  # 1.9 GB
    script = (
        "import re, sys\n"
        "from pathlib import Path\n"
        "from render.decoding.audio import scan_audio\n"
        "try:\n"
        "    scan_audio(Path(sys.argv[1]), 16_000)\n"
        "except ValueError as error:\n"
        "    peak = re.search(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text())\n"
        "    print(peak[1], error)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "x")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout
    assert "expected audio or video, got something else" in said
    assert int(said.split()[0]) < 1_500_000  # KiB


@pytest.mark.slow
def test_a_stream_that_begins_on_the_way_is_no_trouble(tmp_path):
    # After an MPEG transport stream of one sound, another that also has a film.
    file = io.BytesIO()
    with av.open(file, "w", format="mpegts", options={"mpegts_start_pid": "512"}) as output:
        film = output.add_stream("mpeg1video", rate=25, width=32, height=32)
        sound = output.add_stream("mp2", rate=44_100, layout="mono")
        black = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 44_100), np.float32), format="fltp", layout="mono"
        )
        frame.rate = 44_100
        for stream, content in ((film, black), (sound, frame)):
            output.mux([*stream.encode(content), *stream.encode(None)])
    (tmp_path / "x").write_bytes(written("mpegts", "mp2", 44_100) * 40 + file.getvalue() * 20)
    for _ in range(5):
        with Watched(tmp_path / "x") as opened:
            assert length(opened) > 40 * 44_100


def test_what_pyav_stumbles_over_at_the_end_is_not_the_files_fault(tmp_path):
    # What it does in the test above depends on what its memory held before; here it is sure to.
    class Stumbling:
        def __init__(self, container):
            self.container, self.format = container, container.format
            self.duration, self.streams = container.duration, container.streams

        def demux(self, stream):
            yield from self.container.demux(stream)
            raise IndexError("list index out of range")

    (tmp_path / "x").write_bytes(written("mp4"))
    deadline = Deadline()
    with Watched(tmp_path / "x") as file, ffmpeg.opened(file, deadline, "") as container:
        stream = tracks.audio(container, [])
        pieces = list(ffmpeg.pieces(Stumbling(container), stream, deadline, [], []))
    assert sum(map(len, pieces)) == 16_000


def test_a_codec_without_a_decoder_is_refused(tmp_path):
    data = written("matroska", "pcm_s16le").replace(b"A_PCM/INT/LIT", b"A_PCM/INT/LOT")
    (tmp_path / "x").write_bytes(data)
    with Watched(tmp_path / "x") as file, pytest.raises(ValueError, match="a codec that FFmpeg"):
        length(file)


def test_opening_takes_no_longer_than_there_is_time(tmp_path):
    (tmp_path / "x").write_bytes(written("mpegts", "mp2", 44_100) * 10)
    with (
        Watched(tmp_path / "x") as file,
        pytest.raises(ValueError, match=r"expected a recording that is read in 0.0 s, got one"),
    ):
        ffmpeg.opened(file, Deadline(time.monotonic()), "")


@pytest.mark.parametrize("is_cut", [False, True])
def test_a_film_whose_sound_is_shorter_is_not_taken_for_cut(tmp_path, is_cut):
    path = str(tmp_path / "film")
    with av.open(path, "w", format="mp4", options={"movflags": "faststart"}) as output:
        film = output.add_stream("mpeg4", rate=10, width=32, height=32)
        sound = output.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            np.random.default_rng(0).uniform(-0.5, 0.5, (1, 32_000)).astype(np.float32),
            format="fltp",
            layout="mono",
        )
        frame.rate = 16_000
        output.mux([*sound.encode(frame), *sound.encode(None)])
        for number in range(60):
            black = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            black.pts = number
            output.mux(film.encode(black))
        output.mux(film.encode(None))
    data = (tmp_path / "film").read_bytes()
    (tmp_path / "x").write_bytes(data[: data.index(b"mdat") + 6_000] if is_cut else data)
    warnings = []
    with (
        Watched(tmp_path / "x") as opened_file,
        ffmpeg.opened(opened_file, Deadline(), "") as media,
    ):
        list(ffmpeg.pieces(media, tracks.audio(media, warnings), Deadline(), warnings, []))
    assert len(warnings) == is_cut


def test_what_people_give_in_place_of_a_recording_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.wav", b"RIFF")
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        archive.add(tmp_path / "x.zip", "x.zip")
    (tmp_path / "x.m3u").write_bytes(b"\xef\xbb\xbf#EXTM3U\nhttp://radio.example/a.mp3\n")
    (tmp_path / "x.mp3").write_text("\n<!DOCTYPE html><html>404</html>")
    (tmp_path / "x.silk").write_bytes(b"\2#!SILK_V3" + bytes(99))
    for name, kind in {
        "x.zip": "an archive: unpack it first",
        "x.tar": "an archive: unpack it first",
        "x.m3u": "a playlist: give the recordings that it names",
        "x.mp3": "a web page: the download has failed",
        "x.silk": "SILK, a format of voice messages: convert it to another first",
    }.items():
        with pytest.raises(ValueError, match=f"^expected audio or video, got {kind}$"):
            read(tmp_path / name, 16_000)
