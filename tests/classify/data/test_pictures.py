import os
import struct
import zlib

import cv2
import numpy as np
import pytest

from classify.data.pictures import class_folders, class_order, decode, files, read

IMAGE = np.random.default_rng(0).integers(0, 256, (40, 30)).astype(np.uint8)
PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:s="urn:spoofsight:1">'
    b"<a s:render='{&quot;hop&quot;: 256}'/></x:xmpmeta>"
)

STORED = (cv2.IMWRITE_PNG_COMPRESSION, 0, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE)


def encoded(image, suffix=".png"):
    return cv2.imencode(suffix, image)[1].tobytes()


def with_packet(image, packet=PACKET, more=()):
    metadata = np.frombuffer(packet + b"\0", np.uint8)
    return cv2.imencodeWithMetadata(".png", image, [cv2.IMAGE_METADATA_XMP], [metadata], more)[
        1
    ].tobytes()


def test_grey_png_comes_back_as_it_is():
    picture = decode(encoded(IMAGE))
    np.testing.assert_array_equal(picture.image, IMAGE)
    assert picture.render_settings is None


def test_a_stored_grey_png_is_read_without_opencv(monkeypatch):
    data = with_packet(IMAGE, more=STORED)
    assert len(data) > IMAGE.size
    monkeypatch.setattr(cv2, "imdecodeWithMetadata", None)
    picture = decode(data)
    np.testing.assert_array_equal(picture.image, IMAGE)
    assert (picture.render_settings, picture.image.flags.c_contiguous) == ({"hop": 256}, True)


def chunk(kind, content):
    check = zlib.crc32(kind + content).to_bytes(4, "big")
    return len(content).to_bytes(4, "big") + kind + content + check


def png(pixels, *, width=2, height=3, form=b"\x08\0\0\0\0", more=()):
    header = struct.pack(">II", width, height) + form
    parts = [chunk(b"IHDR", header), *more, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


ROWS = np.array([[0, 7, 5], [0, 1, 2], [0, 9, 200]], np.uint8)
UP = np.array([[0, 7, 5], [2, 1, 2], [2, 9, 200]], np.uint8)  # each row on the one above


@pytest.mark.parametrize(
    ("data", "image"),
    [
        (png(zlib.compress(ROWS.tobytes(), 0)), ROWS[:, 1:]),
        (png(zlib.compress(UP.tobytes(), 0)), [[7, 5], [8, 7], [17, 207]]),
        (
            png(zlib.compress(ROWS.tobytes(), 0), more=[chunk(b"tIME", b"\x07\xe0" + b"\1" * 5)]),
            None,
        ),
        # Each sample is wider than it looks.
        (
            png(zlib.compress(b"\0\1\xff" * 3, 0), width=4, form=b"\4\0\0\0\0"),
            [[0, 17, 255, 255]] * 3,
        ),
    ],
)
def test_pixels_are_what_opencv_makes_of_them(data, image):
    expected = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(expected, ROWS[:, 1:] if image is None else image)
    np.testing.assert_array_equal(decode(data).image, expected)


@pytest.mark.parametrize(
    "data",
    [
        png(b"no zlib at all"),
        png(zlib.compress(ROWS.tobytes(), 0)[:-9]),
        png(b"\x77" + zlib.compress(ROWS.tobytes(), 0)[1:]),
        png(b"x", width=0, height=1),
        png(zlib.compress(ROWS.tobytes(), 0), height=0),
        png(zlib.compress(ROWS.tobytes(), 0), width=1 << 31, height=1 << 31),
        png(zlib.compress(ROWS.tobytes(), 0), form=b"\x08"),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""),
    ],
)
def test_a_png_that_holds_no_picture_is_refused(data):
    with pytest.raises(ValueError, match=r"^expected a picture, got something else$"):
        decode(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            png(zlib.compress(bytes(1000)), width=60_000, height=60_000),
            ", got one that OpenCV refuses ",
        ),
        (encoded(IMAGE, ".tiff")[:700], ", got something else"),
    ],
)
def test_what_opencv_cannot_decode_is_one_error_without_its_own_lines(data, message, capfd):
    with pytest.raises(ValueError, match=f"^expected a picture{message}"):
        decode(data)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("channels", [3, 4])
def test_colour_becomes_grey(channels):
    colour = np.repeat(IMAGE[..., np.newaxis], channels, axis=2)
    np.testing.assert_array_equal(decode(encoded(colour)).image, IMAGE)


def test_other_formats():
    np.testing.assert_array_equal(decode(encoded(IMAGE, ".bmp")).image, IMAGE)
    assert decode(encoded(IMAGE, ".jpg")).image.shape == IMAGE.shape


def test_the_drawing_settings_are_read_from_the_packet():
    assert decode(with_packet(IMAGE)).render_settings == {"hop": 256}


@pytest.mark.parametrize("quote", [b"'", b'"'])
def test_the_settings_as_render_writes_them_are_those_of_the_whole_packet(quote):
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a xmlns:s="urn:spoofsight:1" s:render='
        + quote
        + b"{&quot;hop&quot;: 256, &quot;a&quot;: &quot;&lt;&gt;&amp;&quot;}"
        + quote
        + b" s:clip='7'/></x:xmpmeta>"
    )
    expected = {"hop": 256, "a": "<>&"}
    assert decode(with_packet(IMAGE, packet)).render_settings == expected
    assert decode(with_packet(IMAGE, packet.replace(b"s:", b"t:"))).render_settings is None
    assert (
        decode(
            with_packet(IMAGE, packet.replace(b":s=", b":t=").replace(b" s:", b" t:"))
        ).render_settings
        == expected
    )


