import bz2
import contextlib
import gzip
import io
import lzma
import stat
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from render.downloads import archive
from render.downloads.archive import Bounds

AMPLE = Bounds(size=10**9)
SOUND = np.random.default_rng(0).bytes(200_000)  # does not compress, as speech hardly does
TREE = {"LA/flac/a.flac": SOUND, "LA/flac/b.flac": SOUND[::-1], "LA/README.txt": b"read me"}


def tar(members, path, opener=open):
    """Write a tar of names and contents; a content may be a TarInfo instead."""
    with opener(path, "wb") as stream, tarfile.open(fileobj=stream, mode="w") as packed:
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name = name
            if isinstance(content, bytes):
                info.size = len(content)
            packed.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return path


def zipped(members, path):
    """Write a zip of names and contents; a content may be a ZipInfo instead."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            if isinstance(content, zipfile.ZipInfo):
                content.filename = name
                packed.writestr(content, b"elsewhere")
            else:
                packed.writestr(name, content)
    return path


def special(kind, target="/etc/passwd"):
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


def zip_of_kind(kind):
    info = zipfile.ZipInfo()
    info.external_attr = (kind | 0o777) << 16
    return info


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("x.tar", tar),
        ("x.tar.gz", lambda tree, path: tar(tree, path, gzip.open)),
        ("x.tar.bz2", lambda tree, path: tar(tree, path, bz2.open)),
        ("x.tar.xz", lambda tree, path: tar(tree, path, lzma.open)),
        ("x.zip", zipped),
        ("zip, whatever it is called", zipped),
    ],
)
def test_every_kind_of_archive_gives_the_same_tree(tmp_path, name, pack):
    packed = pack(TREE, tmp_path / name)
    assert archive.unpack(packed, tmp_path / "out", AMPLE) == 3
    assert files(tmp_path / "out") == TREE


NAMES = {
    "a parent folder": "../evil",
    "a parent folder further in": "LA/flac/../../../evil",
    "an absolute name": "{outside}/evil",
    "a backslash": "..\\evil",
    "a drive letter": "C:evil",
}
SPECIAL = {
    "a symbolic link": (tar, special(tarfile.SYMTYPE)),
    "a symbolic link inside": (tar, special(tarfile.SYMTYPE, "LA/README.txt")),
    "a hard link": (tar, special(tarfile.LNKTYPE, "LA/README.txt")),
    "a pipe": (tar, special(tarfile.FIFOTYPE)),
    "a device": (tar, special(tarfile.CHRTYPE)),
    "a zipped link": (zipped, zip_of_kind(stat.S_IFLNK)),
    "a zipped device": (zipped, zip_of_kind(stat.S_IFCHR)),
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("pack", [tar, zipped])
def test_an_archive_with_a_name_that_leads_outside_is_refused(tmp_path, pack, name):
    members = {"LA/README.txt": b"x", name.format(outside=tmp_path): b"x"}
    packed = pack(members, tmp_path / "x")
    with pytest.raises(ValueError, match="expected names that stay below the target, got .*evil"):
        archive.unpack(packed, tmp_path / "deep" / "out", AMPLE)
    assert list(tmp_path.rglob("*evil*")) == []


@pytest.mark.parametrize(("pack", "content"), SPECIAL.values(), ids=SPECIAL)
def test_an_archive_with_a_link_or_device_is_refused(tmp_path, pack, content):
    packed = pack({"LA/README.txt": b"x", "evil": content}, tmp_path / "x")
    with pytest.raises(ValueError, match="expected files and folders, got a link or device: evil"):
        archive.unpack(packed, tmp_path / "out", AMPLE)
    assert list(tmp_path.rglob("*evil*")) == []


@pytest.mark.slow
@given(st.lists(st.sampled_from(["..", ".", "", "a", "C:", "\\", "\n", "é"]), min_size=1))
@example(["", "", "a"])
def test_no_name_at_all_leads_outside(parts):
    with tempfile.TemporaryDirectory() as folder:
        around = Path(folder)
        packed = zipped({"/".join(parts) or "a": b"x"}, around / "x.zip")
        with contextlib.suppress(ValueError, IsADirectoryError):
            archive.unpack(packed, around / "deep" / "out", AMPLE)
        outside = {path.name for path in around.rglob("*") if "out" not in path.parts}
        assert outside == {"x.zip", "deep"}


def test_a_password_is_refused(tmp_path):
    packed = zipped({"a": b"x"}, tmp_path / "x.zip")
    data = bytearray(packed.read_bytes())
    # Bit 0 of the flags: 6 bytes into the local header, 8 into the central directory's.
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    packed.write_bytes(data)
    with pytest.raises(ValueError, match="expected no password"):
        archive.unpack(packed, tmp_path / "out", AMPLE)


@pytest.mark.parametrize(
    "pack", [zipped, lambda tree, path: tar(tree, path, gzip.open)], ids=["zip", "tar.gz"]
)
def test_a_bomb_is_stopped_at_its_ratio(tmp_path, monkeypatch, pack):
    monkeypatch.setattr(archive, "SMALLEST_BOUND", 100_000)
    packed = pack({"zeros": bytes(20_000_000)}, tmp_path / "x")  # deflates about 1000 times
    with pytest.raises(ValueError, match="expected at most .* in x, got more"):
        archive.unpack(packed, tmp_path / "out", AMPLE)
    written = (tmp_path / "out" / "zeros").stat().st_size
    assert written <= Bounds(size=10**9).room(packed.stat().st_size) + archive.BLOCK


def test_what_the_disk_lacks_and_too_many_files_are_refused(tmp_path):
    packed = tar(TREE, tmp_path / "x.tar")
    with pytest.raises(ValueError, match=r"expected at most 300\.0 kB in x.tar, got more"):
        archive.unpack(packed, tmp_path / "out", Bounds(size=300_000))
    with pytest.raises(ValueError, match="expected at most 2 files in x.tar, got more"):
        archive.unpack(packed, tmp_path / "out", Bounds(size=10**9, files=2))
    assert archive.unpack(packed, tmp_path / "out", Bounds(size=400_007, files=3)) == 3


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz", "x.tar.bz2", "x.tar.xz", "x.zip"])
@pytest.mark.parametrize("share", [0, 0.001, 0.3, 0.8])
def test_an_archive_cut_off_anywhere_is_refused(tmp_path, name, share):
    opener = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}.get(name.split(".")[-1], open)
    packed = zipped(TREE, tmp_path / name) if "zip" in name else tar(TREE, tmp_path / name, opener)
    data = packed.read_bytes()
    end = len(data.rstrip(b"\0"))  # a tar ends in zeros that nobody misses
    packed.write_bytes(data[: int(share * end)])
    with pytest.raises(ValueError, match=f"expected a whole zip or tar archive, got {name}: "):
        archive.unpack(packed, tmp_path / "out", AMPLE)


@pytest.mark.parametrize("place", [0.3, 0.6, 0.999_99])
def test_a_compressed_archive_with_one_wrong_byte_is_refused(tmp_path, place):
    packed = tar(TREE, tmp_path / "x.tar.gz", gzip.open)
    data = bytearray(packed.read_bytes())
    data[int(place * len(data))] ^= 1
    packed.write_bytes(data)
    with pytest.raises(ValueError, match="expected a whole zip or tar archive"):
        archive.unpack(packed, tmp_path / "out", AMPLE)


def test_a_page_that_says_sorry_is_no_archive(tmp_path):
    (tmp_path / "x.zip").write_text("<html>You have reached your quota</html>")
    with pytest.raises(ValueError, match="expected a whole zip or tar archive, got x.zip"):
        archive.unpack(tmp_path / "x.zip", tmp_path / "out", AMPLE)


def test_a_tar_whose_last_file_is_a_zip_is_still_a_tar(tmp_path):
    inner = zipped({"inner": b"x"}, tmp_path / "inner.zip").read_bytes()
    packed = tmp_path / "x.tar"
    packed.write_bytes(tar({"a.zip": inner}, packed).read_bytes().rstrip(b"\0") + bytes(2_000))
    archive.unpack(packed, tmp_path / "out", AMPLE)
    assert files(tmp_path / "out") == {"a.zip": inner}


def test_control_characters_are_replaced_and_litter_is_left_out(tmp_path):
    tree = {"a\nb.wav": b"1", "._a.wav": b"2", "__MACOSX/a.wav": b"3", ".DS_Store": b"4"}
    assert archive.unpack(zipped(tree, tmp_path / "x.zip"), tmp_path / "out", AMPLE) == 1
    assert files(tmp_path / "out") == {"a_b.wav": b"1"}


def test_unpacking_again_repairs_what_an_interruption_left(tmp_path):
    packed = tar(TREE, tmp_path / "x.tar")
    broken = tmp_path / "out" / "LA" / "flac" / "a.flac"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(SOUND + b"more than there should be")
    archive.unpack(packed, tmp_path / "out", AMPLE)
    assert files(tmp_path / "out") == TREE


def test_permissions_of_the_archive_are_not_taken_over(tmp_path):
    info = tarfile.TarInfo("run")
    info.mode, info.size = 0o6777, 1
    with tarfile.open(tmp_path / "x.tar", "w") as packed:
        packed.addfile(info, io.BytesIO(b"x"))
    archive.unpack(tmp_path / "x.tar", tmp_path / "out", AMPLE)
    mode = (tmp_path / "out" / "run").stat().st_mode
    assert not mode & (stat.S_ISUID | stat.S_ISGID | 0o111)


def test_links_in_a_tree_from_elsewhere_are_refused(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    archive.refuse_links(tmp_path)
    (tmp_path / "a" / "b" / "c").symlink_to("/nowhere")
    with pytest.raises(ValueError, match="got a link: c"):
        archive.refuse_links(tmp_path)
