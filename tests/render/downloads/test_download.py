import fcntl
import hashlib
import http.server
import io
import os
import shutil
import tarfile
import threading
import zipfile
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from render.downloads import archive, download
from render.downloads import http as transfer
from render.downloads.catalogue import Dataset, File

SOUND = np.random.default_rng(0).bytes(1_000_000)
SHA256 = f"sha256:{hashlib.sha256(SOUND).hexdigest()}"


class Handler(http.server.BaseHTTPRequestHandler):
    """Gives `server.files`, or the rest of one; breaks off after each of `server.drops` bytes."""

    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.asked.append((self.path, asked))
        if server.statuses:
            self.send_error(server.statuses.pop(0))
            return
        if self.path not in server.files:
            self.send_error(404)
            return
        data, tag = server.files[self.path], f'"{hash(server.files[self.path])}"'
        start = self.start(asked, tag) if asked and server.ranges else 0
        if start >= len(data) > 0:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(data) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        end = start + server.drops.pop(0) if server.drops else len(data)
        self.wfile.write(data[start:end])

    def start(self, asked, tag):
        whole = self.headers.get("If-Range") not in (None, tag)
        return 0 if whole else int(asked.removeprefix("bytes=").removesuffix("-"))

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(transfer, "WAIT", 0.0)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.files, server.asked, server.drops, server.statuses = {}, [], [], []
        server.ranges, server.url = True, f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def sound(server):
    """Publish a file and say what is known of it."""
    server.files["/a.wav"] = SOUND
    return File(name="a.wav", url=f"{server.url}/a.wav", size=len(SOUND), checksum=SHA256)


def only(folder):
    (path,) = folder.iterdir()
    return path.name, path.read_bytes()


def test_a_file_arrives_whole_and_alone(server, sound, tmp_path):
    transfer.fetch(sound, tmp_path / "new" / "folder")
    assert only(tmp_path / "new" / "folder") == ("a.wav", SOUND)


def test_a_line_that_drops_is_taken_up_where_it_dropped(server, sound, tmp_path):
    server.drops = [300_000, 400_000]
    transfer.fetch(sound, tmp_path)
    assert only(tmp_path) == ("a.wav", SOUND)
    starts = [int(asked[6:-1]) for _, asked in server.asked[1:]]
    # What had been read of the block that the line dropped in is lost.
    assert 300_000 - transfer.BLOCK <= starts[0] <= 300_000
    assert starts[0] + 400_000 - transfer.BLOCK <= starts[1] <= starts[0] + 400_000


def test_a_line_that_drops_again_and_again_is_given_up_and_taken_up_later(server, sound, tmp_path):
    server.drops = [500_000, 0, 0]
    with pytest.raises(ConnectionError, match=r"expected an answer from 127\.0\.0\.1:\d+, got"):
        transfer.fetch(sound, tmp_path)
    assert not (tmp_path / "a.wav").exists()
    server.asked.clear()
    transfer.fetch(sound, tmp_path)
    assert only(tmp_path) == ("a.wav", SOUND)
    assert [int(asked[6:-1]) >= 400_000 for _, asked in server.asked] == [True]


def test_a_server_that_gives_only_whole_files_is_taken_from_the_beginning(server, sound, tmp_path):
    server.ranges, server.drops = False, [500_000]
    transfer.fetch(sound, tmp_path)
    assert only(tmp_path) == ("a.wav", SOUND)


def test_a_line_that_drops_often_but_brings_something_each_time_is_not_given_up(
    server, sound, tmp_path
):
    server.drops = [200_000] * (transfer.TRIES + 3)
    transfer.fetch(sound, tmp_path)
    assert only(tmp_path) == ("a.wav", SOUND)


def test_a_server_that_begins_again_each_time_is_given_up(server, sound, tmp_path):
    server.ranges, server.drops = False, [500_000, 300_000, 500_000, 300_000, 500_000]
    with pytest.raises(ConnectionError):
        transfer.fetch(sound, tmp_path)
    assert len(server.asked) == transfer.TRIES


def test_a_file_that_changed_meanwhile_is_not_glued_together(server, tmp_path):
    file = File(name="a.wav", url=f"{server.url}/a.wav")
    server.files["/a.wav"], server.drops = SOUND, [500_000, 0, 0]
    with pytest.raises(ConnectionError):
        transfer.fetch(file, tmp_path)
    server.files["/a.wav"] = SOUND[::-1]
    transfer.fetch(file, tmp_path)
    assert only(tmp_path) == ("a.wav", SOUND[::-1])


@pytest.mark.parametrize("known", [True, False])
def test_a_part_that_was_whole_already_is_not_fetched_again(server, sound, tmp_path, known):
    (tmp_path / "a.wav.part").write_bytes(SOUND)
    file = sound if known else File(name="a.wav", url=sound.url)
    transfer.fetch(file, tmp_path)
    assert only(tmp_path) == ("a.wav", SOUND)
    assert server.asked == ([] if known else [("/a.wav", "bytes=1000000-")])


