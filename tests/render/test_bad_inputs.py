"""What becomes of the inputs of conftest.py: pictures, or a reason that a person understands."""

import http.server
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from render.clips import split_into_clips
from render.decoding.audio import scan_audio
from render.settings import Settings
from render.spectrogram import draw

SETTINGS = Settings()
ROOT = Path(__file__).resolve().parents[2]


def drawn(path):
    """The pictures of a recording, which must not take long."""
    sound = scan_audio(path, SETTINGS.rate, time.monotonic() + 20)
    cuts = split_into_clips(sound, SETTINGS)
    clips = list(cuts)
    assert len(clips) == len(cuts) > 0
    assert all(np.isfinite(clip.samples).all() for clip in clips)
    return [draw(clip.samples, SETTINGS) for clip in clips]


def fate(path):
    """How a recording ends: "drawn", or the reason why it is not."""
    try:
        images = drawn(path)
    except ValueError as error:
        return str(error)
    for image in images:
        assert (image.dtype, image.shape) == (np.uint8, SETTINGS.shape)
        assert image.max() > 100  # all of them are loud: a black picture would be a wrong one
    return "drawn"


def test_there_are_many_bad_inputs(bad_inputs):
    assert len(bad_inputs) >= 60


def test_a_bad_input_is_drawn_or_refused_with_a_reason(bad_input):
    path, expected = bad_input
    found = fate(path)
    assert re.fullmatch(r"drawn|expected .+, got .+", found), found
    assert len(found) < 250
    if expected != "either":
        assert found.startswith(expected)


def test_files_are_cut_at_every_boundary(boundaries):
    # One case more than there are boundaries: the middle of the file.
    for kind, (ends, cases) in boundaries.items():
        assert len(ends) + 1 == cases, kind


def test_a_list_makes_nobody_go_to_the_network(tmp_path):
    asked = []

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/x.ts"
        path = tmp_path / "x.m3u8"
        path.write_text(
            f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}\n#EXT-X-ENDLIST\n"
        )
        assert fate(path).startswith("expected audio or video, got a playlist: ")
        server.shutdown()
    assert asked == []


@pytest.mark.slow
def test_no_library_writes_to_the_terminal(tmp_path, bad_inputs):
    # In a process of its own: what C libraries write goes past pytest.
    names = [name for name in bad_inputs if name.startswith(("mp3", "zeros-before", "id3", "mp4"))]
    for name in names:
        bad_inputs[name].make(tmp_path / f"{name}.mp3")
    damaged = bytearray((tmp_path / "mp3-of-two-rates.mp3").read_bytes())
    for at in range(600, len(damaged), 97):
        damaged[at] ^= 0xFF
    (tmp_path / "damaged.mp3").write_bytes(damaged)
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from render.decoding.audio import scan_audio\n"
        "for path in sorted(Path(sys.argv[1]).iterdir()):\n"
        "    try:\n"
        "        print(scan_audio(path, 16_000).length)\n"
        "    except ValueError as error:\n"
        "        print(error)\n"
        "print('heard', file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert len(result.stdout.splitlines()) == len(names) + 1
    assert result.stderr == "heard\n"


def test_a_recording_that_takes_too_long_is_given_up(tmp_path, write_sound):
    path = write_sound(tmp_path / "x.wav", seconds=40)
    with pytest.raises(ValueError, match=r"expected a recording that is read in 0.0 s, got one"):
        scan_audio(path, 16_000, time.monotonic() - 1)
    with pytest.raises(ValueError, match=r"expected a recording that is read in 0.0 s, got one"):
        scan_audio(path, 16_000, time.monotonic())
    assert scan_audio(path, 16_000, time.monotonic() + 60).length == 40 * 16_000
