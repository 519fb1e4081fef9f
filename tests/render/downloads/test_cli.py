import hashlib
import http.server
import io
import subprocess
import sys
import tarfile
import threading
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from render.downloads import catalogue, cli, download
from render.downloads import http as transfer
from render.downloads.catalogue import Dataset, File

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Put a dataset of one archive, on a server of loopback, in place of the catalogue."""
    monkeypatch.setattr(transfer, "WAIT", 0.0)
    monkeypatch.setattr(cli, "HOME", tmp_path / "home")
    (tmp_path / "public").mkdir()
    with tarfile.open(tmp_path / "public" / "tiny.tar", "w") as packed:
        info = tarfile.TarInfo("train/real/a.wav")
        info.size = 4
        packed.addfile(info, io.BytesIO(b"RIFF"))

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = partial(Handler, directory=tmp_path / "public")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield listed(monkeypatch, f"http://127.0.0.1:{server.server_port}/tiny.tar")
        server.shutdown()
        thread.join()


def listed(monkeypatch, url, size=10_240, **more):
    about = {"place": "web", "layout": "folders", "files": (File(name="tiny.tar", url=url),)}
    dataset = Dataset(
        name="tiny",
        title="Tiny set",
        licence="CC0",
        homepage="https://tiny",
        size=size,
        **{**about, **more},
    )
    monkeypatch.setattr(catalogue, "read", lambda: {"tiny": dataset})
    return dataset


def terminal(monkeypatch, answer):
    stdin = SimpleNamespace(isatty=lambda: True, readline=lambda: answer)
    monkeypatch.setattr(sys, "stdin", stdin)


def test_without_a_name_every_dataset_is_a_line_of_the_table(capsys):
    assert cli.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["name", *catalogue.read()]
    assert "in-the-wild 8.2 GB hub CC BY-SA 4.0" in " ".join(" ".join(lines).split())


def test_the_table_that_help_shows_is_the_table():
    shown = cli.EPILOG.partition("that of spoofsight fetch:\n")[2].partition("\n\n")[0]
    rows = [line.removeprefix("  ") for line in shown.splitlines() if line.strip() != "..."]
    assert [row.split()[0] for row in rows] == ["name", "for-2sec", "in-the-wild"]
    assert set(rows) <= set(cli.table().splitlines())


def test_a_dataset_is_fetched_and_the_next_command_is_the_only_output(tiny, tmp_path, capsys):
    assert cli.main(["tiny"]) == 0
    said = capsys.readouterr()
    folder = tmp_path / "home" / "datasets" / "tiny"
    assert said.out == f"spoofsight render {folder} --layout folders\n"
    assert said.err.startswith(
        "fetch: Tiny set: 10.2 kB to download; licence: CC0; see https://tiny\n"
    )
    digest = hashlib.sha256((tmp_path / "public" / "tiny.tar").read_bytes()).hexdigest()
    assert f"nobody publishes a checksum of tiny.tar; got sha256:{digest}\n" in said.err
    assert (folder / "train" / "real" / "a.wav").read_bytes() == b"RIFF"


def test_it_goes_where_the_user_says(tiny, tmp_path, capsys):
    assert cli.main(["tiny", "--to", str(tmp_path / "my sets")]) == 0
    assert (tmp_path / "my sets" / "train" / "real" / "a.wav").exists()
    assert capsys.readouterr().out == f"spoofsight render '{tmp_path}/my sets' --layout folders\n"


def test_a_dataset_that_is_there_is_not_fetched_over(tiny, capsys):
    assert cli.main(["tiny"]) == 0
    assert cli.main(["tiny"]) == 2
    assert "fetch: expected nothing at " in capsys.readouterr().err


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("YES\n", 0), ("\n", 2), ("n\n", 2)])
def test_much_is_asked_about_first(tiny, tmp_path, monkeypatch, capsys, answer, status):
    listed(monkeypatch, tiny.files[0].url, size=cli.ASK_ABOVE + 1)
    monkeypatch.setattr(download, "bytes_needed", lambda _: 0)  # of this machine's disk
    terminal(monkeypatch, answer)
    assert cli.main(["tiny"]) == status
    said = capsys.readouterr()
    assert said.err.index("1.0 GB to download; licence: CC0") < said.err.index("[y/N]")
    assert (tmp_path / "home").exists() == (status == 0)


def test_much_is_refused_where_there_is_nobody_to_ask(tiny, tmp_path, monkeypatch, capsys):
    listed(monkeypatch, tiny.files[0].url, size=cli.ASK_ABOVE + 1)
    monkeypatch.setattr(download, "bytes_needed", lambda _: 0)
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert cli.main(["tiny"]) == 2
    assert "fetch: expected --yes for 1.0 GB, got no terminal" in capsys.readouterr().err
    assert not (tmp_path / "home").exists()
    assert cli.main(["tiny", "--yes"]) == 0


def test_a_gigabyte_is_not_asked_about(tiny, monkeypatch):
    listed(monkeypatch, tiny.files[0].url, size=cli.ASK_ABOVE)
    monkeypatch.setattr(download, "bytes_needed", lambda _: 0)
    terminal(monkeypatch, "n\n")
    assert cli.main(["tiny"]) == 0


def test_a_dataset_behind_a_signature_is_named_with_the_way_to_get_it(capsys):
    assert cli.main(["fakeavceleb"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "https://github.com/DASH-Lab/FakeAVCeleb" in said.err
    assert "--layout fakeavceleb" in said.err


def test_real_speech_alone_is_for_forge(tmp_path):
    dataset, forged = catalogue.find("ljspeech"), f"{tmp_path}-forged"
    assert cli.next_command(dataset, tmp_path) == f"spoofsight forge {tmp_path} --to {forged}"
    inside = tmp_path / "LJSpeech-1.1/wavs"
    inside.mkdir(parents=True)
    assert cli.next_command(dataset, tmp_path) == f"spoofsight forge {inside} --to {forged}"


def test_an_unknown_name_is_one_line(capsys):
    assert cli.main(["in-the-wilds"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("fetch: expected a dataset among for-2sec, ")
    assert said.endswith("got in-the-wilds\n")
    assert said.count("\n") == 1


def test_without_a_network_one_line_says_so(tiny, monkeypatch, capsys):
    listed(monkeypatch, "http://127.0.0.1:9/tiny.tar")
    assert cli.main(["tiny"]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("fetch: expected an answer from 127.0.0.1:9, got [Errno ")
    assert last.endswith("; run it again to go on")


def test_debug_shows_where(tiny, monkeypatch):
    listed(monkeypatch, "http://127.0.0.1:9/tiny.tar")
    with pytest.raises(ConnectionError):
        cli.main(["tiny", "--debug"])


@pytest.mark.parametrize(
    ("library", "more"),
    [
        ("pooch", {}),
        ("kagglehub", {"place": "kaggle", "source": "me/tiny", "files": ()}),
        ("huggingface_hub", {"place": "hub", "source": "me/tiny@main", "files": ()}),
    ],
)
def test_a_library_that_is_not_installed_is_one_line(tiny, monkeypatch, capsys, library, more):
    listed(monkeypatch, tiny.files[0].url, **more)
    monkeypatch.setitem(sys.modules, library, None)
    assert cli.main(["tiny"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == (
        f"fetch: expected the package of {library}, got none; "
        "fetch needs: pip install 'spoofsight[fetch]'"
    )


def test_a_fault_of_ours_is_no_missing_library(monkeypatch):
    def broken(_):
        raise ModuleNotFoundError("No module named 'render.oops'", name="render.oops")

    monkeypatch.setattr(catalogue, "find", broken)
    with pytest.raises(ModuleNotFoundError):
        cli.main(["tiny"])


def test_an_interruption_says_how_to_go_on(tiny, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(download, "obtain", interrupted)
    assert cli.main(["tiny"]) == 130
    assert capsys.readouterr().err.endswith("fetch: interrupted; run it again to go on\n")


LIBRARIES = ("huggingface_hub", "kagglehub", "pooch", "requests", "numpy", "tqdm")


def test_what_needs_no_download_loads_no_library_for_it():
    code = (
        "import sys; from render.downloads import cli\n"
        "for arguments in (['--help'], [], ['fakeavceleb']):\n"
        "    try: cli.main(arguments)\n"
        "    except SystemExit: pass\n"
        f"print(sorted(set(sys.modules) & set({LIBRARIES!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
