import io

import av
import numpy as np
import pytest

from render.decoding import decoder
from render.decoding.deadline import Deadline

RATE = 48_000


def written(container, codec, *spans, film=False):
    """A file of noise in spans from one time to another, in s, after a film that begins at 0."""
    file, rng = io.BytesIO(), np.random.default_rng(0)
    with av.open(file, "w", format=container) as output:
        if film:
            video = output.add_stream("mpeg4", rate=25, width=32, height=32)
        stream = output.add_stream(codec, rate=RATE, layout="mono")
        if film:
            black = np.zeros((32, 32, 3), np.uint8)
            picture = av.VideoFrame.from_ndarray(black, format="rgb24")
            output.mux([*video.encode(picture), *video.encode(None)])
        for begin, end in spans:
            for pts in range(round(begin * RATE), round(end * RATE), 960):
                sound = rng.uniform(-0.5, 0.5, (1, 960)).astype(np.float32)
                frame = av.AudioFrame.from_ndarray(sound, format="fltp", layout="mono")
                frame.rate, frame.pts = RATE, pts
                output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def read(tmp_path, data):
    """Seconds and warnings."""
    (tmp_path / "x").write_bytes(data)
    blocks = list(decoder.blocks(tmp_path / "x", Deadline()))
    return sum(len(block) for _, block in blocks) / RATE, blocks[-1][0].warnings


FORMATS = [("webm", "libopus"), ("matroska", "pcm_s16le"), ("mp4", "libopus"), ("mpegts", "mp2")]


@pytest.mark.parametrize(("container", "codec"), FORMATS)
def test_gaps_in_the_timestamps_are_named(tmp_path, container, codec):
    seconds, warnings = read(tmp_path, written(container, codec, (0, 2), (4, 6), (7.5, 9)))
    assert seconds == pytest.approx(5.5, abs=0.1)
    (warning,) = warnings
    assert warning.startswith("3.5 s are missing after 2.0 s, 4.0 s, as the timestamps say")


@pytest.mark.parametrize(("container", "codec"), FORMATS)
def test_sound_that_starts_after_the_film_is_named(tmp_path, container, codec):
    container = container.replace("webm", "matroska")  # in which there is no film of MPEG-4
    seconds, warnings = read(tmp_path, written(container, codec, (3, 5), film=True))
    assert seconds == pytest.approx(2, abs=0.1)
    (warning,) = warnings
    assert warning.startswith("the sound starts 3.0 s after the beginning of the file")
    assert read(tmp_path, written(container, codec, (0.2, 2), film=True))[1] == ()


@pytest.mark.parametrize(("container", "codec"), [("adts", "aac"), ("ac3", "ac3")])
def test_after_damage_it_is_read_on(tmp_path, container, codec):
    data = written(container, codec, (0, 4))
    middle = len(data) // 2
    seconds, warnings = read(tmp_path, data[:middle] + data[middle + len(data) // 40 :])
    assert seconds == pytest.approx(3.9, abs=0.1)
    assert warnings == ("damaged data is left out after 2.0 s",)


def test_a_hole_in_a_file_is_measured_by_the_timestamps(tmp_path):
    data = written("mp4", "aac", (0, 4))
    third = len(data) // 3
    seconds, warnings = read(tmp_path, data[:third] + bytes(third) + data[2 * third :])
    assert 2.4 < seconds < 3
    assert [warning.split()[0] for warning in warnings] == [f"{4 - seconds:.1f}", "damaged"]


def test_a_file_that_is_damaged_for_the_most_part_is_refused(tmp_path):
    data = written("mp4", "aac", (0, 4))
    with pytest.raises(ValueError, match="expected audio that is whole, got damaged data"):
        read(
            tmp_path, data[:1_000] + bytes(len(data) * 2 // 3) + data[1_000 + len(data) * 2 // 3 :]
        )
