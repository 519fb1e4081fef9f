import io
import struct
import wave
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from detect.web.upload import Limits, Upload, escaped, saved, short

LIMITS = Limits(megabytes=1, seconds=2.0)


def wav(seconds, rate=8_000):
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(np.zeros(round(seconds * rate), "<i2").tobytes())
    return data.getvalue()


def png(width, height):
    """A PNG of black pixels; its file is a thousandth of its pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    rows = b"".join([packer.compress(bytes(width + 1)) for _ in range(height)] + [packer.flush()])
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def zip_bomb():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.wav", bytes(10_000_000))
    return data.getvalue()


@pytest.mark.parametrize("name", ["megabytes", "seconds", "timeout", "files"])
def test_limits_are_above_zero(name):
    with pytest.raises(ValueError, match=f"expected {name} above 0, got 0"):
        Limits(**{name: 0})


def test_a_file_of_the_largest_size_is_taken_and_one_byte_more_is_not():
    Upload("a", bytes(1 << 20)).check(LIMITS)
    with pytest.raises(ValueError, match=r"expected at most 1 MB, got 1\.0 MB"):
        Upload("a", bytes((1 << 20) + 1)).check(LIMITS)


def test_an_empty_file_is_refused():
    with pytest.raises(ValueError, match="got an empty file"):
        Upload("a.wav", b"").check(LIMITS)


def test_a_zip_bomb_is_refused_whatever_it_is_called():
    with pytest.raises(ValueError, match="got a ZIP archive"):
        Upload("speech.wav", zip_bomb()).check(LIMITS)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "TIFF", "PPM"])
def test_pictures_are_told_by_their_content(form):
    data = io.BytesIO()
    Image.new("L", (4, 3)).save(data, form)
    upload = Upload("song.mp3", data.getvalue())
    assert upload.picture == form
    upload.check_size((3, 4))
    with pytest.raises(ValueError, match="expected a picture of 4 x 3 pixels, got 3 x 4 pixels"):
        upload.check_size((4, 3))


def test_a_recording_is_no_picture():
    assert Upload("picture.png", wav(0.1)).picture is None


def test_a_picture_that_would_unpack_to_gigabytes_is_refused_by_its_header():
    # 200 MP are above what Pillow takes for a bomb, 10 MP are not.
    for width, height in ((20_000, 10_000), (5_000, 2_000)):
        bomb = Upload("a.png", png(8, 8).replace(*_enlarge(width, height)))
        with pytest.raises(ValueError, match="expected a picture of 8 x 8 pixels, got"):
            bomb.check_size((8, 8))


def _enlarge(width, height):
    def header(*size):
        body = b"IHDR" + struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0)
        return body + struct.pack(">I", zlib.crc32(body))

    return header(8, 8), header(width, height)


def test_a_damaged_picture_is_refused():
    with pytest.raises(ValueError, match="expected a picture of 8 x 8 pixels, got"):
        Upload("a.png", b"\x89PNG\r\n\x1a\nnonsense").check_size((8, 8))


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\nb", "x" * 255, "\udcff", "", "/", "."])
def test_no_name_becomes_part_of_a_path(name, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with saved(Upload(name, b"sound")) as path:
        assert path.read_bytes() == b"sound"
        assert path.name == "upload"
        assert path.parent.parent == tmp_path
        assert path.parent.stat().st_mode & 0o077 == 0  # for nobody else to read
    assert list(tmp_path.iterdir()) == []


def test_the_temporary_folder_goes_also_on_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fail():
        with saved(Upload("a", b"sound")) as path:
            assert path.exists()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_names_are_shortened_in_the_middle_and_hold_nothing_that_cannot_be_seen():
    assert short("speech.wav") == "speech.wav"
    assert short("a\r\n\x00\u202egnp.wav") == r"a\r\n\x00\u202egnp.wav"
    long = short("é" * 200 + "1.wav")
    assert len(long) == 48
    assert long.endswith("é1.wav")
    assert "…" in long


def test_every_mark_of_markdown_is_escaped():
    assert escaped("a*b_c`d[e](f)<g>$h$:red[i]~#|!\\") == (
        r"a\*b\_c\`d\[e\]\(f\)\<g\>\$h\$\:red\[i\]\~\#\|\!\\"
    )
    assert "\n" not in escaped("a\n\n# b")
    assert escaped("97.3\u00a0%") == "97\\.3\u00a0\\%"  # a space that only keeps two together