def test_a_part_longer_than_the_file_is_thrown_away(server, sound, tmp_path):
    (tmp_path / "a.wav.part").write_bytes(SOUND + b"x")
    transfer.fetch(sound, tmp_path)
    assert only(tmp_path) == ("a.wav", SOUND)


def test_a_file_with_another_checksum_is_refused_and_leaves_nothing(server, sound, tmp_path):
    server.files["/a.wav"] = SOUND[::-1]
    with pytest.raises(ValueError, match=f"a.wav.*{SHA256[7:]}"):
        transfer.fetch(sound, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_size_is_refused_before_it_is_fetched(server, sound, tmp_path):
    server.files["/a.wav"] = SOUND + b"x"
    with pytest.raises(ValueError, match=r"expected 1000000 bytes at http.*a\.wav, got 1000001"):
        transfer.fetch(sound, tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == 0


def test_a_part_of_a_file_that_is_not_as_long_as_published_is_refused(server, tmp_path):
    (tmp_path / "a.wav.part").write_bytes(SOUND)
    server.files["/a.wav"] = SOUND
    file = File(name="a.wav", url=f"{server.url}/a.wav", size=2_000_000)
    with pytest.raises(ValueError, match="expected 2000000 bytes"):
        transfer.fetch(file, tmp_path)
    assert not (tmp_path / "a.wav").exists()


def test_a_missing_file_is_not_asked_for_twice(server, tmp_path):
    file = File(name="b.wav", url=f"{server.url}/b.wav")
    with pytest.raises(ValueError, match=r"expected a file at http.*b\.wav, got HTTP status 404"):
        transfer.fetch(file, tmp_path)
    assert len(server.asked) == 1


def test_a_server_out_of_order_is_asked_again(server, sound, tmp_path):
    server.statuses = [503, 429]
    transfer.fetch(sound, tmp_path)
    server.statuses = [500] * 9
    with pytest.raises(ConnectionError, match="HTTP status 500"):
        transfer.fetch(File(name="c.wav", url=sound.url), tmp_path)
    assert len(server.asked) == 3 + transfer.TRIES


def test_where_nobody_listens_one_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "WAIT", 0.0)
    file = File(name="a.wav", url="http://127.0.0.1:9/a.wav")
    with pytest.raises(ConnectionError) as raised:
        transfer.fetch(file, tmp_path)
    said = "expected an answer from 127.0.0.1:9, got [Errno 111] Connection refused"
    assert str(raised.value) in (said, said.replace("111", "61"))  # Linux, macOS


def test_a_file_from_elsewhere_is_checked_too(tmp_path):
    path = tmp_path / "a.wav"
    for data, file in (
        (SOUND, File(name="a.wav", size=5)),
        (SOUND[::-1], File(name="a.wav", size=len(SOUND), checksum=SHA256)),
    ):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"expected .* a\.wav, got"):
            transfer.check(file, path)
        assert not path.exists()
    path.write_bytes(SOUND)
    transfer.check(File(name="a.wav", size=len(SOUND), checksum=SHA256), path)
    assert path.exists()


