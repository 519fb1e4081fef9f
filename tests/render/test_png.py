import cv2
import numpy as np
import pytest
from PIL import Image

from render import png
from render.decoding.audio import SourceFile
from render.png import PictureSource, is_ours, read, replace, write
from render.settings import Settings

FILE = SourceFile(
    sample_rate=44_100,
    channels=2,
    codec='"<mp3>"',
    bit_rate_kbps=128,
    recording_s=3.512,
    level_db=-23.4,
)
SOURCE = PictureSource(
    recording='a "b"/<ü>&\n.wav',
    sha256="abc",
    clip=1,
    clips=3,
    start_s=2.0,
    duration_s=1.5,
    file=FILE,
)


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (256, 124)).astype(np.uint8)


def test_a_picture_is_an_8_bit_grey_png_with_the_very_pixels(tmp_path, image):
    path = tmp_path / "x.png"
    write(path, image, Settings(), SOURCE)
    with Image.open(path) as opened:
        assert (opened.format, opened.mode, opened.size) == ("PNG", "L", (124, 256))
        np.testing.assert_array_equal(np.asarray(opened), image)


def test_settings_and_origin_come_back(tmp_path, image):
    path = tmp_path / "x.png"
    settings = Settings(feature="mel", level=None)
    write(path, image, settings, SOURCE)
    assert read(path) == (settings, SOURCE)


def test_the_packet_is_wellformed_xmp_that_other_tools_read(tmp_path, image):
    path = tmp_path / "x.png"
    write(path, image, Settings(), SOURCE)
    with Image.open(path) as opened:
        text = opened.text["XML:com.adobe.xmp"]
    assert text.startswith("<x:xmpmeta")
    assert text.endswith("</x:xmpmeta>")  # OpenCV would write on into foreign memory


def test_equal_pictures_are_equal_bytes(tmp_path, image):
    for name in ("x.png", "y.png"):
        write(tmp_path / name, image, Settings(), SOURCE)
    assert (tmp_path / "x.png").read_bytes() == (tmp_path / "y.png").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.png", "y.png"]


def test_what_is_not_ours_is_not_read(tmp_path, image):
    path = tmp_path / "x.png"
    assert read(path) is None
    path.touch()
    assert read(path) is None
    path.write_text("no picture")
    assert read(path) is None
    cv2.imwrite(str(path), image)
    assert read(path) is None


@pytest.mark.parametrize("change", [(b'"format": 1, ', b""), (b'"sha256": ', b'"digest": ')])
def test_a_picture_of_another_format_is_out_of_date_and_still_ours(tmp_path, image, change):
    path = tmp_path / "x.png"
    write(path, image, Settings(), SOURCE)
    _, kinds, (packet,) = cv2.imreadWithMetadata(str(path), flags=cv2.IMREAD_UNCHANGED)
    older = bytes(packet).replace(*change)
    assert older != bytes(packet)
    metadata = [np.frombuffer(older, np.uint8)]
    path.write_bytes(cv2.imencodeWithMetadata(".png", image, kinds, metadata)[1].tobytes())
    assert read(path) is None
    assert is_ours(path)


def test_somebody_elses_picture_is_not_ours(tmp_path, image):
    path = tmp_path / "x.png"
    assert not is_ours(path)
    cv2.imwrite(str(path), image)
    assert not is_ours(path)
    for text in (b"<x xmlns:y='urn:y' y:render='{}'/>\0", b"no xml\0"):
        packet = [np.frombuffer(text, np.uint8)]
        data = cv2.imencodeWithMetadata(".png", image, [cv2.IMAGE_METADATA_XMP], packet)[1]
        path.write_bytes(data.tobytes())
        assert not is_ours(path)
        assert read(path) is None


@pytest.mark.filterwarnings("ignore")
def test_a_damaged_picture_is_not_taken_for_whole(tmp_path, image):
    path = tmp_path / "x.png"
    write(path, image, Settings(), SOURCE)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    assert read(path) is None


def test_two_writers_never_write_one_unfinished_file(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr("pathlib.Path.replace", lambda part, path: written.append(part.name))
    for _ in range(2):  # of one process, as two threads of a worker, or of two machines
        replace(tmp_path / "x.png", b"")
    one, other = written
    assert one != other
    assert one.endswith(".part")


def test_what_cannot_be_written_is_an_error_that_names_it_and_leaves_nothing(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(png.WriteError, match="expected to write .*x.png, got: "):
        replace(tmp_path / "file/x.png", b"data")

    def half(part):
        part.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with (
        pytest.raises(png.WriteError, match="x.png, got: No space left on device"),
        png.replacing(tmp_path / "x.png") as part,
    ):
        half(part)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_every_damaged_byte_is_noticed(tmp_path, image):
    path = tmp_path / "x.png"
    write(path, image[:20, :20], Settings(), SOURCE)
    data = path.read_bytes()
    for position in (*range(0, len(data), 19), *range(len(data) - 20, len(data))):
        broken = bytearray(data)
        broken[position] ^= 4
        path.write_bytes(broken)
        assert read(path) is None, position
    for length in range(0, len(data), 97):
        path.write_bytes(data[:length])
        assert read(path) is None, length