def test_a_packet_of_somebody_else_tells_nothing():
    assert (
        decode(with_packet(IMAGE, b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")).render_settings is None
    )
    assert decode(with_packet(IMAGE, b"no xml")).render_settings is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "got an empty file"),
        (b"a text named .png", "got something else"),
        (encoded(IMAGE)[:200], "got a damaged PNG"),
        (encoded(IMAGE)[:-12], "got a damaged PNG"),
        (encoded(IMAGE)[:100] + b"?" + encoded(IMAGE)[101:], "got a damaged PNG"),
        (encoded(IMAGE)[:8], "got a damaged PNG"),
        (encoded(IMAGE.astype(np.uint16)), "expected a picture of 8 bits a channel, got uint16"),
    ],
)
def test_what_is_no_picture_is_refused_without_a_word_from_below(data, message, capfd):
    with pytest.raises(ValueError, match=message):
        decode(data)
    assert capfd.readouterr().err == ""


def test_another_size_is_refused(tmp_path):
    (tmp_path / "x.png").write_bytes(encoded(IMAGE))
    with pytest.raises(
        ValueError, match="expected a picture of 30 x 40 pixels, got 40 x 30 pixels"
    ):
        read(tmp_path / "x.png", (30, 40), None)


@pytest.mark.parametrize("text", [b"[" * 200_000, b"{", b"[1]", b"7"])
def test_drawing_settings_that_are_none_are_refused(text):
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:s="urn:spoofsight:1">'
        b"<a s:render='" + text + b"'/></x:xmpmeta>"
    )
    with pytest.raises(ValueError, match=r"^expected drawing settings as .+ in a picture, got"):
        decode(with_packet(IMAGE, packet))


def test_other_drawing_settings_are_refused_by_name(tmp_path):
    (tmp_path / "x.png").write_bytes(with_packet(IMAGE))
    assert read(tmp_path / "x.png", (40, 30), {"hop": 256}).shape == (40, 30)
    with pytest.raises(ValueError, match="expected a picture drawn with hop 128, got hop 256"):
        read(tmp_path / "x.png", (40, 30), {"hop": 128})


def test_the_drawing_is_refused_before_the_size_that_comes_of_it(tmp_path):
    (tmp_path / "x.png").write_bytes(with_packet(IMAGE))
    with pytest.raises(ValueError, match="drawn with hop 128, got hop 256: try that$"):
        read(tmp_path / "x.png", (30, 40), {"hop": 128}, "try that")


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (("real", "fake"), ("real", "fake")),
        (("REAL", "Fake"), ("REAL", "Fake")),
        (("dogs", "cats"), ("cats", "dogs")),
        (("deepfake", "real"), ("real", "deepfake")),
    ],
)
def test_the_order_of_the_classes(tmp_path, names, order):
    for name in (*names, ".hidden"):
        (tmp_path / name).mkdir()
    assert class_order(tmp_path) == order


@pytest.mark.parametrize(
    ("names", "got"), [((), "none"), (("real",), "real"), (("a", "b", "c"), "a, b, c")]
)
def test_not_two_classes_are_refused(tmp_path, names, got):
    for name in names:
        (tmp_path / name).mkdir()
    with pytest.raises(ValueError, match=f"expected two class folders in .*, got {got}$"):
        class_order(tmp_path)


def test_files_are_sorted_and_told_by_suffix(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.png", "a.PNG", "sub/c.jpg", "notes.txt", "x.png.1.part"):
        (tmp_path / name).touch()
    assert [path.name for path in files(tmp_path)] == ["a.PNG", "b.png", "c.jpg"]


def test_pictures_are_found_in_the_order_of_their_paths_and_links_are_not_followed(tmp_path):
    for name in ("b/2.PNG", "b.png", "a/z/1.jpg", "a/0.png", "a.b/3.bmp", "note.txt", "b-c/4.tif"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "round").symlink_to(tmp_path)
    (tmp_path / "folder.png").mkdir()
    names = ["a/0.png", "a/z/1.jpg", "a.b/3.bmp", "b/2.PNG", "b-c/4.tif", "b.png"]
    assert files(tmp_path) == sorted(tmp_path / name for name in names)


def test_a_pipe_called_like_a_picture_is_none_and_nobody_waits_for_it(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    os.mkfifo(tmp_path / "b.png")
    (tmp_path / "c.png").symlink_to(tmp_path / "b.png")
    (tmp_path / "d.png").symlink_to(tmp_path / "a.png")
    assert [path.name for path in files(tmp_path)] == ["a.png", "d.png"]


def test_hidden_pictures_and_folders_are_left_out_below_a_folder_of_any_name(tmp_path):
    root = tmp_path / ".cache" / "lost+found"
    hidden = (".a.png", "._b.png", ".ipynb_checkpoints/b.png", "@eaDir/b.png", "$RECYCLE.BIN/b.png")
    for name in ("b.png", "sub/c.png", *hidden, "lost+found/b.png", "sub/.Trash-0/b.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (root / "loop.png").symlink_to("loop.png")
    assert files(root) == [root / "b.png", root / "sub/c.png"]
    assert list(class_folders(root)) == ["sub"]


def test_a_locked_folder_is_given_with_its_reason(tmp_path, lock):
    for name in ("b.png", "sub/c.png", "lost+found/b.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for name in ("sub", "lost+found"):
        lock(tmp_path / name)
    locked = {}
    assert files(tmp_path, locked) == [tmp_path / "b.png"]
    reason = "expected a folder that can be read, got Permission denied"
    assert locked == {tmp_path / "lost+found": reason, tmp_path / "sub": reason}