def tar_gz(members):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as packed:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def zipped(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return stream.getvalue()


@pytest.fixture
def dataset(server):
    """Publish a dataset of two archives that share a folder, the second without a checksum."""
    keys = tar_gz({"keys/LA/CM/trial_metadata.txt": b"LA_0009 LA_E_1 - - - bonafide - eval"})
    server.files["/keys.tar.gz"] = keys
    server.files["/eval.zip"] = zipped({"keys/LICENSE": b"ODC-By", "eval/LA_E_1.flac": SOUND})
    checksum = f"md5:{hashlib.md5(keys).hexdigest()}"
    return Dataset(
        name="tiny",
        title="Tiny",
        licence="MIT",
        homepage="https://localhost",
        size=sum(map(len, server.files.values())),
        place="web",
        files=(
            File(name="keys.tar.gz", url=f"{server.url}/keys.tar.gz", checksum=checksum),
            File(name="eval.zip", url=f"{server.url}/eval.zip"),
        ),
    )


def below(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


TREE = ["eval/LA_E_1.flac", "keys/LA/CM/trial_metadata.txt", "keys/LICENSE"]


def test_a_dataset_is_unpacked_into_one_folder_and_nothing_else_stays(server, dataset, tmp_path):
    digests = download.obtain(dataset, tmp_path / "tiny")
    assert below(tmp_path) == [f"tiny/{name}" for name in TREE]
    assert (tmp_path / "tiny" / "eval" / "LA_E_1.flac").read_bytes() == SOUND
    assert digests == {"eval.zip": hashlib.sha256(server.files["/eval.zip"]).hexdigest()}


def test_what_is_unpacked_already_is_not_fetched_again(server, dataset, tmp_path):
    held_back = server.files.pop("/eval.zip")
    with pytest.raises(ValueError, match="404"):
        download.obtain(dataset, tmp_path / "tiny")
    assert not (tmp_path / "tiny").exists()
    assert not list(tmp_path.rglob("keys.tar.gz"))  # takes no room any more
    server.files["/eval.zip"] = held_back
    server.asked.clear()
    assert set(download.obtain(dataset, tmp_path / "tiny")) == {"eval.zip"}
    assert below(tmp_path / "tiny") == TREE
    assert server.asked == [("/eval.zip", None)]


def test_an_interrupted_unpacking_is_done_again_without_another_download(
    server, dataset, tmp_path, monkeypatch
):
    unpack = archive.unpack

    def interrupted(path, folder, bounds):
        if path.name != "eval.zip":
            return unpack(path, folder, bounds)
        (folder / "eval").mkdir(parents=True)
        (folder / "eval" / "LA_E_1.flac").write_bytes(SOUND[:10])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(archive, "unpack", interrupted)
        with pytest.raises(KeyboardInterrupt):
            download.obtain(dataset, tmp_path / "tiny")
    assert not (tmp_path / "tiny").exists()
    server.asked.clear()
    download.obtain(dataset, tmp_path / "tiny")
    assert (tmp_path / "tiny" / "eval" / "LA_E_1.flac").read_bytes() == SOUND
    assert server.asked == []


def test_a_harmful_archive_never_becomes_a_dataset(server, dataset, tmp_path):
    server.files["/eval.zip"] = zipped({"../../evil": b"x"})
    with pytest.raises(ValueError, match="expected names that stay below the target"):
        download.obtain(dataset, tmp_path / "tiny")
    assert not (tmp_path / "tiny").exists()
    assert not list(tmp_path.rglob("evil"))


def test_what_is_in_the_folder_already_is_left_alone(server, dataset, tmp_path):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "mine.wav").write_bytes(SOUND)
    (tmp_path / "new.part").mkdir()
    (tmp_path / "new.part" / "mine.wav").write_bytes(SOUND)
    with pytest.raises(ValueError, match="expected nothing at .*new.part but a download"):
        download.obtain(dataset, tmp_path / "new")
    assert (tmp_path / "new.part" / "mine.wav").read_bytes() == SOUND
    with pytest.raises(ValueError, match="expected nothing at .*tiny yet"):
        download.obtain(dataset, tmp_path / "tiny")
    assert server.asked == []
    assert below(tmp_path) == ["new.part/mine.wav", "tiny/mine.wav"]


def test_a_link_to_another_disk_is_followed(server, dataset, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "tiny").symlink_to(tmp_path / "disk")
    download.obtain(dataset, tmp_path / "tiny")
    assert below(tmp_path / "disk") == TREE
    assert (tmp_path / "tiny").is_symlink()


def test_a_full_disk_is_said_before_the_download(server, dataset, tmp_path, monkeypatch):
    # Largest archive and 1.4 times all of them, and 1 GB that is left alone.
    wanted = download.bytes_needed(dataset) + download.RESERVE
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=wanted - 1))
    with pytest.raises(ValueError, match=r"expected 1\.0 GB free where .* is, got 1\.0 GB"):
        download.obtain(dataset, tmp_path / "tiny")
    assert server.asked == []
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=wanted))
    download.obtain(dataset, tmp_path / "tiny")
    assert below(tmp_path / "tiny") == TREE


def test_the_disk_needed_is_the_largest_archive_beside_what_is_unpacked():
    # 142.3 GB in 19 archives of at most 15 GB: not 142.3 GB beside 1.4 times 142.3 GB.
    files = tuple(File(name=f"{n}.tar", url="https://x") for n in range(19))
    about = {"name": "x", "title": "X", "licence": "?", "homepage": "https://x"}
    many = Dataset(**about, size=142_300_000_000, place="web", files=files)
    assert 199e9 < download.bytes_needed(many) < 215e9
    one = Dataset(**about, size=10**9, place="web", files=(File(name="a", url="x", size=10**9),))
    assert download.bytes_needed(one) == 2_400_000_000
    assert download.bytes_needed(Dataset(**about, size=10**9, place="hub", source="a/b@c")) == 10**9


def test_a_second_process_at_the_same_dataset_is_kept_out(server, dataset, tmp_path):
    @contextmanager
    def at_work():
        (tmp_path / "tiny.part").mkdir()
        with (tmp_path / "tiny.part" / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    with at_work(), pytest.raises(ValueError, match="expected no other process at work"):
        download.obtain(dataset, tmp_path / "tiny")
    assert server.asked == []
    download.obtain(dataset, tmp_path / "tiny")
    assert os.listdir(tmp_path) == ["tiny"]
