import shutil

import cv2
import numpy as np
import pytest

from classify.data.splits import scan_split, split_folder


@pytest.fixture
def copy(images, tmp_path):
    return shutil.copytree(images, tmp_path / "images")


def test_what_a_split_holds(images):
    split = scan_split(images, "train")
    assert split.classes == ("real", "fake")
    assert split.shape == (32, 32)
    assert [path.parent.name for path in split.paths] == ["real"] * 8 + ["fake"] * 8
    assert split.labels.tolist() == [0] * 8 + [1] * 8
    assert split.damaged == {}


def test_the_fingerprint_depends_on_names_and_bytes_and_not_on_the_place(images, copy):
    before = scan_split(copy, "train").fingerprint
    assert before == scan_split(images, "train").fingerprint
    (copy / "train/real/00.png").rename(copy / "train/real/zz.png")
    renamed = scan_split(copy, "train").fingerprint
    cv2.imwrite(str(copy / "train/real/zz.png"), np.zeros((32, 32), np.uint8))
    assert len({before, renamed, scan_split(copy, "train").fingerprint}) == 3


def test_damaged_pictures_are_left_out_with_their_reason(copy):
    (copy / "train/real/00.png").write_text("no picture")
    data = (copy / "train/fake/01.png").read_bytes()
    (copy / "train/fake/01.png").write_bytes(data[: len(data) // 2])
    split = scan_split(copy, "train")
    assert {path.name: reason for path, reason in split.damaged.items()} == {
        "00.png": "expected a picture, got something else",
        "01.png": "expected a picture, got a damaged PNG",
    }
    assert len(split.paths) == len(split.labels) == 14


def test_names_that_are_no_utf_8_and_locked_folders_are_no_error(copy, lock):
    (copy / "train/real/00.png").rename(copy / "train/real/Stra\udcdfe.png")
    (copy / "train/fake").rename(copy / "train/Andr\udce9")
    shutil.copytree(copy / "train/real", copy / "train/real/locked")
    lock(copy / "train/real/locked")
    split = scan_split(copy, "train")
    assert split.classes == ("real", "Andr\\udce9")  # no figure can show other bytes
    assert len(split.paths) == 16
    assert "Stra\udcdfe.png" in {path.name for path in split.paths}
    reason = "expected a folder that can be read, got Permission denied"
    assert split.damaged == {copy / "train/real/locked": reason}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda root: shutil.rmtree(root), "expected a picture dataset, got .*does not exist"),
        (lambda root: shutil.rmtree(root / "train"), "pictures in .*train, got no folder$"),
        (lambda root: shutil.rmtree(root / "train/real"), "two class folders in .*, got fake"),
        (
            lambda root: [p.unlink() for p in (root / "train/fake").iterdir()],
            "expected pictures in .*fake, got none",
        ),
        (
            lambda root: cv2.imwrite(str(root / "train/fake/x.png"), np.zeros((32, 48), np.uint8)),
            "got 16 of 32 x 32 pixels and 1 of 32 x 48 pixels, one is .*x.png",
        ),
    ],
)
def test_a_dataset_that_cannot_be_used_is_refused(copy, spoil, message):
    spoil(copy)
    with pytest.raises(ValueError, match=message):
        scan_split(copy, "train")


def test_a_split_is_known_by_other_names_too(copy):
    before = scan_split(copy, "validation")
    (copy / "validation").rename(copy / "Val")
    (copy / "train").rename(copy / "TRAIN")
    split = scan_split(copy, "validation")
    assert [path.name for path in split.paths] == [path.name for path in before.paths]
    assert len(scan_split(copy, "train").paths) == 16
    (copy / "dev").mkdir()
    with pytest.raises(ValueError, match="one folder of validation pictures .*, got Val and dev"):
        scan_split(copy, "validation")
    (copy / "validation").mkdir()
    assert split_folder(copy, "validation") == copy / "validation"


def test_a_class_without_readable_pictures_is_refused_with_the_reason(copy):
    for path in (copy / "train/fake").iterdir():
        cv2.imwrite(str(path), np.zeros((32, 32), np.uint16))
    with pytest.raises(ValueError, match=r"read: .*fake/00.png: .* 8 bits a channel, got uint16"):
        scan_split(copy, "train")
    for path in (copy / "train/fake").iterdir():
        path.rename(path.with_suffix(".WEBP"))
    with pytest.raises(ValueError, match=r"read, but files of .webp; taken are .png, "):
        scan_split(copy, "train")


def test_a_folder_that_is_no_picture_dataset_is_refused_with_what_to_do(copy, tmp_path):
    with pytest.raises(
        ValueError, match=r"exist: draw one with spoofsight render AUDIO --to .*gone"
    ):
        scan_split(tmp_path / "gone", "train")
    shutil.rmtree(copy / "validation")
    with pytest.raises(ValueError, match="validation, got no folder: calibration and threshold"):
        scan_split(copy, "validation")
    advice = f": draw its recordings with spoofsight render {tmp_path / 'audio'} --to IMAGES$"
    for name in ("real/a.wav", "fake/b.MP3"):
        for place in (tmp_path / "audio" / name, tmp_path / "audio/train" / name):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
        # Without and with split folders.
        with pytest.raises(ValueError, match=advice):
            scan_split(tmp_path / "audio", "validation")
    with pytest.raises(ValueError, match=f"train/real, got none that can be read{advice}"):
        scan_split(tmp_path / "audio", "train")


def test_pictures_of_other_settings_than_the_dataset_says_are_refused(copy):
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:s="urn:spoofsight:1">'
        b"<a s:render='{&quot;hop&quot;: 256}'/></x:xmpmeta>\0"
    )
    done, data = cv2.imencodeWithMetadata(
        ".png",
        np.zeros((32, 32), np.uint8),
        [cv2.IMAGE_METADATA_XMP],
        [np.frombuffer(packet, np.uint8)],
    )
    assert done
    (copy / "train/real/00.png").write_bytes(data.tobytes())
    (copy / "render.json").write_text('{"hop": 256}')
    assert len(scan_split(copy, "train").paths) == 16
    (copy / "render.json").write_text('{"hop": 128}')
    with pytest.raises(ValueError, match="00.png: expected .* hop 128, got hop 256; render"):
        scan_split(copy, "train")
