"""The libraries' own code against servers on loopback that speak as much as they ask for."""

import contextlib
import http.server
import io
import json
import os
import threading
import zipfile

import huggingface_hub.constants
import numpy as np
import pytest
from kagglesdk import kaggle_env

from render.downloads import catalogue, download, hubs
from render.downloads.catalogue import Dataset, File

SOUND = np.random.default_rng(0).bytes(3 << 20)
REVISION = 40 * "a"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.do_GET()

    def answer(self, status, body=b"", **headers):
        start = int(self.headers.get("Range", "bytes=0-")[6:].rstrip("-"))
        self.server.asked.append((self.path.split("?")[0], start))
        self.send_response(206 if start and status == 200 else status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        if self.command != "HEAD":
            drop = self.server.drops.pop() if self.server.drops and len(body) > 1_000_000 else None
            self.close_connection = drop is not None
            self.wfile.write(body[start : drop and start + drop])

    def log_message(self, *_):
        pass


class Hub(Handler):
    def do_GET(self):
        path = self.path.split("?")[0]
        if self.server.gated and "/resolve/" in path:
            self.answer(403, X_Error_Code="GatedRepo", X_Error_Message="Access is restricted")
        elif "/resolve/" in path:
            body = self.server.files.get(path.partition(f"/resolve/{REVISION}/")[2])
            tags = {"ETag": f'"{len(body or b"")}"', "X_Repo_Commit": REVISION}
            self.answer(200, body, **tags) if body is not None else self.answer(404)
        elif "/tree/" in path:
            entries = [
                {"type": "file", "path": name, "size": len(body), "oid": REVISION}
                for name, body in self.server.files.items()
            ]
            self.answer(200, json.dumps(entries).encode())
        elif path == f"/api/datasets/me/tiny/revision/{REVISION}":
            siblings = [{"rfilename": name} for name in self.server.files]
            about = {"id": "me/tiny", "sha": REVISION, "siblings": siblings, "private": False}
            self.answer(200, json.dumps(about).encode())
        else:
            self.answer(404)


class Kaggle(Handler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/GetDataset"):
            about = json.dumps({"currentVersionNumber": 3}).encode()
            self.answer(self.server.status, about, Content_Type="application/json")
        else:
            self.answer(302, Location=f"{self.server.url}/bundle")

    def do_GET(self):
        self.answer(200, self.server.bundle, Accept_Ranges="bytes")


def serving(handler):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.handle_error = lambda *_: None  # lines that are dropped on purpose
        server.asked, server.drops, server.gated, server.status = [], [], False, 200
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def hub(monkeypatch, tmp_path_factory):
    cache = str(tmp_path_factory.mktemp("cache"))  # not the user's, where files may be already
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", cache)
    for server in serving(Hub):
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        server.files = {"fake/en/x/a.wav": SOUND, "fake/en/x/meta.csv": b"path|original_file"}
        yield server


@pytest.fixture
def kaggle(monkeypatch):
    for server in serving(Kaggle):
        monkeypatch.setattr(hubs, "KAGGLE", server.url)
        monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.PROD, f"{server.url}")
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as packed:
            packed.writestr("for-norm/for-norm/training/real/a.wav", SOUND)
        server.bundle = stream.getvalue()
        yield server


def dataset(place, source, files=()):
    return Dataset(
        name="tiny",
        title="Tiny",
        licence="MIT",
        homepage="https://localhost",
        size=len(SOUND),
        place=place,
        source=source,
        files=files,
    )


def below(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_repository_of_the_hub_is_fetched_without_the_librarys_notes(hub, tmp_path):
    download.obtain(dataset("hub", f"me/tiny@{REVISION}"), tmp_path / "tiny")
    assert below(tmp_path) == ["tiny/fake/en/x/a.wav", "tiny/fake/en/x/meta.csv"]
    assert (tmp_path / "tiny" / "fake" / "en" / "x" / "a.wav").read_bytes() == SOUND


def test_an_archive_on_the_hub_is_checked_and_unpacked(hub, tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("release/meta.csv", "file,speaker,label")
    hub.files["a.zip"] = stream.getvalue()
    file = File(name="a.zip", size=len(hub.files["a.zip"]), checksum=f"md5:{32 * '0'}")
    with pytest.raises(ValueError, match="expected md5:000"):
        download.obtain(dataset("hub", f"me/tiny@{REVISION}", (file,)), tmp_path / "tiny")
    file = File(name="a.zip", size=len(hub.files["a.zip"]))
    download.obtain(dataset("hub", f"me/tiny@{REVISION}", (file,)), tmp_path / "tiny")
    assert below(tmp_path) == ["tiny/release/meta.csv"]


@pytest.mark.slow
def test_the_hub_is_taken_up_where_its_line_dropped(hub, tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 1 << 20)  # else 10 MB
    hub.drops = [2 << 20]
    with contextlib.suppress(ConnectionError):  # versions before 2 leave it to the next call
        hubs.from_hub(f"me/tiny@{REVISION}", tmp_path, "fake/en/x/a.wav")
    hubs.from_hub(f"me/tiny@{REVISION}", tmp_path, "fake/en/x/a.wav")
    assert (tmp_path / "fake" / "en" / "x" / "a.wav").read_bytes() == SOUND
    assert [start for _, start in hub.asked if start] == [2 << 20]


def test_a_gated_repository_says_where_to_accept_its_terms(hub, tmp_path):
    hub.gated = True
    with pytest.raises(ConnectionError, match=r"accept its terms at .*/datasets/me/tiny, then log"):
        hubs.from_hub(f"me/tiny@{REVISION}", tmp_path, "fake/en/x/a.wav")


@pytest.mark.parametrize("name", ["../../evil", "{outside}/evil", "a/../../evil"])
def test_no_name_on_the_hub_leads_outside(hub, tmp_path, name):
    hub.files = {name.format(outside=tmp_path): b"x"}
    tree = tmp_path / "deep" / "deep"
    with contextlib.suppress(ConnectionError):
        hubs.from_hub(f"me/tiny@{REVISION}", tree)
    assert all(path.is_relative_to(tree) for path in tmp_path.rglob("evil"))


def test_a_file_that_the_hub_lacks_is_one_line(hub, tmp_path):
    with pytest.raises(ConnectionError) as raised:
        hubs.from_hub(f"me/tiny@{REVISION}", tmp_path, "b.wav")
    assert "404" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.slow
def test_a_dataset_of_kaggle_is_fetched_and_unpacked(kaggle, tmp_path, capsys):
    download.obtain(dataset("kaggle", "me/tiny"), tmp_path / "tiny")
    assert below(tmp_path) == ["tiny/for-norm/for-norm/training/real/a.wav"]
    assert capsys.readouterr().out == ""
    assert "KAGGLEHUB_CACHE" not in os.environ


@pytest.mark.slow
def test_kaggle_is_taken_up_where_its_line_dropped(kaggle, tmp_path):
    kaggle.drops = [2 << 20]
    with pytest.raises(ConnectionError, match="expected Kaggle to give me/tiny, got: Incomplete"):
        download.obtain(dataset("kaggle", "me/tiny"), tmp_path / "tiny")
    assert not (tmp_path / "tiny").exists()
    download.obtain(dataset("kaggle", "me/tiny"), tmp_path / "tiny")
    inside = tmp_path / "tiny" / "for-norm" / "for-norm" / "training" / "real" / "a.wav"
    assert inside.read_bytes() == SOUND
    assert ("/bundle", 2 << 20) in kaggle.asked


@pytest.mark.slow
@pytest.mark.parametrize("status", [403, 404])
def test_a_dataset_that_kaggle_does_not_give_is_one_line(kaggle, tmp_path, status):
    kaggle.status = status
    with pytest.raises(ConnectionError, match=f"to give me/tiny, got: {status} Client Error"):
        hubs.from_kaggle("me/tiny", tmp_path)


@pytest.mark.slow
def test_the_users_own_cache_of_kaggle_is_named_again_afterwards(kaggle, tmp_path, monkeypatch):
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "mine"))
    hubs.from_kaggle("me/tiny", tmp_path / "here")
    assert os.environ["KAGGLEHUB_CACHE"] == str(tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_where_nobody_listens_both_say_so_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(hubs, "KAGGLE", "http://127.0.0.1:9")
    with pytest.raises(ConnectionError, match="Kaggle to give me/tiny, got: .*refused"):
        hubs.from_kaggle("me/tiny", tmp_path)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ConnectionError, match="the Hub to give me/tiny, got: .*refused"):
        hubs.from_hub("me/tiny@main", tmp_path)


def test_the_handles_of_the_catalogue_are_of_the_form_that_the_libraries_take():
    from huggingface_hub.utils import validate_repo_id
    from kagglehub.handle import parse_dataset_handle

    for dataset in catalogue.read().values():
        if dataset.place == "kaggle":
            assert not parse_dataset_handle(dataset.source).is_versioned()
        if dataset.place == "hub":
            validate_repo_id(dataset.source.partition("@")[0])
