import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from render.decoding.quiet import Mute

ROOT = Path(__file__).resolve().parents[3]


def test_what_is_written_meanwhile_is_not_seen(capfd):
    mute = Mute()
    os.write(2, b"before ")
    with mute:
        os.write(2, b"meanwhile ")
        with mute:
            os.write(2, b"within ")
        os.write(2, b"still ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"


def test_an_error_turns_the_sound_on_again(capfd):
    with pytest.raises(ValueError, match="wrong"), Mute():
        raise ValueError("wrong")
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_the_last_of_several_threads_turns_the_sound_on_again(capfd):
    mute, barrier = Mute(), threading.Barrier(8)

    def work():
        for _ in range(200):
            with mute:
                pass
        barrier.wait()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_without_a_standard_error_nothing_happens(tmp_path):
    # A daemon may have closed it; another file then gets its number.
    script = (
        "import os, sys\n"
        "from render.decoding.quiet import Mute\n"
        "number = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)\n"
        "with Mute():\n"
        "    os.write(number, b'kept')\n"
        "print(number, open(sys.argv[1]).read())\n"
    )
    shell = ["sh", "-c", 'exec "$0" -c "$1" "$2" 2>&-']
    result = subprocess.run(
        [*shell, sys.executable, script, str(tmp_path / "x")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert result.stdout == "2 kept\n"
