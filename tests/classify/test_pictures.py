import cv2
import numpy as np
import pytest

from classify.pictures import class_order, decode, files, read

IMAGE = np.random.default_rng(0).integers(0, 256, (40, 30)).astype(np.uint8)
PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:s="urn:spoofsight:1">'
    b"<a s:render='{&quot;hop&quot;: 256}'/></x:xmpmeta>"
)


def encoded(image, suffix=".png"):
    return cv2.imencode(suffix, image)[1].tobytes()


def with_packet(image, packet=PACKET):
    metadata = np.frombuffer(packet + b"\0", np.uint8)
    return cv2.imencodeWithMetadata(".png", image, [cv2.IMAGE_METADATA_XMP], [metadata])[
        1
    ].tobytes()


def test_grey_png_comes_back_as_it_is():
    picture = decode(encoded(IMAGE))
    np.testing.assert_array_equal(picture.image, IMAGE)
    assert picture.drawing is None


@pytest.mark.parametrize("channels", [3, 4])
def test_colour_becomes_grey(channels):
    colour = np.repeat(IMAGE[..., np.newaxis], channels, axis=2)
    np.testing.assert_array_equal(decode(encoded(colour)).image, IMAGE)


def test_other_formats():
    np.testing.assert_array_equal(decode(encoded(IMAGE, ".bmp")).image, IMAGE)
    assert decode(encoded(IMAGE, ".jpg")).image.shape == IMAGE.shape


def test_the_drawing_settings_are_read_from_the_packet():
    assert decode(with_packet(IMAGE)).drawing == {"hop": 256}


def test_a_packet_of_somebody_else_tells_nothing():
    assert decode(with_packet(IMAGE, b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")).drawing is None
    assert decode(with_packet(IMAGE, b"no xml")).drawing is None


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
        (("fake", "other"), ("fake", "other")),
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
