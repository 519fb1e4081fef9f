"""The command that starts the page: Streamlit's own server, bound to this machine by default.

This module only parses and starts; `detect.web.app` is what the server runs, in a process that
takes this one's place.
"""

import argparse
import ipaddress
import os
import socket
import sys
from pathlib import Path

HOME = Path(os.environ.get("SPOOFSIGHT_HOME", "."))
CHECKPOINTS = HOME / "checkpoints"
LOCAL = ("127.0.0.1", "::1", "localhost")
PORT = 8501

DESCRIPTION = """\
Serve a page for the browser: drop recordings or spectrogram pictures, or speak into the microphone,
and see the verdict, P(fake) over time and why. Only this machine can open it unless --host says
otherwise; nothing is sent anywhere, and uploads are gone soon after the browser tab is closed.

sample of the output, on standard error:
  page: http://127.0.0.1:8501 (Ctrl-C ends it)
"""
EPILOG = "exit status: 2 the page could not be started; else that of Streamlit"


def main(arguments: list[str] | None = None) -> int:
    """Start the page, in place of this process; returns only if it cannot be started.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        2.
    """
    options = parser().parse_args(arguments)
    try:
        _require_runs(options)
        options.port = _free_port(options.host, options.port)
        host = f"[{options.host}]" if ":" in options.host else options.host
        print(f"page: http://{host}:{options.port} (Ctrl-C ends it)", file=sys.stderr, flush=True)
        os.execv(sys.executable, command(options))
    except (OSError, ValueError) as error:
        if options.debug:
            raise
        print(f"page: {error}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """Describe every option, with its unit and default."""
    wanted = argparse.ArgumentParser(
        prog="run.sh page",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = wanted.add_argument
    _add_page(wanted)
    add(
        "--host",
        default=LOCAL[0],
        metavar="ADDRESS",
        help=f"address to listen on; 0.0.0.0 lets everybody in the network in, and nobody has to "
        f"log in (default: {LOCAL[0]})",
    )
    add(
        "--port",
        type=int,
        default=PORT,
        metavar="N",
        help=f"0 takes any that is free (default: {PORT})",
    )
    add("--debug", action="store_true", help="show a traceback on an error")
    return wanted


def page_options(arguments: list[str]) -> argparse.Namespace:
    """Read what `command` hands to the page.

    Parameters
    ----------
    arguments : list of str

    Returns
    -------
    options : argparse.Namespace
        ``run`` and ``checkpoints``, paths; ``max_upload``, MB; ``max_minutes``.
    """
    wanted = argparse.ArgumentParser(prog="detect/web/app.py")
    _add_page(wanted)
    return wanted.parse_args(arguments)


def command(options: argparse.Namespace) -> list[str]:
    """Make the command that starts Streamlit.

    Parameters
    ----------
    options : argparse.Namespace
        Of `parser`.

    Returns
    -------
    command : list of str
        With every setting that matters here, so that no file of settings can change it.
    """
    settings = {
        "server.address": options.host,
        "server.port": options.port,
        "server.headless": "true",
        "server.maxUploadSize": options.max_upload,
        "server.fileWatcherType": "none",
        "server.enableStaticServing": "false",
        "server.enableCORS": "true",  # which, in Streamlit's words, refuses other origins
        "server.enableXsrfProtection": "true",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": "false",
        "client.disableDataExport": "true",  # ours is safe to open in a spreadsheet
        "runner.magicEnabled": "false",
        "logger.hideWelcomeMessage": "true",
    }
    flags = [f"--{name}={value}" for name, value in settings.items()]
    if options.host in LOCAL:
        # Else a page elsewhere could have a name of its own lead here, and read what is shown.
        flags += [f"--server.allowedHosts={name}" for name in LOCAL]
    page = Path(__file__).with_name("app.py")
    own = ["--run", options.run, "--checkpoints", options.checkpoints]
    own += ["--max-upload", options.max_upload, "--max-minutes", options.max_minutes]
    start = [sys.executable, "-m", "streamlit", "run", page, *flags, "--", *own]
    return [str(part) for part in start]


def _add_page(wanted: argparse.ArgumentParser) -> None:
    add = wanted.add_argument
    add(
        "--run",
        type=Path,
        metavar="RUN",
        default=CHECKPOINTS / "default",
        help="run to begin with (default: checkpoints/default, or the first of --checkpoints)",
    )
    add(
        "--checkpoints",
        type=Path,
        metavar="DIR",
        default=CHECKPOINTS,
        help="folder of the runs that can be chosen on the page (default: checkpoints)",
    )
    add(
        "--max-upload",
        type=_count,
        default=200,
        metavar="MB",
        help="largest file (default: 200)",
    )
    add(
        "--max-minutes",
        type=_count,
        default=60,
        metavar="N",
        help="longest recording, in minutes (default: 60)",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"expected 1 to 100000, got {text}")
    return int(text)


def _require_runs(options: argparse.Namespace) -> None:
    from detect.web.runs import is_run, list_runs

    default = options.run == CHECKPOINTS / "default"
    if not default and not is_run(options.run):
        raise ValueError(f"expected a trained run in {options.run}, got no run.json")
    if not list_runs(options.checkpoints, options.run):
        raise ValueError(
            f"expected a trained run in {options.checkpoints}, got none: train one, or try demo"
        )


def _free_port(host: str, port: int) -> int:
    """The port, or any free one in place of 0, if it can be listened on."""
    if not 0 <= port <= 65_535:
        raise ValueError(f"expected a port of 0 to 65535, got {port}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        if host != "localhost":
            ipaddress.ip_address(host)
        with socket.socket(family) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            return listener.getsockname()[1]
    except OSError as error:
        raise ValueError(
            f"expected a free address and port, got {host} and {port} ({error.strerror})"
        ) from error


if __name__ == "__main__":
    sys.exit(main())
