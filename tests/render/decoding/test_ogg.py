import io

import av
import numpy as np
import pytest

from render.decoding import ogg


def written(comment=""):
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as output:
        stream = output.add_stream("libopus", rate=48_000, layout="mono")
        stream.metadata["comment"] = comment
        sound = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 48_000)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(sound, format="fltp", layout="mono")
        frame.rate = 48_000
        output.mux([*stream.encode(frame), *stream.encode(None)])
    return file.getvalue()


def packets_of(data):
    with av.open(io.BytesIO(data)) as file:
        return sum(packet.size for packet in file.demux())


@pytest.mark.parametrize("comment", ["", 100_000 * "x"])  # the longer one fills two pages
@pytest.mark.parametrize("junk", [b"", b"OggS", bytes(100_000)])
def test_the_size_is_that_of_the_packets_and_junk_is_passed_over(comment, junk):
    data = written(comment)
    (stream,) = ogg.audio_streams(io.BytesIO(junk + data + junk))
    assert stream.size == packets_of(data)
