import socket
from pathlib import Path

import pytest

from detect.web import server


def flags(*arguments):
    command = server.command(server.parser().parse_args(arguments))
    at = command.index("--")
    return command[:at], command[at + 1 :]


def test_the_page_is_bound_to_this_machine_and_tells_nobody():
    settings, _ = flags()
    assert "--server.address=127.0.0.1" in settings
    assert "--browser.gatherUsageStats=false" in settings
    assert "--server.fileWatcherType=none" in settings
    assert "--client.toolbarMode=minimal" in settings
    assert "--client.showErrorDetails=none" in settings
    assert "--server.maxUploadSize=200" in settings
    assert "--server.allowedHosts=localhost" in settings


def test_another_host_is_taken_and_then_any_name_may_lead_to_it():
    settings, _ = flags("--host", "0.0.0.0", "--port", "80", "--max-upload", "7")
    assert "--server.address=0.0.0.0" in settings
    assert "--server.port=80" in settings
    assert "--server.maxUploadSize=7" in settings
    assert not any("allowedHosts" in flag for flag in settings)


def test_what_is_handed_to_the_page_is_what_it_reads():
    _, own = flags("--run", "a b", "--checkpoints", "c", "--max-upload", "7", "--max-minutes", "3")
    options = server.page_options(own)
    assert (options.run, options.checkpoints) == (Path("a b"), Path("c"))
    assert (options.max_upload, options.max_minutes) == (7, 3)


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "100001"])
def test_a_limit_that_is_no_limit_is_refused(value, capsys):
    with pytest.raises(SystemExit) as stop:
        server.parser().parse_args(["--max-upload", value])
    assert stop.value.code == 2
    assert "expected 1 to 100000" in capsys.readouterr().err or value == "-1"


@pytest.fixture
def called(monkeypatch, hand_set):
    """Return a function that calls the command, and gives its status and what it would start."""
    started = []
    monkeypatch.setattr("os.execv", lambda program, command: started.append(command))

    def call(*arguments):
        started.clear()
        return server.main(["--run", str(hand_set), *arguments]), started

    return call


def test_the_address_is_said_and_a_free_port_is_found(called, capsys):
    _, (command,) = called("--port", "0")
    port = next(flag.split("=")[1] for flag in command if flag.startswith("--server.port"))
    assert 0 < int(port) < 65_536
    assert capsys.readouterr().err == f"page: http://127.0.0.1:{port} (Ctrl-C ends it)\n"


def test_a_port_in_use_is_refused(called, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, started = called("--port", str(port))
    assert (status, started) == (2, [])
    assert f"expected a free address and port, got 127.0.0.1 and {port}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--port", "70000"], "expected a port of 0 to 65535, got 70000"),
        (["--host", "nowhere.invalid"], "nowhere.invalid"),
        (
            ["--run", "/nowhere", "--checkpoints", "/nowhere"],
            "expected a trained run in /nowhere, got no run.json: spoofsight train",
        ),
    ],
)
def test_what_cannot_be_started_is_said_in_one_line(called, capsys, arguments, reason):
    status, started = called(*arguments)
    message = capsys.readouterr().err
    assert (status, started) == (2, [])
    assert reason in message
    assert message.count("\n") == 1


def test_without_streamlit_no_address_is_said(called, capsys, monkeypatch):
    monkeypatch.setattr(server, "find_spec", lambda _: None)
    assert called("--port", "0") == (2, [])
    assert capsys.readouterr().err == (
        "page: expected the package of streamlit, got none; "
        "page needs: pip install 'spoofsight[page]'\n"
    )


def test_without_any_run_there_is_no_page(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(server, "CHECKPOINTS", tmp_path)
    missing = str(tmp_path / "default")
    assert server.main(["--run", missing, "--checkpoints", str(tmp_path)]) == 2
    assert "expected a trained run in" in capsys.readouterr().err
    (tmp_path / "other").mkdir()
    (tmp_path / "other/run.json").touch()
    assert server.main(["--run", "/nowhere", "--checkpoints", str(tmp_path)]) == 2
    assert f"choose --run {tmp_path / 'other'}" in capsys.readouterr().err


def test_without_a_run_the_page_begins_with_the_pretrained_one(
    make_run, tmp_path, monkeypatch, capsys
):
    started = []
    monkeypatch.setattr("os.execv", lambda program, command: started.append(command))
    monkeypatch.setattr("classify.runs.lookup.HOME", tmp_path)
    run = tmp_path / "checkpoints/pretrained"
    make_run(run)
    server.main(["--port", "0", "--checkpoints", str(tmp_path / "checkpoints")])
    assert started[0][started[0].index("--run") + 1] == str(run)
    assert capsys.readouterr().err.startswith("page: using the pretrained run (checkpoints/")


def test_debug_shows_where_it_failed(hand_set):
    with pytest.raises(ValueError, match="expected a port"):
        server.main(["--run", str(hand_set), "--port", "70000", "--debug"])


def test_help_shows_units_defaults_and_a_sample():
    text = " ".join(server.parser().format_help().split())
    for part in ("(default: 127.0.0.1)", "MB", "(default: 200)", "minutes", "sample of the output"):
        assert part in text
