import io

import av
import numpy as np
import pytest
from av.stream import Disposition

from render.decoding import ffmpeg, tracks
from render.decoding.deadline import Deadline


def written(container, *rows):
    """A file of sound of 1 s, 2 s, ..., each track with its disposition and metadata."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        streams = [output.add_stream("aac", rate=16_000, layout="mono") for _ in rows]
        for stream, (disposition, metadata) in zip(streams, rows, strict=True):
            stream.disposition = disposition
            stream.metadata.update(metadata)
        for seconds, stream in enumerate(streams, 1):
            samples = np.random.default_rng(0).uniform(-0.5, 0.5, (1, seconds * 16_000))
            frame = av.AudioFrame.from_ndarray(
                samples.astype(np.float32), format="fltp", layout="mono"
            )
            frame.rate = 16_000
            output.mux([*stream.encode(frame), *stream.encode(None)])
    return file.getvalue()


@pytest.mark.parametrize("container", ["matroska", "mp4"])
@pytest.mark.parametrize("default", [0, 1, 2, None])
def test_the_track_that_players_take_is_taken_and_the_others_are_named(
    tmp_path, container, default
):
    rows = [(Disposition(0), {"language": language}) for language in ("eng", "deu", "fra")]
    if default is not None:
        rows[default] = (Disposition.default, rows[default][1])
    (tmp_path / "x").write_bytes(written(container, *rows))
    warnings = []
    with (
        (tmp_path / "x").open("rb", buffering=0) as file,
        ffmpeg.opened(file, Deadline(), "") as opened,
    ):
        stream = tracks.audio(opened, warnings)
        pieces = ffmpeg.pieces(opened, stream, Deadline(), warnings, [])
        seconds = sum(map(len, pieces)) / 16_000
    taken = default or 0
    assert seconds == pytest.approx(taken + 1, abs=0.2)
    names = [f"track {number} ({row[1]['language']})" for number, row in enumerate(rows, 1)]
    others = ", ".join(name for name in names if name != names[taken])
    assert warnings == [
        f"of 3 audio tracks, {names[taken]} was taken, as players do; left out: {others}"
    ]


def test_a_commentary_is_named_so(tmp_path):
    rows = [(Disposition.comment, {}), (Disposition.default, {})]
    (tmp_path / "x").write_bytes(written("matroska", *rows))
    warnings = []
    with (
        (tmp_path / "x").open("rb", buffering=0) as file,
        ffmpeg.opened(file, Deadline(), "") as opened,
    ):
        assert tracks.audio(opened, warnings).index == 1
    assert warnings == [
        "of 2 audio tracks, track 2 was taken, as players do; left out: track 1 (commentary)"
    ]


def test_a_cut_file_of_several_tracks_is_noticed_where_the_length_of_each_is_stated(tmp_path):
    rows = [(Disposition.default, {}), (Disposition(0), {})]
    data = written("matroska", *rows)
    for part, count in ((len(data), 1), (len(data) // 3, 2)):
        (tmp_path / "x").write_bytes(data[:part])
        warnings = []
        with (
            (tmp_path / "x").open("rb", buffering=0) as file,
            ffmpeg.opened(file, Deadline(), "") as opened,
        ):
            stream = tracks.audio(opened, warnings)
            list(ffmpeg.pieces(opened, stream, Deadline(), warnings, []))
        assert len(warnings) == count
    assert warnings[1].endswith("but its header says 1.1 s")
