"""A Dask cluster on this machine."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.support.command import ROOT


class Cluster(NamedTuple):
    """Address of the scheduler, and the processes of the workers."""

    address: str
    workers: list[subprocess.Popen]


@contextlib.contextmanager
def local_cluster(scratch: Path, workers: int) -> Iterator[Cluster]:
    """Start a Dask scheduler and workers of one thread each, and end them with the context.

    Parameters
    ----------
    scratch : Path
        Folder for their files.
    workers : int

    Yields
    ------
    cluster : Cluster
    """
    dask = [sys.executable, "-m", "dask"]
    address = scratch / "scheduler.json"
    options = ["--scheduler-file", str(address), "--no-dashboard"]
    quiet = {**os.environ, "DASK_LOGGING__DISTRIBUTED": "warning", "PYTHONPATH": str(ROOT)}
    local = ["--host", "127.0.0.1"]
    with contextlib.ExitStack() as stack:

        def start(*arguments: str) -> subprocess.Popen:
            command = [*dask, *arguments, *options]
            process = stack.enter_context(subprocess.Popen(command, env=quiet, cwd=scratch))
            stack.callback(process.terminate)
            return process

        start("scheduler", *local, "--port", "0")
        while not address.exists() or not address.read_text():
            time.sleep(0.1)
        one = ["worker", *local, "--nthreads", "1", "--no-nanny"]
        processes = [start(*one) for _ in range(workers)]
        yield Cluster(json.loads(address.read_text())["address"], processes)
        address.unlink()
