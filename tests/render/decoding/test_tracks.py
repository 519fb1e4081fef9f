import io

import av
import numpy as np
import pytest
from av.stream import Disposition

from render.decoding import decoder, ffmpeg, tracks
from render.decoding.deadline import Deadline


def written(container, *rows, empty=0):
    """A file of sound of 1 s, 2 s, ..., each track with its disposition and metadata.

    The first `empty` tracks hold nothing.
    """
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        streams = [output.add_stream("aac", rate=16_000, layout="mono") for _ in rows]
        for stream, (disposition, metadata) in zip(streams, rows, strict=True):
            stream.disposition = disposition
            stream.metadata.update(metadata)
        for seconds, stream in list(enumerate(streams, 1))[empty:]:
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


@pytest.mark.parametrize("name", [b"A_AAC", b"A_QQQ"])
def test_a_track_that_cannot_be_read_gives_way_to_the_next(tmp_path, name):
    data = written("matroska", (Disposition.default, {}), (Disposition(0), {}))
    (tmp_path / "x").write_bytes(data.replace(b"A_AAC", name, 1))
    *_, (file_format, _) = blocks = list(decoder.blocks(tmp_path / "x", Deadline()))
    taken = 1 if name == b"A_AAC" else 2
    assert sum(len(block) for _, block in blocks) == pytest.approx(taken * 16_000, abs=3_000)
    reason = "as players do" if taken == 1 else "as track 1 cannot be read"
    assert file_format.warnings == (
        f"of 2 audio tracks, track {taken} was taken, {reason}; left out: track {3 - taken}",
    )


def test_an_empty_track_gives_way_to_the_next(tmp_path):
    data = written("matroska", (Disposition.default, {}), (Disposition(0), {}), empty=1)
    (tmp_path / "x").write_bytes(data)
    *_, (file_format, _) = blocks = list(decoder.blocks(tmp_path / "x", Deadline()))
    assert sum(len(block) for _, block in blocks) == pytest.approx(2 * 16_000, abs=3_000)
    assert file_format.warnings == (
        "of 2 audio tracks, track 2 was taken, as track 1 cannot be read; left out: track 1",
    )
    assert file_format.size < len(data)


def test_sound_that_begins_late_has_the_rate_of_its_samples(tmp_path):
    # FFmpeg looks 5 MB ahead for the rate; here, the noise of a film is longer.
    noise = np.random.default_rng(0).integers(0, 256, (720, 1_280, 3)).astype(np.uint8)
    silence = np.zeros((1, 16_000), np.float32)
    with av.open(str(tmp_path / "x"), "w", format="mpegts") as output:
        options = {"qmin": "1", "qmax": "1", "g": "1"}
        film = output.add_stream("mpeg2video", rate=25, width=1_280, height=720, options=options)
        sound = output.add_stream("aac", rate=16_000, layout="mono")
        for _ in range(5):
            output.mux(film.encode(av.VideoFrame.from_ndarray(noise, format="rgb24")))
        output.mux(film.encode(None))
        frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        frame.rate, frame.pts = 16_000, 16_000
        output.mux([*sound.encode(frame), *sound.encode(None)])
    assert (tmp_path / "x").stat().st_size > 5_500_000
    *_, (file_format, _) = blocks = list(decoder.blocks(tmp_path / "x", Deadline()))
    assert file_format.rate == 16_000
    assert sum(len(block) for _, block in blocks) == pytest.approx(16_000, abs=3_000)
