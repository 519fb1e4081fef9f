"""The command, and the service as a process of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import pytest
import soundfile

from detect.service import cli
from render.demo.formant_synthesis import RATE
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--host", "0.0.0.0"], "expected --key-file beside --host 0.0.0.0, got none"),
        (["--workers", "0"], "expected workers above 0, got 0"),
        (["--max-upload", "-1"], "expected megabytes above 0, got -1"),
        (["--port", "70000"], "expected a port of 0 to 65535, got 70000"),
        (["--port", "0", "--run", "nowhere"], "expected a trained run in nowhere, got no run.json"),
    ],
)
def test_what_cannot_be_started_is_said_in_one_line(capsys, arguments, reason):
    assert cli.main(arguments) == 2
    message = capsys.readouterr().err
    assert message.startswith(f"serve: {reason}")
    assert message.count("\n") == 1


def test_a_port_in_use_is_refused(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["--port", str(port)]) == 2
    assert f"expected a free address and port, got 127.0.0.1 and {port}" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_whose_network_cannot_be_read_is_told_without_a_traceback(hand_set, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(hand_set, folder)
    (folder / "model.onnx").write_bytes(b"none")
    options = ["--run", str(folder), "--port", "0", "--workers", "1"]
    command = [sys.executable, "-m", "detect.service.cli", *options]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 2
    first, second = ended.stderr.splitlines()
    assert first.startswith(f"serve: expected a network in {folder}/model.onnx, got ")
    assert second == "serve: expected workers that start, got one that ended"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("short\n", "expected a key of at least 16 characters in {}, got 5"),
        ("a key with some blanks", "expected a key of ASCII characters without blanks in {}"),
    ],
)
def test_a_key_that_is_none_is_refused(tmp_path, capsys, text, reason):
    path = tmp_path / "key"
    path.write_text(text)
    assert cli.main(["--key-file", str(path)]) == 2
    assert reason.format(path) in capsys.readouterr().err


@pytest.mark.slow
def test_sigterm_ends_the_service_once_what_was_begun_is_answered(hand_set, tmp_path, bright):
    soundfile.write(tmp_path / "bright.wav", bright, RATE)
    command = [sys.executable, "-m", "detect.service.cli", "--run", str(hand_set), "--port", "0"]
    with subprocess.Popen(
        [*command, "--workers", "1"],
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    ) as process:
        address = process.stderr.readline().split()[1]
        whole = (tmp_path / "bright.wav").read_bytes()
        begun, signalled = threading.Event(), threading.Event()

        def parts():
            yield whole[:1000]
            begun.set()
            signalled.wait()
            yield whole[1000:]

        request = urllib.request.Request(f"{address}/v1/detect", parts(), method="POST")
        threading.Thread(target=stop, args=(process, address, begun, signalled)).start()
        with urllib.request.urlopen(request) as answer:
            verdict = json.load(answer)
        assert (verdict["label"], verdict["path"]) == ("fake", "-")
        assert process.wait(60) == 0
        assert process.stderr.read() == ""


def stop(process, address, begun, signalled):
    """Send SIGTERM to all processes of a service while a request is sent."""
    begun.wait()
    while (
        b"spoofsight_requests_taken 1.0" not in urllib.request.urlopen(f"{address}/metrics").read()
    ):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGTERM)
    signalled.set()
