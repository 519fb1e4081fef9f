"""Time from a fresh clone to the first verdict, and of the verdict after it.

Clones the last commit into a temporary folder and calls ``./run.sh detect`` there twice, on two
cores. The first call makes the environment, with all that it downloads: caches of pip and uv are
not used. A mirror of packages on this machine makes it faster than it is elsewhere. The verdicts
are those of the pretrained run.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.detect_long import CORES, make_speech
from benchmarks.support.command import ROOT, argument_parser
from benchmarks.support.timing import verdict

BARS = {"first": 60.0, "second": 1.5}  # s
MINUTES = 1 / 6  # length of the recording


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argument_parser("first_verdict", __doc__)
    parser.add_argument("audio", nargs="?", type=Path, metavar="AUDIO", help="default: 10 s, made")
    options = parser.parse_args(arguments)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-CORES:])
    met = []
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        clone, audio = Path(folder, "clone"), Path(folder, "speech.mp3")
        if options.audio is None:
            make_speech(audio, MINUTES)
        _call(["git", "clone", "--quiet", str(ROOT), str(clone)])
        words = ["detect", options.audio or audio]
        for name, bar in BARS.items():
            begin = time.perf_counter()
            _call([str(clone / "run.sh"), *(str(word) for word in words)])
            seconds = time.perf_counter() - begin
            met.append(seconds <= bar)
            print(f"{name:<8}{seconds:>8.2f} s   bar {bar:g}: {verdict(met[-1])}", flush=True)
        print(f"{'.venv':<8}{_mebibytes(clone / '.venv'):>8.0f} MiB")
    return 0 if all(met) else 1


def _call(command: list[str]) -> None:
    """Run a command as from a shell: without what ``./run.sh bench`` sets, and without caches."""
    environment = {**os.environ, "PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}
    for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):  # with the latter, each call compiles
        environment.pop(name, None)
    ended = subprocess.run(command, capture_output=True, text=True, env=environment)
    if ended.returncode:
        raise ValueError(f"expected {' '.join(command)} to work, got: {ended.stderr}")


def _mebibytes(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*")) / 2**20


if __name__ == "__main__":
    sys.exit(main())
