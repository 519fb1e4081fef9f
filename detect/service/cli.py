"""The command that starts the service: HTTP for programs, bound to this machine by default."""

import argparse
import os
import socket
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from detect.address import LOCAL, listen, url
from render.console import COMMAND, call

if TYPE_CHECKING:
    from detect.service.limits import Limits

PORT = 8765
_SHORTEST_KEY = 16  # characters
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")

DESCRIPTION = f"""\
Serve verdicts on recordings over HTTP. POST /v1/detect takes a recording and answers with the JSON
of {COMMAND} detect; GET /docs describes all paths. Only this machine can ask, unless --host says
otherwise, which needs a key. Nothing is kept after the answer.

sample of the output, on standard error:
  serve: http://127.0.0.1:8765 (Ctrl-C ends it)
"""
EPILOG = """\
exit status: 0 ended by Ctrl-C or SIGTERM, once all that was begun is answered; 2 the service could
not be started
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the service until a signal ends it.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        0 ended by a signal, 2 could not be started.
    """
    return call("serve", _serve, vars(parser().parse_args(arguments)))


def parser() -> argparse.ArgumentParser:
    """Describe every option, with its unit and default."""
    options = argparse.ArgumentParser(
        prog=f"{COMMAND} serve",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = options.add_argument
    add(
        "--run",
        type=Path,
        metavar="RUN",
        dest="folder",
        help="folder of the run (default: checkpoints/default, else checkpoints/pretrained)",
    )
    add(
        "--host",
        default=LOCAL[0],
        metavar="ADDRESS",
        help=f"address to listen on; any but that of this machine needs --key-file (default: "
        f"{LOCAL[0]})",
    )
    add(
        "--port",
        type=int,
        default=PORT,
        metavar="N",
        help=f"port to listen on; 0 takes a free one (default: {PORT})",
    )
    add(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="file with a key that clients must send, as in Authorization: Bearer KEY (default: "
        "none)",
    )
    _add_limits(options)
    add("--debug", action="store_true", help="show a traceback on an error")
    return options


def _add_limits(options: argparse.ArgumentParser) -> None:
    for name, kind, unit, default, what in (
        ("workers", int, "N", None, "processes that judge (default: one a core)"),
        ("queue", int, "N", 64, "requests that may wait for them"),
        ("max-upload", int, "MB", 200, "largest body, in MB"),
        ("max-duration", float, "N", 3600.0, "longest recording, in s"),
        ("timeout", float, "N", 300.0, "seconds of work on a recording before it is given up"),
        ("upload-timeout", float, "N", 120.0, "seconds that a client may take to send a body"),
    ):
        default_text = "" if default is None else f" (default: {default:g})"
        options.add_argument(
            f"--{name}", type=kind, metavar=unit, default=default, help=f"{what}{default_text}"
        )


def _serve(
    *,
    folder: Path | None,
    host: str,
    port: int,
    key_file: Path | None,
    workers: int | None,
    queue: int,
    max_upload: int,
    max_duration: float,
    timeout: float,
    upload_timeout: float,
) -> int:
    from detect.service.limits import Limits

    if host not in LOCAL and key_file is None:
        raise ValueError(f"expected --key-file beside --host {host}, got none")
    key = "" if key_file is None else read_key(key_file)
    limits = Limits(
        megabytes=max_upload,
        audio_s=max_duration,
        work_s=timeout,
        upload_s=upload_timeout,
        queue=queue,
        workers=_cores() if workers is None else workers,
    )
    with listen(host, port) as listener:
        _run(folder, limits, key, listener, url(host, listener.getsockname()[1]))
    return 0


def read_key(path: Path) -> str:
    """Read a key from a file.

    Raises
    ------
    ValueError
        If it is too short, or cannot be sent in a header.
    """
    key = path.read_text(encoding="utf-8").strip()
    if len(key) < _SHORTEST_KEY:
        raise ValueError(
            f"expected a key of at least {_SHORTEST_KEY} characters in {path}, got {len(key)}"
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ValueError(f"expected a key of ASCII characters without blanks in {path}, got others")
    return key


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _run(
    folder: Path | None, limits: "Limits", key: str, listener: socket.socket, address: str
) -> None:
    from classify.runs.lookup import default_run
    from classify.runs.run import load
    from detect.render_settings import stored
    from detect.service.app import application
    from detect.service.card import card
    from detect.service.judge import load_judge
    from detect.service.server import run as run_server

    run = load(folder or default_run("serve"))
    stored(run)  # or each worker would find out that it cannot draw like this run
    if run.caveat:
        print(f"serve: warning: {run.caveat}", file=sys.stderr)
    for name in _THREADS:  # of a worker, of which there is one a core
        os.environ.setdefault(name, "1")
    load_here = partial(load_judge, run.folder, limits)
    run_server(application(load_here, limits, card(run), key), listener, address)


if __name__ == "__main__":
    sys.exit(main())
