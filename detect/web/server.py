"""The command that starts the page: Streamlit's server, bound to this machine by default.

This module parses the options and replaces its process by the server, which runs `detect.web.app`.
"""

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from detect.address import LOCAL, listen, url
from render.console import COMMAND, HOME, call

CHECKPOINTS = HOME / "checkpoints"
PORT = 8501

DESCRIPTION = """\
Serve a page for the browser: drop recordings or spectrogram pictures, or speak into the microphone,
and see the verdict, P(fake) over time and an explanation. Only this machine can open the page,
unless --host says otherwise. Nothing is sent anywhere, and uploads are deleted soon after the
browser tab is closed.

sample of the output, on standard error:
  page: http://127.0.0.1:8501 (Ctrl-C ends it)
"""
EPILOG = "exit status: 2 the page could not be started; otherwise that of Streamlit"


def main(arguments: list[str] | None = None) -> int:
    """Start the page in place of this process; return only on an error.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        2.
    """
    return call("page", _serve, vars(parser().parse_args(arguments)))


def _serve(**settings) -> int:
    if not find_spec("streamlit"):
        raise ModuleNotFoundError("streamlit is not installed", name="streamlit")
    from classify.runs.lookup import default_run

    options = argparse.Namespace(**settings)
    options.run = options.run or default_run("page")
    _require_runs(options)
    with listen(options.host, options.port) as listener:
        options.port = listener.getsockname()[1]
    address = url(options.host, options.port)
    print(f"page: {address} (Ctrl-C ends it)", file=sys.stderr, flush=True)
    os.execv(sys.executable, command(options))


def parser() -> argparse.ArgumentParser:
    """Describe every option, with its unit and default."""
    options = argparse.ArgumentParser(
        prog=f"{COMMAND} page",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = options.add_argument
    _add_page(options)
    add(
        "--host",
        default=LOCAL[0],
        metavar="ADDRESS",
        help=f"address to listen on; with 0.0.0.0 everybody in the network can open the page, "
        f"without a password (default: {LOCAL[0]})",
    )
    add(
        "--port",
        type=int,
        default=PORT,
        metavar="N",
        help=f"port to listen on; 0 takes a free one (default: {PORT})",
    )
    add("--debug", action="store_true", help="show a traceback on an error")
    return options


def page_options(arguments: list[str]) -> argparse.Namespace:
    """Parse the options that `command` passes on to the page.

    Returns
    -------
    options : argparse.Namespace
        ``run`` and ``checkpoints``, paths; ``max_upload``, MB; ``max_minutes``.
    """
    options = argparse.ArgumentParser(prog="detect/web/app.py")
    _add_page(options)
    return options.parse_args(arguments)


def command(options: argparse.Namespace) -> list[str]:
    """Make the command that starts Streamlit.

    Parameters
    ----------
    options : argparse.Namespace
        Of `parser`.

    Returns
    -------
    command : list of str
        With every setting that matters, so that no configuration file can change it.
    """
    settings = {
        "server.address": options.host,
        "server.port": options.port,
        "server.baseUrlPath": "",
        "server.sslCertFile": "",
        "server.sslKeyFile": "",
        "server.headless": "true",
        "server.maxUploadSize": options.max_upload,
        "server.maxMessageSize": "200",
        "server.maxWidgetStateSize": "25",
        "server.fileWatcherType": "none",
        "server.runOnSave": "false",
        "server.enableStaticServing": "false",
        "server.enableCORS": "true",  # Streamlit's name for refusing other origins
        "server.enableXsrfProtection": "true",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": "false",
        "client.disableDataExport": "true",  # our CSV is safe to open in a spreadsheet
        "runner.magicEnabled": "false",
        "runner.enforceSerializableSessionState": "false",
        "global.developmentMode": "false",
        "logger.level": "info",
        "logger.hideWelcomeMessage": "true",
    }
    flags = [f"--{name}={value}" for name, value in settings.items()]
    if options.host in LOCAL:
        # DNS rebinding: else another site could point its own name here, and read the page.
        flags += [f"--server.allowedHosts={name}" for name in LOCAL]
    page = Path(__file__).with_name("app.py")
    page_arguments = ["--run", options.run, "--checkpoints", options.checkpoints]
    page_arguments += ["--max-upload", options.max_upload, "--max-minutes", options.max_minutes]
    words = [sys.executable, "-m", "streamlit", "run", page, *flags, "--", *page_arguments]
    return [str(word) for word in words]


def _add_page(options: argparse.ArgumentParser) -> None:
    add = options.add_argument
    add(
        "--run",
        type=Path,
        metavar="RUN",
        help="run to begin with (default: checkpoints/default, else checkpoints/pretrained, else "
        "the first of --checkpoints)",
    )
    add(
        "--checkpoints",
        type=Path,
        metavar="DIR",
        default=CHECKPOINTS,
        help="folder of the runs to choose from on the page (default: checkpoints)",
    )
    add(
        "--max-upload",
        type=_count,
        default=200,
        metavar="MB",
        help="largest file, in MB (default: 200)",
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

    runs = list_runs(options.checkpoints, options.run)
    advice = f"{COMMAND} train makes one"
    if runs:
        advice = f"choose {' or '.join(f'--run {folder}' for folder in runs.values())}"
    if not is_run(options.run) and options.run != CHECKPOINTS / "default":
        raise ValueError(f"expected a trained run in {options.run}, got no run.json: {advice}")
    if not runs:
        raise ValueError(f"expected a trained run in {options.checkpoints}, got none: {advice}")


if __name__ == "__main__":
    sys.exit(main())
